"""Interpolation at its nodes, slopes on even coordinates, zeros in polynomials, ends of spectra."""

from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from rules import gradients as rules

nan = np.nan


gradients = partial(rules.gradients, dtype=float)


def equal(given, wanted):
    np.testing.assert_array_equal(given, np.asarray(wanted, float))


# --- np.interp ---------------------------------------------------------------------------------

NODES, VALUES = [0.0, 1.0, 3.0], [0.0, 2.0, 10.0]


def test_interp_at_nodes_has_the_slope_to_the_right_and_at_the_last_one_to_the_left():
    x, xp, fp = gradients(np.interp, [0.0, 1.0, 3.0], NODES, VALUES)
    equal(x, [2, 4, 4])
    equal(fp, [1, 1, 1])
    equal(xp, [-2, -4, -4])


def test_interp_outside_of_the_nodes():
    x, xp, fp = gradients(np.interp, [-1.0, 4.0, 5.0, np.inf, -np.inf], NODES, VALUES)
    equal(x, [0, 0, 0, 0, 0])
    equal(xp, [0, 0, 0])
    equal(fp, [2, 0, 3])


def test_interp_outside_with_numbers_for_it():
    x, xp, fp, left, right = gradients(
        lambda x, xp, fp, left, right: np.interp(x, xp, fp, left=left, right=right),
        [-1.0, 4.0, 5.0, 0.5], NODES, VALUES, 7.0, 8.0,
    )  # fmt: skip
    equal(x, [0, 0, 0, 2])
    equal(fp, [0.5, 0.5, 0])
    equal([left, right], [1, 2])
    equal(xp, [-1, -1, 0])


def test_interp_is_clip_between_two_nodes():
    equal(gradients(lambda x: np.interp(x, [0, 1], [0, 1]), [-1.0, 0.0, 0.5, 1.0, 2.0])[0],
          [0, 1, 1, 1, 0])  # fmt: skip


def test_interp_of_one_node_and_of_nan():
    x, xp, fp = gradients(np.interp, [-1.0, 2.0, 3.0], [2.0], [5.0])
    equal(x, [0, 0, 0])
    equal(xp, [0])
    equal(fp, [3])
    x, _, fp = gradients(np.interp, [nan], NODES, VALUES)
    assert np.isnan(x).all()
    assert np.isnan(fp).any()


def test_interp_where_the_last_node_is_there_twice():
    _, xp, fp = gradients(np.interp, [1.0, 3.0], [0.0, 1.0, 1.0], [0.0, 2.0, 10.0])
    equal(fp, [0, 0, 2])
    equal(xp, [0, 0, 0])


@pytest.mark.parametrize("option", ["left", "right", "period"])
def test_a_tensor_as_an_option_alone_is_refused(option):
    with pytest.raises(TypeError):
        np.interp([0.5], NODES, VALUES, **{option: mg.tensor(2.0, requires_grad=True)})


def test_left_and_right_are_single_numbers():
    x = mg.tensor([0.5], requires_grad=True)
    with pytest.raises(TypeError, match="left must be a number"):
        np.interp(x, NODES, VALUES, left=mg.tensor([1.0, 2.0], requires_grad=True))
    with pytest.raises(TypeError, match="right must be a number"):
        np.interp(x, NODES, VALUES, right=1j)


# --- np.gradient, np.unwrap --------------------------------------------------------------------


@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes_on_evenly_spaced_coordinates_depend_on_each_of_them(edge_order):
    f = np.array([1.0, 4.0, -2.0, 0.5])
    even = np.array([0.0, 0.5, 1.0, 1.5])
    weights = np.array([1.0, -2.0, 3.0, 0.5])

    def total(x):
        return (np.gradient(f, x, edge_order=edge_order) * weights).sum()

    x = mg.tensor(even, requires_grad=True)
    slopes = np.gradient(f + 0 * x, x, edge_order=edge_order)
    np.testing.assert_array_equal(slopes.data, np.gradient(f, even, edge_order=edge_order))
    (slopes * weights).sum().backward()
    for k in range(4):
        step = 1e-5 * np.eye(4)[k]
        wanted = (total(even + step) - total(even - step)) / 2e-5
        assert abs(x.grad[k] - wanted) < 1e-7


def test_slopes_of_float16_on_coordinates_of_float64():
    f = mg.tensor([1.0, 2.0, 4.0], requires_grad=True, dtype=np.float16)
    x = mg.tensor([0.0, 1.0, 3.0], requires_grad=True)
    slopes = np.gradient(f, x)
    assert slopes.dtype == np.float16
    slopes.sum().backward()
    assert (f.grad.dtype, x.grad.dtype) == (np.float16, np.float64)


def test_unwrap_moves_by_whole_periods_only():
    p = [0.0, 3.0, 7.0, -3.0, np.pi - 3.0]
    equal(gradients(np.unwrap, p)[0], np.ones(5))
    with pytest.raises(TypeError):
        np.unwrap(mg.tensor(p, requires_grad=True), period=mg.tensor(6.0, requires_grad=True))


# --- polynomials -------------------------------------------------------------------------------


def test_a_product_depends_on_coefficients_that_are_zero():
    """NumPy leaves out the zeros that the factors begin with; what is left depends on them."""
    a, b = gradients(np.polymul, [0.0, 1.0, 2.0], [3.0, 4.0])
    equal(a, [4, 7, 7])  # of 3 * 0, only what is left
    equal(b, [3, 3])


def test_roots_depend_on_coefficients_that_are_zero():
    """Of x**2 - 2x + c: at c = 0 the root 2 falls by c / 2, and the root 0 grows by it."""
    p = mg.tensor([1.0, -2.0, 0.0], requires_grad=True)
    roots = np.roots(p)
    np.testing.assert_array_equal(roots.data, [2.0, 0.0])
    (roots * np.array([1.0, 10.0])).sum().backward()
    np.testing.assert_allclose(p.grad, [-2.0, -1.0, -0.5 + 5.0])
    q = mg.tensor([0.0, 1.0, -3.0], requires_grad=True)
    np.roots(q).sum().backward()
    np.testing.assert_allclose(q.grad, [-9.0, -3.0, -1.0])


def test_complex_roots_of_real_coefficients():
    p = mg.tensor([1.0, 0.0, 4.0], requires_grad=True)
    roots = np.roots(p)  # 2j, -2j
    (np.imag(roots) ** 2).sum().backward()  # 2 * 4ac - b**2 over 4 a**2
    np.testing.assert_allclose(p.grad, [-8.0, 0.0, 2.0], atol=1e-12)


# --- spectra -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 8))
def test_half_spectra_count_their_ends_once(n):
    """By the matrices of the transforms: the gradient is the product with the transpose."""
    weights = np.cos(np.arange(n // 2 + 1) + 1) + 1j * np.sin(np.arange(n // 2 + 1) + 2)
    matrix = np.fft.rfft(np.eye(n))
    x = mg.tensor(np.ones(n), requires_grad=True)
    np.real(np.fft.rfft(x) * weights).sum().backward()
    np.testing.assert_allclose(x.grad, np.real(matrix @ weights), atol=1e-14)
    half = n // 2 + 1
    by_real, by_imag = np.fft.irfft(np.eye(half), n), np.fft.irfft(1j * np.eye(half), n)
    seed = np.cos(np.arange(n))
    z = mg.tensor(np.ones(half) * (1 + 1j), requires_grad=True)
    (np.fft.irfft(z, n) * seed).sum().backward()
    np.testing.assert_allclose(z.grad, by_real @ seed + 1j * (by_imag @ seed), atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
def test_spectra_of_single_precision(dtype):
    x = mg.tensor(np.ones((2, 5)), requires_grad=True, dtype=dtype)
    spectrum = np.fft.fftn(x, s=(3, 4), axes=(1, 0), norm="ortho")
    assert spectrum.dtype == np.complex64
    abs(spectrum).sum().backward()
    assert x.grad.dtype == dtype


def test_an_array_cannot_take_a_spectrum_as_out():
    x = mg.tensor(np.ones(4), requires_grad=True)
    with pytest.raises(TypeError, match="the gradient would be lost"):
        np.fft.fftn(x, out=np.empty(4, complex))
    out = mg.tensor(np.zeros(4, complex))
    np.fft.fft(x, out=out)
    out.real.sum().backward()
    np.testing.assert_allclose(x.grad, [4, 0, 0, 0], atol=1e-15)
