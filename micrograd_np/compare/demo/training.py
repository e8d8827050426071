"""Training with the hand-written gradients and with the automatic ones, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.network import network
from micrograd_np.compare.demo.problem import Problem
from micrograd_np.making import tensor
from micrograd_np.mode import mode
from micrograd_np.perturbing import Rounding
from micrograd_np.rounding import LIMIT
from micrograd_np.tensor import Tensor
from reference import post

Array = NDArray[Any]
Weights = list[Array]

EVERY = 100
"""How many steps lie between two rows of the table."""


COPIES = 4
"""How many trainings with random rounding errors run beside. Where a training is chaotic, a single
one may by chance stay close; four do not."""


@dataclass(frozen=True)
class Moment:
    """Where both trainings stand after some steps.

    Attributes
    ----------
    step
        How many steps were taken.
    by_hand, automatic
        The losses, before the last of these steps.
    radii
        The largest difference between the weights of both, counted, array by array, in the largest
        change that random rounding errors make there, plus eps times the largest weight; infinite
        if only one of them is finite.
    """

    step: int
    by_hand: float
    automatic: float
    radii: float


@dataclass(frozen=True)
class Training:
    """Both trainings.

    Attributes
    ----------
    moments
        One every 100 steps, and the last.
    test_by_hand, test_automatic
        How many of the test rows each gets right.
    tests
        How many test rows there are.
    diverged
        The step at which both losses were no longer finite, so that training ended, or None.
    """

    moments: list[Moment]
    test_by_hand: int
    test_automatic: int
    tests: int
    diverged: int | None

    @property
    def largest(self) -> float:
        """The largest difference on the way, in radii."""
        return max((moment.radii for moment in self.moments), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether both went the whole way, and rounding explains their differences."""
        return self.diverged is None and self.largest <= LIMIT


def automatic_step(
    inputs: dict[str, Any],
    weights: list[Tensor],
    lr: float,
    rounding: Rounding | None = None,
    activation: str = "relu",
) -> float:
    """Take one step of gradient descent with automatic gradients; return the loss before it.

    The weights, W1, b1, W2, b2 and so on, may have a leading axis: as many networks side by side,
    the labels likewise. Then the loss is the sum of theirs.
    """
    names = {f"{'Wb'[i % 2]}{i // 2 + 1}": w for i, w in enumerate(weights)}
    with mode(call=rounding):
        values = network({**inputs, **names}, activation=activation)
        loss = values["loss"]
        loss.backward()
        for w in weights:
            assert w.grad is not None
            w.data = (w.detach() - lr * Tensor(w.grad)).data
            w.grad = None
    return float(loss.item())


def train(
    problem: Problem,
    start: Weights,
    reg: float,
    lr: float,
    steps: int,
    progress: Callable[[int], None],
) -> Training:
    """Train both from the same weights.

    Parameters
    ----------
    problem
        The data.
    start
        ``W1, b1, W2, b2``.
    reg, lr, steps
        Rate of regularization, learning rate and number of steps.
    progress
        Called with the number of steps taken.
    """
    X, y = problem.X.copy(), problem.y.copy()  # an edited line may write into them
    inputs = {"X": problem.X, "y": problem.y, "reg": reg}
    W1, b1, W2, b2 = start
    automatic = [tensor(w, requires_grad=True) for w in start]
    # Further trainings, with random rounding errors, tell what rounding explains.
    rounded = [tensor(np.stack([w] * COPIES), requires_grad=True) for w in start]
    rounded_inputs = {**inputs, "y": np.stack([problem.y] * COPIES)}
    rounding = Rounding(np.random.default_rng(0), freeze=False)
    moments = []
    diverged = None
    with np.errstate(all="ignore"):
        for step in range(1, steps + 1):
            W1, b1, W2, b2, hand_loss = post.step(X, y, W1, b1, W2, b2, reg, lr)
            loss = automatic_step(inputs, automatic, lr)
            automatic_step(rounded_inputs, rounded, lr, rounding)
            losses = np.array([hand_loss, loss], np.float64)
            ended = not np.isfinite(losses).all()
            # Near the largest number, one formula overflows before the other: no disagreement.
            if ended and not (np.abs(losses) < np.sqrt(np.finfo(X.dtype).max)).any():
                diverged = step
                break
            if ended or step % EVERY == 0 or step == steps:
                radii = radii_apart([W1, b1, W2, b2], automatic, rounded)
                moments.append(Moment(step, float(hand_loss), loss, radii))
                progress(step)
            if ended:
                break
        right = [
            int((post.predict(problem.X_test, *weights) == problem.y_test).sum())
            for weights in ((W1, b1, W2, b2), tuple(w.data for w in automatic))
        ]
    return Training(moments, right[0], right[1], len(problem.y_test), diverged)


def radii_apart(by_hand: Weights, automatic: list[Tensor], rounded: list[Tensor]) -> float:
    """Return the largest difference of any weight array, in what rounding does to that array."""
    largest = 0.0
    plain, moved = ([w.data for w in weights] for weights in (automatic, rounded))
    for hand, auto, radius in zip(by_hand, plain, rounding_of(plain, moved), strict=True):
        radii = float(np.abs(hand - auto).max()) / radius
        largest = max(largest, radii if np.isfinite(radii) else np.inf)
    return largest


def rounding_of(weights: Sequence[Array], moved: Sequence[Array]) -> list[float]:
    """Return how far rounding may have moved each array of weights.

    Parameters
    ----------
    weights
        The arrays.
    moved
        The same after trainings with more rounding errors: copies along a first axis.
    """
    found = []
    for w, others in zip(weights, moved, strict=True):
        info = np.finfo(w.dtype)
        change = float(np.abs(others - w).max(initial=0))
        found.append(change + float(info.eps * np.abs(w).max(initial=0)) + float(info.tiny))
    return found
