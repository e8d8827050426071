"""The methods and attributes of a tensor."""

import numpy as np

import micrograd_np as mg
from hostile.call import (
    array,
    call,
    element_type,
    flag,
    given,
    like_numpy,
    option,
    other,
    tensor,
    text,
)
from hostile.values import NOTHING, plain_of

X = [[0.5, -1.5, 2.0], [0.25, 1.0, 3.0]]


def _method(name, *options, data=X, **facts):
    def do(t, *args):
        return getattr(t, name)(*args)

    return like_numpy(f"Tensor.{name}", do, tensor(data), *options, **facts)


def _attribute(name, data=X, **facts):
    return like_numpy(f"Tensor.{name}", lambda t: getattr(t, name), tensor(data), **facts)


def _changing(name, *options, data=X):
    """Call a method that writes into the tensor on a result."""

    def do(t, *args):
        t = t * 1 if isinstance(t, mg.Tensor) and t.requires_grad else t.copy()
        getattr(t, name)(*args)
        return t

    return like_numpy(f"Tensor.{name}", do, tensor(data), *options)


def _assign(name, data, *options, **facts):
    def do(t, value):
        if name in ("real", "imag"):
            t = t.copy()
        setattr(t, name, value)
        return getattr(t, name)

    make = like_numpy if name in ("real", "imag") else call
    return make(f"Tensor.{name}=", do, tensor(data), *options, constant=True, **facts)


def _backward(t, seed, keep, create):
    (t * 2).backward(seed, retain_graph=keep, create_graph=create)
    return t.grad


_AXES = (option(0), option(None))
"""An axis, and the dtype or what it is written into."""

CALLS = [
    *(_attribute(name) for name in ("T", "mT", "real", "imag")),
    like_numpy("Tensor.flat", lambda t: t.flat[:], tensor(X)),
    *(
        _attribute(name, constant=True)
        for name in ("shape", "ndim", "size", "itemsize", "nbytes", "device")
    ),
    call("Tensor.strides", lambda t: len(t.strides), tensor(X), constant=True),
    call("Tensor.dtype", lambda t: str(t.dtype.newbyteorder("=")), tensor(X), constant=True),
    call("Tensor.flags", lambda t: t.flags.writeable, tensor(X), constant=True),
    call("Tensor.data", lambda t: t.data, tensor(X), constant=True),
    call("Tensor.grad", lambda t: t.grad, tensor(X), constant=True),
    call("Tensor.requires_grad", lambda t: t.requires_grad, tensor(X), constant=True),
    call("Tensor.is_leaf", lambda t: t.is_leaf, tensor(X), constant=True),
    call("Tensor.numpy", lambda t: t.numpy(), tensor(X), constant=True),
    call("Tensor.detach", lambda t: t.detach(), tensor(X), constant=True),
    call("Tensor.zero_grad", lambda t: t.zero_grad(), tensor(X), constant=True),
    _assign("data", X, array(X), changes=(0,)),
    _assign("grad", X, given(lambda: X, lambda x: x is None or plain_of(x) is not NOTHING),
            changes=(0,), errors=(AttributeError,)),
    _assign("real", X, other(X)),
    _assign("imag", np.array(X) * 1j, other(X)),
    call("Tensor.backward", _backward, tensor(X), array(X), flag(False), flag(False),
         changes=(0,), constant=True),
    _method("item", option(1), constant=True),
    _method("tolist", constant=True),
    _method("to_device", text("cpu")),
    *(_method(name, *_AXES) for name in ("sum", "prod", "mean", "var", "std", "cumsum", "cumprod")),
    *(_method(name, *_AXES, changes=(2,)) for name in ("max", "min")),
    *(
        _method(name, *_AXES, changes=(2,), constant=True)
        for name in ("all", "any", "argmax", "argmin")
    ),
    _method("var", option(0), option(None), option(None), option(1), changes=(3,)),
    _method("std", option(0), option(None), option(None), option(1), changes=(3,)),
    _method("trace", option(0), option(0), option(1), option(None)),
    _method("argsort", option(-1), option(None), constant=True),
    _method("argpartition", option(1), option(-1), constant=True),
    _method("searchsorted", other(1.0), option("left"), option(None), data=[0.0, 1.0, 2.0],
            constant=True),
    _method("nonzero", constant=True),
    _method("dot", other(np.ones(3))),
    _method("clip", other(-1.0), other(1.0)),
    _method("round", option(1), constant=True),
    _method("conj"),
    _method("conjugate"),
    _method("take", option([0, 1]), option(0), option(None), option("raise"), changes=(3,)),
    _method("choose", other([np.array(X)] * 2), data=[1, 0, 1], constant=True),
    _method("compress", option([True, False]), option(0), option(None), changes=(3,)),
    _method("repeat", option(2), option(0)),
    _method("diagonal", option(0), option(0), option(1)),
    _method("reshape", option((3, 2))),
    _method("reshape", option(3), option(2)),
    _method("transpose", option((1, 0))),
    _method("swapaxes", option(0), option(1)),
    _method("squeeze", option(None), data=[X]),
    _method("ravel", option("C")),
    _method("flatten", option("C")),
    _method("copy", option("C")),
    _method("astype", element_type(np.float32), option("K"), option("unsafe"), option(True),
            flag(True)),
    _changing("sort", option(-1), option(None)),
    _changing("partition", option(1), option(-1)),
    _changing("fill", other(1.5)),
    _changing("put", option([0, 1]), other([1.0, 2.0]), option("raise")),
    call("Tensor._repr_html_", lambda t: bool(t._repr_html_()), tensor(X), constant=True),
    call("mg.tensor", mg.tensor, array(X), flag(True), element_type(None), constant=True),
    call("mg.from_dlpack", mg.from_dlpack, given(lambda: np.array(X)), constant=True,
         errors=(BufferError,)),
]  # fmt: skip
