"""The printed source of derive, and derive itself: the post's network, and one of 200 layers.

Each contender takes a training step. One runs what derive has printed; another derives, prints,
parses and runs anew in every step, so that its time less the former's is that of derive.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks import iris as eager
from benchmarks.timing import Case, Run
from reference import iris, post


def loss_of_post(X: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, reg: Any) -> Any:
    """Compute the loss of the post's network, spelled out as there."""
    N = X.shape[0]
    hidden = mg.relu(X @ W1 + b1)
    scores = hidden @ W2 + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    data_loss = -np.log(probs[np.arange(N), y]).mean()
    reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    return data_loss + reg_loss


def loss_and_gradients() -> Callable[..., Any]:
    """Derive, print and parse."""
    X, y, _, _ = iris.split()
    program = mg.derive(loss_of_post, X, y, *post.init(), eager.REG, argnums=(2, 3, 4, 5))
    namespace: dict[str, Any] = {}
    exec(program.source(), namespace)
    (name,) = (name for name in namespace if name.endswith("_and_gradients"))
    function: Callable[..., Any] = namespace[name]
    return function


def _training(each_step: Callable[[], Callable[..., Any]]) -> Run:
    X, y, _, _ = iris.split()
    weights = list(post.init())

    def step() -> Any:
        loss, *grads = each_step()(X, y, *weights, eager.REG)
        for i, grad in enumerate(grads):
            weights[i] = weights[i] - eager.LR * grad
        return loss

    return Run(step, lambda: weights)


def derived() -> Run:
    """Run what derive printed."""
    function = loss_and_gradients()
    return _training(lambda: function)


def derived_anew() -> Run:
    """Derive, print, parse and run in each step."""
    return _training(loss_and_gradients)


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        title="derive: the post's network on iris, one training step",
        expression="-log(probs[arange(N), y]).mean() + 0.5 * reg * (sum(W1 * W1) + sum(W2 * W2))",
        contenders={
            "by hand": eager.by_hand,
            "derived source": derived,
            "derived anew": derived_anew,
        },
    )
