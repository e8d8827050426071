import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from reference import cross_entropy, linear

SIZES = [(5, 3), (1, 4), (3, 1), (40, 2)]
SCALES = [1e-2, 1.0, 30.0]


def draw(N, K, scale, dtype=np.float64):
    rng = np.random.default_rng([N, K])
    return (scale * rng.standard_normal((N, K))).astype(dtype), rng.integers(K, size=N)


def recorded(labels):
    # Its gradient is p - onehot, too. Recorded operation by operation, that of the maximum enters,
    # and 1 - p at the true class comes out as the sum of the other probabilities: no rounding to 1.
    return lambda logits: mg.cross_entropy(logits, labels)


def test_an_example_by_hand():
    # Probabilities 1/4, 3/4 and 1/2, 1/2: minus 1 at the true class, divided by 2.
    logits, labels = np.log([[1.0, 3.0], [1.0, 1.0]]), np.array([0, 1])
    values = cross_entropy.forward(logits, labels)
    assert_nearly_equal(values["probs"], [[0.25, 0.75], [0.5, 0.5]])
    assert_nearly_equal(values["loss"], (np.log(4) + np.log(2)) / 2)
    dlogits = cross_entropy.backward(logits, labels)["dlogits"]
    assert_nearly_equal(dlogits, [[-0.375, 0.375], [0.25, -0.25]])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("N", "K"), SIZES)
def test_gradients_equal_complex_steps(N, K, scale, assert_equals_automatic_and_steps):
    logits, labels = draw(N, K, scale)
    by_hand = cross_entropy.backward(logits, labels)

    def loss(logits):
        return cross_entropy.forward(logits, labels)["loss"]

    assert_equals_automatic_and_steps(by_hand, loss, 1.0, recorded(labels), logits=logits)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("N", "K"), SIZES)
def test_gradients_equal_pytorch(N, K, scale, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    logits, labels = draw(N, K, scale, dtype)
    by_hand = run_locked(cross_entropy, logits, labels)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(logits):
        return torch.nn.functional.cross_entropy(logits, torch.tensor(labels))

    by_hand["out"] = by_hand["loss"]
    assert_equals_torch(by_hand, recorded(labels), theirs, dtype(1), logits=logits)


def test_it_is_what_the_linear_classifier_has_in_it():
    # With the identity for a weight, the very same numbers go through the very same statements.
    logits, labels = draw(5, 3, 1.0)
    W, b = np.eye(3), np.zeros((1, 3))
    dscores = linear.backward(logits, labels, W, b, reg=0.0)["dscores"]
    assert np.array_equal(cross_entropy.backward(logits, labels)["dlogits"], dscores)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_any_size_are_safe(dtype):
    # The first class is as good as certain: no loss where it is true, and a loss of 2e30 where the
    # last one is. All of it exact; a warning of NumPy's would fail the test.
    logits, labels = np.full((2, 3), [1e30, 0, -1e30], dtype), np.array([0, 2])
    assert cross_entropy.forward(logits, labels)["loss"] == dtype(1e30)
    dlogits = cross_entropy.backward(logits, labels)["dlogits"]
    assert dlogits.tolist() == [[0, 0, 0], [0.5, 0, -0.5]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.intp])
def test_labels_may_be_of_any_integer_dtype(dtype):
    logits, labels = draw(5, 3, 1.0)
    given = cross_entropy.backward(logits, labels.astype(dtype))["dlogits"]
    assert np.array_equal(given, cross_entropy.backward(logits, labels)["dlogits"])


@pytest.mark.parametrize("pass_", [cross_entropy.forward, cross_entropy.backward])
@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((3,), [0, 1, 2], r"expected logits of shape \(N, K\), given shape \(3,\)"),
        ((0, 3), [], r"at least one example and one class, given shape \(0, 3\)"),
        ((2, 0), [0, 0], r"at least one example and one class, given shape \(2, 0\)"),
        ((2, 3), [0], r"expected labels of shape \(2,\), given shape \(1,\)"),
        ((2, 3), [[0], [1]], r"expected labels of shape \(2,\), given shape \(2, 1\)"),
        ((2, 3), [-1, 1], "expected labels from 0 to 2, given -1 to 1"),
        ((2, 3), [0, 3], "expected labels from 0 to 2, given 0 to 3"),
        ((2, 3), [0.0, 1.0], "expected integer labels, given dtype float64"),
        ((2, 3), [True, False], "expected integer labels, given dtype bool"),
    ],
)
def test_what_would_be_something_else_is_refused(pass_, shape, labels, message):
    with pytest.raises(ValueError, match=message):
        pass_(np.zeros(shape), np.array(labels))
