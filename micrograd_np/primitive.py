"""Making an operation of one's own function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

from micrograd_np.checks import numerical, told
from micrograd_np.operation import OPERATIONS, Operation, name_of
from micrograd_np.tensor import Tensor, apply, dispatch


@overload
def primitive(function: Callable[..., Any]) -> Callable[..., Any]: ...
@overload
def primitive(*, residual: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...
def primitive(function: Callable[..., Any] | None = None, *, residual: str = "") -> Any:
    """Make an operation of a function of arrays; :func:`defvjp` gives it its rules.

    Parameters
    ----------
    function
        Takes arrays first, then options, and returns an array.
    residual
        If given, the function returns a pair: its result, and an array that its rules would else
        compute again. They get it by this keyword, or None where they must compute it after all
        because they are themselves being differentiated.

    Returns
    -------
    callable
        The same function for arrays; given a Tensor it is recorded as one operation.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> @mg.primitive
    ... def swish(x):
    ...     return x * mg.sigmoid(x)
    >>> mg.defvjp(swish, lambda g, out, x: g * (out + mg.sigmoid(x) * (1 - out)))
    >>> mg.grad(swish)(0.0)
    array(0.5)
    """
    if function is None:
        return functools.partial(primitive, residual=residual)
    if not callable(function):
        raise TypeError(f"mg.primitive takes a function, got {told(function)}")

    @functools.wraps(function)
    def operation(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and type(args[0]) is Tensor and not kwargs:
            return args[0]._unary(operation)
        for arg in args:
            if type(arg) is Tensor:
                if kwargs:
                    return dispatch(operation, args, kwargs)
                return apply(OPERATIONS[operation], args)
        for arg in kwargs.values():
            if type(arg) is Tensor:
                return dispatch(operation, args, kwargs)
        takes_array = OPERATIONS[operation].takes_array
        arrays = (numerical(a) if takes_array(i) else a for i, a in enumerate(args))
        out = function(*arrays, **kwargs)
        return out[0] if residual else out

    OPERATIONS[operation] = Operation(
        function, name_of(function), composite=True, residual=residual
    )
    return operation
