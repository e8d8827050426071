"""The hand-written and the automatic side against R's own numbers, to which neither is tuned."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.demo.network import counterparts, network
from micrograd_np.compare.demo.training import automatic_step
from micrograd_np.perturbing import Rounding
from micrograd_np.rounding import LIMIT, distance, rounding_radius
from reference import golden, iris, post

REG, LR = 1e-3, 1e-2
X, Y, X_TEST, Y_TEST = iris.split()
NAMES = ("W1", "b1", "W2", "b2")


@pytest.fixture(scope="module")
def iteration_1():
    """Every value of iteration 1 by its name in R's record, with its rounding radius."""

    def compute(X, W1, b1, W2, b2):
        inputs = {"X": X, "y": Y, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "reg": REG}
        values = network(inputs)
        forward = {
            "hidden": values["hidden"],
            "score": values["scores"],
            "probs": mg.softmax(values["scores"], axis=1),
            "loss": values["loss"].reshape(1, 1),
        }
        return {**forward, **counterparts(inputs)}

    return rounding_radius(compute, X, *post.init())


def records():
    names = [name for name in golden.read() if name.startswith("it1_")]
    assert len(names) == 14
    return names


@pytest.mark.parametrize("record", records())
def test_iteration_1_is_rs(iteration_1, record):
    name = record.removeprefix("it1_")
    wanted = iteration_1[name]
    assert not wanted.undecided.any()
    assert distance(golden.read()[record], wanted).ok

    values = post.forward(X, Y, *post.init(), REG)
    by_hand = {**values, **post.backward(X, Y, *post.init(), REG, values)}
    by_hand = {**by_hand, "score": values["scores"], "loss": values["loss"].reshape(1, 1)}
    assert distance(by_hand[name], wanted).ok


@pytest.fixture(scope="module")
def trajectories():
    """The weights along four trainings with random rounding errors, and along a plain one."""
    inputs = {"X": X, "y": Y, "reg": REG}
    found = []
    for run in range(5):
        rounding = Rounding(np.random.default_rng(run), freeze=False) if run else None
        weights = [mg.tensor(w, requires_grad=True) for w in post.init()]
        moments = {}
        for step in range(1, 2001):
            loss = automatic_step(inputs, weights, LR, rounding)
            if step in (1, 10, 100, 1000, 2000):
                moments[step] = dict(zip(NAMES, (w.data for w in weights), strict=True))
                moments[step]["loss_before_update"] = np.array([[loss]])
        found.append(moments)
    return found


@pytest.mark.parametrize("step", [1, 10, 100, 1000, 2000])
def test_the_trajectory_is_rs(trajectories, step):
    """Rounding explains the distance from R: the largest change that four trainings with random
    rounding errors show in an array, plus eps times its largest element, is the unit.
    """
    R = {name: golden.read()[f"after{step}_{name}"] for name in (*NAMES, "loss_before_update")}
    W1, b1, W2, b2, losses = post.train(X, Y, *post.init(), REG, LR, steps=step)
    by_hand = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "loss_before_update": losses[-1:][None]}
    plain, *rounded = (moments[step] for moments in trajectories)
    for name, wanted in R.items():
        change = max(np.abs(moments[name] - plain[name]).max() for moments in rounded)
        radius = change + np.finfo(float).eps * np.abs(wanted).max()
        assert plain[name].shape == by_hand[name].shape == wanted.shape
        assert np.abs(plain[name] - wanted).max() <= LIMIT * radius
        assert np.abs(by_hand[name] - wanted).max() <= LIMIT * radius
    accuracy = post.accuracy(X_TEST, Y_TEST, W1, b1, W2, b2)
    assert accuracy == golden.read()[f"after{step}_test_accuracy"].item()
