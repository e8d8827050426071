"""Training by gradient descent with gradients of all three sides, from the same weights on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import micrograd_np as mg
from micrograd_np.rounding import Radius, rounding_radius
from micrograd_np.testing.agreement import Agreement, Pair
from micrograd_np.testing.networks import networks
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.property import Property, over
from micrograd_np.testing.systems.networks import Torch, example_of, linear_loss, post_loss
from micrograd_np.testing.systems.system import Example
from reference import linear, post

Array = NDArray[Any]

STEPS = 25
"""At most; every step is taken ten times, to see how far rounding moves it."""


@dataclass(frozen=True)
class Training:
    """A network that is trained.

    Attributes
    ----------
    name
        What it is.
    depth
        How many layers it has.
    by_hand
        Trains as `reference` does: ``by_hand(X, y, *weights, reg=, lr=, steps=)`` returns the
        weights and the losses before each step.
    loss
        ``loss(functions, arrays, facts)``, here or in PyTorch.
    """

    name: str
    depth: int
    by_hand: Callable[..., tuple[Array, ...]]
    loss: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Any]

    def property(self) -> Property:
        """Return the property that all sides stay together."""
        explore = over(_examples(self.depth), self.compare)
        sides = ("hand", "auto", "torch")
        return Property(self.name, "training", sides, explore, weight=0.25)

    def compare(self, example: Example) -> Agreement:
        """Train by all sides."""
        weights = {name: a for name, a in example.arrays.items() if name != "X"}
        radii = self.automatically(example, weights)
        hand = self.by_hand(
            example.arrays["X"], example.facts["y"], *_in_turn(weights), **_options(example)
        )
        found = dict(zip(["losses", *_names(weights)], (hand[-1], *hand), strict=False))
        pairs = [Pair(name, ("hand", "auto"), found[name], radii[name]) for name in radii]
        if torch is not None:
            theirs = self.by_torch(example, weights)
            for name, radius in radii.items():
                wanted = replace(radius, value=theirs[name])
                pairs.append(Pair(name, ("auto", "torch"), radius.value, wanted))
                pairs.append(Pair(name, ("hand", "torch"), found[name], wanted))
        return Agreement(example.told, pairs)

    def automatically(self, example: Example, weights: dict[str, Array]) -> dict[str, Radius]:
        """Train with our gradients; return where that leads and how far rounding may move it."""
        lr, names = example.facts["lr"], list(weights)

        def run(X: Any, *given: Any) -> dict[str, Any]:
            losses = []
            for _ in range(example.facts["steps"]):
                loss, gradients = mg.value_and_grad(
                    lambda *w: self.loss(
                        mg, {"X": X, **dict(zip(names, w, strict=True))}, example.facts
                    ),
                    tuple(range(len(names))),
                )(*given)
                losses.append(loss)
                given = tuple(w - lr * g for w, g in zip(given, gradients, strict=True))
            return {"losses": np.stack(losses), **dict(zip(names, given, strict=True))}

        return rounding_radius(run, example.arrays["X"], *weights.values())

    def by_torch(self, example: Example, weights: dict[str, Array]) -> dict[str, Array]:
        """Train with PyTorch's gradients and optimiser."""
        leaves = {name: torch.tensor(w, requires_grad=True) for name, w in weights.items()}
        X = torch.tensor(example.arrays["X"])
        optimizer = torch.optim.SGD(leaves.values(), lr=example.facts["lr"])
        losses = []
        for _ in range(example.facts["steps"]):
            optimizer.zero_grad()
            loss = self.loss(Torch, {"X": X, **leaves}, example.facts)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach().numpy())
        weights = {name: leaf.detach().numpy() for name, leaf in leaves.items()}
        return {"losses": np.stack(losses), **weights}


@st.composite
def _examples(draw: Callable[[st.SearchStrategy[Any]], Any], depth: int) -> Example:
    example = example_of(draw(networks((depth, depth), largest=12)))
    lr = draw(st.sampled_from([1e-3, 1e-2, 0.1]))
    steps = draw(st.integers(1, STEPS))
    facts = {**example.facts, "lr": lr, "steps": steps}
    return Example(example.arrays, facts, f"{example.told} lr={lr:g} steps={steps}")


def _options(example: Example) -> dict[str, Any]:
    return {name: example.facts[name] for name in ("reg", "lr", "steps")}


def _names(weights: dict[str, Array]) -> list[str]:
    """Return the names in the order of `reference`: each matrix with its bias."""
    return sorted(weights, key=lambda name: (name[1:], name.startswith("b")))


def _in_turn(weights: dict[str, Array]) -> list[Array]:
    return [weights[name] for name in _names(weights)]


def _train_linear(
    X: Array, y: Array, W: Array, b: Array, reg: float, lr: float, steps: int
) -> tuple[Array, ...]:
    losses = np.empty(steps, X.dtype)
    for t in range(steps):
        W, b, losses[t] = linear.step(X, y, W, b, reg, lr)
    return W, b, losses


TRAININGS = (
    Training("training the network of the post", 2, post.train, post_loss),
    Training("training a linear classifier", 1, _train_linear, linear_loss),
)
