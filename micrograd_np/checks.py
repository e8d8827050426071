"""What may be given: arrays of numbers, which a Tensor can hold, and single numbers as options."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any

import numpy as np

from micrograd_np.mode import Symbolic


def refuse_mask(data: Any) -> None:
    """Raise TypeError for a masked array, and for a matrix, whose ``*`` is another product."""
    if isinstance(data, np.matrix):
        raise TypeError("* of a matrix is a matrix product, of a tensor it is not; use np.asarray")
    if isinstance(data, np.ma.MaskedArray):
        raise TypeError("a masked array would lose its mask; use np.where with the mask")


def numerical(data: Any) -> Any:
    """Return what a Tensor can hold: an array of numbers, or what stands for one.

    Raises
    ------
    TypeError
        If `data` is not numeric, or a masked array or a matrix.
    """
    if isinstance(data, Symbolic):
        return data
    refuse_mask(data)
    return numeric(np.asarray(data))


def numeric(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array of numbers as it is; of anything else raise TypeError."""
    if array.dtype.kind not in "fcbiu":
        raise TypeError(f"a tensor holds numbers; got an array of dtype {array.dtype}")
    return array


def number(name: str, value: Any) -> Any:
    """Return an option that is a single real number.

    A Tensor is one, too: it may be trained.

    Raises
    ------
    TypeError
        If it is none.
    """
    if type(value) is float or isinstance(value, Symbolic):
        return value
    if type(value) is int:
        float(value)  # or an OverflowError
        return value
    refuse_mask(value)
    if isinstance(value, Real) and not hasattr(value, "dtype"):
        return float(value)  # a fraction, a bool
    if not hasattr(value, "dtype") or np.ndim(value) or value.dtype.kind not in "biuf":
        raise TypeError(f"{name} is {told(value)}, expected a number")
    return value


def whole(name: str, value: Any, least: int | None = None) -> int:
    """Return an option that is an integer.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it is less than `least`.
    """
    try:
        if isinstance(value, np.bool_):
            raise TypeError  # as NumPy itself does since 2.3
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {told(value)}, expected a whole number") from None
    if least is not None and found < least:
        raise ValueError(f"{name} is {found}, expected {least} or more")
    return found


_LONG = 60
"""How long the text of a value may be for a message that quotes it."""


def told(value: Any) -> str:
    """Return what a value is in a few words, on one line."""
    plain = (bool, int, float, complex, str, bytes, np.generic, tuple, list)
    if value is None or isinstance(value, plain):
        text = repr(value)
        if len(text) < _LONG and "\n" not in text:
            return text
    kind = type(value).__name__
    article = "an" if kind[0] in "aeiouAEIO" or kind == "ndarray" else "a"
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{article} {kind}{shape}"


def random_generator(seed: Any) -> np.random.Generator:
    """Return a generator, or what :func:`numpy.random.default_rng` makes of a seed.

    Raises
    ------
    TypeError
        If it can make none: of a matrix or a list that holds itself NumPy would never come back.
    ValueError
        If a number is negative.
    """
    try:
        if not isinstance(seed, np.matrix):
            return np.random.default_rng(seed)
    except (TypeError, RecursionError):
        pass
    raise TypeError(f"generator is {told(seed)}, expected a numpy Generator, or a seed: an integer")
