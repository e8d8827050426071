"""Arguments: by which of them a transform differentiates, and what stands beside them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import told
from micrograd_np.lifting import as_numbers
from micrograd_np.tensor import Tensor


def floating(args: Sequence[Any]) -> list[int]:
    """Return the positions of all arguments but integers, which have no gradient."""
    found = [n for n, arg in enumerate(args) if not kinds(arg) or not kinds(arg) <= set("biu")]
    return found or list(range(len(args)))  # by which nothing can be differentiated


def kinds(arg: Any) -> set[str]:
    """Return the kinds of the dtypes of all arrays in an argument."""
    return {(x if hasattr(x, "dtype") else np.asarray(x)).dtype.kind for x in trees.leaves(arg)}


def positions(argnums: int | Sequence[int], args: Sequence[Any]) -> list[int]:
    """Return `argnums` as a list of positions, counted from the front.

    Raises
    ------
    TypeError
        If it holds something that is no integer.
    ValueError
        If there is no such argument, or one is named twice.
    """
    given = list(argnums) if isinstance(argnums, Sequence) else [argnums]
    found: list[int] = []
    for position in given:
        try:
            if isinstance(position, bool):
                raise TypeError
            place = operator.index(position)
        except TypeError:
            raise TypeError(
                f"argnums is {told(argnums)}, expected the position of an argument or several"
            ) from None
        if not -len(args) <= place < len(args):
            raise ValueError(
                f"argnums has {place}, but the function got {len(args)} arguments by position, "
                "and gradients are taken by those alone"
            )
        found.append(place % len(args))
        if found.count(found[-1]) > 1:
            raise ValueError(f"argnums is {told(argnums)}, which names argument {found[-1]} twice")
    return found


def arguments(primals: Any) -> tuple[Any, ...]:
    """Return the arguments that stand in a tuple or list; anything else is a single one."""
    return tuple(primals) if isinstance(primals, (tuple, list)) else (primals,)


def beside(primals: Any, tangents: Any) -> tuple[Any, ...]:
    """Return tangents, or a vector, one for each of the arguments.

    Raises
    ------
    TypeError
        If there is no tuple of them where there is one of arguments.
    """
    if not isinstance(primals, (tuple, list)):
        return (tangents,)
    if not isinstance(tangents, (tuple, list)):
        raise TypeError(
            f"the tangents are {trees.described(tangents)}, expected {trees.described(primals)}: "
            "one for each argument"
        )
    return tuple(tangents)


def moving(args: Sequence[Any], tangents: Sequence[Any], argnums: Sequence[int]) -> list[Any]:
    """Return the tangents of those arguments that can move, which are `argnums`.

    Raises
    ------
    ValueError
        If there is not one for each argument, or one for an argument of integers.
    """
    if len(tangents) != len(args):
        raise ValueError(
            f"got {len(tangents)} tangents, expected {len(args)}: one for each argument"
        )
    for n, tangent in enumerate(tangents):
        if n not in argnums and tangent is not None:
            raise ValueError(
                f"tangent {n} is {trees.described(tangent)}, expected None: argument {n} holds "
                "integers, which do not move; pass floats if they should"
            )
    return [tangents[n] for n in argnums]


def tangent_leaves(
    inputs: Sequence[Any], tangents: Sequence[Any], argnums: Sequence[int] | None = None
) -> list[Any]:
    """Return the arrays in tangents that are like the inputs, or say what is wrong with them.

    Parameters
    ----------
    inputs
        What moves: containers of Tensors.
    tangents
        How it moves.
    argnums
        Which arguments they are, if there are others, which are integers and do not move.

    Returns
    -------
    list
        An array or Tensor of the dtype of each Tensor in the inputs.
    """
    found: list[Any] = []
    for i, (x, tangent) in enumerate(zip(inputs, tangents, strict=True)):
        trees.mapped(
            lambda place, x, t: found.append(_tangent(place, x, t)),
            x,
            tangent,
            place=(f"tangent {argnums[i] if argnums else i}",),
        )
    return found


def _tangent(place: trees.Place, x: Tensor, tangent: Any) -> Any:
    """Return a tangent as an array of the dtype of what it moves, or say what is wrong with it."""
    if tangent is None:
        raise ValueError(f"{trees.named(place)} is None, expected shape {x.shape}")
    given = as_numbers(tangent)
    if given.shape != x.shape:
        raise ValueError(
            f"{trees.named(place)} must have shape {x.shape}, that of its primal; got {given.shape}"
        )
    if given.dtype.kind == "c" and x.dtype.kind != "c":
        raise TypeError(f"{trees.named(place)} is {given.dtype}, its primal {x.dtype}")
    return given.astype(x.dtype) if given.dtype != x.dtype else given
