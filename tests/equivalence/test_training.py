"""Training with hand-written and with automatic gradients, side by side, on other data than R's."""

import numpy as np
import pytest

from micrograd_np.compare.demo.problem import Problem
from micrograd_np.compare.demo.training import train
from reference import post


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trajectories_agree(seed, dtype):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 5)).astype(dtype)
    y = (X @ rng.normal(size=(5, 3))).argmax(axis=1)
    problem = Problem(X[:40], y[:40], X[40:], y[40:], ("a", "b", "c"), "drawn")
    start = [10 * w for w in post.init(seed, 5, 8, 3, np.dtype(dtype))]
    training = train(problem, start, 1e-3, 0.5, 300, lambda done: None)
    assert training.ok
    assert training.diverged is None
    assert [moment.step for moment in training.moments] == [100, 200, 300]
    assert training.moments[-1].by_hand < training.moments[0].by_hand
