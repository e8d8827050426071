"""One property, asked of every operation in the table, and nothing that is for one of them alone.

How far apart two right answers may be is not chosen but measured: `rounding_radius` runs the
operation and its gradient again with every operand off by a rounding.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.rounding import LIMIT, RUNS, distance, rounding_radius
from rules import oracles
from rules.case import Case
from rules.in_torch import torch
from rules.layouts import layouts
from rules.table import CASES

FLOATS = ("float64", "float32", "float16", "longdouble")
EXAMPLES = max(200, settings.default.max_examples)


@dataclass
class Call:
    """A case with its operands, and what is measured of it in double precision."""

    case: Case
    arrays: list[np.ndarray]
    options: dict[str, Any]

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


def weights_for(out):
    """Return weights for each element of an array, no two alike, of both signs."""
    return np.cos(1.0 + np.arange(np.size(out))).reshape(np.shape(out)).astype(out.dtype)


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


# --- the question ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_gradient_and_second_derivative_are_right(case):
    @settings(max_examples=examples_of(case), suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def is_right(data):
        everything_is_right(case, data)

    is_right()


def examples_of(case):
    """Return how often a case is tried: the cases of one function share the examples."""
    return max(EXAMPLES // case.alike + 1, EXAMPLES // 4)


def everything_is_right(case, data):
    call = Call(case, *data.draw(case.draw))
    the_value_is_numpys(call)
    every_way_to_the_gradient_gives_the_same(call)
    the_gradient_is_that_of_differences(call)
    if torch is not None and case.torch is not None:
        the_gradient_is_torchs(call)
    dtype = data.draw(st.sampled_from(dtypes_of(call)))
    laid_out = [data.draw(layouts) for _ in call.arrays]
    dtype_and_layout_do_not_matter(call, dtype, laid_out)
    second_derivatives_are_right(call)
    if case.complex:
        complex_gradients_are_torchs(call)


def the_value_is_numpys(call):
    """Bit for bit, and in its dtype."""
    out = call.on(*[mg.tensor(a, requires_grad=True) for a in call.arrays])
    assert isinstance(out, mg.Tensor)
    np.testing.assert_array_equal(out.data, call.value, strict=True)
    assert out.data.flags.writeable or not call.value.flags.writeable


def every_way_to_the_gradient_gives_the_same(call):
    """Rules given arrays and rules given Tensors; each operand alone and all together."""
    leaves = [mg.tensor(a, requires_grad=True) for a in call.arrays]
    call.on(*leaves).backward(call.seed)
    for leaf in leaves:
        assert type(leaf.grad) is np.ndarray
        assert leaf.grad.shape == leaf.shape
        assert leaf.grad.dtype == leaf.dtype
    assert_within_radii(numbered("gradient", [leaf.grad for leaf in leaves]), call.measured)
    if len(leaves) == 1:
        return
    for k, a in enumerate(call.arrays):
        operands = list(call.arrays)
        operands[k] = alone = mg.tensor(a, requires_grad=True)
        call.on(*operands).backward(call.seed)
        assert_within_radii({f"gradient {k}": alone.grad}, call.measured)


def the_gradient_is_that_of_differences(call):
    """Along one direction, by a complex step or with many digits."""
    direction = [weights_for(a) for a in call.arrays]
    if call.case.passes_a_complex_step:
        found = oracles.complex_step(
            lambda *moved: np.sum(detached(call.more_exactly(*map(mg.Tensor, moved))) * call.seed),
            call.arrays,
            direction,
        )
    else:
        found = oracles.difference(exact_sum(call), call.arrays, direction)
    assert_along(call.measured, "gradient", direction, found)


def detached(out):
    return out.data if isinstance(out, mg.Tensor) else out


def exact_sum(call):
    """Return the weighted sum of the result, computed with mpmath's numbers."""

    def f(*operands):
        out = np.asarray(call.more_exactly(*operands), object)
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


def the_gradient_is_torchs(call):
    leaves = [torch.tensor(a, requires_grad=True) for a in call.arrays]
    value = call.case.torch(*leaves, **call.options)
    grads = torch.autograd.grad(value, leaves, torch.tensor(call.seed), materialize_grads=True)
    found = numbered("gradient", [g.numpy() for g in grads])
    assert_within_radii({"value": value.detach().numpy(), **found}, call.measured)


def dtypes_of(call):
    """Return the dtypes that NumPy takes the operands in, gives back, and holds the result in.

    And the gradients, with room for what they are computed from.
    """
    taken = []
    found = [radius.value for radius in call.measured.radii(0).values()]
    largest = max(np.max(np.abs(value), initial=0) for value in found)
    for dtype in FLOATS:
        if np.isfinite(largest) and largest > np.sqrt(float(np.finfo(dtype).max)) * 16:
            continue
        try:
            with np.errstate(over="raise"):
                out = np.asarray(call.on(*[a.astype(dtype) for a in call.arrays]))
        except (TypeError, FloatingPointError):
            continue
        if out.dtype.kind in "fc":
            taken.append(dtype)
    return taken


def dtype_and_layout_do_not_matter(call, dtype, laid_out):
    """The value is NumPy's for that very memory; the gradient that of the plain layout."""
    arrays = [a.astype(dtype) for a in call.arrays]  # multiples of 1/32, so exactly
    given = [lay_out(a) for a, lay_out in zip(arrays, laid_out, strict=True)]
    given = [np.asarray(a) for a in given]
    wanted = np.asarray(call.on(*given))
    value, pullback = mg.vjp(call.on, *given)
    np.testing.assert_array_equal(value, wanted, strict=True)
    seed = call.seed.astype(wanted.dtype)
    found = numbered("gradient", pullback(seed))
    assert [g.dtype for g in found.values()] == [a.dtype for a in arrays]
    assert_within_radii(found, Measured(gradients(call.on, seed), arrays))
    for a, there in zip(arrays, given, strict=True):
        np.testing.assert_array_equal(a, there)  # nobody wrote into the inputs


def second_derivatives_are_right(call):
    """Of a combination of all gradients, along one direction."""
    weights = [weights_for(a) for a in call.arrays]
    direction = [w[::-1].copy() if w.ndim else w for w in weights]
    every = tuple(range(len(weights)))

    def combined(*operands, function=call.on):
        grads = mg.vjp(function, *operands)[1](call.seed)
        return sum(np.sum(g * w) for g, w in zip(grads, weights, strict=True))

    def compute(*operands):
        return numbered("second", mg.grad(combined, argnums=every)(*operands))

    if call.value.size == 0 or not all(a.size for a in call.arrays):
        compute(*call.arrays)
        return
    measured = Measured(compute, call.arrays)
    if call.case.passes_a_complex_step:
        found = oracles.complex_step(
            lambda *moved: combined(*moved, function=call.more_exactly), call.arrays, direction
        )
    else:
        found = oracles.second_difference(exact_sum(call), call.arrays, weights, direction)
    assert_along(measured, "second", direction, found)


def complex_gradients_are_torchs(call):
    """``.grad`` in PyTorch's convention, and a real derivative along a direction in the plane."""
    arrays = [a + 1j * (0.25 - 0.5 * a[::-1] if a.ndim else 0.5) for a in call.arrays]
    arrays = [np.asarray(a) for a in arrays]
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    out = call.on(*leaves)
    np.testing.assert_array_equal(out.data, np.asarray(call.on(*arrays)), strict=True)
    seed = weights_for(out.data) * (1 - 0.5j if out.dtype.kind == "c" else 1)
    out.backward(seed)
    grads = [leaf.grad for leaf in leaves]
    assert [g.dtype for g in grads] == [a.dtype for a in arrays]
    _, pullback = mg.vjp(call.on, *arrays)
    for g, plain in zip(grads, pullback(np.conj(seed)), strict=True):
        np.testing.assert_allclose(plain, np.conj(g), rtol=1e-12)  # the same run, transposed
    if torch is None or call.case.torch is None:
        return
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    value = call.case.torch(*theirs, **call.options)
    wanted = torch.autograd.grad(value, theirs, torch.tensor(seed), materialize_grads=True)
    measured = Measured(
        lambda *operands: numbered("gradient", mg.vjp(call.on, *operands)[1](np.conj(seed))),
        arrays,
    )
    assert_within_radii(
        numbered("gradient", [g.conj().resolve_conj().numpy() for g in wanted]), measured
    )
