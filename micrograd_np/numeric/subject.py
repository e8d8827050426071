"""A function whose gradients are checked, as one of a list of arrays."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import numerical
from micrograd_np.graph import behind
from micrograd_np.mode import mode
from micrograd_np.tensor import Tensor
from micrograd_np.transforms import vjp
from micrograd_np.transforms.reverse import conjugate
from micrograd_np.transforms.run import name_of, refuse_no_tensor
from micrograd_np.values import value_of


class Subject:
    """A function, what it is called with, and the weights that make one number of its results.

    Parameters
    ----------
    f, args, kwargs
        The function and its arguments.
    argnums
        The positions of the arguments to differentiate by.

    Attributes
    ----------
    names, arrays
        What stands in those arguments: what it is called, and the arrays.
    weights
        For each floating-point result an array of its shape: no two elements count alike, and those
        that are not finite do not.
    is_finite
        Whether all are.
    """

    def __init__(
        self, f: Callable[..., Any], args: Any, kwargs: dict[str, Any], argnums: Sequence[int]
    ) -> None:
        self.f, self.args, self.kwargs = f, args, kwargs
        self.argnums = argnums
        self.name = name_of(f)
        self.names: list[str] = []
        self.arrays: list[np.ndarray[Any, Any]] = []
        for argnum in argnums:
            trees.mapped(self._take, args[argnum], place=(f"argument {argnum}",))
        outs = self.results(self.arrays)
        if any(map(_differ, outs, self.results(self.arrays))):
            raise ValueError(
                f"{self.name} gives another result when it is called again with the same "
                "arguments: let it draw random numbers from a generator that it makes of a seed"
            )
        self.is_finite = all(np.isfinite(out).all() for out in outs)
        self.weights = [_weights(out) for out in outs]
        if self.is_of_one_number:
            self.weights = [np.sign(np.abs(w)).astype(w.dtype) for w in self.weights]

    @property
    def is_of_one_number(self) -> bool:
        """Whether there is one number among the results."""
        return sum(int(w.size) for w in self.weights) == 1

    def _take(self, place: trees.Place, x: Any) -> None:
        array = numerical(value_of(x))
        if array.dtype.kind not in "fc":
            raise TypeError(
                f"{trees.named(place)} is {array.dtype}, expected a floating-point array; name the "
                "arguments to check in argnums"
            )
        self.names.append(trees.named(place))
        self.arrays.append(array)

    def of_one(self, place: int, index: tuple[Any, ...]) -> Subject:
        """Return the same for a single number among the results."""
        one = copy.copy(self)
        one.weights = [np.zeros_like(w) for w in self.weights]
        one.weights[place][index] = 1
        return one

    def output(self, arrays: Sequence[Any]) -> Any:
        """Return what the function does for other arrays or Tensors."""
        given = iter(arrays)  # shared: each argument takes its own of them
        args = list(self.args)
        for argnum in self.argnums:
            args[argnum] = trees.filled(args[argnum], given)
        return self.f(*args, **self.kwargs)

    def call(self, arrays: Sequence[Any]) -> list[Any]:
        """Return the floating-point results for other arrays or Tensors, as they come."""
        return _floating(self.output(arrays))

    def results(self, arrays: Sequence[Any]) -> list[Any]:
        """Return the results as arrays, for arrays that may be of other dtypes."""
        given = [Tensor(np.asarray(x)) for x in arrays]
        with mode(recording=False):
            return [np.asarray(value_of(x)) for x in self.call(given)]

    def recorded(self, arrays: Sequence[Any]) -> tuple[list[Any], Callable[..., list[Any]]]:
        """Run it as a transform does, in which own rules may have a part.

        Returns
        -------
        results
            The results as arrays.
        gradients
            Gives the gradients of their weighted sum; ``gradients(factor)`` of a multiple of it.
        """
        results, pull = vjp(self._recorded, *arrays)

        def gradients(factor: float = 1.0) -> list[Any]:
            found = pull([w * w.dtype.type(factor) for w in self.weights])
            return [value_of(g) for g in trees.mapped(conjugate, found)]

        # Parameters that `f` holds make Tensors of them, which have a graph beyond `f`.
        return [np.asarray(value_of(x)) for x in results], gradients

    def _recorded(self, *xs: Any) -> list[Any]:
        out = self.output(xs)
        if not any(isinstance(x, Tensor) for x in trees.leaves(out)):
            refuse_no_tensor(self.f, out)
        return _floating(out)

    def coarsest(self, arrays: Sequence[Any]) -> float:
        """Return the spacing at 1 of the least precise numbers on the way."""
        found = 0.0

        def look(*xs: Any) -> list[Any]:
            nonlocal found
            outs = self.call(xs)
            nodes = [out._node for out in outs if isinstance(out, Tensor) and out._node is not None]
            for node in behind(nodes, lambda node: not node.parents):
                if node.dtype.kind in "fc":
                    found = max(found, float(np.finfo(node.dtype).eps))
            return outs

        vjp(look, *arrays)
        return found

    def weighted(self, outs: Sequence[Any]) -> Any:
        """Return the weighted sum of results, without those that were not finite."""
        pairs = zip(outs, self.weights, strict=True)
        return sum(np.sum(np.where(w == 0, 0, out) * w) for out, w in pairs)


def _floating(out: Any) -> list[Any]:
    return [x for x in trees.leaves(out) if np.asarray(value_of(x)).dtype.kind in "fc"]


def _differ(a: Any, b: Any) -> bool:
    return not np.array_equal(a, b, equal_nan=True)


def _weights(out: Any) -> Any:
    angle = 1.0 + np.arange(out.size).reshape(out.shape)
    weights = np.exp(1j * angle) if out.dtype.kind == "c" else np.cos(angle)
    return np.where(np.isfinite(out), weights, 0).astype(out.dtype)
