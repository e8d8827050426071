"""Products of matrices and of arrays with named axes."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.operation import Rule

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _matmul_left(g: Any, _out: Any, _a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    if _a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.swapaxes(-1, -2)


def _matmul_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    if a.ndim == 1:
        return g * a if _b.ndim == 1 else a[:, None] * g[..., None, :]
    if _b.ndim == 1:
        return (a.swapaxes(-1, -2) @ g[..., None])[..., 0]
    return a.swapaxes(-1, -2) @ g


defvjp(
    np.matmul,
    _matmul_left,
    _matmul_right,
    broadcasts=True,
    sums=lambda _a, _b: [(0, -1)],
    torch="matmul",
    prints="{0} @ {1}",
    math=r"#1 #2",
)


def _dot_left(g: Any, _out: Any, _a: Any, b: Any) -> Any:
    # The last axis of a is summed with the last but one of b (or its only one).
    if not _ndim(_a) or not _ndim(b):
        return (g * b).sum() if not _ndim(_a) else g * b
    if b.ndim <= 2 and _a.ndim <= 2:
        return _matmul_left(g, _out, _a, b)
    rows, columns, count = _dot_sizes(_a, b)
    flat = np.moveaxis(b, -2, 0) if b.ndim > 1 else b
    return (g.reshape((rows, columns)) @ flat.reshape((count, columns)).T).reshape(_a.shape)


def _dot_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    if not _ndim(a) or not _ndim(_b):
        return (g * a).sum() if not _ndim(_b) else g * a
    if a.ndim <= 2 and _b.ndim <= 2:
        return _matmul_right(g, _out, a, _b)
    rows, columns, count = _dot_sizes(a, _b)
    grad = a.reshape((rows, count)).T @ g.reshape((rows, columns))
    if _b.ndim == 1:
        return grad.reshape(_b.shape)
    return np.moveaxis(grad.reshape((count, *_b.shape[:-2], _b.shape[-1])), 0, -2)


def _ndim(a: Any) -> int:
    return getattr(a, "ndim", 0)  # a Python number has none


def _dot_sizes(a: Any, b: Any) -> tuple[int, int, int]:
    """Return the shape of ``dot(a, b)`` as one of matrices, and the length of the summed axis."""
    columns = math.prod(b.shape[:-2]) * b.shape[-1] if b.ndim > 1 else 1
    return math.prod(a.shape[:-1]), columns, a.shape[-1]


defvjp(
    np.dot,
    _dot_left,
    _dot_right,
    sums=lambda a, b: [(0, -1)] if _ndim(a) and _ndim(b) else [],
    math="#1 #2",
)


defvjp(
    np.vdot,
    lambda g, _out, _a, b: (g * b).reshape(_a.shape),
    lambda g, _out, a, _b: (g * a).reshape(_b.shape),
    analytic=False,  # it conjugates its first operand
    sums=lambda _a, _b: [(0, None)],
    torch="vdot",
)


def _einsum(position: int) -> Rule:
    """Return the rule of the operand at `position`, counted from the subscripts.

    The gradient is an einsum again: of the result's gradient and the other operands, to the
    subscripts of this one. An index that stands nowhere else, or with length one only, is filled
    with ones; an index that stands twice in this operand makes a diagonal, by an identity matrix.
    """

    def rule(g: Any, _out: Any, subscripts: str, *operands: Any, optimize: Any = False) -> Any:
        mine = position - 1
        inputs, output = _labels(subscripts, [operand.ndim for operand in operands])
        labels, factors = [output], [g]
        for other, operand in enumerate(operands):
            if other != mine:
                labels.append(inputs[other])
                factors.append(operand)
        sizes: dict[str, int] = {}
        for spelled, factor in zip(labels, factors, strict=True):
            for label, size in zip(spelled, factor.shape, strict=True):
                sizes[label] = max(size, sizes.get(label, 0))
        free = iter(sorted(set(LETTERS) - set(sizes) - set(inputs[mine])))
        wanted = ""
        for label, size in zip(inputs[mine], operands[mine].shape, strict=True):
            if label in wanted:
                second = next(free)
                labels.append(label + second)
                factors.append(np.eye(size, dtype=g.dtype))
                label = second
            elif label not in sizes or sizes[label] < size:
                labels.append(label)
                factors.append(np.ones(size, dtype=g.dtype))
            wanted += label
        return np.einsum(f"{','.join(labels)}->{wanted}", *factors, optimize=optimize)

    return rule


def _labels(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Spell out subscripts: one letter per axis, the ellipsis and the output included."""
    subscripts = subscripts.replace(" ", "")
    left, arrow, output = subscripts.partition("->")
    inputs = left.split(",")
    spare = sorted(set(LETTERS) - set(subscripts), reverse=True)
    counts = [
        ndim - len(labels.replace("...", "")) if "..." in labels else 0
        for labels, ndim in zip(inputs, ndims, strict=True)
    ]
    dots = "".join(spare[: max(counts)])
    inputs = [
        labels.replace("...", dots[len(dots) - count :])
        for labels, count in zip(inputs, counts, strict=True)
    ]
    if arrow:
        return inputs, output.replace("...", dots)
    together = "".join(inputs)
    once = sorted(label for label in set(together) - set(dots) if together.count(label) == 1)
    return inputs, dots + "".join(once)


def _einsum_sums(subscripts: str, *operands: Any, **_: Any) -> list[tuple[int, Any]]:
    inputs, output = _labels(subscripts, [np.ndim(operand) for operand in operands])
    found, seen = [], set(output)
    for position, labels in enumerate(inputs, 1):
        found.append((position, tuple(a for a, label in enumerate(labels) if label not in seen)))
        seen.update(labels)
    return found


defvjp(np.einsum, every=_einsum, first=1, broadcasts=True, sums=_einsum_sums, torch="einsum")
