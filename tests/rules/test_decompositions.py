"""QR and Cholesky factors: by which of them a loss is, of wide matrices, of complex ones."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.matrices import unlike


def weights(shape):
    return np.sin(1.0 + np.arange(np.prod(shape)) ** 2).reshape(shape)


def complex_one(*shape):
    return unlike(*shape) + 1j * weights(shape)


def assert_gradient_is_differences(f, a):
    """Of each element, real and imaginary."""
    given = np.asarray(mg.grad(f)(a))
    wanted = np.zeros_like(a)
    for index in np.ndindex(a.shape):
        for unit in (1, 1j) if a.dtype.kind == "c" else (1,):
            step = np.zeros_like(a)
            step[index] = 1e-5 * unit
            wanted[index] += unit * (f(a + step) - f(a - step)) / 2e-5
    np.testing.assert_allclose(given, wanted, rtol=1e-6, atol=1e-7)


LOSSES = {
    "q alone": lambda a: np.sum(np.real(np.linalg.qr(a)[0] * weights((a.shape[-2], 1)))),
    "a power of q": lambda a: np.sum(np.abs(np.linalg.qr(a).Q) ** 3 * weights((a.shape[-2], 1))),
    "r alone": lambda a: np.sum(np.abs(np.linalg.qr(a, "r")) ** 3 * weights((1, a.shape[-1]))),
    "both": lambda a: np.sum(made_of_both(*np.linalg.qr(a))),
}


def made_of_both(q, r):
    return np.abs(q) ** 3 @ np.abs(r) ** 3 * weights((q.shape[-2], r.shape[-1]))


MATRICES = {
    "tall": unlike(4, 2),
    "square": unlike(3, 3),
    "wide": unlike(2, 4),
    "wide by one": unlike(3, 4),
    "one row": unlike(1, 3),
    "tall in a stack": unlike(2, 4, 3),
    "wide in a stack": unlike(4, 2, 3),
    "wide in a stack of stacks": unlike(2, 1, 2, 5),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("a", MATRICES.values(), ids=MATRICES)
def test_the_gradient_by_each_factor_and_by_both(loss, a):
    assert_gradient_is_differences(loss, a)


@pytest.mark.parametrize("name", ["a power of q", "r alone", "both"])
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 2, 3)])
def test_the_gradient_of_the_factors_of_a_complex_matrix(name, shape):
    """Of what does not depend on the phases of the columns of q."""
    assert_gradient_is_differences(LOSSES[name], complex_one(*shape))


@pytest.mark.parametrize("name", ["a power of q", "both"])
@pytest.mark.parametrize("shape", [(3, 2), (2, 3)])
def test_the_second_derivative_by_the_factors(name, shape):
    along = lambda a: np.sum(mg.grad(LOSSES[name])(a) * weights(shape))
    assert_gradient_is_differences(along, unlike(*shape))


@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
def test_the_gradient_is_of_the_dtype_of_the_matrix(shape):
    for dtype in ("float32", "complex64"):
        a = complex_one(*shape) if dtype[0] == "c" else unlike(*shape)
        given = mg.grad(LOSSES["a power of q"])(a.astype(dtype))
        assert given.dtype == dtype
        np.testing.assert_allclose(given, mg.grad(LOSSES["a power of q"])(a), rtol=1e-3, atol=1e-5)


# --- modes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (2, 2, 3)])
def test_complete_factors_are_the_reduced_ones_where_no_column_is_added(shape):
    a = unlike(*shape)
    given = np.linalg.qr(mg.tensor(a, requires_grad=True), mode="complete")
    for part, wanted in zip(given, np.linalg.qr(a, "complete"), strict=True):
        np.testing.assert_array_equal(part.data, wanted, strict=True)


REFUSED = [
    ("raw", (3, 2), NotImplementedError, "reflections"),
    ("raw", (2, 3), NotImplementedError, "reflections"),
    ("complete", (3, 2), NotImplementedError, "which columns complete q is arbitrary"),
    ("complete", (2, 3, 1), NotImplementedError, "which columns complete q is arbitrary"),
    ("economic", (3, 2), ValueError, "Unrecognized mode 'economic'"),
    ("R", (2, 3), ValueError, "Unrecognized mode 'R'"),
]


@pytest.mark.parametrize(("mode", "shape", "error", "text"), REFUSED)
def test_modes_without_a_derivative_are_refused(mode, shape, error, text):
    a = mg.tensor(unlike(*shape), requires_grad=True)
    with pytest.raises(error, match=text):
        np.linalg.qr(a, mode)
