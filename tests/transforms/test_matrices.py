"""jacobian, hessian and their products with vectors."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.transforms import run
from micrograd_np.transforms.run import Run
from transforms import functions
from transforms.functions import ALONG, POINT, in_torch

needs_torch = pytest.mark.skipif(functions.torch is None, reason="torch is not installed")


@needs_torch
@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
@pytest.mark.parametrize("f", functions.EVERY)
def test_a_jacobian_is_torchs(f, mode):
    torch = functions.torch
    wanted = torch.autograd.functional.jacobian(in_torch(f), torch.tensor(POINT)).numpy()
    found = mg.jacobian(f, mode=mode)(POINT)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15, strict=True)


@needs_torch
@pytest.mark.parametrize("f", functions.SCALARS)
def test_a_hessian_is_torchs(f):
    torch = functions.torch
    wanted = torch.autograd.functional.hessian(in_torch(f), torch.tensor(POINT)).numpy()
    np.testing.assert_allclose(mg.hessian(f)(POINT), wanted, rtol=1e-12, atol=1e-14)
    for product in (mg.hvp, mg.vhp):
        found = product(f, (POINT,), (ALONG,))
        assert type(found) is tuple
        np.testing.assert_allclose(found[0], wanted @ ALONG, rtol=1e-11, atol=1e-14)
        np.testing.assert_array_equal(product(f, POINT, ALONG), found[0])


@pytest.mark.parametrize(
    ("n", "m"), [(1, 1), (2, 7), (7, 2), (4, 4), (1, 9), (9, 1), (3, 0), (0, 3)]
)
def test_a_jacobian_takes_as_many_passes_as_the_shorter_side_is_long(monkeypatch, n, m):
    A = np.arange(1.0, n * m + 1).reshape(m, n)
    calls = []
    propagate = run.propagate

    def counted(*args, **kwargs):
        calls.append(args)
        return propagate(*args, **kwargs)

    monkeypatch.setattr(run, "propagate", counted)
    found = mg.jacobian(lambda x: np.sin(A @ x))(np.zeros(n))
    np.testing.assert_array_equal(found, A, strict=True)
    # Forward mode first makes the transposed program, once and for all passes.
    assert len(calls) == min(n, m) + (n < m)


def test_shapes_are_those_of_the_result_and_the_argument():
    x = np.ones((2, 3))
    for mode in ("reverse", "forward"):
        assert mg.jacobian(lambda x: x @ np.ones((3, 4)), mode=mode)(x).shape == (2, 4, 2, 3)
        assert mg.jacobian(np.sum, mode=mode)(x).shape == (2, 3)
        assert mg.jacobian(lambda t: t * x, mode=mode)(1.0).shape == (2, 3)
        assert mg.jacobian(np.sin, mode=mode)(np.float32([1.0])).dtype == np.float32


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_containers_of_containers(mode):
    def f(params, x):
        return {"sum": params["a"] + params["b"][0] * x, "constant": 3, "square": x**2}

    params, x = {"a": np.ones(2), "b": [np.array(2.0)]}, np.array([3.0, 4.0])
    found = mg.jacobian(f, argnums=(0, 1), mode=mode)(params, x)
    assert set(found) == {"sum", "constant", "square"}
    by_params, by_x = found["sum"]
    np.testing.assert_array_equal(by_params["a"], np.eye(2))
    np.testing.assert_array_equal(by_params["b"][0], x)
    np.testing.assert_array_equal(by_x, 2 * np.eye(2))
    np.testing.assert_array_equal(found["square"][1], np.diag(2 * x))
    np.testing.assert_array_equal(found["square"][0]["a"], np.zeros((2, 2)))
    np.testing.assert_array_equal(found["constant"][0]["a"], np.zeros(2))


def test_a_hessian_of_containers_and_arguments():
    f = lambda p, y: p["a"] ** 2 * p["b"] * y
    found = mg.hessian(f, argnums=(0, 1))({"a": 3.0, "b": 5.0}, 2.0)
    np.testing.assert_array_equal(found[0]["a"][0]["a"], 2 * 5 * 2)
    np.testing.assert_array_equal(found[0]["a"][0]["b"], 2 * 3 * 2)
    np.testing.assert_array_equal(found[0]["b"][1], 9)
    np.testing.assert_array_equal(found[1][0]["a"], 2 * 3 * 5)
    np.testing.assert_array_equal(found[1][1], 0)


def test_products_of_several_arguments_and_containers():
    f = lambda p, y: np.sum(p["a"] ** 2 * p["b"] * y)
    p, y = {"a": np.array([3.0, 1.0]), "b": 5.0}, np.array([2.0, 4.0])
    dp, dy = {"a": np.array([1.0, -1.0]), "b": 0.5}, np.array([2.0, 1.0])
    for product in (mg.hvp, mg.vhp):
        found_p, found_y = product(f, (p, y), (dp, dy))
        _, (wanted_p, wanted_y) = mg.jvp(mg.grad(f, (0, 1)), (p, y), (dp, dy))
        for name in p:
            np.testing.assert_allclose(found_p[name], wanted_p[name], rtol=1e-14)
        np.testing.assert_allclose(found_y, wanted_y, rtol=1e-14)


# --- complex numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_jacobian_of_complex_numbers(mode):
    z = np.array([1 + 2j, 0.5 - 1j])
    A = np.array([[1j, 2], [3, 4 - 1j], [0, 1]])
    np.testing.assert_allclose(mg.jacobian(lambda z: A @ z**2, mode=mode)(z), 2 * A * z, rtol=1e-13)
    # From real to complex numbers, and back: the derivative of `grad`, d/d re + i d/d im.
    found = mg.jacobian(lambda x: np.exp(1j * x), mode=mode)(np.array([0.5, 1.0]))
    np.testing.assert_allclose(found, np.diag(1j * np.exp(1j * np.array([0.5, 1.0]))), rtol=1e-13)
    found = mg.jacobian(lambda z: np.abs(z) ** 2, mode=mode)(z)
    np.testing.assert_allclose(found, np.diag(2 * z), rtol=1e-13)
    for k in range(2):
        one = mg.grad(lambda z, k=k: (z * z * A[0]).real[k])(z)
        rows = mg.jacobian(lambda z: (z * z * A[0]).real, mode=mode)(z)
        np.testing.assert_allclose(rows[k], one, rtol=1e-13)


@pytest.mark.parametrize(
    "f",
    [
        lambda z: (np.abs(z) ** 4).sum(),
        lambda z: np.real(z**3).sum() + np.imag(z[0] * np.conj(z[1])),
        lambda z: np.abs(np.exp(z)).sum() * np.abs(z[0]),
    ],
)
def test_second_derivatives_of_complex_numbers_move_the_gradient(f):
    z, v = np.array([1 + 2j, 0.5 - 1j]), np.array([0.3 + 1j, 2.0])
    moved = mg.jvp(mg.grad(f), z, v)[1]
    np.testing.assert_allclose(mg.hvp(f, z, v), moved, rtol=1e-12)
    step = 1e-6
    slope = (mg.grad(f)(z + step * v) - mg.grad(f)(z - step * v)) / (2 * step)
    np.testing.assert_allclose(moved, slope, rtol=1e-6)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.sin(np.linalg.eigvalsh(a)).sum(),
        lambda a: np.sum(np.linalg.eigh(a)[0] * np.abs(np.linalg.eigh(a)[1][0]) ** 2),
        lambda a: np.sin(np.linalg.svd(a, compute_uv=False, hermitian=True)).sum(),
        lambda a: np.sum(np.linalg.cholesky(a + 9 * np.eye(3)) ** 3),
        lambda a: np.sum(np.linalg.pinv(a, hermitian=True) ** 3),
    ],
)
def test_second_derivatives_by_symmetric_matrices_are_symmetric(f):
    a = np.array([[2.0, 0.5, -1.0], [0.5, -1.0, 0.3], [-1.0, 0.3, 0.7]])
    along = np.array([[0.3, -1.0, 0.5], [-1.0, 0.2, 2.0], [0.5, 2.0, -0.4]])
    hessian = mg.hessian(f)(a).reshape(9, 9)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-9, atol=1e-11)
    moved = mg.jvp(mg.grad(f), a, along)[1]
    np.testing.assert_allclose(mg.hvp(f, a, along), moved, rtol=1e-9, atol=1e-11)
    step = 1e-6
    slope = (mg.grad(f)(a + step * along) - mg.grad(f)(a - step * along)) / (2 * step)
    np.testing.assert_allclose(moved, slope, rtol=1e-5, atol=1e-7)


def test_products_hand_integers_and_keywords_through():
    def f(x, index, power=2):
        return np.sum(x[index] ** power)

    x, index, v = np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), np.array([1.0, 1.0, 10.0])
    for product in (mg.hvp, mg.vhp):
        by_x, by_index = product(f, (x, index), (v, None), power=3)
        np.testing.assert_array_equal(by_x, [12.0, 0.0, 180.0])
        assert by_index is None
        with pytest.raises(TypeError, match=r"f\(\) got an unexpected keyword argument 'has_aux'"):
            product(f, (x, index), (v, None), has_aux=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float32, np.float64, np.complex128])
def test_a_jacobian_has_the_precision_of_the_argument_whatever_the_mode(dtype, other):
    x, w = np.array([1.0, 2.0], dtype), np.array([3.0, 4.0], other)
    wanted = np.diag(w).astype(
        np.result_type(dtype, np.complex64) if other is np.complex128 else dtype
    )
    for mode in ("auto", "reverse", "forward"):
        np.testing.assert_array_equal(
            mg.jacobian(lambda x: x * w, mode=mode)(x), wanted, strict=True
        )
    empty = mg.jacobian(lambda x: (x * w)[:0])(x)
    np.testing.assert_array_equal(empty, wanted[:0], strict=True)


def test_a_row_of_complex_numbers_counts_twice(monkeypatch):
    passes = []
    monkeypatch.setattr(
        Run,
        "pull",
        lambda self, *args, pull=Run.pull, **kw: (passes.append(1), pull(self, *args, **kw))[1],
    )
    mg.jacobian(lambda x: x[:3] * 1j)(np.ones(4))
    assert len(passes) == 4 + 1


def test_what_has_no_complex_derivative_is_refused():
    with pytest.raises(TypeError, match=r"no complex derivative, because of np\.conj.*mg\.vjp"):
        mg.jacobian(lambda z: np.conj(z) * z)(np.array([1j]))


# --- nesting and errors ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_real_complex_and_constant_results_together(mode):
    z = np.array([1 + 2j, -0.5j])
    f = lambda z: {"square": np.abs(z) ** 2, "cube": z**3, "constant": np.ones((4, 5))}
    found = mg.jacobian(f, mode=mode)(z)
    np.testing.assert_allclose(found["square"], np.diag(2 * z), rtol=1e-14)
    np.testing.assert_allclose(found["cube"], np.diag(3 * z**2), rtol=1e-14)
    np.testing.assert_array_equal(found["constant"], np.zeros((4, 5, 2)))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.exp(1j * x), np.ones(0)),
        (lambda x: np.exp(1j * x[:0]), np.ones(2)),
        (lambda z: np.abs(z[:0]), np.ones(2, complex)),
    ],
)
def test_an_empty_jacobian_of_complex_numbers_is_complex(f, x, mode):
    assert mg.jacobian(f, mode=mode)(x).dtype == complex


def test_what_is_not_analytic_outside_does_not_matter():
    c = np.conj(mg.tensor(np.array([1j]), requires_grad=True))
    found = mg.jacobian(lambda z: z * z * c)(np.array([2 + 1j]))
    np.testing.assert_allclose(np.asarray(found), [[2 * (2 + 1j) * -1j]], rtol=1e-15)


def test_jacobians_of_jacobians():
    f = lambda x: x**3
    x = np.array([1.0, 2.0])
    for inner in ("reverse", "forward"):
        for outer in ("reverse", "forward"):
            found = mg.jacobian(mg.jacobian(f, mode=inner), mode=outer)(x)
            wanted = np.zeros((2, 2, 2))
            wanted[[0, 1], [0, 1], [0, 1]] = 6 * x
            np.testing.assert_array_equal(found, wanted)


def test_a_gradient_of_a_jacobian():
    """Of a determinant of one: what a change of variables needs."""
    f = lambda x: np.stack([x[0] * x[1], x[0] ** 2])
    log_volume = lambda x: np.linalg.slogdet(mg.jacobian(f)(x))[1]  # log(2 x0^2)
    np.testing.assert_allclose(mg.grad(log_volume)(np.array([3.0, 2.0])), [2 / 3, 0], atol=1e-15)
    third = mg.jacobian(mg.hessian(lambda x: np.sum(x**3 * x[::-1])))(np.array([1.0, 2.0]))
    assert third[0, 0, 0] == 12.0
    assert third[0, 0, 1] == third[1, 0, 0] == 6.0


def test_tensors_in_tensors_out():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    for mode in ("reverse", "forward"):
        found = mg.jacobian(np.square, mode=mode)(x)
        assert isinstance(found, mg.Tensor)
        x.zero_grad()
        found.sum().backward()
        np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_one_line_errors():
    with pytest.raises(ValueError, match="mode is 'backward', expected 'auto'"):
        mg.jacobian(np.sin, mode="backward")
    with pytest.raises(ValueError, match="argnums has 1, but the function got 1"):
        mg.jacobian(np.sin, 1)(1.0)
    with pytest.raises(TypeError, match="int64"):
        mg.jacobian(np.sin)(1)
    with pytest.raises(TypeError, match="not a Tensor"):
        mg.jacobian(lambda x: 3.0)(1.0)
    with pytest.raises(ValueError, match=r"returned shape \(2,\)"):
        mg.hessian(np.sin)(np.ones(2))
    with pytest.raises(ValueError, match="must have shape"):
        mg.hvp(np.sum, np.ones(2), np.ones(3))
