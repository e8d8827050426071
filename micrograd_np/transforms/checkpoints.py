"""``checkpoint``: compute a part of a function again in the backward pass instead of keeping it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from itertools import repeat
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.engine import propagate
from micrograd_np.graph import Node, behind, next_sequence
from micrograd_np.making import leaf
from micrograd_np.mode import MODE, is_eager, mode
from micrograd_np.operation import Operation
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.joint import operation_of, record_jointly
from micrograd_np.transforms.randomness import Randomness
from micrograd_np.transforms.run import fresh
from micrograd_np.values import requires_grad


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives the same as `f` and keeps less for the backward pass.

    Of what it computes, its arguments and its results are kept. The backward pass calls `f` again
    and goes back through that: it takes another forward pass of time, and gives the same gradients
    to the last bit (derivatives of these may add up in another order). Of n layers, checkpoints
    around each sqrt(n) of them keep the least.

    Parameters
    ----------
    f
        Computes with NumPy. Arguments and results may be containers, and it may read Tensors from
        where it was defined. Random numbers that it draws are drawn again: from ``np.random``,
        ``random``, or a generator that it gets or refers to.

    Returns
    -------
    callable
        ``checkpointed(*args, **kwargs)``. They may be nested.

    Raises
    ------
    RuntimeError
        In the backward pass, if `f` gives another result when it is called again. What changes its
        derivative alone is not noticed.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> block = mg.checkpoint(lambda x: np.exp(np.sin(x)))
    >>> mg.grad(block)(0.0)
    array(1.)
    """
    operation = operation_of(f)

    @wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not MODE.get().recording or not is_eager():
            return f(*args, **kwargs)
        return _Segment(operation, args, kwargs).results()

    return checkpointed


class _Segment:
    """One call of a function, of which only the ends are kept."""

    def __init__(self, operation: Operation, args: Any, kwargs: Any) -> None:
        self.operation = operation
        self.randomness = Randomness(operation.function, args, kwargs)
        self.depth = MODE.get().depth  # transforms inside tell by it whether they are
        self.operands = [x for x in trees.leaves((args, kwargs)) if requires_grad(x)]
        # The operands are kept by the node alone, so that they go when it is freed.
        self.given = trees.filled((args, kwargs), repeat(_AN_OPERAND), requires_grad)

    def results(self) -> Any:
        """Call the function, and record what it returns as made of all that it read."""
        start = next_sequence()
        inputs = [Tensor(x._value, leaf(x._value)) for x in self.operands]
        out = self._call(inputs)
        outs = [x for x in trees.leaves(out) if requires_grad(x)]
        if not outs:
            return out
        self.outs = [x._value for x in outs]
        places: dict[Any, int] = {x._node: place for place, x in enumerate(inputs)}
        self.uses = [
            places.get(node, node) for node in _read([x._node for x in outs], start, places)
        ]
        operands, self.operands = self.operands, []
        uses: list[Any] = [operands[u]._node if isinstance(u, int) else u for u in self.uses]
        recorded = record_jointly(self.operation, self.outs, operands, self._pull, uses)
        return trees.filled(out, recorded, requires_grad)

    def _call(self, operands: list[Tensor]) -> Any:
        args, kwargs = trees.filled(self.given, operands, lambda x: x is _AN_OPERAND)
        return self.operation.function(*args, **kwargs)

    def _pull(self, gs: list[Any], values: tuple[Any, ...]) -> list[Any]:
        count = len(values) - len(self.uses)
        lifted = any(type(g) is Tensor for g in gs)
        with mode(recording=True, depth=self.depth), self.randomness.replayed():
            inputs = [fresh(x if lifted else Tensor(x)) for x in values[:count]]
            out = self._call(inputs)
        outs = [x for x in trees.leaves(out) if requires_grad(x)]
        if len(outs) != len(self.outs) or not all(map(_is_same, outs, self.outs)):
            raise RuntimeError(
                f"{self.operation.name} gave another result when mg.checkpoint called it again: "
                "what it reads has changed since, or it draws random numbers from a generator that "
                "it makes or hides. Give it all that it reads as arguments"
            )
        uses: list[Any] = [inputs[u]._node if isinstance(u, int) else u for u in self.uses]
        # What each use contributes is told apart, so that sums are those of a graph that was kept,
        # to the last bit.
        found: dict[Node, list[Any]] = {node: [] for node in uses}
        seeds = [(x._node, g) for x, g in zip(outs, gs, strict=True) if g is not None]
        for node, g in seeds:
            if node in found:
                found[node].append(g)
        propagate(
            seeds,
            targets=found.keys(),
            lift=Tensor if lifted else None,
            keep=lifted,
            watch=lambda node, g, *_: found[node].append(g) if node in found else None,
        )
        return [found[n].pop(0) if found[n] else np.zeros(n.shape, n.dtype) for n in uses]


_AN_OPERAND = np.zeros(())


def _is_same(out: Tensor, first: Any) -> bool:
    new = out._value
    return new.dtype == first.dtype and np.array_equal(new, first, equal_nan=True)


def _read(nodes: list[Any], start: int, inputs: Collection[Node]) -> list[Node]:
    """Return what others were made of: inputs and nodes made before `start`, once for each use."""

    def is_end(node: Node) -> bool:
        return node.sequence < start or node in inputs

    found = list(filter(is_end, nodes))
    for node in behind(nodes, is_end):
        if not is_end(node):
            found += [parent for parent in node.parents if parent is not None and is_end(parent)]
    return found
