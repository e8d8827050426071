"""``gradcheck``: the gradients of a function against derivatives from its values alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.numeric.derivatives import Derivatives, Found
from micrograd_np.numeric.report import GradCheck, GradientError, Row
from micrograd_np.numeric.subject import Subject
from micrograd_np.rounding import LIMIT, Radius, rounding_radius
from micrograd_np.transforms import jvp
from micrograd_np.transforms.arguments import positions
from micrograd_np.values import value_of

ELEMENTS = 200
"""How many elements of an array are checked one by one."""


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    elements: int | None = ELEMENTS,
    raise_exception: bool = True,
    **kwargs: Any,
) -> GradCheck:
    """Check the gradients of `f` against derivatives from its values alone.

    The gradient of a weighted sum of all results is compared element by element with a complex
    step, where every operation on the way is analytic; elsewhere with differences, extrapolated to
    a step of none in the widest floating-point numbers that `f` computes with, whose uncertainty is
    part of the comparison. Errors are counted in rounding radii: how far apart rounding alone, as
    measured, and that uncertainty may bring two right answers. Where a kink is met, any gradient
    between the slopes to both sides is right, and the report says so.

    Parameters
    ----------
    f
        Computes with NumPy. Arguments and results may be containers.
    *args, **kwargs
        Its arguments.
    argnums
        The arguments to check; by default all that hold floating-point or complex arrays.
    elements
        How many elements of an array are checked one by one, drawn at random from larger ones, of
        which a random direction is checked besides. None: all.
    raise_exception
        Whether to raise an error if a gradient is wrong.

    Returns
    -------
    GradCheck
        Prints as a table; its ``ok`` says whether all gradients are right.

    Raises
    ------
    GradientError
        If a gradient is wrong. It is an AssertionError, and its text is the table.
    TypeError, ValueError
        If there is nothing to check, or `f` does not give the same when it is called again.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.gradcheck(np.hypot, np.array([3.0, 1.0]), np.array([4.0, 2.0])).ok
    True
    >>> @mg.primitive
    ... def cube(x):
    ...     return x**3
    >>> mg.defvjp(cube, lambda g, _out, x: g * 2 * x**2)
    >>> mg.gradcheck(cube, np.array([1.0, 2.0]), raise_exception=False).rows[0].problem
    'at [1]: 8, expected 12 of the result at [1]'
    """
    subject = Subject(f, args, kwargs, _checked(args, argnums))
    found = GradCheck(subject.name, tuple(_rows(subject, elements)))
    if raise_exception and not found.ok:
        raise GradientError(found)
    return found


def _checked(args: Any, argnums: int | Sequence[int] | None) -> list[int]:
    """Return the positions of the arguments to check."""
    if argnums is not None:
        return positions(argnums, args)
    found = [i for i, arg in enumerate(args) if _is_floating(arg)]
    if not found:
        raise TypeError(
            f"there is nothing to check: none of {len(args)} arguments holds floating-point arrays "
            "alone"
        )
    return found


def _is_floating(arg: Any) -> bool:
    leaves = trees.leaves(arg)
    kinds = [np.asarray(value_of(x)).dtype.kind for x in leaves]
    return len(kinds) > 0 and all(kind in "fc" for kind in kinds)


def _rows(subject: Subject, elements: int | None) -> Iterator[Row]:
    measured = _measured(subject)
    if isinstance(measured, str):
        # Which operand a rule is wrong about is said; it need not be an argument.
        for name, x in zip(subject.names, subject.arrays, strict=True):
            yield Row(name, x.shape, x.dtype, "", note=measured)
        return
    derivatives = Derivatives(subject)
    for which, name in enumerate(subject.names):
        yield _row(subject, derivatives, which, measured[name], elements)


def _measured(subject: Subject) -> dict[str, Radius] | str:
    """Return the gradients with their rounding radii, or what is wrong with a rule."""

    def compute(*arrays: Any) -> dict[str, Any]:
        return dict(zip(subject.names, gradients_of(arrays), strict=True))

    def gradients_of(arrays: Sequence[Any]) -> list[Any]:
        return subject.pullback(arrays)()

    gradients = subject.pullback(subject.arrays)
    try:
        with np.errstate(all="ignore"):
            gradients()
    except (ValueError, TypeError) as error:
        return str(error)
    return rounding_radius(compute, *subject.arrays)


def _row(
    subject: Subject, derivatives: Derivatives, which: int, ours: Radius, elements: int | None
) -> Row:
    name, x = subject.names[which], subject.arrays[which]
    if ours.value.shape != x.shape or ours.value.dtype != x.dtype:
        note = f"shape {ours.value.shape} and dtype {ours.value.dtype}"
        return Row(name, x.shape, x.dtype, "", note=note)
    rng = np.random.default_rng(0)
    chosen = list(range(x.size))
    if elements is not None and x.size > elements:
        chosen = sorted(rng.choice(x.size, elements, replace=False).tolist())
    found = derivatives.by_elements(which, chosen, ours.undecided)
    radii = _radii(ours, found)
    settled = [k for k in chosen if np.isfinite(radii.flat[k]) or np.isfinite(found.errors.flat[k])]
    row = Row(
        name, x.shape, x.dtype, found.by,
        checked=len(settled), kinks=found.kinks, unsettled=len(chosen) - len(settled),
    )  # fmt: skip
    if settled:
        worst = max(settled, key=lambda k: radii.flat[k])
        row = replace(
            row,
            radii=float(radii.flat[worst]),
            index=tuple(map(int, np.unravel_index(worst, x.shape))),
            given=ours.value.flat[worst].item(),
            wanted=_wanted(found, worst),
        )
        if not row.ok:
            row = replace(row, **_of_one_result(subject, derivatives, which, worst))
    if row.ok and len(chosen) < x.size:
        row = replace(row, note=_along(derivatives, which, ours, rng))
    return row


def _of_one_result(
    subject: Subject, derivatives: Derivatives, which: int, k: int
) -> dict[str, Any]:
    """Return what is wrong about the one result whose derivative is furthest off."""
    if sum(w.size for w in subject.weights) == 1:
        return {}
    unit = np.zeros(subject.arrays[which].shape, subject.arrays[which].dtype)
    unit.flat[k] = 1
    tangents = [np.zeros(x.shape, x.dtype) for x in subject.arrays]
    tangents[which] = unit
    ours = jvp(lambda *xs: subject.call(xs), tuple(subject.arrays), tuple(tangents))[1]
    apart = [np.abs(o - r) for o, r in zip(ours, derivatives.roughly(which, unit), strict=True)]
    place = max(range(len(apart)), key=lambda i: np.max(apart[i], initial=-1.0))
    index = np.unravel_index(np.argmax(apart[place]), apart[place].shape)
    one = subject.of_one(place, index)
    found = Derivatives(one).by_elements(which, [k], np.zeros(unit.shape, bool))
    number = f" number {place}" if len(apart) > 1 else ""
    return {
        "given": one.pullback(subject.arrays)()[which].flat[k].item(),
        "wanted": _wanted(found, k),
        "of": f" of the result{number} at {list(map(int, index))}",
    }


def _radii(ours: Radius, found: Found) -> Any:
    """Return the error of each element in radii: 0 between the slopes to both sides of a kink."""
    g = ours.value.astype(found.values.dtype)
    with np.errstate(all="ignore"):
        error = _outside(g.real, found.low.real, found.high.real)
        if g.dtype.kind == "c":
            error = np.hypot(error, _outside(g.imag, found.low.imag, found.high.imag))
        radii = np.where(error == 0, 0, error / (ours.radius + found.errors))
    return np.where(np.isnan(radii) & np.isfinite(found.errors), np.inf, radii)


def _outside(g: Any, low: Any, high: Any) -> Any:
    return np.maximum(np.maximum(low - g, g - high), 0)


def _wanted(found: Found, k: int) -> Any:
    low, high = found.low.flat[k].item(), found.high.flat[k].item()
    return low if low == high else (low, high)


def _along(derivatives: Derivatives, which: int, ours: Radius, rng: Any) -> str:
    """Check all elements together, along a random direction; return what is wrong, or ""."""
    direction = rng.integers(0, 2, ours.value.shape) * 2.0 - 1.0
    slope = derivatives.along(which, direction)
    given = float(np.sum(ours.value.real * direction))
    allowed = LIMIT * (float(np.sum(ours.radius)) + slope.error)
    low, high = sorted((slope.left, slope.right)) if slope.kink else (slope.value, slope.value)
    if not slope.settled or low - allowed <= given <= high + allowed:
        return ""
    return f"along a random direction: {given:.6g}, expected {slope.value:.6g}"
