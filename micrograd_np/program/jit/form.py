"""What is known of a line of code before it is written, and of its arguments."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from micrograd_np.mode import plain
from micrograd_np.program.numbers import Number
from micrograd_np.program.traced import Traced


class Form(NamedTuple):
    """How a value is computed.

    Attributes
    ----------
    call
        An expression that gives it.
    into
        Lines that write it into an array, for which ``{out}`` stands; "" if there are none.
    over
        The operands into whose array it may be written: it reads an element of theirs before it
        writes that one.
    changes
        The operand that is copied first and then changed here and there: nothing is copied where
        it may be written over.
    parts
        Views that the lines are written with, by name: made once, where what they look at stays.
    """

    call: str
    into: tuple[str, ...] = ()
    over: tuple[Traced, ...] = ()
    changes: Traced | None = None
    parts: tuple[tuple[str, str], ...] = ()


def shape(arg: Any) -> tuple[int, ...]:
    """Return the shape of an argument."""
    return np.shape(plain(arg))


def is_array(arg: Any) -> bool:
    """Whether an argument is a value of the program."""
    return isinstance(arg, Traced)


def is_fixed(value: Traced) -> bool:
    """Whether the lengths of a value are the same in all calls."""
    return all(isinstance(n, int) for n in value.shape)


def is_python_number(arg: Any) -> bool:
    """Whether an argument is a number of Python's, which does not decide a dtype."""
    if isinstance(arg, Traced):
        return arg.is_python_number
    return isinstance(arg, (bool, int, float, complex, Number))
