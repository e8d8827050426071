"""What torch has no one call for, and how it spells axes."""

import numpy as np

absent = ""  # why PyTorch is not among the sides
try:
    import torch
except ImportError as error:  # the tests that need it skip
    torch = None
    is_missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
    absent = "PyTorch is not installed" if is_missing else f"PyTorch cannot be imported: {error}"
else:
    torch.set_num_threads(1)


def dims(a, axis):
    """Return axes as torch wants them: a tuple."""
    if axis is None:
        return tuple(range(a.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def kept(a, where, other):
    """Put another number where a mask is false."""
    if where is True:
        return a
    return torch.where(torch.as_tensor(where), a, torch.tensor(other, dtype=a.dtype))


def permute(a, axes=None):
    return a.permute(tuple(range(a.ndim))[::-1] if axes is None else axes)


def cumsum(a, axis):
    return a.reshape(-1).cumsum(0) if axis is None else a.cumsum(axis)


def expand_dims(a, axis):
    return a.unsqueeze(0).unsqueeze(-1) if isinstance(axis, tuple) else a.unsqueeze(axis)


def squeeze(a, axis):
    return a.squeeze() if axis is None else a.squeeze(axis)


def concatenate(*arrays, axis):
    if axis is None:
        return torch.cat([a.reshape(-1) for a in arrays])
    return torch.cat(arrays, axis)


def dot(a, b):
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return torch.tensordot(a, b, dims=([-1], [max(b.ndim - 2, 0)]))


def norm(a, ord, axis, keepdims):  # noqa: A002
    order = 2 if ord in (None, "fro") else ord
    return torch.linalg.vector_norm(a, order, dims(a, axis), keepdim=keepdims)


def pad(a, pad_width, mode, constant_values=0):
    """Pick elements, by NumPy's own answer for their positions, and constants elsewhere."""
    positions = np.arange(a.numel()).reshape(a.shape)
    if mode != "constant":
        return a.reshape(-1)[torch.as_tensor(np.pad(positions, pad_width, mode))]
    around = np.pad(np.zeros(a.shape), pad_width, constant_values=constant_values)
    positions = torch.as_tensor(np.pad(positions, pad_width, constant_values=-1))
    flat = torch.cat([a.reshape(-1), a.new_zeros(1)])  # the last one stands for no element
    return flat[positions] + torch.as_tensor(around, dtype=a.dtype)


def cross_entropy(a, labels):
    rows, labels = a.reshape(-1, a.shape[-1]), torch.as_tensor(labels).reshape(-1)
    return torch.nn.functional.cross_entropy(rows, labels)


def positions(a, index):
    """Return which elements of `a`, counted in C order, an index picks: NumPy's own answer."""
    return torch.as_tensor(np.array(np.arange(a.numel()).reshape(a.shape)[index]))


def getitem(a, index):
    return a.reshape(-1)[positions(a, index)]


def setitem(a, value, index):
    """Put `value` at `index`: the last of several where an element is picked repeatedly."""
    places = positions(a, index)
    values = value.broadcast_to(places.shape).reshape(-1)
    last = {place: k for k, place in enumerate(places.reshape(-1).tolist())}
    places = torch.tensor(list(last), dtype=torch.long)
    order = torch.tensor(list(last.values()), dtype=torch.long)
    return a.reshape(-1).index_put((places,), values[order]).reshape(a.shape)


def add_at(a, value, index):
    places = positions(a, index)
    values = value.broadcast_to(places.shape).reshape(-1)
    flat = a.reshape(-1).index_put((places.reshape(-1),), values, accumulate=True)
    return flat.reshape(a.shape)


def picked(call):
    """Return `call`, which only moves elements: NumPy's own answer tells which stands where."""

    def in_torch(*operands, **options):
        numbered, start = [], 1
        for a in operands:
            numbered.append(np.arange(start, start + a.numel()).reshape(tuple(a.shape)))
            start += a.numel()
        flat = torch.cat([operands[0].new_zeros(1), *(a.reshape(-1) for a in operands)])
        return flat[torch.as_tensor(np.array(call(*numbered, **options)))]  # number 0 stands for 0

    return in_torch


def select(*choices, condlist, default):
    result = choices[0].new_tensor(default)
    for condition, choice in reversed(list(zip(condlist, choices, strict=True))):
        result = torch.where(torch.as_tensor(condition), choice, result)
    return result


def linspace(start, stop, num, endpoint, axis, retstep, **_):
    start, stop = torch.broadcast_tensors(start, stop)
    count = max(num - 1 if endpoint else num, 1)
    share = torch.arange(num, dtype=start.dtype) / count
    step = (stop - start) / count
    out = (start[..., None] + (stop - start)[..., None] * share).movedim(-1, axis)
    return torch.cat([out.reshape(-1), step.reshape(-1)]) if retstep else out
