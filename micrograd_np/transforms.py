"""Gradients of functions: ``grad``, ``value_and_grad``, ``vjp``.

A transform calls the function with fresh leaves, so that what it computes inside another
transform is recorded there too: they nest to any order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.engine import propagate
from micrograd_np.graph import Node, reaches
from micrograd_np.mode import MODE, mode
from micrograd_np.primitive import primitive
from micrograd_np.tensor import Tensor, leaf
from micrograd_np.values import refuse_mask


@primitive
def _same(x: Any) -> Any:
    return x


defvjp(_same, lambda g, _out, _x: g, exact=True, view=True)


class _Run:
    """One recorded call of a function, from which gradients can be asked."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: Sequence[int],
        kwargs: dict[str, Any],
    ) -> None:
        self.arrays_only = not any(isinstance(arg, Tensor) for arg in args)
        inputs = list(args)
        with mode(recording=True, depth=MODE.get().depth + 1):
            for argnum in argnums:
                inputs[argnum] = _input(args[argnum], argnum)
            self.out = f(*inputs, **kwargs)
        if not isinstance(self.out, Tensor):
            raise TypeError(
                f"{_name(f)} returned {_kind(self.out)}, not a Tensor: its result must be made "
                "of its arguments by NumPy functions (is there an .item() or .data on the way? Or "
                "are all of them constant in steps, as np.floor and comparisons are, whose results "
                "are arrays without a gradient?)"
            )
        self.inputs = [inputs[argnum] for argnum in argnums]
        self.nodes: list[Node] = [x._node for x in self.inputs]
        # Is this call a part of a larger graph, in which its results have a place?
        self.outer = (
            MODE.get().recording
            and (not self.arrays_only or MODE.get().depth > 0)
            and reaches(self.out._node, min(node.sequence for node in self.nodes))
        )

    def value(self) -> Any:
        """Return the function's result: an array where it was called with arrays."""
        if self.outer:
            return self.out
        return self.out.data if self.arrays_only else self.out.detach()

    def pull(self, seed: Any, keep: bool) -> list[Any]:
        """Return the gradients of the inputs, given that of the result.

        `keep` tells whether it will be called again.
        """
        # The gradients have a place in a larger graph, too, if the seed has one.
        outer = self.outer or (isinstance(seed, Tensor) and seed.requires_grad)
        lift = Tensor if outer or not self.arrays_only or MODE.get().call is not None else None
        g = self.out._seed(seed)
        if lift is not None:
            g = seed.astype(g.dtype) if isinstance(seed, Tensor) else Tensor(np.asarray(g))
        found = {}
        if self.out._node is not None:
            with mode(recording=outer):
                found = propagate(
                    [(self.out._node, g)],
                    targets=set(self.nodes),
                    lift=lift,
                    keep=keep or outer,
                )
        as_array = self.arrays_only and not outer
        return [_result(found.get(x._node), x, as_array) for x in self.inputs]


def _conjugate(g: Any) -> Any:
    return np.conjugate(g) if g.dtype.kind == "c" else g


def _result(g: Any, x: Tensor, as_array: bool) -> Any:
    if g is None:
        g = np.zeros(x.shape, x.dtype)
    if as_array:
        return np.array(g.data if isinstance(g, Tensor) else g)
    return g if isinstance(g, Tensor) else Tensor(np.asarray(g))


def _input(arg: Any, argnum: int) -> Tensor:
    """Return a tensor to differentiate by, which still knows the argument it stands for."""
    if isinstance(arg, Tensor):
        return _same(arg) if arg.requires_grad else Tensor(arg.data, leaf(arg.data))
    if isinstance(arg, (dict, list, tuple)) and any(
        isinstance(item, (Tensor, np.ndarray))
        for item in (arg.values() if isinstance(arg, dict) else arg)
    ):
        raise TypeError(
            f"argument {argnum} is a {type(arg).__name__} of arrays; pass them as arguments of "
            "their own and name them in argnums"
        )
    try:
        refuse_mask(arg)
        array = np.asarray(arg)
        return Tensor(array, leaf(array))
    except TypeError as error:
        raise TypeError(f"argument {argnum}: {error}") from None


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", repr(f))


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _positions(argnums: int | Sequence[int], args: Sequence[Any]) -> list[int]:
    positions = list(argnums) if isinstance(argnums, Sequence) else [operator.index(argnums)]
    for position in positions:
        if not -len(args) <= position < len(args):
            raise ValueError(f"argnums has {position}, but the function got {len(args)} arguments")
    return [position % len(args) for position in positions]


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value of `f` and its gradient.

    Parameters
    ----------
    f
        Takes arrays and returns a single number made of them by NumPy functions.
    argnums
        The position of the argument to differentiate by, or several of them. Of a complex
        argument the gradient is PyTorch's, d/d re + i d/d im: the direction of steepest ascent.

    Returns
    -------
    callable
        ``g(*args, **kwargs) -> (value, gradient)``; for several `argnums` the gradient is a tuple.
        Called with arrays it gives arrays; called with Tensors, or inside another transform on
        something that depends on its arguments, it gives Tensors.

    Raises
    ------
    TypeError
        If the argument is not floating-point, or `f` returns no Tensor.
    ValueError
        If `f` returns more than one element, or there is no such argument.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """

    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _Run(f, args, _positions(argnums, args), kwargs)
        if run.out.size != 1:
            raise ValueError(
                f"{_name(f)} returned shape {run.out.shape}; a gradient needs a single number. "
                "Reduce it (.sum()), or use mg.vjp"
            )
        grads = list(map(_conjugate, run.pull(None, keep=False)))
        return run.value(), tuple(grads) if isinstance(argnums, Sequence) else grads[0]

    return with_gradient


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that gives the gradient of `f`.

    Parameters, results and errors are those of :func:`value_and_grad`, without the value.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.grad(np.sin)(0.0)
    array(1.)
    >>> mg.grad(mg.grad(lambda x: x**3))(2.0)
    array(12.)
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return the value of `f` and a function that pulls a cotangent back to its arguments.

    Parameters
    ----------
    f
        Takes arrays and returns one array made of them by NumPy functions.
    *primals
        The arguments, floating-point or complex arrays.

    Returns
    -------
    out
        ``f(*primals)``.
    pullback
        ``pullback(v)``, for `v` of the shape of `out`, is the tuple of v @ d out / d argument,
        one of each argument's shape. It can be called again. For complex numbers it is the plain
        transpose, nothing is conjugated: the real part of v @ d out is what grows.

    Raises
    ------
    TypeError
        If an argument is not floating-point, or `f` returns no Tensor.
    ValueError
        If the cotangent has another shape than the result.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> out, pullback = mg.vjp(np.multiply, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> out, pullback(np.array([1.0, 0.0]))
    (array([3., 8.]), (array([3., 0.]), array([1., 0.])))
    """
    run = _Run(f, primals, range(len(primals)), {})

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        return tuple(run.pull(cotangent, keep=True))

    return run.value(), pullback
