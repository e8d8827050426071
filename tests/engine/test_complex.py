"""Complex numbers: PyTorch's gradient in ``.grad`` and ``mg.grad``, the transpose in ``vjp``."""

import numpy as np
import pytest

import micrograd_np as mg

Z = np.array([1.0 + 2.0j, -0.5 + 0.25j])


def test_the_gradient_is_the_direction_of_steepest_ascent():
    """Of |z|^2 it is 2z: d/dx + i d/dy, as PyTorch has it."""
    z = mg.tensor(Z, requires_grad=True)
    (np.abs(z) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad, 2 * Z, rtol=1e-15)
    np.testing.assert_allclose(mg.grad(lambda z: (z * z.conj()).real.sum())(Z), 2 * Z, rtol=1e-15)


def test_of_a_holomorphic_function_it_is_the_conjugate_of_the_derivative():
    grad = mg.grad(lambda z: np.exp(z).real.sum())(Z)
    np.testing.assert_allclose(grad, np.conj(np.exp(Z)), rtol=1e-15)


def test_a_pullback_is_the_plain_transpose():
    _, pullback = mg.vjp(np.exp, Z)
    np.testing.assert_allclose(pullback(np.array([1.0, 2.0j]))[0], np.exp(Z) * [1.0, 2.0j])


def test_a_seed_is_a_gradient_too():
    """Nothing changes where a backward pass is cut in two."""
    z = mg.tensor(Z, requires_grad=True)
    np.abs(np.sin(z * z)).sum().backward()
    middle = mg.tensor((Z * Z), requires_grad=True)
    np.abs(np.sin(middle)).sum().backward()
    again = mg.tensor(Z, requires_grad=True)
    (again * again).backward(middle.grad)
    np.testing.assert_allclose(again.grad, z.grad, rtol=1e-14)


def test_a_real_operand_has_a_real_gradient():
    x = mg.tensor([1.0, -2.0], requires_grad=True)
    np.abs(x * 1j + 1).sum().backward()
    np.testing.assert_allclose(x.grad, [1 / np.sqrt(2), -2 / np.sqrt(5)])
    assert x.grad.dtype == np.float64
    single = mg.tensor(np.float32([1.0, 2.0]), requires_grad=True)
    (single @ Z.astype(np.complex64)).imag.backward()
    assert single.grad.dtype == np.float32
    np.testing.assert_array_equal(single.grad, Z.imag.astype(np.float32))


def test_second_derivatives():
    second = mg.grad(lambda x: mg.grad(lambda y: np.abs(np.exp(1j * y * y) + y))(x))(0.75)
    step = 1e-5
    first = mg.grad(lambda y: np.abs(np.exp(1j * y * y) + y))
    np.testing.assert_allclose(second, (first(0.75 + step) - first(0.75 - step)) / 2e-5, rtol=1e-8)


def test_a_complex_number_has_no_single_gradient():
    z = mg.tensor(1 + 1j, requires_grad=True)
    with pytest.raises(TypeError, match=r"np\.abs\(t\), t\.real"):
        (z * z).backward()
    with pytest.raises(TypeError, match=r"np\.abs\(t\), t\.real"):
        mg.grad(lambda z: z * z)(1j)


def test_a_complex_seed_of_real_numbers_is_refused():
    x = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="seed is complex"):
        (x * 2).backward([1j])


def test_what_is_constant_for_real_numbers_only_is_refused():
    z = mg.tensor(Z, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"np\.sign of complex numbers"):
        np.sign(z)


def test_parts_can_be_assigned():
    z = mg.tensor(Z, requires_grad=True).copy()
    z.imag = 3.0
    np.testing.assert_array_equal(z.data, Z.real + 3j)
    with pytest.raises(TypeError, match="imaginary"):
        mg.tensor([1.0]).imag = 2.0


def test_complex_constants_compute():
    z = mg.tensor([1 + 1j])
    np.testing.assert_array_equal((z * z).data, [2j])
