"""One test per question, asked of every operation in the table.

How far apart two right answers may be is not chosen but measured: `rounding_radius` runs the
operation and its gradient again with every operand off by a rounding.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.compare.oracles import complex_step
from micrograd_np.rounding import distance, rounding_radius
from rules.in_torch import torch
from rules.table import CASES

every_operation = pytest.mark.parametrize("case", CASES, ids=str)
needs_torch = pytest.mark.usefixtures("torch_is_there")
dtypes = st.sampled_from(["float64", "float32"])
check = settings(
    max_examples=settings.default.max_examples // 6,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def torch_is_there():
    pytest.importorskip("torch", reason="torch is the oracle of this test")


# --- what the tests are made of ----------------------------------------------------------------


def seed_for(out):
    """Return weights for each element of a result, no two alike, of both signs."""
    return np.cos(1.0 + np.arange(np.size(out))).reshape(np.shape(out)).astype(out.dtype)


def draw_call(data, case, dtype="float64"):
    """Draw operands and options, and weights for the elements of the result."""
    arrays, options = data.draw(case.draw)
    arrays = [a.astype(dtype) for a in arrays]  # multiples of 1/32, so exactly
    return arrays, options, seed_for(np.asarray(case.call(*arrays, **options)))


def value_and_gradients(case, options, seed):
    """Return a function that computes the value and the gradient of every operand."""

    def compute(*operands):
        value, pullback = mg.vjp(lambda *a: case.call(*a, **options), *operands)
        return {"value": value, **numbered("gradient", pullback(seed))}

    return compute


def second_derivatives(case, options, seed, weights):
    """Return a function that differentiates a combination of all gradients by every operand."""

    def compute(*operands):
        every = tuple(range(len(operands)))

        def combined(*operands):
            weighted = lambda *a: np.sum(case.call(*a, **options) * seed)
            grads = mg.grad(weighted, argnums=every)(*operands)
            return sum(np.sum(g * w) for g, w in zip(grads, weights, strict=True))

        return numbered("second", mg.grad(combined, argnums=every)(*operands))

    return compute


def numbered(name, arrays):
    return {f"{name} {k}": a for k, a in enumerate(arrays)}


def assert_within_radii(given, radii):
    """Assert that nothing but rounding is between what is given and what was measured."""
    assert given.keys() == radii.keys()
    for name, radius in radii.items():
        found = distance(given[name], radius)
        assert found.ok, f"{name}: {found}\ngiven {given[name]}\nwanted {radius}"


# --- the questions -----------------------------------------------------------------------------


@every_operation
@check
@given(data=st.data())
def test_the_value_is_numpys_bit_for_bit(case, data):
    arrays, options = data.draw(case.draw)
    wanted = np.asarray(case.call(*arrays, **options))
    out = case.call(*[mg.tensor(a, requires_grad=True) for a in arrays], **options)
    assert isinstance(out, mg.Tensor)
    assert out.dtype == wanted.dtype
    np.testing.assert_array_equal(out.data, wanted, strict=True)


@needs_torch
@every_operation
@check
@given(data=st.data(), dtype=dtypes)
def test_value_and_gradient_are_torchs(case, data, dtype):
    arrays, options, seed = draw_call(data, case, dtype)
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    value = case.torch(*leaves, **options)
    grads = torch.autograd.grad(value, leaves, torch.tensor(seed), materialize_grads=True)
    theirs = {"value": value.detach().numpy()}
    theirs.update(numbered("gradient", [g.numpy() for g in grads]))
    assert_within_radii(theirs, rounding_radius(value_and_gradients(case, options, seed), *arrays))


@every_operation
@check
@given(data=st.data())
def test_rules_give_for_arrays_what_they_give_for_tensors(case, data):
    """Tensors, as in the measurement of the radius; arrays in backward() and in a pullback."""
    arrays, options, seed = draw_call(data, case)
    radii = rounding_radius(value_and_gradients(case, options, seed), *arrays)
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    out = case.call(*leaves, **options)
    out.backward(seed)
    grads = numbered("gradient", [leaf.grad for leaf in leaves])
    assert_within_radii({"value": out.data, **grads}, radii)
    _, pullback = mg.vjp(lambda *a: case.call(*a, **options), *arrays)
    for _ in range(2):  # the second time nothing has changed
        for again, grad in zip(pullback(seed), grads.values(), strict=True):
            np.testing.assert_array_equal(again, grad, strict=True)


@pytest.mark.parametrize("case", [c for c in CASES if c.analytic], ids=str)
@check
@given(data=st.data())
def test_the_gradient_is_that_of_a_complex_step(case, data):
    arrays, options, seed = draw_call(data, case)

    def by(k):
        def weighted(z):
            operands = [mg.tensor(a, dtype=complex) for a in arrays]
            operands[k] = z
            return np.sum(case.call(*operands, **options) * seed)

        return complex_step(weighted, arrays[k])

    radii = rounding_radius(value_and_gradients(case, options, seed), *arrays)
    for k, a in enumerate(arrays):
        step, radius = by(k), radii[f"gradient {k}"]
        if np.unique(a).size < a.size:
            # From equal elements it meets the kink of the maximum that softmax subtracts.
            radius = replace(radius, undecided=np.isnan(step))
        assert_within_radii({k: step}, {k: radius})


@needs_torch
@every_operation
@check
@given(data=st.data())
def test_the_second_derivative_is_that_of_torchs_double_backward(case, data):
    """Of a combination of all gradients, by every operand."""
    arrays, options, seed = draw_call(data, case)
    weights = [seed_for(a) for a in arrays]
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    weighted = (case.torch(*leaves, **options) * torch.tensor(seed)).sum()
    first = torch.autograd.grad(weighted, leaves, create_graph=True, materialize_grads=True)
    total = sum((g * torch.tensor(w)).sum() for g, w in zip(first, weights, strict=True))
    # Where the operation is linear, nothing is left to differentiate.
    total = total + 0 * sum(leaf.sum() for leaf in leaves)
    second = torch.autograd.grad(total, leaves, materialize_grads=True)

    theirs = numbered("second", [g.numpy() for g in second])
    radii = rounding_radius(second_derivatives(case, options, seed, weights), *arrays)
    assert_within_radii(theirs, radii)


@every_operation
@check
@given(data=st.data())
def test_float32_stays_float32(case, data):
    arrays, options = data.draw(case.draw)
    leaves = [mg.tensor(a, requires_grad=True, dtype=np.float32) for a in arrays]
    out = case.call(*leaves, **options)
    assert out.dtype == np.float32
    out.backward(np.ones(out.shape))
    for leaf in leaves:
        assert leaf.grad.dtype == np.float32
        assert leaf.grad.shape == leaf.shape


@every_operation
@check
@given(data=st.data())
def test_float32_meets_float64(case, data):
    """Each operand gets its gradient in its own dtype."""
    arrays, options = data.draw(case.draw)
    kinds = [np.float32, np.float64, np.float32]
    leaves = [
        mg.tensor(a, requires_grad=True, dtype=dtype)
        for a, dtype in zip(arrays, kinds, strict=False)
    ]
    out = case.call(*leaves, **options)
    out.backward(np.ones(out.shape))
    assert [leaf.grad.dtype for leaf in leaves] == [leaf.dtype for leaf in leaves]


def fortran(a):
    return a.copy(order="F")


def negative_stride(a):
    return a[(slice(None, None, -1),) * a.ndim].copy()[(slice(None, None, -1),) * a.ndim]


def every_other(a):
    wide = np.full(tuple(2 * n for n in a.shape), np.nan)
    wide[(slice(None, None, 2),) * a.ndim] = a
    return wide[(slice(None, None, 2),) * a.ndim]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


layouts = st.sampled_from([fortran, negative_stride, every_other, read_only])


@every_operation
@check
@given(data=st.data())
def test_memory_layout_does_not_matter(case, data):
    """The value is NumPy's for that very layout; the gradient that of the plain layout."""
    arrays, options, seed = draw_call(data, case)
    laid_out = [np.asarray(data.draw(layouts)(a)) for a in arrays]
    value, pullback = mg.vjp(lambda *a: case.call(*a, **options), *laid_out)
    np.testing.assert_array_equal(value, np.asarray(case.call(*laid_out, **options)), strict=True)
    given = {"value": value, **numbered("gradient", pullback(seed))}
    assert_within_radii(given, rounding_radius(value_and_gradients(case, options, seed), *arrays))
    for a, there in zip(arrays, laid_out, strict=True):
        np.testing.assert_array_equal(a, there)  # nobody wrote into the inputs
