"""Equivalent mutants of differences, interpolation, running products and sums of products."""

from __future__ import annotations

from benchmarks.adequacy.equivalent import Equivalent

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "micrograd_np/rules/calculus.py",
        "scale = np.where(inside, 1 / np.where(inside, width, 1), outside)",
        "scale = np.where(inside, 1 / np.where(inside, width, 2), outside)",
        "the width that stands in outside of the nodes is left out by the outer np.where",
    ),
    Equivalent(
        "micrograd_np/rules/calculus.py",
        "beyond = np.where(inside, x - xp[before], 0)",
        "beyond = np.where(inside, x - xp[before], 1)",
        "what stands in outside of the nodes is left out of the share; it need only be finite",
    ),
    Equivalent(
        "micrograd_np/rules/einsum.py",
        "sizes[label] = max(size, sizes.get(label, 0))",
        "sizes[label] = max(sizes.get(label, 0), size)",
        "the order matters to max only where both are equal",
    ),
    Equivalent(
        "micrograd_np/rules/einsum.py",
        "sizes[label] = max(size, sizes.get(label, 0))",
        "sizes[label] = max(size, sizes.get(label, 1))",
        "0 and 1 differ only where the others have no elements along an index, and this operand "
        "has one: whether that is multiplied with a single 1",
    ),
    Equivalent(
        "micrograd_np/rules/einsum.py",
        "if is_view and isinstance(arrays[0], Tensor):",
        "if isinstance(arrays[0], Tensor):",
        "a write asks of each related tensor whether it shares memory, and what is no view does "
        "not: only time is saved",
    ),
    Equivalent(
        "micrograd_np/rules/cumulative.py",
        "if len(axes) == 1:\nreturn moved",
        "",
        "a reshape to the shape that there is: only time is saved",
    ),
    Equivalent(
        "micrograd_np/rules/cumulative.py",
        "return moved",
        "pass",
        "a reshape to the shape that there is: only time is saved",
    ),
)
