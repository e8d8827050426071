"""Tensors of what is none: ``tensor`` copies numbers, ``from_dlpack`` takes over an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_np.checks import numeric, refuse_mask, told
from micrograd_np.graph import Leaf
from micrograd_np.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array = NDArray[Any]


def tensor(data: ArrayLike, requires_grad: bool = False, dtype: DTypeLike | None = None) -> Tensor:
    """Make a tensor of a copy of `data`.

    Parameters
    ----------
    data
        Anything ``np.array`` takes: numbers, bools or nested lists of them.
    requires_grad
        Whether ``backward()`` collects the gradient with respect to it in ``.grad``.
    dtype
        The element type; by default NumPy's choice for `data`.

    Raises
    ------
    TypeError
        If `data` is not numeric, or `requires_grad` no bool, or asked of an integer or bool array.

    Examples
    --------
    >>> import micrograd_np as mg
    >>> x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """
    refuse_mask(data)
    if not isinstance(requires_grad, (bool, np.bool_)):  # "no" would be true
        raise TypeError(f"requires_grad is {told(requires_grad)}, expected True or False")
    array = numeric(np.array(data, dtype=dtype))
    return Tensor(array, leaf(array) if requires_grad else None)


def leaf(array: Array) -> Leaf:
    """Make a node that collects the gradient with respect to `array`.

    Raises
    ------
    TypeError
        If its dtype is neither floating nor complex.
    """
    if array.dtype.kind not in "fc":
        raise TypeError(
            f"only floating-point and complex arrays have a gradient, this one is {array.dtype}; "
            "pass dtype=float, or x.astype(float)"
        )
    return Leaf(array.shape, array.dtype)


def from_dlpack(x: Any, *, copy: bool = False) -> Tensor:
    """Make a constant tensor of an array of another library, sharing its memory.

    What is written into the tensor is recorded, and may go into an array of its own: write into the
    other library's to change both.

    Parameters
    ----------
    x
        Has ``__dlpack__`` and ``__dlpack_device__``: a tensor of PyTorch, an array of JAX or CuPy.
    copy
        Whether the tensor gets memory of its own.

    Raises
    ------
    BufferError, RuntimeError
        As the other library refuses it: what requires a gradient there must be detached first.
    TypeError
        If `x` does not speak DLPack, or does not hold numbers.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> array = np.ones(3)
    >>> t = mg.from_dlpack(array)
    >>> array[0] = 5.0
    >>> t
    Tensor([5., 1., 1.])
    """
    if not hasattr(type(x), "__dlpack__"):
        raise TypeError(f"from_dlpack takes an array with __dlpack__, got a {type(x).__name__}")
    array = numeric(np.from_dlpack(x))
    return Tensor(array.copy() if copy else array)
