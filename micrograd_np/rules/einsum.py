"""Sums of products with named axes."""

from typing import Any

import numpy as np

from micrograd_np.declare import constant, defvjp
from micrograd_np.lifting import as_operand
from micrograd_np.operation import OPERATIONS, Rule
from micrograd_np.tensor import Tensor, apply
from micrograd_np.values import write

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _einsum(position: int) -> Rule:
    """Return the rule of the operand at `position`, counted from the subscripts.

    The gradient is an einsum again: of the result's gradient and the other operands, to the
    subscripts of this one. An index that stands nowhere else, or with length one only, is filled
    with ones; an index that stands twice in this operand makes a diagonal, by an identity matrix.
    """

    def rule(
        g: Any, _out: Any, subscripts: str, *operands: Any, optimize: Any = False, order: str = "K"
    ) -> Any:
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
        return np.einsum(f"{','.join(labels)}->{wanted}", *factors, optimize=optimize is not False)

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


def _einsum_call(
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    order: str = "K",
    casting: Any = "safe",
) -> Any:
    """Spell subscripts as a string and cast operands; NumPy takes more forms than the rules."""
    subscripts, arrays = _spelled(operands)
    common = np.result_type(*arrays) if dtype is None else np.dtype(dtype)
    for array in arrays:
        if not np.can_cast(array.dtype, common, casting):
            raise TypeError(
                f"np.einsum: cannot cast an operand from {array.dtype} to {common} according to "
                f"the rule {casting!r}"
            )
    is_view = _is_view(subscripts, arrays)
    if dtype is not None and not is_view:
        arrays = [array.astype(dtype) for array in arrays]
    options = {"optimize": optimize} if optimize is not False else {}
    options |= {"order": order} if order != "K" else {}
    result = apply(OPERATIONS[np.einsum], (subscripts, *arrays), options)
    if is_view and isinstance(arrays[0], Tensor):
        arrays[0]._relate(result)
    return result if out is None else write("np.einsum", out, result, casting)


def _is_view(subscripts: str, arrays: list[Any]) -> bool:
    """Whether one operand's axes are picked and ordered, nothing more: NumPy casts no view."""
    if len(arrays) > 1 or "," in subscripts:
        return False
    (labels,), output = _labels(subscripts, [array.ndim for array in arrays])
    return set(labels) == set(output)


def _spelled(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Return subscripts as a string, and the operands as Tensors or arrays."""
    if isinstance(operands[0], str):
        return operands[0], list(map(as_operand, operands[1:]))
    # array, axes, array, axes, ... and perhaps the axes of the result
    arrays, axes = list(operands[::2]), operands[1::2]
    arrow = f"->{''.join(map(_letter, arrays.pop()))}" if len(arrays) > len(axes) else ""
    labels = ["".join(map(_letter, each)) for each in axes]
    return ",".join(labels) + arrow, list(map(as_operand, arrays))


def _letter(axis: Any) -> str:
    # In the order that NumPy has them in, by which the axes of a result not given are sorted.
    return "..." if axis is ... else sorted(LETTERS)[axis]


defvjp(
    np.einsum,
    every=_einsum,
    first=1,
    definition=_einsum_call,
    broadcasts=True,
    sums=_einsum_sums,
    torch="einsum",
)
constant(np.einsum_path)
