"""``ravel``: the arrays in a container as one vector, as optimisers want them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import refuse_mask
from micrograd_np.edges import cast
from micrograd_np.lifting import as_numbers


def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the arrays in a container as one vector, and a function that takes it apart again.

    Parameters
    ----------
    tree
        A container of floating-point or complex arrays, or an array.

    Returns
    -------
    flat
        All elements, of shape (n,), of the dtype that holds them all. A Tensor, if one is among
        the arrays.
    unravel
        ``unravel(flat)`` gives the container again, each array in its shape and dtype. It can be
        differentiated, and takes other vectors of n elements.

    Raises
    ------
    TypeError
        If there is no array, or one that is neither floating-point nor complex: it would not stay
        the same. If `unravel` is given complex numbers and there were none.
    ValueError
        If `unravel` is given an array of another shape.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> flat, unravel = mg.ravel({"W": np.ones((2, 2)), "b": 3.0})
    >>> flat
    array([1., 1., 1., 1., 3.])
    >>> unravel(2 * flat)["b"]
    array(6.)

    A function of the container is one of the vector, with a gradient:

    >>> loss = lambda params: (params["W"] @ params["W"]).sum() * params["b"]
    >>> mg.grad(lambda flat: loss(unravel(flat)))(flat)
    array([12., 12., 12., 12.,  8.])
    """
    parts: list[Any] = []
    trees.mapped(lambda place, x: parts.append(_part(place, x)), tree, place=("tree",))
    if not parts and not trees.is_container(tree):
        raise TypeError(
            f"tree is {trees.described(tree)}, expected an array or a container of arrays"
        )
    flat = np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)
    ends = np.cumsum([part.size for part in parts]).tolist()
    kinds = [
        (end - part.size, end, part.shape, part.dtype)
        for part, end in zip(parts, ends, strict=True)
    ]
    length = flat.shape

    def unravel(vector: Any) -> Any:
        given = as_numbers(vector)
        if given.shape != length:
            raise ValueError(f"unravel takes an array of shape {length}, got shape {given.shape}")
        if given.dtype.kind == "c" and flat.dtype.kind != "c":
            raise TypeError(f"unravel takes {flat.dtype} numbers, got {given.dtype}")
        pieces = (  # a copy each
            cast(given[start:end].reshape(shape), dtype) for start, end, shape, dtype in kinds
        )
        return trees.filled(tree, pieces)

    return flat, unravel


def _part(place: trees.Place, x: Any) -> Any:
    refuse_mask(x)
    part = as_numbers(x)
    if part.dtype.kind not in "fc":
        raise TypeError(
            f"{trees.named(place)} is {part.dtype}, expected a floating-point array: keep others "
            "beside the container, or pass them as x.astype(float)"
        )
    return part
