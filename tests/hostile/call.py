"""How a public callable is called: with good arguments, some of which hostile ones replace."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

import micrograd_np as mg
from hostile.values import NOTHING, plain_of
from micrograd_np.checks import random_generator


@dataclass(frozen=True)
class Argument:
    """One argument.

    Attributes
    ----------
    make
        Makes a good one.
    accepts
        Whether another one may be taken for good; None: it is not replaced, but by a tensor.
    is_operand
        Whether it is a tensor through which a gradient goes: it is made of hostile numbers, too.
    is_array
        Whether a list of numbers is an array, and no container.
    skips
        The names of inputs that it is not given.
    """

    make: Callable[[], Any]
    accepts: Callable[[Any], bool] | None = None
    is_operand: bool = False
    is_array: bool = True
    skips: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One public callable.

    Attributes
    ----------
    names
        Which of the public names it stands for.
    do
        Calls it.
    arguments
        What `do` takes.
    like_numpy
        Whether the same can be done with arrays in place of tensors, and gives the same.
    constant
        Whether its results carry no gradient.
    changes
        The positions of arguments that it writes into.
    errors
        What it may raise besides.
    lines
        Whether what it says is a table.
    quotes
        Whether it runs a function of the user, and tells what that has raised.
    slow
        Whether it takes too long to be given everything.
    needs
        What has to be installed for it, beside NumPy.
    """

    names: tuple[str, ...]
    do: Callable[..., Any]
    arguments: tuple[Argument, ...]
    like_numpy: bool = False
    constant: bool = False
    changes: tuple[int, ...] = ()
    errors: tuple[type[BaseException], ...] = ()
    lines: bool = False
    quotes: bool = False
    slow: bool = False
    needs: str = ""

    @property
    def name(self):
        return self.names[0]

    @property
    def is_possible(self):
        return not self.needs or find_spec(self.needs) is not None

    def hostile_positions(self):
        return [i for i, one in enumerate(self.arguments) if one.accepts or one.is_operand]


def call(names, do, *arguments, **options):
    return Call(tuple(names.split(", ")), do, arguments, **options)


def like_numpy(names, do, *arguments, **options):
    return call(names, do, *arguments, like_numpy=True, **options)


# --- what an argument may be ----------------------------------------------------------------------


def operand(data):
    """Return an argument that is a tensor in good calls, of floating-point numbers."""
    array = np.array(data)
    return Argument(lambda: _tensor(array), _is_array, is_operand=True)


def _tensor(array):
    return mg.tensor(array, requires_grad=array.dtype.kind in "fc")


def tensor(data):
    """Return a tensor that is one in every call: the object of a method."""
    array = np.array(data)
    return Argument(lambda: _tensor(array), is_operand=True)


def array(data):
    """Return an argument that is an array of numbers."""
    made = np.array(data)
    return Argument(made.copy, _is_array)


def _is_array(value):
    return plain_of(value) is not NOTHING


def fixed(make):
    """Return an argument that stays what it is."""
    return Argument(make if callable(make) else lambda: make)


def option(value):
    """Return an argument that is no operand, of which NumPy says whether it is right."""
    return Argument(lambda: value, lambda _x: True, is_array=False)


def other(value):
    """Return another operand, of which NumPy says whether it is right."""
    return Argument(lambda: value, lambda _x: True)


def given(make, accepts=lambda _x: True):
    return Argument(make, accepts, is_array=False)


def whole(value):
    return Argument(lambda: value, is_whole)


def number(value):
    return Argument(lambda: value, is_number)


def text(value):
    return Argument(lambda: value, lambda x: isinstance(x, str))


def flag(value):
    return Argument(
        lambda: value, lambda x: not isinstance(x, np.ndarray) or x.size < 2, is_array=False
    )


def function(f):
    return Argument(lambda: f, callable)


def element_type(value):
    return Argument(lambda: value, lambda x: _works(np.dtype, x))


def seed(value=0):
    return Argument(lambda: value, lambda x: _works(random_generator, x), skips=("None",))


def lengths(value):
    return Argument(lambda: value, lambda x: is_whole(x) or _all_whole(x), is_array=False)


def is_whole(value):
    return _works(operator.index, value.data if isinstance(value, mg.Tensor) else value)


def _all_whole(value):
    return _works(lambda x: [operator.index(n) for n in x], value)


def is_number(value):
    """Whether a value is one real number."""
    if isinstance(value, (str, bytes, bytearray)):
        return False
    value = value.data if isinstance(value, mg.Tensor) else value
    return np.ndim(value) == 0 and not np.iscomplexobj(value) and _works(float, value)


def _works(make, value):
    try:
        make(value)
    except Exception:
        return False
    return True
