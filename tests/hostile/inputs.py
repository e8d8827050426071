"""The hostile inputs: what somebody may pass by mistake, or to see what happens.

Disguises are a good argument in another form, which may well be right; junk is what nobody asked
for. Each is made anew for every call, since some can be read once.
"""

import array
import datetime
import decimal
import fractions
import tempfile
import types

import numpy as np

import micrograd_np as mg

# --- a good argument in disguise ------------------------------------------------------------------


class Subclass(np.ndarray):
    """An array of a type of its own, which NumPy's functions hand on."""


class Arraylike:
    """What NumPy makes an array of, and no more."""

    def __init__(self, data):
        self.held = data

    def __array__(self, dtype=None, copy=None):
        return np.array(self.held, dtype)


def unaligned(a):
    memory = np.zeros(a.nbytes + 1, np.uint8)
    found = memory[1:].view(a.dtype).reshape(a.shape) if a.size else a.copy()
    found[...] = a
    return found


def mapped_file(a):
    with tempfile.TemporaryFile() as file:
        found = np.memmap(file, a.dtype, "w+", shape=(*a.shape, 1))
    found[..., 0] = a
    return found[..., 0]


def strided(a):
    return np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a


def locked(a):
    found = a.copy()
    found.flags.writeable = False
    return found


def as_matrix(a):
    return (a if a.ndim == 2 else a.reshape(1, -1)).view(np.matrix)  # np.matrix(a) would warn


def leaf(a):
    return mg.tensor(a, requires_grad=a.dtype.kind in "fc")


def in_objects(a):
    found = np.empty(1, object)
    found[0] = leaf(a)
    return found


DISGUISES = {
    "float16": lambda a: a.real.astype(np.float16),
    "float32": lambda a: a.real.astype(np.float32),
    "longdouble": lambda a: a.real.astype(np.longdouble),
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "complex": lambda a: a.astype(complex),
    "clongdouble": lambda a: a.astype(np.clongdouble),
    "int8": lambda a: a.real.astype(np.int8),
    "uint64": lambda a: np.abs(a).astype(np.uint64),
    "bool": lambda a: a.astype(bool),
    "list": lambda a: a.tolist(),
    "list of arrays": lambda a: list(a) if a.ndim else [a],
    "list of fractions": lambda a: [fractions.Fraction(x) for x in a.ravel().tolist()],
    "list of decimals": lambda a: [decimal.Decimal(x) for x in a.ravel().tolist()],
    "list of texts": lambda a: a.astype(str).tolist(),
    "object array": lambda a: a.astype(object),
    "text array": lambda a: a.astype(str),
    "subclass": lambda a: a.view(Subclass),
    "matrix": as_matrix,
    "masked": lambda a: np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) % 2 == 0),
    "masked, with no mask": np.ma.masked_array,
    "record array": lambda a: np.rec.fromarrays([a, a], names="x,y"),
    "strided": strided,
    "backwards": lambda a: a[..., ::-1] if a.ndim else a,
    "Fortran order": np.asfortranarray,
    "zero strides": lambda a: np.broadcast_to(a.ravel()[0], a.shape) if a.size else a,
    "locked": locked,
    "unaligned": unaligned,
    "file": mapped_file,
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
    "array-like": Arraylike,
    "nan": lambda a: np.full(a.shape, np.nan),
    "inf": lambda a: np.full(a.shape, np.inf),
    "empty": lambda a: a.ravel()[:0],
    "rows of nothing": lambda a: np.zeros((2, 0)),
    "first": lambda a: a.ravel()[:1].reshape(()) if a.size else a,
    "one axis more": lambda a: a[None],
    "transposed": lambda a: a.T.copy(),
    "leaf": leaf,
    "constant": mg.tensor,
    "result": lambda a: leaf(a) * 1,
    "leaf of float32": lambda a: leaf(a.real.astype(np.float32)),
    "complex leaf": lambda a: leaf(a.astype(complex)),
    "list of leaves": lambda a: list(leaf(a)) if a.ndim else [leaf(a)],
    "list of a leaf and a number": lambda a: [leaf(a), 1.0],
    "generator of leaves": lambda a: (leaf(x) for x in np.atleast_1d(a)),
    "dict of a leaf": lambda a: {"a": leaf(a)},
    "object array of a leaf": in_objects,
}  # fmt: skip
"""By name, what makes another form of an array."""

# --- what nobody asked for ------------------------------------------------------------------------


def recursive_list():
    found = [1.0]
    found.append(found)
    return found


def recursive_dict():
    found = {"a": 1.0}
    found["b"] = found
    return found


def deep(levels):
    found = 1.0
    for _ in range(levels):
        found = [found]
    return found


class Refusing:
    """What raises an error of its own when it is made an array."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError("not today")


class Lying:
    """What says that it is an array, and is none."""

    shape, dtype, ndim, size = (2, 3), np.dtype(float), 2, 6


class Boasting:
    """What says that it is longer than it is."""

    def __len__(self):
        return 2**62

    def __getitem__(self, index):
        return [1.0, 2.0][index]


def a_function(x):
    return x


JUNK = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "...": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "slice": lambda: slice(None),
    "-1": lambda: -1,
    "0": lambda: 0,
    "2": lambda: 2,
    "2**62": lambda: 2**62,
    "2**100": lambda: 2**100,
    "-10**400": lambda: -(10**400),
    "0.5": lambda: 0.5,
    "nan": lambda: float("nan"),
    "-inf": lambda: float("-inf"),
    "1j": lambda: 1j,
    "np.int8": lambda: np.int8(1),
    "np.float16": lambda: np.float16(0.5),
    "np.longdouble": lambda: np.longdouble("0.1"),
    "np.bool": lambda: np.True_,
    "np.str_": lambda: np.str_("mean"),
    "fraction": lambda: fractions.Fraction(1, 2),
    "decimal": lambda: decimal.Decimal("0.5"),
    "no text": lambda: "",
    "text": lambda: "1.5",
    "lone surrogate": lambda: "\ud800",
    "bytes": lambda: b"mean",
    "bytearray": lambda: bytearray(b"ab"),
    "array.array": lambda: array.array("d", [1.0, 2.0]),
    "[]": list,
    "()": lambda: (),
    "{}": dict,
    "[[], []]": lambda: [[], []],
    "ragged list": lambda: [[1.0, 2.0], [3.0]],
    "ragged arrays": lambda: [np.ones(2), np.ones(3)],
    "list of None": lambda: [None, None],
    "mixed list": lambda: [1.0, "a", None],
    "deep list": lambda: deep(80),
    "recursive list": recursive_list,
    "recursive dict": recursive_dict,
    "set": lambda: {1.0, 2.0},
    "range": lambda: range(2),
    "generator": lambda: (x for x in (1.0, 2.0)),
    "map": lambda: map(float, "12"),
    "dict": lambda: {"a": np.ones(2)},
    "namespace": lambda: types.SimpleNamespace(shape=(2,)),
    "datetime": lambda: datetime.datetime(2024, 1, 1),
    "datetimes": lambda: np.array(["2024-01-01", "NaT"], "M8[D]"),
    "durations": lambda: np.array([1, 2], "m8[s]"),
    "texts": lambda: np.array(["a", "bc"]),
    "texts of any length": lambda: np.array(["a", "bc"], np.dtypes.StringDType()),
    "bytes array": lambda: np.array([b"a", b"bc"]),
    "structured": lambda: np.zeros(2, [("x", float), ("y", int)]),
    "void": lambda: np.zeros(2, "V4"),
    "object array": lambda: np.array([None, "a"], object),
    "matrix": lambda: as_matrix(np.ones(2)),
    "tensor of integers": lambda: mg.tensor([1, 2]),
    "0-d leaf": lambda: mg.tensor(0.5, requires_grad=True),
    "object": object,
    "refusing": Refusing,
    "lying": Lying,
    "boasting": Boasting,
    "class": lambda: int,
    "np.ndarray": lambda: np.ndarray,
    "mg.Tensor": lambda: mg.Tensor,
    "ufunc": lambda: np.exp,
    "function": lambda: a_function,
    "module": lambda: np,
    "error": lambda: ValueError("given, not raised"),
}
"""By name, what makes something that is no array, or none of numbers, or any number."""
