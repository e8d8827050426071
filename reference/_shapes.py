"""The check that keeps NumPy from broadcasting what was never meant to be broadcast."""

from typing import Any


def expect_shape(name: str, array: Any, *shape: int | str) -> None:
    """Raise a ValueError unless `array` has the given shape.

    A gradient of one row, or a bias as long as the wrong axis, often broadcasts without a word, and
    what comes out has the right shape and the wrong numbers.

    Parameters
    ----------
    name : str
        What the array is called.
    array : array
        Only its ``shape`` is looked at.
    *shape : int or str
        The length of each axis; a letter stands for any length.

    Raises
    ------
    ValueError
        If the shape is another one.

    Examples
    --------
    >>> import numpy as np
    >>> expect_shape("x", np.zeros((5, 4)), "N", 4)
    >>> expect_shape("x", np.zeros(4), "N", 4)
    Traceback (most recent call last):
        ...
    ValueError: expected x of shape (N, 4), given shape (4,)
    """
    given = tuple(array.shape)
    fits = len(given) == len(shape) and all(
        isinstance(wanted, str) or length == wanted
        for length, wanted in zip(given, shape, strict=True)
    )
    if not fits:
        lengths = ", ".join(map(str, shape)) + "," * (len(shape) == 1)
        raise ValueError(f"expected {name} of shape ({lengths}), given shape {given}")
