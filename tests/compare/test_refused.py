"""What is told of losses that are no numbers, names that do not fit, and gradients not given."""

import numpy as np
import pytest

import micrograd_np as mg


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(5, 3)), "W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}


def forward(X, W, b):
    h = X @ W + b
    return np.sum(h**2)


def backward(X, h):
    dh = 2 * h
    return X.T @ dh, dh.sum(axis=0)


def rows(X, W, b):
    h = X @ W + b
    return np.sum(h**2, axis=1)


def row(X, W, b):
    h = X @ W + b
    return np.sum(h**2).reshape(1, 1)


def of_rows(X, W, b, dout):
    dh = 2 * (X @ W + b) * dout[:, None]
    return {"dW": X.T @ dh}


def test_a_mask_is_refused(inputs):
    """The automatic side would not see it."""
    inputs["X"] = np.ma.array(inputs["X"], mask=inputs["X"] > 1)
    with pytest.raises(TypeError, match="a masked array would lose its mask"):
        mg.compare(forward, backward, **inputs, names=["dW", "db"])


def test_a_loss_of_several_numbers_is_refused(inputs):
    with pytest.raises(ValueError, match=r"the loss of rows is an array of shape \(5,\): make one"):
        mg.compare(rows, backward, **inputs)


def test_what_is_no_loss_may_have_a_gradient(inputs):
    report = mg.compare(rows, of_rows, **inputs)
    assert report.ok
    assert report.notes == ("b has no gradient: of_rows gives none of it",)


def test_a_loss_of_one_number_may_have_axes(inputs):
    assert mg.compare(row, backward, names=["dW", "db"], **inputs).ok


def test_names_are_as_many_as_what_is_returned(inputs):
    with pytest.raises(ValueError, match=r"names are 3 \(dW, db, dX\), and backward returns 2"):
        mg.compare(forward, backward, names=["dW", "db", "dX"], **inputs)


def test_names_are_those_of_inputs(inputs):
    with pytest.raises(ValueError, match="dQ is the gradient of no input: they are X, W, b"):
        mg.compare(forward, backward, names=["dW", "dQ"], **inputs)


def test_what_is_no_gradient_needs_no_name(inputs):
    report = mg.compare(forward, backward, names=["dW", "_"], **inputs)
    assert [one.of for one in report.gradients] == ["W"]
    assert "b has no gradient: backward gives none of it" in report.notes
