"""How far rounding alone may move a result: the rounding radius.

Two correct programs for the same gradient differ by rounding, and by how much depends on the data:
where large terms cancel, by far more than one unit in the last place. So it is measured. The
computation is run again a few times, each time with every operand of every operation, forward and
backward, multiplied elementwise by 1 + eps or 1 - eps at random. Where many terms are added up, so
is the sum so far after each addition, by as much as an addition errs on average. The largest change
seen, plus eps times the result, plus the smallest normal number, is the rounding radius of each
element, and errors are counted in radii.

Operations that only move or select values round nothing and are left alone. Comparisons decide
on which side of a kink a value lies: they are kept as in the plain run, and where rounding could
have decided otherwise, the elements that depend on it are *undecided*: two correct programs may
differ there by any amount, so they are counted and not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.lifting import lift
from micrograd_np.mode import mode
from micrograd_np.perturbing import Rounding
from micrograd_np.tensor import Tensor

Array = NDArray[Any]

RUNS = 8
"""How many perturbed runs a radius is the largest change of."""

LIMIT = 8.0
"""Up to how many radii two results count as the same. In 35,000 networks, correct programs stayed
within five; the smallest one-line bugs in the network of the post are thousands away."""


@dataclass(frozen=True)
class Radius:
    """A result and how far rounding alone may move each of its elements.

    Attributes
    ----------
    value
        The result of the plain run.
    radius
        The rounding radius of each element: of the shape of `value`, float64 or wider.
    undecided
        Where the result depends on a comparison that rounding could have decided otherwise.
    estimated
        Whether there was no computation to perturb, so that the radius is eps times the largest
        magnitude in the array.
    """

    value: Array
    radius: Array
    undecided: Array
    estimated: bool = False


def rounding_radius(
    f: Callable[..., Any], *args: Any, runs: int = RUNS, seed: int = 0, stacked: bool = False
) -> dict[str, Radius]:
    """Measure the rounding radius of every array that `f` returns.

    Parameters
    ----------
    f
        Computes with NumPy on its arguments, which it gets as Tensors where they are
        floating-point arrays, and returns a dict of arrays or Tensors. Gradients inside it
        (``mg.grad``, ``backward``) are perturbed like everything else. It must compute the same
        each time.
    *args
        Its arguments.
    runs
        How many perturbed runs to make.
    seed
        Of the random signs.
    stacked
        Whether `f` also takes arrays with one more axis at the front, and computes each entry of
        it by itself: then all runs are made at once, which is faster for small arrays.

    Returns
    -------
    dict
        A :class:`Radius` for each array, by its name.

    Examples
    --------
    >>> import numpy as np
    >>> f = lambda x: {"difference": x[0] - x[1]}
    >>> found = rounding_radius(f, np.array([1.0, 1.0 + 1e-9]))["difference"]
    >>> bool(1e-16 < found.radius < 1e-15)
    True
    """
    copies = runs if stacked else 0
    if stacked:
        args = tuple(np.stack([a] * runs) if isinstance(a, np.ndarray) else a for a in args)
    plain = Rounding(None)
    base = _run(plain, f, args)
    radius = {name: _floor(value) for name, value in base.items()}
    change = {name: np.zeros_like(r) for name, r in radius.items()}
    flipped = []
    for run in range(1 if stacked else runs):
        rounding = Rounding(np.random.default_rng([seed, run]), plain.decisions, copies=copies)
        for name, value in _run(rounding, f, args).items():
            change[name] = np.fmax(change[name], _distance(value, base[name]))
        if rounding.flips:
            flipped.append(run)
    if stacked:
        change = {
            name: np.fmax.reduce(seen, axis=0, keepdims=True) for name, seen in change.items()
        }
    radius = {name: radius[name] + change[name] for name in base}
    undecided = {name: np.zeros(value.shape, bool) for name, value in base.items()}
    for run in flipped:
        rng = np.random.default_rng([seed, run])
        rounding = Rounding(rng, plain.decisions, freeze=False, copies=copies)
        try:
            values = _run(rounding, f, args)
        except (ValueError, IndexError):  # a decision changed a shape, and others did not fit it
            values = {}
        for name in base:
            if name in values and values[name].shape == base[name].shape:
                undecided[name] |= ~(_distance(values[name], base[name]) <= radius[name])
            else:
                undecided[name][...] = True
    if stacked:
        once = {name: np.asarray(found.any(axis=0)) for name, found in undecided.items()}
        return {name: Radius(base[name][0], radius[name][0], once[name]) for name in base}
    return {name: Radius(base[name], radius[name], undecided[name]) for name in base}


def estimated_radius(value: Array) -> Radius:
    """Return the radius to use for an array that comes without its computation.

    It is eps times the largest finite magnitude in the array for all elements: too small where
    large terms have cancelled, too large for elements much smaller than others.
    """
    value = np.asarray(value)
    finite = np.abs(value[np.isfinite(value)])
    largest = np.full(value.shape, finite.max(initial=0), np.float64)
    tiny = np.finfo(value.dtype).tiny
    return Radius(
        value,
        np.finfo(value.dtype).eps * largest + tiny,
        np.zeros(value.shape, bool),
        estimated=True,
    )


@dataclass(frozen=True)
class Distance:
    """How far a result is from what it should be.

    Attributes
    ----------
    radii
        The largest error in rounding radii; inf where the shape or dtype is wrong or a nan stands
        where none should.
    index
        Where it is, or None if there is nothing to compare.
    error
        The largest error as a number, at the same place.
    undecided
        How many elements were not compared because they hang on a kink.
    problem
        What makes the two incomparable, or "".
    """

    radii: float
    index: tuple[int, ...] | None
    error: float
    undecided: int
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether rounding explains the difference."""
        return not self.problem and self.radii <= LIMIT


def distance(given: Array, wanted: Radius) -> Distance:
    """Compare a result with a wanted one, shape and dtype first: nothing is broadcast or cast.

    Examples
    --------
    >>> import numpy as np
    >>> distance(np.zeros(64), estimated_radius(np.zeros((1, 64)))).problem
    'shape (64,), wanted (1, 64)'
    """
    given = np.asarray(given)
    if given.shape != wanted.value.shape:
        return _incomparable(f"shape {given.shape}, wanted {wanted.value.shape}")
    if given.dtype.newbyteorder("=") != wanted.value.dtype.newbyteorder("="):
        return _incomparable(f"dtype {given.dtype}, wanted {wanted.value.dtype}")
    undecided = int(wanted.undecided.sum())
    if undecided == given.size:
        return Distance(0.0, None, 0.0, undecided)
    radii, error = _in_radii(given, wanted)
    index = np.unravel_index(np.argmax(radii), radii.shape)
    place = tuple(int(i) for i in index)
    return Distance(float(radii[place]), place, float(error[place]), undecided)


def first_beyond(given: Array, wanted: Radius) -> tuple[int, ...] | None:
    """Return the first index, in C order, where more than rounding is between two arrays.

    None if there is none, or the two cannot be compared.
    """
    given = np.asarray(given)
    if given.shape != wanted.value.shape or given.dtype != wanted.value.dtype:
        return None
    beyond = np.argwhere(_in_radii(given, wanted)[0] > LIMIT)
    return tuple(map(int, beyond[0])) if len(beyond) else None


def _in_radii(given: Array, wanted: Radius) -> tuple[Array, Array]:
    """Return the error of each element, in radii and as a number."""
    error = _distance(given, wanted.value)
    with np.errstate(over="ignore"):  # where the wanted value is 0, a radius is very small
        radii = np.where(wanted.undecided | (error == 0), 0, error / wanted.radius)
    return np.where(np.isnan(radii), np.inf, radii), error


def _incomparable(problem: str) -> Distance:
    return Distance(np.inf, None, np.inf, 0, problem)


def _run(rounding: Rounding, f: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Array]:
    # A value at the edge of what overflows may do so when it is perturbed: no news to the user.
    with mode(call=rounding), np.errstate(all="ignore"):
        out: Mapping[str, Any] = f(*map(lift, args))
    arrays = {
        name: value.data if isinstance(value, Tensor) else np.asarray(value)
        for name, value in out.items()
    }
    for name, array in arrays.items():
        if array.dtype.kind not in "fc":
            raise TypeError(
                f"{name} has dtype {array.dtype}; rounding is for floating-point arrays"
            )
    return arrays


def _floor(value: Array) -> Array:
    """Return the part of a radius that is there without any change seen."""
    info = np.finfo(value.dtype)
    magnitude = np.abs(value).astype(np.float64)
    tiny = max(float(info.tiny), float(np.finfo(np.float64).tiny))  # a longdouble's is 0 there
    return np.where(np.isfinite(magnitude), float(info.eps) * magnitude, 0) + tiny


def _distance(a: Array, b: Array) -> Array:
    """Return |a - b| in float64, 0 where both are the same infinity or both nan."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    wide = np.result_type(a.dtype, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(same, 0, np.abs(a.astype(wide) - b.astype(wide)))
