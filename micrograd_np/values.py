"""What the arguments of a function hold: the values of tensors, and what may not be lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.checks import numeric, refuse_mask
from micrograd_np.differentiable import Differentiable
from micrograd_np.mode import Symbolic
from micrograd_np.operation import Operation


def value_of(arg: Any) -> Any:
    """Return the array of a Tensor, also inside tuples and lists; anything else as it is.

    Subclasses, such as named tuples, become what NumPy's functions take them for.

    Raises
    ------
    ValueError
        If a list holds itself.
    """
    try:
        if isinstance(arg, tuple):
            return tuple(map(value_of, arg))
        if isinstance(arg, list):
            return list(map(value_of, arg))
    except RecursionError:
        raise holds_itself(arg) from None
    return arg._value if isinstance(arg, Differentiable) else arg


def holds_itself(container: Any) -> ValueError:
    """Return the error for a container that there is no end to."""
    kind = type(container).__name__
    return ValueError(f"a {kind} holds itself, or is nested too deeply; expected arrays or numbers")


def plain_value_of(arg: Any) -> Any:
    """Return what :func:`value_of` does, and for an array of a subclass one that is none.

    Raises
    ------
    TypeError
        If it is a masked array or a matrix.
    """
    kind = type(arg)  # a Tensor says that it is an array while a program is recorded
    if kind is np.ndarray or not issubclass(kind, np.ndarray):
        return value_of(arg)
    refuse_mask(arg)
    return np.asarray(arg)


def values_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return keyword arguments with the arrays of Tensors; what is written into stays itself."""
    return {
        key: value_of(arg) if key == "out" else plain_value_of(arg) for key, arg in kwargs.items()
    }


def options_of(operation: Operation, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return options by their value: they are no operands.

    Raises
    ------
    TypeError
        If one of them requires a gradient, which would be lost.
    """
    for key, value in kwargs.items():
        if requires_grad(value):
            raise TypeError(
                f"{operation.name} has no derivative by {key}=, which requires a gradient: "
                f"detach it ({key}=t.detach())"
            )
    return values_of(kwargs)


def requires_grad(*values: Any) -> bool:
    """Whether one of some values is a tensor that requires a gradient."""
    return any(isinstance(value, Differentiable) and value.requires_grad for value in values)


def has_gradient(arg: Any) -> bool:
    """Whether an argument is, or holds, a tensor that requires a gradient."""
    if not isinstance(arg, (tuple, list)):
        return requires_grad(arg)
    try:
        return any(map(has_gradient, arg))
    except RecursionError:
        raise holds_itself(arg) from None


def is_complex_leaf(arg: Any) -> bool:
    """Whether a complex tensor needs a gradient."""
    return requires_grad(arg) and arg.dtype.kind == "c"


def write(
    name: str, out: Any, result: Any, casting: Any = "same_kind", broadcasts: bool = False
) -> Any:
    """Write a result where ``out=`` says, as NumPy does, and return that.

    Raises
    ------
    TypeError
        If the gradient would be lost, or the dtype does not fit.
    ValueError
        If the shape does not fit: it must be the same, but for functions that broadcast.
    """
    if isinstance(out, tuple) and out:
        if len(out) > 1:
            parts = zip(out, result, strict=True)
            return tuple(
                p if o is None else write(name, o, p, casting, broadcasts) for o, p in parts
            )
        (out,) = out
    if not _can_be_written(out):
        raise TypeError(f"{name}: out is of type {type(out).__name__}, expected an array")
    value = value_of(result)
    if not np.can_cast(value.dtype, out.dtype, casting):
        raise TypeError(f"{name}: cannot cast the result from {value.dtype} to out's {out.dtype}")
    if not isinstance(out, Differentiable):
        if requires_grad(result):
            raise TypeError(
                f"{name} cannot write a Tensor into an array: the gradient would be lost. Use the "
                f"result of {name}(...) instead of out= or an in-place operator on the array, or "
                "make the array a tensor first: mg.tensor(array)"
            )
        result = value
    if out.shape != value.shape and not (broadcasts and broadcasts_to(value.shape, out.shape)):
        raise ValueError(f"{name}: out has shape {out.shape}, the result {value.shape}")
    out[...] = result
    return out


def _can_be_written(out: Any) -> bool:
    return isinstance(out, (Differentiable, np.ndarray))


def broadcasts_to(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array of a shape can be broadcast to another one."""
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def operand_of(operation: Operation, position: int, arg: Any) -> Any:
    """Make an array of an operand that is a list, a subclass of ndarray or the like."""
    if not operation.takes_array(position) or isinstance(arg, (np.generic, Symbolic)):
        return arg
    refuse_mask(arg)
    return numeric(np.asarray(arg))


def dtype_of(out: Any) -> Any:
    """Return the dtype that a reduction computes in that is given ``out=``; None if it is not."""
    out = out[0] if isinstance(out, tuple) and out else out
    if not _can_be_written(out):
        return None
    return out.dtype if out.dtype.kind in "fc" else None
