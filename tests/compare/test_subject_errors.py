"""Passes and inputs that do not fit each other are refused, with what to change."""

# ruff: noqa: F841  (the gradients are variables)

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.code import CannotRead
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.subject import Mismatch

X, W = np.ones((5, 3)), np.ones((3, 4))


def loss_of(x, W):
    h = np.tanh(x @ W)
    return np.sum(h**2)


def backward_of(x, h):
    dW = x.T @ (2 * h * (1 - h**2))


def surplus(x, nothing, like_it):
    dW = x.T


def no_gradient(x, h):
    change = x.T @ h


def no_number(x, W):
    return 3.0


def only_steps(x, W):
    return np.sum(np.sign(x @ W))


def no_loss(x, W):
    y = x @ W


def no_end(x, W):
    y = x @ W
    dW = x.T @ y


def raises(x, W):
    return np.sum(x @ x)


@pytest.mark.parametrize(
    ("forward", "backward", "error", "why"),
    [
        (lambda x, W: np.sum(x @ W), backward_of, CannotRead, "is no function made by def"),
        (sum, backward_of, CannotRead, "sum is not a function written in Python"),
        (loss_of, max, CannotRead, "max is not a function written in Python"),
        (
            loss_of,
            surplus,
            Mismatch,
            r"test_subject_errors.py:\d+: surplus takes nothing, like_it, which loss_of does not "
            "leave: its inputs and variables are W, h, x",
        ),
        (
            loss_of,
            no_gradient,
            Mismatch,
            r"no_gradient gives no gradient of x, W: assign or return dx, dW, or say what it "
            r"returns by names=\[",
        ),
        (no_number, backward_of, Mismatch, "no_number: the loss does not depend on any floating"),
        (only_steps, backward_of, Mismatch, "does not depend on any floating-point input, or"),
        (no_loss, backward_of, Mismatch, r"test_subject_errors.py:\d+: no_loss returns no loss"),
        (no_end, None, CannotRead, "no_end: no variable is returned first or called loss, cost"),
        (raises, backward_of, UserError, r"test_subject_errors.py:\d+: `return np.sum\(x @ x\)`: "),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(forward, backward, error, why):
    with pytest.raises(error, match=why):
        mg.compare(forward, backward, X, W)


@pytest.mark.parametrize(
    ("args", "inputs", "why"),
    [
        ((X,), {}, "loss_of: missing a required argument: 'W'"),
        ((X, W, W), {}, "loss_of: too many positional arguments"),
        ((X, W), {"lr": 0.1}, "it was given lr$"),
        ((X, W), {"x": X}, "loss_of: multiple values for argument 'x'"),
    ],
)
def test_inputs_that_forward_does_not_take_are_refused(args, inputs, why):
    with pytest.raises(Mismatch, match=why):
        mg.compare(loss_of, backward_of, *args, **inputs)
