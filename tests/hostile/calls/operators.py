"""The operators of a tensor, with the tensor on the left, on the right and written into."""

import copy
import operator

import numpy as np

import micrograd_np as mg
from hostile.call import array, call, like_numpy, option, other, tensor, text

X = [[0.5, -1.5, 2.0], [0.25, 1.0, 3.0]]
BITS = [[1, 2, 3], [4, 5, 6]]

_OF_NUMBERS = "add sub mul truediv mod pow"
_OF_BITS = "and or xor lshift rshift"
_COMPARISONS = "lt le gt ge"


def _both_sides(names, left, right, **options):
    for name in names.split():
        do = divmod if name == "divmod" else getattr(operator, f"{name}_", None)
        do = do or getattr(operator, name)
        yield like_numpy(f"Tensor.__{name}__", do, tensor(left), other(right), **options)
        yield like_numpy(
            f"Tensor.__r{name}__", lambda t, x, do=do: do(x, t), tensor(left), other(right),
            **options,
        )  # fmt: skip


def _in_place(names, left, right, **options):
    for name in names.split():
        do = getattr(operator, f"i{name}")
        yield like_numpy(
            f"Tensor.__i{name}__", lambda t, x, do=do: _updated(do, t, x), tensor(left),
            other(right), **options,
        )  # fmt: skip


def _updated(do, t, x):
    return do(t * 1 if isinstance(t, mg.Tensor) and t.requires_grad else t.copy(), x)


def _set(t, index, value):
    t = t * 1 if isinstance(t, mg.Tensor) and t.requires_grad else t.copy()
    t[index] = value
    return t


def _rounded(t, digits):
    return round(t if isinstance(t, mg.Tensor) else t[()], digits)  # as a number of NumPy is


CALLS = [
    *_both_sides(_OF_NUMBERS, X, np.array([1.0, 2.0, 0.5])),
    *_both_sides("matmul", X, np.ones((3, 2))),
    *_both_sides("floordiv", X, np.array([1.0, 2.0, 0.5]), constant=True),
    *_both_sides("divmod", X, np.array([1.0, 2.0, 0.5])),
    *_both_sides(_OF_BITS, BITS, np.array([1, 2, 1]), constant=True),
    *_in_place("add sub mul truediv mod pow", X, np.array([1.0, 2.0, 0.5])),
    *_in_place("floordiv", X, np.array([1.0, 2.0, 0.5]), constant=True),
    *_in_place("matmul", np.eye(3), np.ones((3, 3))),
    *_in_place(_OF_BITS, BITS, np.array([1, 2, 1])),
    *(
        like_numpy(
            f"Tensor.__{name}__", getattr(operator, name), tensor(X), other(np.ones(3)),
            constant=True,
        )
        for name in _COMPARISONS.split()
    ),
    like_numpy("Tensor.__eq__", operator.eq, tensor(X), other(np.ones(3)), constant=True),
    like_numpy("Tensor.__ne__", operator.ne, tensor(X), other(np.ones(3)), constant=True),
    like_numpy("Tensor.__neg__", operator.neg, tensor(X)),
    like_numpy("Tensor.__pos__", operator.pos, tensor(X)),
    like_numpy("Tensor.__abs__", abs, tensor(X)),
    like_numpy("Tensor.__invert__", operator.invert, tensor(BITS), constant=True),
    like_numpy("Tensor.__round__", _rounded, tensor(1.26), option(1), constant=True),
    like_numpy("Tensor.__len__", len, tensor(X), constant=True),
    like_numpy("Tensor.__iter__", list, tensor(X)),
    like_numpy("Tensor.__contains__", operator.contains, tensor(X), other(1.0), constant=True),
    like_numpy("Tensor.__getitem__", operator.getitem, tensor(X), option(np.array([0, 1]))),
    like_numpy("Tensor.__setitem__", _set, tensor(X), option(np.array([0, 1])), other(1.5)),
    like_numpy("Tensor.__bool__", bool, tensor(1.5), constant=True),
    like_numpy("Tensor.__float__", float, tensor(2), constant=True),
    like_numpy("Tensor.__int__", int, tensor(2), constant=True),
    like_numpy("Tensor.__complex__", complex, tensor(2), constant=True),
    like_numpy("Tensor.__index__", operator.index, tensor(2), constant=True),
    like_numpy("Tensor.__str__", str, tensor(X), constant=True),
    call("Tensor.__repr__", lambda t: repr(t).replace(", dtype=>f8", ""), tensor(X), constant=True),
    call("Tensor.__hash__", lambda t: bool(hash(t) or True), tensor(X), constant=True),
    call("Tensor.__format__", format, tensor(1.5), text(".3f"), constant=True),
    call("Tensor.__reduce__", copy.deepcopy, tensor(X), constant=True),
    like_numpy("Tensor.__array__",  # None itself would be float64 to NumPy 2.0
         lambda t, d: t.__array__() if d is None else t.__array__(d), tensor(BITS), option(None),
         constant=True),
    call("Tensor.__dlpack__", lambda t: np.from_dlpack(t), tensor(BITS), constant=True,
         errors=(BufferError,)),
    call("Tensor.__dlpack_device__", lambda t: t.__dlpack_device__(), tensor(X), constant=True),
    like_numpy("Tensor.__array_ufunc__", np.add, tensor(X), other(1.0)),
    like_numpy("Tensor.__array_function__", np.sum, tensor(X), option(0)),
    call("Tensor", mg.Tensor, array(np.ones(2)), constant=True),
]  # fmt: skip
