import math

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.rounding import distance, estimated_radius
from reference import attention

SIZES = [  # leading axes, T, S, d, e
    ((), 3, 3, 4, 2),
    ((), 1, 1, 1, 1),
    ((), 2, 5, 3, 3),
    ((), 5, 2, 3, 1),
    ((2,), 4, 4, 2, 5),
    ((2, 3), 3, 4, 4, 4),
]
SCALES = [0.1, 1.0, 5.0]


def draw(leading, T, S, d, e, dtype=np.float64, scale=1.0):
    rng = np.random.default_rng([T, S, d, e])
    q = scale * rng.standard_normal((*leading, T, d))
    k = scale * rng.standard_normal((*leading, S, d))
    v = rng.standard_normal((*leading, S, e))
    dout = rng.standard_normal((*leading, T, e))
    return tuple(array.astype(dtype) for array in (q, k, v, dout))


def out_of(causal):
    return lambda q, k, v: attention.forward(q, k, v, causal)["out"]


def recorded(causal):
    # With a softmax whose gradient is w (dw - sum w dw), too. Where w is all but 1 digits cancel in
    # it, which they do not if its exponentials, their sum and the maximum are recorded one by one.
    def out(q, k, v):
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if causal:
            seen = np.arange(k.shape[-2]) <= np.arange(q.shape[-2])[:, np.newaxis]
            scores = np.where(seen, scores, -np.inf)
        return mg.softmax(scores, axis=-1) @ v

    return out


def test_an_example_by_hand():
    # With d = 4, the scores are (2 log 3, 0) / sqrt(4), so the weights are 3/4 and 1/4.
    q, k = np.array([[2 * np.log(3), 0, 0, 0]]), np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    v, dout = np.array([[4.0], [8.0]]), np.array([[1.0]])
    values = attention.forward(q, k, v)
    assert_nearly_equal(values["weights"], [[0.75, 0.25]])
    assert_nearly_equal(values["out"], [[5]])

    lines = attention.backward(q, k, v, dout)
    assert_nearly_equal(lines["dv"], [[0.75], [0.25]])
    assert lines["dweights"].tolist() == [[4, 8]]
    # 3/4 (4 - 5) and 1/4 (8 - 5)
    assert_nearly_equal(lines["dscores"], [[-0.75, 0.75]])
    assert_nearly_equal(lines["dq"], [[-0.375, 0.375, 0, 0]])
    log3 = np.log(3)
    assert_nearly_equal(lines["dk"], [[-0.75 * log3, 0, 0, 0], [0.75 * log3, 0, 0, 0]])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_complex_steps(sizes, scale, causal, assert_equals_automatic_and_steps):
    q, k, v, dout = draw(*sizes, scale=scale)
    by_hand = attention.backward(q, k, v, dout, causal)
    assert_equals_automatic_and_steps(
        by_hand, out_of(causal), dout, recorded(causal), q=q, k=k, v=v
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_equal_pytorch(sizes, scale, causal, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    q, k, v, dout = draw(*sizes, dtype, scale)
    by_hand = run_locked(attention, q, k, v, dout=dout, causal=causal)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(q, k, v):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    assert_equals_torch(by_hand, recorded(causal), theirs, dout, q=q, k=k, v=v)


@pytest.mark.parametrize(("T", "S"), [(4, 4), (2, 5), (5, 2)])
def test_behind_the_mask_nothing_counts(T, S):
    q, k, v, dout = draw((), T, S, 3, 2)
    values = attention.forward(q, k, v, causal=True)
    hidden = np.arange(S) > np.arange(T)[:, np.newaxis]
    assert np.array_equal(values["weights"] == 0, hidden)
    assert np.array_equal(values["scores"] == -np.inf, hidden)

    # The first query sees the first position alone, and takes its value as it is.
    assert np.array_equal(values["out"][0], v[0])
    lines = attention.backward(q, k, v, dout, causal=True)
    assert not lines["dscores"][hidden].any()
    assert not lines["dq"][0].any()
    # And the positions after the last query are seen by none.
    assert not lines["dk"][T:].any()
    assert not lines["dv"][T:].any()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_the_softmax_is_saturated_only_values_have_gradients(dtype, causal):
    # Scores of 1e6 and more on the diagonal, and -1e6 beside it: an overflow, if it were for exp.
    q = 1e3 * np.array([[1, -1], [-1, 1]], dtype)
    v, dout = np.array([[2], [4]], dtype), np.array([[1], [3]], dtype)
    assert attention.forward(q, q, v, causal)["weights"].tolist() == [[1, 0], [0, 1]]
    assert np.array_equal(attention.forward(q, q, v, causal)["out"], v)
    lines = attention.backward(q, q, v, dout, causal)
    assert not lines["dq"].any()
    assert not lines["dk"].any()
    assert np.array_equal(lines["dv"], dout)


def test_leading_axes_are_copies_that_do_not_know_each_other():
    q, k, v, dout = draw((2, 3), 3, 4, 4, 4)
    together = attention.backward(q, k, v, dout, causal=True)
    for index in np.ndindex(2, 3):
        alone = attention.backward(q[index], k[index], v[index], dout[index], causal=True)
        for name in ("dq", "dk", "dv"):
            assert distance(together[name][index], estimated_radius(alone[name])).ok


@pytest.mark.parametrize("sizes", [((0,), 3, 4, 2, 2), ((), 0, 4, 2, 2), ((), 3, 4, 2, 0)])
def test_nothing_in_nothing_out(sizes):
    q, k, v, dout = draw(*sizes)
    assert attention.forward(q, k, v)["out"].shape == dout.shape
    lines = attention.backward(q, k, v, dout)
    for name, array in {"dq": q, "dk": k, "dv": v}.items():
        assert lines[name].shape == array.shape
        assert not lines[name].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": (3,)}, r"expected q \(..., T, d\) and k \(..., S, d\), given shapes \(3,\) and"),
        ({"k": (3,)}, r"expected q \(..., T, d\) and k \(..., S, d\), given shapes .* and \(3,\)"),
        ({"k": (1, 4, 3)}, r"expected k of shape \(2, S, 3\), given shape \(1, 4, 3\)"),
        ({"k": (4, 3)}, r"expected k of shape \(2, S, 3\), given shape \(4, 3\)"),
        ({"k": (2, 4, 1)}, r"expected k of shape \(2, S, 3\), given shape \(2, 4, 1\)"),
        ({"v": (1, 4, 2)}, r"expected v of shape \(2, 4, e\), given shape \(1, 4, 2\)"),
        ({"v": (2, 1, 2)}, r"expected v of shape \(2, 4, e\), given shape \(2, 1, 2\)"),
        ({"k": (2, 0, 3), "v": (2, 0, 2)}, r"at least one key of .*, given \(2, 0, 3\)"),
        ({"q": (2, 5, 0), "k": (2, 4, 0)}, r"at least one key of .*, given \(2, 4, 0\)"),
        ({"dout": (1, 5, 2)}, r"expected dout of shape \(2, 5, 2\), given shape \(1, 5, 2\)"),
        ({"dout": (2, 5, 1)}, r"expected dout of shape \(2, 5, 2\), given shape \(2, 5, 1\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(change, message):
    shapes = {"q": (2, 5, 3), "k": (2, 4, 3), "v": (2, 4, 2), "dout": (2, 5, 2)} | change
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=message):
        attention.backward(**arrays)
    if "dout" not in change:
        del arrays["dout"]
        with pytest.raises(ValueError, match=message):
            attention.forward(**arrays)
