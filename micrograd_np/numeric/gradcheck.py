"""``gradcheck``: the gradients of a function against derivatives from its values alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from micrograd_np.checks import whole
from micrograd_np.numeric.comparison import Comparison
from micrograd_np.numeric.derivatives import Derivatives
from micrograd_np.numeric.report import NOTHING, GradCheck, GradientError, Row
from micrograd_np.numeric.subject import Subject
from micrograd_np.rounding import Radius, rounding_radius
from micrograd_np.transforms.arguments import kinds, positions

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
        Computes with NumPy. Arguments and results may be containers. What reads one triangle of a
        symmetric matrix (``np.linalg.eigvalsh``, ``cholesky``) is to be given ``(a + a.T) / 2``.
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
    elements = elements if elements is None else whole("elements", elements, 1)
    with np.errstate(all="ignore"):  # what is no number is told below
        subject = Subject(f, args, kwargs, _checked(args, argnums))
        found = GradCheck(subject.name, tuple(_rows(subject, elements)))
    if raise_exception and not found.ok:
        raise GradientError(found)
    return found


def _checked(args: Any, argnums: int | Sequence[int] | None) -> list[int]:
    """Return the positions of the arguments to check."""
    if argnums is not None:
        return positions(argnums, args)
    found = [i for i, arg in enumerate(args) if kinds(arg) and kinds(arg) <= set("fc")]
    if not found:
        raise TypeError(
            f"there is nothing to check: none of {len(args)} arguments holds floating-point arrays "
            "alone; pass integers beside them as an argument of their own"
        )
    return found


def _rows(subject: Subject, elements: int | None) -> Iterator[Row]:
    measured = _measured(subject)
    if isinstance(measured, str):
        # Which operand a rule is wrong about is said; it need not be an argument.
        for name, x in zip(subject.names, subject.arrays, strict=True):
            yield Row(name, x.shape, x.dtype, "", note=measured)
        return
    derivatives = Derivatives(subject)
    for which, name in enumerate(subject.names):
        yield Comparison(derivatives, which, measured[name]).row(elements)


def _measured(subject: Subject) -> dict[str, Radius] | str:
    """Return the gradients with their rounding radii, or what is wrong with a rule."""

    def compute(*arrays: Any) -> dict[str, Any]:
        return dict(zip(subject.names, gradients_of(arrays), strict=True))

    def gradients_of(arrays: Sequence[Any]) -> list[Any]:
        return subject.recorded(arrays)[1]()

    results, gradients = subject.recorded(subject.arrays)
    if not all(map(_is_same, results, subject.results(subject.arrays))):
        return "another result where gradients are taken: what fwd of mg.custom_vjp returns"
    if not subject.is_finite and not any(map(np.any, subject.weights)):
        return f"{NOTHING}: no result is finite"
    try:
        first = gradients()
    except (ValueError, TypeError) as error:
        return str(error)
    if not all(map(_is_same, gradients_of(subject.arrays), first)):
        return "another gradient each time: a backward pass must not draw random numbers"
    # By a power of two, so that nothing is rounded.
    if not all(map(_is_same, [-4 * g for g in gradients(-0.25)], first)):
        return "a gradient that is not in proportion to the one that came: a rule must be linear"
    return rounding_radius(compute, *subject.arrays)


def _is_same(a: Any, b: Any) -> bool:
    """Whether two arrays differ by no more than a sum that was made in another order."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    size = np.max(np.abs(a), initial=0, where=np.isfinite(a))
    return np.allclose(a, b, rtol=0, atol=1e3 * np.finfo(a.dtype).eps * size, equal_nan=True)
