"""Derivatives of one's own: ``custom_vjp`` and ``stop_gradient``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.lifting import as_operand
from micrograd_np.mode import MODE, Symbolic, is_eager
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.joint import operation_of, record_jointly
from micrograd_np.values import requires_grad


def stop_gradient(x: Any) -> Any:
    """Return `x` as a constant: no gradient flows back through it.

    Parameters
    ----------
    x
        A Tensor, an array, or a container of them.

    Returns
    -------
    container
        The same values; Tensors share their memory.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.grad(lambda x: x * mg.stop_gradient(x))(3.0)
    array(3.)
    """
    return trees.mapped(lambda _place, item: item.detach() if type(item) is Tensor else item, x)


class custom_vjp:
    """Give a function another backward pass than that of the operations in it.

    Parameters
    ----------
    f
        Computes with NumPy, or by any other means: where its own rule is used it gets arrays.
        Arguments and results may be containers.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> @mg.custom_vjp
    ... def clipped(x):                            # its value is x
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    >>> mg.grad(lambda x: 5 * clipped(x))(2.0)
    array(1.)
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._operation = operation_of(f)
        update_wrapper(self, f)
        self._f = f
        self._forward: Callable[..., Any] | None = None
        self._backward: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Define the backward pass.

        Parameters
        ----------
        fwd
            ``fwd(*args) -> (out, residuals)``: takes the arguments of the function and returns its
            result, and anything that `bwd` needs. It takes the place of the function where
            gradients are wanted; :func:`gradcheck` tells whether the two give the same.
        bwd
            ``bwd(residuals, g) -> gradients``: given what `fwd` left and the gradient of the
            result, in its structure, it returns a tuple of one gradient for each argument, in the
            structure of the argument; None for one without. Written in NumPy it is differentiated
            in turn, and so is `fwd` there. Forward mode takes it for linear in `g`.

        Raises
        ------
        TypeError
            If one of them cannot be called.
        """
        for name, rule in (("fwd", fwd), ("bwd", bwd)):
            if not callable(rule):
                raise TypeError(f"{name} of {self._operation.name} is {trees.described(rule)}")
        self._forward, self._backward = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, recording its own backward pass."""
        operands = list(filter(requires_grad, trees.leaves((args, kwargs))))
        if not operands or not MODE.get().recording:
            return self._without_recording(args, kwargs)
        args = self._by_position(args, kwargs)
        out, residuals = self._run_forward(trees.mapped(_plain, args))
        if requires_grad(*trees.leaves((out, residuals))):
            raise TypeError(
                f"{self._operation.name} reads a Tensor that requires a gradient and is none "
                "of its arguments: the gradient would be lost. Pass it as an argument"
            )

        def pull(gs: list[Any], values: tuple[Any, ...]) -> list[Any]:
            left = residuals
            if requires_grad(*values):  # the residuals have derivatives, too
                left = self._run_forward(trees.filled(args, values, requires_grad))[1]
            return self._gradients(args, out, left, gs)

        outs = [value for value in trees.leaves(out) if _is_floating(value)]
        arrays = [x._value if type(x) is Tensor else np.asarray(x) for x in outs]
        reads = trees.leaves(residuals)
        results = record_jointly(self._operation, arrays, operands, pull, reads=reads)
        return trees.filled(out, results, _is_floating)

    def _without_recording(self, args: Any, kwargs: dict[str, Any]) -> Any:
        tensors = [x for x in trees.leaves((args, kwargs)) if type(x) is Tensor]
        # In a complex step each operation is seen, so that none is taken for analytic that is not.
        if not tensors or (not is_eager() and any(x.dtype.kind == "c" for x in tensors)):
            return self._f(*args, **kwargs)
        args, kwargs = trees.mapped(_plain, (args, kwargs))
        return trees.mapped(_as_constant, self._f(*args, **kwargs))

    def _by_position(self, args: Any, kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Return all arguments, defaults too, as the rules get them."""
        try:
            signature = inspect.signature(self._f)
        except ValueError:  # what is compiled may have none
            signature = inspect.signature(lambda *args, **kwargs: None)
        bound = signature.bind(*args, **kwargs)
        if bound.kwargs:
            raise TypeError(
                f"{self._operation.name} takes {', '.join(bound.kwargs)} by keyword alone; the "
                "rules of mg.custom_vjp get arguments by position: let it have all of them there"
            )
        if inspect.isfunction(self._f):  # those of a ufunc are no arguments
            bound.apply_defaults()
        return bound.args

    def _run_forward(self, args: Any) -> tuple[Any, Any]:
        name = self._operation.name
        if self._forward is None:
            raise TypeError(f"{name} has no backward pass yet: {name}.defvjp(fwd, bwd)")
        pair = self._forward(*args)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"fwd of {name} returned {trees.described(pair)}, expected (out, residuals)"
            )
        return pair

    def _gradients(self, args: Any, out: Any, residuals: Any, gs: Sequence[Any]) -> list[Any]:
        """Return what the backward pass gives for each operand."""
        name = self._operation.name
        given = iter(gs)
        g = trees.mapped(
            lambda _place, x: _or_zeros(next(given), x) if _is_floating(x) else None, out
        )
        assert self._backward is not None
        grads = self._backward(residuals, g)
        if not isinstance(grads, (tuple, list)) or len(grads) != len(args):
            raise TypeError(
                f"bwd of {name} returned {trees.described(grads)}, expected a tuple of "
                f"{len(args)}: a gradient, or None, for each argument"
            )
        found: list[Any] = []

        def take(place: trees.Place, x: Any, grad: Any) -> None:
            if not requires_grad(x):
                return
            if grad is None:
                grad = np.zeros(x.shape, x.dtype)
            if np.shape(grad) != x.shape:
                raise ValueError(
                    f"{trees.named(place)} of {name} must have shape {x.shape}, that of the "
                    f"argument; bwd returned {np.shape(grad)}"
                )
            found.append(as_operand(grad))

        for i, (arg, grad) in enumerate(zip(args, grads, strict=True)):
            if grad is None and trees.is_container(arg):
                grad = trees.mapped(lambda _place, _x: None, arg)
            trees.mapped(take, arg, grad, place=(f"gradient {i}",))
        return found


def _plain(_place: trees.Place, x: Any) -> Any:
    """Return an argument as an array; while a program is recorded, as a constant."""
    if type(x) is not Tensor:
        return x
    return Tensor(x._value) if isinstance(x._value, Symbolic) else x._value


def _as_constant(_place: trees.Place, x: Any) -> Any:
    """Return a floating-point result as a Tensor, as other functions of Tensors do."""
    return Tensor(np.asarray(x)) if _is_floating(x) and type(x) is not Tensor else x


def _is_floating(x: Any) -> bool:
    if isinstance(x, (float, complex)):
        return True
    return hasattr(x, "dtype") and x.dtype.kind in "fc"


def _or_zeros(g: Any, x: Any) -> Any:
    return np.zeros(np.shape(x), getattr(x, "dtype", float)) if g is None else g
