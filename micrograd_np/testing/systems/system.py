"""One system by three sides: by hand, automatically and by PyTorch."""

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
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.measured import weights_for
from micrograd_np.testing.property import Property, over

Array = NDArray[Any]

FEW = 60
"""How many numbers of an example are shown."""


@dataclass(frozen=True)
class Example:
    """An input of a system.

    Attributes
    ----------
    arrays
        What the gradients are taken by, by name.
    facts
        What else there is: labels, strides, the strength of a regularization.
    told
        What it is, in one line.
    """

    arrays: dict[str, Array]
    facts: dict[str, Any]
    told: str

    def __repr__(self) -> str:
        """Return what can be read: the numbers too, if they are few."""
        if sum(a.size for a in self.arrays.values()) > FEW:
            return f"<{self.told}>"
        values = {**self.arrays, **self.facts}
        told = [f"{name}={' '.join(repr(value).split())}" for name, value in values.items()]
        return "\n  ".join([f"<{self.told}>", *told])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print as `repr` does where Hypothesis shows an example."""
        printer.text(repr(self))


@dataclass(frozen=True)
class System:
    """What three sides compute.

    Attributes
    ----------
    name
        What it is.
    draw
        Draws an `Example`.
    by_hand
        ``by_hand(arrays, facts, dout)`` returns ``"out"`` and the gradients by ``"d"`` and the name
        of the array, with what is written in `reference`.
    ours
        ``ours(arrays, facts)`` computes the output with NumPy, of arrays by name.
    theirs
        The same with PyTorch's functions.
    others
        Other right formulas like `ours`: how far rounding moves what they give counts as well.
    weight
        How many examples it gets beside others.
    group
        ``"networks"`` or ``"layers"``.
    """

    name: str
    draw: st.SearchStrategy[Example]
    by_hand: Callable[[Mapping[str, Array], Mapping[str, Any], Array], Mapping[str, Array]]
    ours: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    theirs: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    others: tuple[Callable[[Mapping[str, Any], Mapping[str, Any]], Any], ...] = ()
    weight: float = 1.0
    group: str = "layers"

    def property(self) -> Property:
        """Return the property that all sides agree on it."""
        explore = over(self.draw, self.compare)
        sides = ("hand", "auto", "torch")
        return Property(self.name, self.group, sides, explore, weight=self.weight)

    def compare(self, example: Example) -> Agreement:
        """Compute an example by all sides."""
        out = np.asarray(self.ours(example.arrays, example.facts))
        dout = weights_for(out) if out.ndim else np.ones((), out.dtype)
        auto = self.automatic(example, dout)
        hand = self.by_hand(example.arrays, example.facts, dout)
        pairs = [Pair(name, ("hand", "auto"), hand[name], radius) for name, radius in auto.items()]
        if torch is not None:
            by_torch = self.by_torch(example, dout)
            for name, radius in auto.items():
                theirs = replace(radius, value=by_torch[name])
                pairs.append(Pair(name, ("auto", "torch"), radius.value, theirs))
                pairs.append(Pair(name, ("hand", "torch"), hand[name], theirs))
        return Agreement(example.told, pairs)

    def automatic(self, example: Example, dout: Array) -> dict[str, Radius]:
        """Return the output and its gradients, with how far rounding may move them."""
        found = self._measured(self.ours, example, dout)
        for formula in self.others:
            other = self._measured(formula, example, dout)
            found = {
                name: replace(radius, radius=np.maximum(radius.radius, other[name].radius))
                for name, radius in found.items()
            }
        return found

    @staticmethod
    def _measured(formula: Callable[..., Any], example: Example, dout: Array) -> dict[str, Radius]:
        names = list(example.arrays)

        def run(*given: Any) -> dict[str, Any]:
            out, pullback = mg.vjp(
                lambda *a: formula(dict(zip(names, a, strict=True)), example.facts), *given
            )
            gradients = dict(zip(names, pullback(dout), strict=True))
            return {"out": out, **{f"d{name}": gradient for name, gradient in gradients.items()}}

        return rounding_radius(run, *example.arrays.values())

    def by_torch(self, example: Example, dout: Array) -> dict[str, Array]:
        """Return PyTorch's output and gradients."""
        leaves = {name: torch.tensor(a, requires_grad=True) for name, a in example.arrays.items()}
        out = self.theirs(leaves, example.facts)
        gradients = torch.autograd.grad(
            out, list(leaves.values()), torch.tensor(dout), materialize_grads=True
        )
        found = {f"d{name}": g.numpy() for name, g in zip(leaves, gradients, strict=True)}
        return {"out": out.detach().numpy(), **found}
