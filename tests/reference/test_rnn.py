import numpy as np
import pytest

from agree import assert_nearly_equal
from reference import rnn, rnn_step

SIZES = [(3, 4, 3, 5), (1, 2, 3, 2), (6, 1, 1, 1), (10, 2, 1, 3)]  # T, N, D, H
NAMES = ("x", "h0", "Wx", "Wh", "b")


def draw(T, N, D, H, dtype=np.float64):
    rng = np.random.default_rng([T, N, D, H])
    shapes = (T, N, D), (N, H), (D, H), (H, H), (H,), (T, N, H)
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def out(*arrays):
    return rnn.forward(*arrays)["out"]


def test_an_example_by_hand():
    # Two steps with the states 1/2 and 1/4, where tanh has the slopes 3/4 and 15/16. Back from the
    # second: dz_2 = 15/16, dh_1 = 1 + 2 * 15/16 = 23/8, dz_1 = 3/4 * 23/8 = 69/32, dh_0 = 2 dz_1.
    x1, x2 = np.arctanh(0.5), np.arctanh(0.25) - 1
    one, two = np.array([[1.0]]), np.array([[2.0]])
    arrays = np.array([[[x1]], [[x2]]]), np.array([[0.0]]), one, two, np.array([0.0])
    assert_nearly_equal(rnn.forward(*arrays)["out"], [[[0.5]], [[0.25]]])
    gradients = rnn.backward(*arrays, np.ones((2, 1, 1)))
    assert_nearly_equal(gradients["dx"], [[[69 / 32]], [[15 / 16]]])
    assert_nearly_equal(gradients["dh0"], [[69 / 16]])
    assert_nearly_equal(gradients["db"], [69 / 32 + 15 / 16])
    assert_nearly_equal(gradients["dWx"], [[x1 * 69 / 32 + x2 * 15 / 16]])
    assert_nearly_equal(gradients["dWh"], [[0 * 69 / 32 + 1 / 2 * 15 / 16]])


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_complex_steps(sizes, assert_equals_automatic_and_steps):
    *arrays, dout = draw(*sizes)
    by_hand = rnn.backward(*arrays, dout)
    named = dict(zip(NAMES, arrays, strict=True))
    assert_equals_automatic_and_steps(by_hand, out, dout, **named)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_pytorch(sizes, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    *arrays, dout = draw(*sizes, dtype)
    by_hand = run_locked(rnn, *arrays, dout=dout)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(x, h0, Wx, Wh, b):  # PyTorch's weights are transposed, and it has two biases
        parameters = [Wx.T, Wh.T, b, torch.zeros_like(b)]
        states, _ = torch.rnn_tanh(x, h0[None], parameters, True, 1, 0.0, True, False, False)
        return states

    assert_equals_torch(by_hand, out, theirs, dout, **dict(zip(NAMES, arrays, strict=True)))


def test_a_sequence_of_one_is_a_step():
    x, h0, Wx, Wh, b, dout = draw(1, 4, 3, 5)
    sequence = rnn.backward(x, h0, Wx, Wh, b, dout)
    step = rnn_step.backward(x[0], h0, Wx, Wh, b, dout[0])
    assert np.array_equal(sequence["dx"][0], step["dx"])
    assert np.array_equal(sequence["dh0"], step["dh"])
    for name in ("dWx", "dWh", "db"):
        assert np.array_equal(sequence[name], step[name])


def test_a_loss_of_an_early_state_does_not_see_later_inputs():
    *arrays, dout = draw(6, 2, 3, 4)
    dout[3:] = 0
    dx = rnn.backward(*arrays, dout)["dx"]
    assert not dx[3:].any()
    assert dx[:3].all()


def test_a_loss_of_the_last_state_sees_all_inputs_ever_less():
    # All states are 0, so each step back multiplies by Wh' alone, which is 1/2.
    x, h0, Wx, b = np.zeros((50, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.zeros(1)
    dout = np.zeros((50, 1, 1))
    dout[-1] = 1
    gradients = rnn.backward(x, h0, Wx, np.full((1, 1), 0.5), b, dout)
    assert np.array_equal(gradients["dx"].ravel(), 0.5 ** np.arange(49.0, -1, -1))
    assert gradients["dh0"] == 0.5**50


def test_no_examples_at_all():
    *arrays, dout = draw(3, 0, 2, 4)
    assert rnn.forward(*arrays)["out"].shape == (3, 0, 4)
    gradients = rnn.backward(*arrays, dout)
    for name, array in zip(NAMES, arrays, strict=True):
        assert gradients[f"d{name}"].shape == array.shape
        assert not gradients[f"d{name}"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": (4, 3)}, r"expected x of shape \(T, N, D\), given shape \(4, 3\)"),
        ({"x": (0, 4, 3)}, r"at least one step, given x of shape \(0, 4, 3\)"),
        ({"h0": (1, 5)}, r"expected h of shape \(4, H\), given shape \(1, 5\)"),
        ({"b": (1,)}, r"expected b of shape \(5,\), given shape \(1,\)"),
        ({"dout": (4, 5)}, r"expected dout of shape \(2, 4, 5\), given shape \(4, 5\)"),
        ({"dout": (1, 4, 5)}, r"expected dout of shape \(2, 4, 5\), given shape \(1, 4, 5\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(change, message):
    shapes = {"x": (2, 4, 3), "h0": (4, 5), "Wx": (3, 5), "Wh": (5, 5), "b": (5,)}
    shapes = shapes | {"dout": (2, 4, 5)} | change
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=message):
        rnn.backward(**arrays)
    if "dout" not in change:
        del arrays["dout"]
        with pytest.raises(ValueError, match=message):
            rnn.forward(**arrays)
