"""One test per question, asked of every operation in the table."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from agree import assert_agree
from rules.table import CASES, torch

every_operation = pytest.mark.parametrize("case", CASES, ids=str)
needs_torch = pytest.mark.usefixtures("torch_is_there")
check = settings(
    max_examples=settings.default.max_examples // 4,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def torch_is_there():
    pytest.importorskip("torch", reason="torch is the oracle of this test")


# --- what the tests are made of ----------------------------------------------------------------


def seed_for(out):
    """Return weights for each element of a result, no two alike, of both signs."""
    return np.cos(1.0 + np.arange(np.size(out))).reshape(np.shape(out)).astype(out.dtype)


def gradients(case, arrays, options, seed):
    """Return the gradients of all operands, by backward()."""
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    case.call(*leaves, **options).backward(seed)
    return [leaf.grad for leaf in leaves]


def gradients_in_torch(case, arrays, options, seed):
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = case.torch(*leaves, **options)
    grads = torch.autograd.grad(out, leaves, torch.tensor(seed), materialize_grads=True)
    return out.detach().numpy(), [g.numpy() for g in grads]


def scales(compute, arrays):
    """Return, per element of what `compute` returns, the size of the terms it is summed from.

    Each input is moved by at most 1e-6 of itself, or of 1, at random, four times over: the
    largest change, divided by 1e-6, is that size, whatever cancels in the sum itself.
    """
    step = 1e-6
    rng = np.random.default_rng(0)
    start = compute(*arrays)
    terms = [np.full(g.shape, np.max(np.abs(g), initial=0)) for g in start]
    for _ in range(4):
        moved = [a + step * np.maximum(np.abs(a), 1) * rng.uniform(-1, 1, a.shape) for a in arrays]
        for term, g, there in zip(terms, start, compute(*moved), strict=True):
            np.maximum(term, np.abs(there - g) / step, out=term)
    return terms


def check_gradients(case, arrays, options, seed, wanted):
    def compute(seed, *arrays):
        return gradients(case, arrays, options, seed)

    given = compute(seed, *arrays)
    for g, w, scale in zip(given, wanted, scales(compute, [seed, *arrays]), strict=True):
        assert_agree(g, w, scale=scale)


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
@given(data=st.data())
def test_value_and_gradient_are_torchs(case, data):
    arrays, options = data.draw(case.draw)
    out = np.asarray(case.call(*arrays, **options))
    value, wanted = gradients_in_torch(case, arrays, options, seed_for(out))

    def compute(*arrays):
        return [np.asarray(case.call(*arrays, **options))]

    assert_agree(out, value, scale=scales(compute, arrays)[0])
    check_gradients(case, arrays, options, seed_for(out), wanted)


@pytest.mark.parametrize("case", [c for c in CASES if c.analytic], ids=str)
@check
@given(data=st.data())
def test_the_gradient_is_that_of_a_complex_step(case, data):
    """f(x + ih) = f(x) + ih f'(x) - ...: the imaginary part over h, with nothing subtracted."""
    arrays, options = data.draw(case.draw)
    seed = seed_for(np.asarray(case.call(*arrays, **options)))
    h = 1e-200
    wanted = []
    for k, a in enumerate(arrays):
        slopes = np.empty(a.shape)
        for place in np.ndindex(a.shape):
            moved = [b.astype(complex) for b in arrays]
            moved[k][place] += 1j * h
            slopes[place] = (case.call(*moved, **options).imag / h * seed).sum()
        wanted.append(slopes)
    check_gradients(case, arrays, options, seed, wanted)


@needs_torch
@every_operation
@check
@given(data=st.data())
def test_the_second_derivative_is_that_of_torchs_double_backward(case, data):
    """Of a random combination of all gradients, by every operand and by the seed of the first."""
    arrays, options = data.draw(case.draw)
    seed = seed_for(np.asarray(case.call(*arrays, **options)))
    weights = [seed_for(a) for a in arrays]
    every = tuple(range(len(arrays)))

    def compute(seed, *arrays):
        def combined(*operands):
            weighted = lambda *a: np.sum(case.call(*a, **options) * seed)
            grads = mg.grad(weighted, argnums=every)(*operands)
            return sum(np.sum(g * w) for g, w in zip(grads, weights, strict=True))

        return list(mg.grad(combined, argnums=every)(*arrays))

    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    weighted = (case.torch(*leaves, **options) * torch.tensor(seed)).sum()
    first = torch.autograd.grad(weighted, leaves, create_graph=True, materialize_grads=True)
    total = sum((g * torch.tensor(w)).sum() for g, w in zip(first, weights, strict=True))
    # Where the operation is linear, nothing is left to differentiate.
    total = total + 0 * sum(leaf.sum() for leaf in leaves)
    second = torch.autograd.grad(total, leaves, materialize_grads=True)

    given = compute(seed, *arrays)
    for g, w, scale in zip(given, second, scales(compute, [seed, *arrays]), strict=True):
        assert_agree(g, w.numpy(), scale=scale)


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
    dtypes = [np.float32, np.float64, np.float32]
    leaves = [
        mg.tensor(a, requires_grad=True, dtype=dtype)
        for a, dtype in zip(arrays, dtypes, strict=False)
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
    arrays, options = data.draw(case.draw)
    laid_out = [np.asarray(data.draw(layouts)(a)) for a in arrays]
    value, pullback = mg.vjp(lambda *a: case.call(*a, **options), *laid_out)
    np.testing.assert_array_equal(value, np.asarray(case.call(*laid_out, **options)), strict=True)
    seed = seed_for(value)
    given = pullback(seed)
    assert [g.shape for g in given] == [a.shape for a in arrays]
    check_gradients(case, arrays, options, seed, given)
    for a, there in zip(arrays, laid_out, strict=True):
        np.testing.assert_array_equal(a, there)  # nobody wrote into the inputs
