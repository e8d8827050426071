"""What arguments and results hold: what they are as plain arrays, and whether they are the same."""

import dataclasses
import numbers

import numpy as np

import micrograd_np as mg

NOTHING = object()
"""What is no array of numbers."""

NUMERIC = "biufc"


def plain_of(value):
    """Return what a value is as an array of the machine's own layout; a number as it is."""
    if isinstance(value, (numbers.Number, np.bool)):
        return value
    if isinstance(value, (np.matrix, np.ma.MaskedArray)):
        return NOTHING
    if isinstance(value, mg.Tensor):
        value = value.data
    if any(t.requires_grad for t in tensors_in(value)):
        return NOTHING
    try:
        found = np.asarray(value)
    except Exception:
        return NOTHING
    if found.dtype.kind not in NUMERIC:
        return NOTHING
    return np.array(found, found.dtype.newbyteorder("="), order="C")


def stands_for(value):
    """Return a value as plainly as it can be told: an array where it is one, else itself."""
    plain = plain_of(value)
    if plain is NOTHING:
        return value
    if isinstance(value, mg.Tensor):
        found = mg.tensor(plain, requires_grad=value.requires_grad)
        return found if value.is_leaf else found * 1
    return plain


def without_tensors(value):
    """Return a value with the array of a tensor in its place."""
    if isinstance(value, mg.Tensor):
        return value.data.copy()
    if not holds_tensors(value):
        return value
    if type(value) in (list, tuple):
        return type(value)(map(without_tensors, value))
    if type(value) is dict:
        return {key: without_tensors(item) for key, item in value.items()}
    return value


def inside(value, seen=()):
    """Yield what a container holds, and what these hold; of anything else itself."""
    if any(value is known for known in seen):
        return
    seen = (*seen, value)
    if isinstance(value, np.ndarray) and value.dtype == object and value.size < 100:
        value = value.ravel().tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = vars(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)) and len(value) < 1000:
        for item in value:
            yield from inside(item, seen)
    else:
        yield value


def holds_tensors(value):
    return any(isinstance(item, mg.Tensor) for item in inside(value))


def tensors_in(value):
    return [item for item in inside(value) if isinstance(item, mg.Tensor)]


def leaves_in(value):
    return [t for t in tensors_in(value) if t.requires_grad and t.is_leaf]


def snapshot(value):
    """Return what can be compared with what the value is afterwards."""
    return [_look(item) for item in inside(value)]


def _look(item):
    if isinstance(item, mg.Tensor):
        grad = None if item.grad is None else item.grad.tobytes()
        return _look(item.data), item.requires_grad, item.is_leaf, grad
    if isinstance(item, np.ndarray):
        flags = tuple(item.flags[name] for name in ("WRITEABLE", "C_CONTIGUOUS", "ALIGNED"))
        data = None if item.dtype.hasobject else item.tobytes()
        return type(item), item.dtype, item.shape, item.strides, flags, data
    if isinstance(item, bytearray):
        return bytes(item)
    return id(item)


def difference(a, b):
    """Return how two results differ, "" if they are the same but for rounding."""
    if isinstance(a, mg.Tensor) or isinstance(b, mg.Tensor):
        a, b = (x.data if isinstance(x, mg.Tensor) else x for x in (a, b))
    if _is_array(a) and _is_array(b):
        return _of_arrays(np.asarray(a), np.asarray(b))
    if isinstance(a, dict) and isinstance(b, dict):
        if list(map(str, a)) != list(map(str, b)):
            return f"has {list(a)}, expected {list(b)}"
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        if len(a) != len(b):
            return f"has {len(a)} items, expected {len(b)}"
        return next(filter(None, map(difference, a, b)), "")
    if type(a) is not type(b):
        return f"is a {type(a).__name__}, expected a {type(b).__name__}"
    if isinstance(a, str):
        return "" if a == b else f"is {a!r}, expected {b!r}"
    return ""


def _is_array(x):
    return isinstance(x, (np.ndarray, np.generic, int, float, complex))


def _of_arrays(a, b):
    if a.shape != b.shape or a.dtype.name != b.dtype.name:
        return f"is {a.dtype} of {a.shape}, expected {b.dtype} of {b.shape}"
    if a.dtype.kind not in "fc":
        return "" if repr(a.tolist()) == repr(b.tolist()) else f"is {a}, expected {b}"
    size = np.max(np.abs(b), initial=0, where=np.isfinite(b))
    near = 1e3 * float(np.finfo(b.dtype).eps) * float(min(size, np.finfo(float).max))
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= near)
    return "" if same.all() else f"is {a}, expected {b}"
