"""Each trap on the way from R to NumPy, sprung."""

import numpy as np
import pytest

from reference import iris, post


@pytest.fixture
def run():
    """Return the training rows, and what the forward pass computes for them."""
    X, y, _, _ = iris.split()
    return X, y, post.forward(X, y, *post.init(), reg=1e-3)


def test_without_a_copy_the_probabilities_are_destroyed_and_the_gradients_are_right(run):
    X, y, values = run
    right = post.backward(X, y, *post.init(), 1e-3, values)
    probs = values["probs"].copy()

    dscores = values["probs"]  # R: dscores <- probs
    dscores[np.arange(90), y] -= 1
    dscores /= 90

    assert np.array_equal(dscores, right["dscores"])
    assert np.array_equal(values["hidden"].T @ dscores, right["dW2_data"])
    assert (values["probs"] != probs).all()
    assert (values["probs"] < 0).any()


def test_without_keepdims_the_row_sums_do_not_fit(run):
    exp_scores = np.exp(run[2]["scores"])
    with pytest.raises(ValueError, match="broadcast"):
        exp_scores / exp_scores.sum(axis=1)  # R: score.exp / rowSums(score.exp)


def test_without_keepdims_the_row_sums_divide_columns_where_the_numbers_happen_to_fit(run):
    exp_scores = np.exp(100 * run[2]["scores"][:3])  # three examples, three classes
    right = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    wrong = exp_scores / exp_scores.sum(axis=1)
    assert wrong.shape == right.shape
    assert (wrong != right).any()
    # Rounded, each by half an eps at most: 2 additions in the sum of exponentials, the division,
    # 2 additions here. All terms are positive, and they sum to 1.
    bound = 3 * np.finfo(np.float64).eps
    assert (np.abs(right.sum(axis=1) - 1) <= bound).all()
    assert (np.abs(wrong.sum(axis=1) - 1) > bound).any()


def test_a_matrix_of_pairs_picks_whole_rows(run):
    _, y, values = run
    pairs = np.column_stack([np.arange(90), y])  # R: Y.index <- cbind(1:N, ...)
    assert values["probs"][pairs].shape == (90, 2, 3)
    assert values["probs"][np.arange(90), y].shape == (90,)
    dscores = values["probs"].copy()
    dscores[pairs] -= 1  # three numbers in each row it names, not one
    assert (dscores < 0).all()


def test_a_slice_for_the_rows_picks_whole_columns(run):
    _, y, values = run
    dscores = values["probs"].copy()
    dscores[:, y] -= 1
    assert (dscores < 0).all()


def test_classes_counted_from_1_are_one_too_far(run):
    _, y, values = run
    with pytest.raises(IndexError, match="out of bounds"):
        values["probs"][np.arange(90), y + 1]
    # Where no example is of the last class, nothing complains: they are just the wrong numbers.
    few = np.flatnonzero(y < 2)
    wrong, right = values["probs"][few, y[few] + 1], values["probs"][few, y[few]]
    assert wrong.shape == right.shape
    assert (wrong != right).all()


def test_col_sums_lose_a_dimension(run):
    X, y, values = run
    dscores = post.backward(X, y, *post.init(), 1e-3, values)["dscores"]
    b2 = post.init()[3]
    flat = dscores.sum(axis=0)  # R: colSums(dscores)
    assert flat.shape == (3,)
    assert flat.shape != b2.shape
    assert (b2 - flat).shape == b2.shape  # unnoticed, as long as biases are rows...
    assert (b2.T - flat).shape == (3, 3)  # ...but as columns, they grow into a matrix


def test_exp_overflows_without_the_maximum_taken_off():
    scores = np.array([[710.0, 0.0]])
    with pytest.raises(FloatingPointError, match="overflow"), np.errstate(over="raise"):
        np.exp(scores)
    values = post.forward(
        scores, np.array([1]), np.eye(2), np.zeros((1, 2)), np.eye(2), np.zeros((1, 2)), reg=0.0
    )
    assert values["data_loss"] == 710.0


def test_the_logarithm_of_an_underflowed_probability_is_infinite():
    scores = np.array([[1000.0, 0.0]])
    one = (np.eye(2), np.zeros((1, 2)))
    values = post.forward(scores, np.array([1]), *one, *one, reg=0.0)
    with np.errstate(divide="ignore"):
        assert -np.log(values["probs"][0, 1]) == np.inf
    assert values["data_loss"] == 1000.0
