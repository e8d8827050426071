"""A case with its operands, and assertions about it with a tolerance that is measured.

How far apart two right answers may be is not chosen: `rounding_radius` runs the computation again
with every operand off by a rounding.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import micrograd_np as mg
from micrograd_np.rounding import LIMIT, RUNS, Radius, distance, rounding_radius
from micrograd_np.testing.operations import oracles
from micrograd_np.testing.operations.case import Case


@dataclass
class Call:
    """A case with its operands, and what is measured of it in double precision."""

    case: Case
    arrays: list[np.ndarray]
    options: dict[str, Any]

    def __repr__(self) -> str:
        given = [repr(a) for a in self.arrays]
        given += [f"{name}={option!r}" for name, option in self.options.items()]
        return f"{self.case.name}: {', '.join(' '.join(text.split()) for text in given)}"

    def _repr_pretty_(self, printer, _cycle):
        """Print as `repr` does where Hypothesis shows an example."""
        printer.text(repr(self))

    def on(self, *operands):
        return self.case.call(*operands, **self.options)

    def more_exactly(self, *operands):
        """Compute with other numbers than ``dtype=`` says: complex ones, or mpmath's."""
        options = {name: option for name, option in self.options.items() if name != "dtype"}
        exact = None if self.case.passes_a_complex_step else self.case.exact
        return (exact or self.case.call)(*operands, **options)

    @cached_property
    def value(self):
        return np.asarray(self.on(*self.arrays))

    @cached_property
    def seed(self):
        return weights_for(self.value)

    @cached_property
    def measured(self):
        return Measured(gradients(self.on, self.seed), self.arrays)


class Measured:
    """Results whose rounding radii are measured, no more often than a comparison needs.

    More runs can only make a radius larger, so what is within it after one run is so after all.
    """

    def __init__(self, compute, arrays):
        self.compute = compute
        self.arrays = arrays
        self.found = {}

    def radii(self, runs):
        if runs not in self.found:
            self.found[runs] = rounding_radius(self.compute, *self.arrays, runs=runs)
        return self.found[runs]

    def assert_that(self, check):
        """Make an assertion about the radii: by no run or one, if that does not hold by all."""
        for runs in (0, 1):
            try:
                return check(self.radii(runs))
            except AssertionError:
                continue
        return check(self.radii(RUNS))


def weights_for(out: Any) -> Any:
    """Return weights for each element of an array, no two alike, of both signs."""
    return np.cos(1.0 + np.arange(np.size(out))).reshape(np.shape(out)).astype(out.dtype)


def along(radii, directions):
    """Return what gradients say along directions, with how far rounding may move it."""
    pairs = list(zip(radii, directions, strict=True))
    return Radius(
        np.asarray(float(sum(np.sum(r.value.astype(d.dtype) * d) for r, d in pairs))),
        np.asarray(float(sum(np.sum(r.radius * np.abs(d)) for r, d in pairs))),
        np.asarray(any(r.undecided.any() for r in radii)),
    )


def gradients(call, seed):
    """Return a function that computes the value and the gradient of every operand."""

    def compute(*operands):
        value, pullback = mg.vjp(call, *operands)
        return {"value": value, **numbered("gradient", pullback(seed))}

    return compute


def numbered(name, arrays):
    return {f"{name} {k}": a for k, a in enumerate(arrays)}


def assert_within_radii(given, measured):
    """Assert that nothing but rounding is between what is given and what was measured."""

    def check(radii):
        for name, found in given.items():
            apart = distance(found, radii[name])
            assert apart.ok, f"{name}: {apart}\ngiven {found}\nwanted {radii[name]}"

    measured.assert_that(check)


def detached(out):
    return out.data if isinstance(out, mg.Tensor) else out


def exact_sum(call, function=None):
    """Return the weighted sum of the result, computed with mpmath's numbers by `function`.

    That is by default what the case says.
    """
    function = function or call.more_exactly

    def f(*operands):
        out = np.asarray(function(*operands), object)
        assert out.shape == call.value.shape
        return np.sum(out * oracles.exactly(call.seed)) if out.size else oracles.mpmath.mpf(0)

    return f


def assert_along(measured, name, direction, found):
    """Assert that gradients, taken along a direction, are a number."""

    def check(radii):
        pairs = [(radii[f"{name} {k}"], d) for k, d in enumerate(direction)]
        wanted = sum(float(np.sum(r.value * d)) for r, d in pairs)
        radius = sum(float(np.sum(r.radius * abs(d))) for r, d in pairs)
        assert abs(found - wanted) <= LIMIT * radius, f"{name}: {wanted}, by differences {found}"

    measured.assert_that(check)
