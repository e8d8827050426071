import numpy as np
import pytest

from agree import assert_nearly_equal
from micrograd_np.rounding import distance, estimated_radius
from reference import batch_norm, layer_norm

SIZES = [(2, 3), (5, 4), (40, 1), (3, 7)]
EPS = 1e-5


def draw(N, D, dtype=np.float64, offset=0.0):
    rng = np.random.default_rng([N, D])
    x = offset + rng.standard_normal((N, D))
    gamma, beta = rng.standard_normal((2, D))
    dout = rng.standard_normal((N, D))
    return tuple(array.astype(dtype) for array in (x, gamma, beta, dout))


def out(x, gamma, beta):
    return batch_norm.forward(x, gamma, beta, EPS)["out"]


def test_an_example_by_hand():
    # mean 2, centered -1, -1, 2, variance 6/3 = 2, and with eps = 2 the inverse root is 1/2.
    x, gamma, beta = np.array([[1.0], [1.0], [4.0]]), np.array([2.0]), np.array([1.0])
    values = batch_norm.forward(x, gamma, beta, eps=2.0)
    assert values["mean"] == values["var"] == [2]
    assert values["inv_std"] == [0.5]
    assert values["xhat"].tolist() == [[-0.5], [-0.5], [1]]
    assert values["out"].tolist() == [[0], [0], [3]]

    lines = batch_norm.backward(x, gamma, beta, np.array([[1.0], [0.0], [0.0]]), eps=2.0)
    assert lines["dbeta"] == [1]
    assert lines["dgamma"] == [-0.5]
    assert lines["dxhat"].tolist() == [[2], [0], [0]]
    assert_nearly_equal(lines["dvar"], [-1 / 2 * 1 / 4 * (2 * -1 / 2)])
    assert_nearly_equal(lines["dcentered"], [[11 / 12], [-1 / 12], [1 / 6]])
    assert_nearly_equal(lines["dmean"], [-1])
    assert_nearly_equal(lines["dx"], [[7 / 12], [-5 / 12], [-1 / 6]])


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize(("N", "D"), SIZES)
def test_gradients_equal_complex_steps(N, D, offset, assert_equals_automatic_and_steps):
    x, gamma, beta, dout = draw(N, D, offset=offset)
    by_hand = batch_norm.backward(x, gamma, beta, dout, EPS)
    assert_equals_automatic_and_steps(by_hand, out, dout, x=x, gamma=gamma, beta=beta)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize(("N", "D"), SIZES)
def test_gradients_equal_pytorch(N, D, offset, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    x, gamma, beta, dout = draw(N, D, dtype, offset)
    by_hand = run_locked(batch_norm, x, gamma, beta, dout=dout, eps=EPS)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(x, gamma, beta):
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=EPS)

    assert_equals_torch(by_hand, out, theirs, dout, x=x, gamma=gamma, beta=beta)


def test_a_transposed_batch_is_normalised_by_layer_norm():
    # Where gamma and beta are the same for all columns, the two differ in the axis alone; and their
    # gradients, in the way they were derived.
    x, _, _, dout = draw(5, 4)
    columns = batch_norm.backward(x, np.ones(4), np.zeros(4), dout)["dx"]
    rows = layer_norm.backward(x.T, np.ones(5), np.zeros(5), dout.T)["dx"]
    assert distance(columns, estimated_radius(rows.T)).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_example_is_normalised_to_beta_whatever_it_is(dtype):
    x, gamma, beta, dout = draw(1, 3, dtype)
    values = batch_norm.forward(x, gamma, beta)
    assert not values["var"].any()
    assert np.array_equal(values["out"], beta[np.newaxis])
    lines = batch_norm.backward(x, gamma, beta, dout)
    assert not lines["dx"].any()
    assert not lines["dgamma"].any()
    assert np.array_equal(lines["dbeta"], dout[0])
    assert lines["dx"].dtype == dtype


def test_a_column_of_equal_numbers_is_the_one_that_eps_is_for():
    # The variance is 0 and stays so to first order: dx = (dxhat - mean of dxhat) / sqrt(eps).
    x, dout = np.full((2, 1), 7.0), np.array([[1.0], [0.0]])
    lines = batch_norm.backward(x, np.ones(1), np.zeros(1), dout, eps=0.25)
    assert lines["dx"].tolist() == [[1], [-1]]
    assert lines["dvar"] == [0]


def test_no_columns_at_all():
    x, gamma, beta, dout = draw(3, 0)
    assert batch_norm.forward(x, gamma, beta)["out"].shape == (3, 0)
    assert batch_norm.backward(x, gamma, beta, dout)["dx"].shape == (3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": (4,)}, r"expected x of shape \(N, D\), given shape \(4,\)"),
        ({"x": (0, 4)}, r"at least one example, given x of shape \(0, 4\)"),
        ({"gamma": (1,)}, r"expected gamma of shape \(4,\), given shape \(1,\)"),
        ({"beta": (5, 4)}, r"expected beta of shape \(4,\), given shape \(5, 4\)"),
        ({"dout": (4,)}, r"expected dout of shape \(5, 4\), given shape \(4,\)"),
        ({"dout": (1, 4)}, r"expected dout of shape \(5, 4\), given shape \(1, 4\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(change, message):
    shapes = {"x": (5, 4), "gamma": (4,), "beta": (4,), "dout": (5, 4)} | change
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=message):
        batch_norm.backward(**arrays)
    if "dout" not in change:
        del arrays["dout"]
        with pytest.raises(ValueError, match=message):
            batch_norm.forward(**arrays)
