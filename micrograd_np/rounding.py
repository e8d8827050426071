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

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.lifting import lift, unfold
from micrograd_np.mode import mode
from micrograd_np.operation import Operation
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
    error = _distance(given, wanted.value)
    with np.errstate(over="ignore"):  # where the wanted value is 0, a radius is very small
        radii = np.where(wanted.undecided | (error == 0), 0, error / wanted.radius)
    radii = np.where(np.isnan(radii), np.inf, radii)
    index = np.unravel_index(np.argmax(radii), radii.shape)
    place = tuple(int(i) for i in index)
    return Distance(float(radii[place]), place, float(error[place]), undecided)


def _incomparable(problem: str) -> Distance:
    return Distance(np.inf, None, np.inf, 0, problem)


class Rounding:
    """Calls operations with their operands perturbed: a `mode(call=...)`.

    Parameters
    ----------
    rng
        Where the signs come from; None perturbs nothing and takes note of the decisions.
    decisions
        What the comparisons of the plain run gave, in order.
    freeze
        Whether comparisons give the plain run's result again.
    copies
        How many runs are made at once, along the first axis of every array; 0: one, as it is.
    """

    def __init__(
        self,
        rng: np.random.Generator | None,  # a string: numpy.random is slow to import
        decisions: list[Any] | None = None,
        freeze: bool = True,
        copies: int = 0,
    ) -> None:
        self.copies = copies
        self.perturbing = rng is not None
        self.decisions: list[Any] = [] if decisions is None else decisions
        self.freeze = freeze
        self.flips = 0
        self._next = 0
        self._rng = rng
        self._pools: dict[np.dtype[Any], Array] = {}

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        """Compute `operation` with rounding errors."""
        if operation.kind == "constant":
            return self._decide(operation.function(*values, **kwargs), _margin(operation, values))
        if operation.composite:
            return unfold(operation, values, kwargs)
        if self.perturbing and not operation.exact:
            dtype = _working_dtype(values)
            added = dict(operation.sums(*values, **kwargs)) if operation.sums else {}
            values = [
                self._drift(value, added[position]) if position in added else value
                for position, value in enumerate(values)
            ]
            values = [
                self.perturb(value, dtype)
                if operation.takes_array(position) and position not in operation.places
                else value
                for position, value in enumerate(values)
            ]
        return operation.function(*values, **kwargs)

    def perturb(self, value: Any, dtype: np.dtype[Any]) -> Any:
        """Return an operand that is a rounding error off, of `dtype` where it is a number."""
        if isinstance(value, (np.ndarray, np.inexact)):
            if value.dtype.kind not in "fc":
                return value
            factors = self._factors(value.size, value.real.dtype).reshape(value.shape)
            return np.asarray(value * factors)
        if isinstance(value, float) and not value.is_integer():
            # A whole number is a count or an exponent, and exact.
            return value * float(self._factors(1, dtype)[0])
        return value

    def _drift(self, terms: Any, axes: int | tuple[int, ...] | None) -> Any:
        """Perturb terms that are added up along axes as the roundings on the way perturb them.

        Each addition rounds the sum of all terms so far: it changes every one of them by the same
        factor, off from 1 by eps / 4 on average. A term that many additions follow has come by as
        many factors in the end. Equal terms are rounded alike, so that in data that repeats itself
        the errors do not average out.
        """
        if not isinstance(terms, np.ndarray) or terms.dtype.kind not in "fc" or not terms.size:
            return terms
        along = range(terms.ndim) if axes is None else axes if isinstance(axes, tuple) else (axes,)
        added = [axis % terms.ndim for axis in along]
        lengths = [terms.shape[axis] for axis in added]
        by_term = np.moveaxis(terms, added, range(len(added))).reshape(math.prod(lengths), -1)
        marks = by_term @ np.cos(np.arange(by_term.shape[1]))  # the same for the same terms
        _, kinds = np.unique(marks, return_inverse=True)
        apart = [self.copies] if self.copies and 0 not in added else []
        drawn = self._factors(len(kinds) * math.prod(apart), terms.real.dtype)
        steps = (drawn.reshape([-1, *apart])[kinds] - 1.0) / 4
        walk = 1 + np.cumsum(steps[::-1], axis=0, dtype=np.float64)[::-1]
        factors = walk.reshape(lengths + apart + [1] * (terms.ndim - len(added) - len(apart)))
        back = np.moveaxis(factors, range(len(added)), added)
        return terms * back.astype(terms.real.dtype)

    def _factors(self, size: int, dtype: np.dtype[Any]) -> Array:
        """Draw factors 1 + eps or 1 - eps: from a pool, since a draw costs more than most sums."""
        pool = self._pools.get(dtype)
        if pool is None or pool.size < size:
            assert self._rng is not None
            signs = self._rng.integers(0, 2, max(size, 1 << 14)) * 2.0 - 1.0
            pool = (1 + np.finfo(dtype).eps * signs).astype(dtype)
        self._pools[dtype] = pool[size:]
        return pool[:size]

    def _decide(self, decision: Any, margin: Any) -> Any:
        # What is handed out may be written into; what is kept must not be.
        if not self.perturbing:
            self.decisions.append((_copy(decision), margin))
            return decision
        position, self._next = self._next, self._next + 1
        plain, plain_margin = (
            self.decisions[position] if position < len(self.decisions) else (..., None)
        )
        if plain is ... or np.shape(plain) != np.shape(decision):
            self.flips += 1  # another path was taken through the program
            return decision
        close = _close(margin, plain_margin)
        if close is not None and close.any():
            self.flips += 1
            decision = np.where(close, np.logical_not(plain), decision)
        elif not _same(plain, decision):
            self.flips += 1
        return _copy(plain) if self.freeze else decision


def _margin(operation: Operation, values: list[Any]) -> Any:
    """Return by how much the operands of a comparison differ; None for another operation."""
    function = operation.function
    if not (isinstance(function, np.ufunc) and function.nin == 2 and function.types[0][-1] == "?"):
        return None
    dtype = np.complex128 if any(map(np.iscomplexobj, values)) else np.float64
    with np.errstate(all="ignore"):
        return np.subtract(values[0], values[1], dtype=dtype, casting="unsafe")


def _close(margin: Any, plain: Any) -> Any:
    """Tell where rounding moves the operands of a comparison by as much as they differ."""
    if margin is None or plain is None:
        return None
    moved = np.abs(margin - plain)
    return (moved > 0) & (moved >= np.abs(plain))


def _copy(decision: Any) -> Any:
    return decision.copy() if isinstance(decision, np.ndarray) else decision


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc"))


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


def _working_dtype(values: list[Any]) -> np.dtype[Any]:
    """Return the narrowest real dtype among the operands: that of a Python number beside them."""
    dtypes = [v.real.dtype for v in values if isinstance(v, np.ndarray) and v.dtype.kind in "fc"]
    return min(dtypes, key=lambda dtype: dtype.itemsize, default=np.dtype(float))


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
