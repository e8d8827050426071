import numpy as np
import pytest

from agree import assert_nearly_equal
from reference import rnn_step

SIZES = [(4, 3, 5), (1, 1, 1), (2, 6, 1), (7, 1, 3)]  # N, D, H
NAMES = ("x", "h", "Wx", "Wh", "b")


def draw(N, D, H, dtype=np.float64):
    rng = np.random.default_rng([N, D, H])
    shapes = (N, D), (N, H), (D, H), (H, H), (H,), (N, H)
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def out(*arrays):
    return rnn_step.forward(*arrays)["out"]


def test_an_example_by_hand():
    # z = 2 * 1 + 3 * -1 + 1 + arctanh(0.5): the state is 1/2, and the slope of tanh 3/4.
    x, h, Wx, Wh = (np.array([[number]]) for number in (2.0, 3.0, 1.0, -1.0))
    b = 1 + np.arctanh([0.5])
    assert_nearly_equal(rnn_step.forward(x, h, Wx, Wh, b)["out"], [[0.5]])
    lines = rnn_step.backward(x, h, Wx, Wh, b, np.array([[4.0]]))
    wanted = {"dz": [[3]], "db": [3], "dWx": [[6]], "dx": [[3]], "dWh": [[9]], "dh": [[-3]]}
    assert list(lines) == list(wanted)
    for name, number in wanted.items():
        assert_nearly_equal(lines[name], number)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_complex_steps(sizes, assert_equals_automatic_and_steps):
    *arrays, dout = draw(*sizes)
    by_hand = rnn_step.backward(*arrays, dout)
    named = dict(zip(NAMES, arrays, strict=True))
    assert_equals_automatic_and_steps(by_hand, out, dout, **named)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_pytorch(sizes, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    *arrays, dout = draw(*sizes, dtype)
    by_hand = run_locked(rnn_step, *arrays, dout=dout)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(x, h, Wx, Wh, b):  # PyTorch's weights are transposed, and it has two biases
        return torch.rnn_tanh_cell(x, h, Wx.T, Wh.T, b, torch.zeros_like(b))

    assert_equals_torch(by_hand, out, theirs, dout, **dict(zip(NAMES, arrays, strict=True)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saturated_state_lets_nothing_through(dtype):
    *arrays, dout = draw(3, 2, 4, dtype)
    arrays[-1] = np.full(4, 1e4, dtype)
    assert (rnn_step.forward(*arrays)["out"] == 1).all()
    assert not any(gradient.any() for gradient in rnn_step.backward(*arrays, dout).values())


def test_no_examples_at_all():
    *arrays, dout = draw(0, 2, 3)
    assert rnn_step.forward(*arrays)["out"].shape == (0, 3)
    lines = rnn_step.backward(*arrays, dout)
    for name, array in zip(NAMES, arrays, strict=True):
        assert lines[f"d{name}"].shape == array.shape
        assert not lines[f"d{name}"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": (3,)}, r"expected x of shape \(N, D\), given shape \(3,\)"),
        ({"h": (5,)}, r"expected h of shape \(4, H\), given shape \(5,\)"),
        ({"h": (1, 5)}, r"expected h of shape \(4, H\), given shape \(1, 5\)"),
        ({"Wx": (3, 1)}, r"expected Wx of shape \(3, 5\), given shape \(3, 1\)"),
        ({"Wh": (5, 1)}, r"expected Wh of shape \(5, 5\), given shape \(5, 1\)"),
        ({"b": (4, 1)}, r"expected b of shape \(5,\), given shape \(4, 1\)"),
        ({"b": (1,)}, r"expected b of shape \(5,\), given shape \(1,\)"),
        ({"dout": (5,)}, r"expected dout of shape \(4, 5\), given shape \(5,\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(change, message):
    shapes = {"x": (4, 3), "h": (4, 5), "Wx": (3, 5), "Wh": (5, 5), "b": (5,), "dout": (4, 5)}
    arrays = {name: np.zeros(shape) for name, shape in (shapes | change).items()}
    with pytest.raises(ValueError, match=message):
        rnn_step.backward(**arrays)
    if "dout" not in change:
        del arrays["dout"]
        with pytest.raises(ValueError, match=message):
            rnn_step.forward(**arrays)
