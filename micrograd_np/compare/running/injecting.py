"""A random gradient added to that of one quantity, on both sides.

Where a gradient is zero whatever the data, as that of a bias before batch normalisation, a wrong
line cannot be told by its value. With ``<R, q>`` added to the loss, for a random R, the gradient of
q is R more, and what the lines after it compute shows again what they do.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.following import Followed, Key, Quantity
from micrograd_np.compare.running.hand import Change
from micrograd_np.compare.running.paths import assign, value_at
from micrograd_np.graph import Node

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Injection:
    """A random gradient, where it flows in on the automatic side and in the backward pass.

    Attributes
    ----------
    key, is_hidden, place
        The quantity: by its key, whether a variable holds it, and which of those of that key.
    node, run, path
        The statement after which the backward pass holds its gradient, in which run, and where.
    factor
        The backward pass holds so many times the gradient.
    scale
        About how large the random gradient is.
    """

    key: Key
    is_hidden: bool
    place: int
    node: ast.stmt
    run: int
    path: str
    factor: float
    scale: float

    def quantity(self, followed: Followed) -> Quantity | None:
        """Return the quantity in a run of the forward pass."""
        held = followed.hidden if self.is_hidden else followed.quantities
        same = [q for q in held if q.key == self.key and q.adjoint is not None]
        return same[self.place] if self.place < len(same) else None

    def array(self, q: Quantity) -> Array:
        """Return the random gradient of a quantity, the same every time."""
        assert q.adjoint is not None
        drawn = np.random.default_rng(7).normal(0, self.scale, q.adjoint.shape)
        return np.asarray(drawn, q.adjoint.dtype)

    def seed(self, followed: Followed) -> tuple[Node, Array] | None:
        """Return where it flows in on the automatic side."""
        q = self.quantity(followed)
        return (q.node, self.array(q)) if q is not None and q.node is not None else None

    def change(self, q: Quantity, then: Change | None) -> Change:
        """Return what lets it flow into the backward pass, before another change."""
        count = -1

        def change(at: ast.stmt, iteration: tuple[int, ...], namespace: dict[str, Any]) -> None:
            nonlocal count
            if at is self.node:
                count += 1
                value = value_at(namespace, self.path) if count == self.run else None
                if value is not None and value.size == self.array(q).size:
                    more = self.factor * self.array(q).reshape(value.shape)
                    assign(namespace, self.path, value + more)
            if then is not None:
                then(at, iteration, namespace)

        return change
