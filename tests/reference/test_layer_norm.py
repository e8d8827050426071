import numpy as np
import pytest

from agree import assert_nearly_equal
from micrograd_np.rounding import distance, estimated_radius
from reference import layer_norm

SHAPES = [(5, 4), (1, 7), (3, 2), (4,), (2, 3, 4)]
EPS = 1e-5


def draw(shape, dtype=np.float64, offset=0.0):
    rng = np.random.default_rng(shape)
    x = offset + rng.standard_normal(shape)
    gamma, beta = rng.standard_normal((2, shape[-1]))
    dout = rng.standard_normal(shape)
    return tuple(array.astype(dtype) for array in (x, gamma, beta, dout))


def out(x, gamma, beta):
    return layer_norm.forward(x, gamma, beta, EPS)["out"]


def test_an_example_by_hand():
    # mean 2, centered -1, -1, 2, variance 6/3 = 2, and with eps = 2 the inverse root is 1/2.
    x, gamma, beta = np.array([[1.0, 1.0, 4.0]]), np.array([2.0, 1.0, 1.0]), np.zeros(3)
    values = layer_norm.forward(x, gamma, beta, eps=2.0)
    assert values["xhat"].tolist() == [[-0.5, -0.5, 1]]
    assert values["out"].tolist() == [[-1, -0.5, 1]]

    # The mean of dxhat is 2, and that of dxhat xhat is (-1 - 2) / 3 = -1. So
    # dx = 1/2 ((2, 4, 0) - 2 + (-1/2, -1/2, 1)).
    lines = layer_norm.backward(x, gamma, beta, np.array([[1.0, 4.0, 0.0]]), eps=2.0)
    assert lines["dbeta"].tolist() == [1, 4, 0]
    assert lines["dgamma"].tolist() == [-0.5, -2, 0]
    assert lines["dxhat"].tolist() == [[2, 4, 0]]
    assert_nearly_equal(lines["dx"], [[-0.25, 0.75, -0.5]])


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_equal_complex_steps(shape, offset, assert_equals_automatic_and_steps):
    x, gamma, beta, dout = draw(shape, offset=offset)
    by_hand = layer_norm.backward(x, gamma, beta, dout, EPS)
    assert_equals_automatic_and_steps(by_hand, out, dout, x=x, gamma=gamma, beta=beta)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_equal_pytorch(shape, offset, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    x, gamma, beta, dout = draw(shape, dtype, offset)
    by_hand = run_locked(layer_norm, x, gamma, beta, dout=dout, eps=EPS)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(x, gamma, beta):
        return torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, EPS)

    assert_equals_torch(by_hand, out, theirs, dout, x=x, gamma=gamma, beta=beta)


def test_no_example_has_anything_to_do_with_another_one():
    x, gamma, beta, dout = draw((5, 4))
    together = layer_norm.backward(x, gamma, beta, dout)["dx"]
    for n in range(5):
        alone = layer_norm.backward(x[n], gamma, beta, dout[n])["dx"]
        assert distance(together[n], estimated_radius(alone)).ok


def test_dx_has_no_part_that_moves_or_stretches_the_row():
    x, gamma, beta, dout = draw((5, 4))
    xhat = layer_norm.forward(x, gamma, beta, eps=0.0)["xhat"]
    dx = layer_norm.backward(x, gamma, beta, dout, eps=0.0)["dx"]
    bound = 64 * np.finfo(np.float64).eps * np.abs(dx).max()
    assert np.abs(dx.sum(axis=-1)).max() <= bound
    assert np.abs((dx * xhat).sum(axis=-1)).max() <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_feature_is_normalised_to_beta_whatever_it_is(dtype):
    x, gamma, beta, dout = draw((3, 1), dtype)
    assert np.array_equal(layer_norm.forward(x, gamma, beta)["out"], np.broadcast_to(beta, (3, 1)))
    lines = layer_norm.backward(x, gamma, beta, dout)
    assert not lines["dx"].any()
    assert not lines["dgamma"].any()


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_no_examples_at_all(shape):
    x, gamma, beta, dout = draw(shape)
    assert layer_norm.forward(x, gamma, beta)["out"].shape == shape
    lines = layer_norm.backward(x, gamma, beta, dout)
    assert lines["dx"].shape == shape
    assert lines["dgamma"].tolist() == lines["dbeta"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": ()}, r"expected x of shape \(..., D\), D at least 1, given shape \(\)"),
        ({"x": (5, 0)}, r"expected x of shape \(..., D\), D at least 1, given shape \(5, 0\)"),
        ({"gamma": (1,)}, r"expected gamma of shape \(4,\), given shape \(1,\)"),
        ({"beta": (5, 4)}, r"expected beta of shape \(4,\), given shape \(5, 4\)"),
        ({"dout": (4,)}, r"expected dout of shape \(5, 4\), given shape \(4,\)"),
        ({"dout": (5, 1)}, r"expected dout of shape \(5, 4\), given shape \(5, 1\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(change, message):
    shapes = {"x": (5, 4), "gamma": (4,), "beta": (4,), "dout": (5, 4)} | change
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=message):
        layer_norm.backward(**arrays)
    if "dout" not in change:
        del arrays["dout"]
        with pytest.raises(ValueError, match=message):
            layer_norm.forward(**arrays)
