"""How a value is computed, as a line of code: by a call, or into an array that is there.

The same NumPy functions as in eager code, or what those are made of, so that the bits are the same.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np.mode import plain
from micrograd_np.program.calls import OF_ARRAYS
from micrograd_np.program.jit.folding import Folded
from micrograd_np.program.jit.form import Form, is_array, is_fixed, is_python_number, shape
from micrograd_np.program.jit.namespace import Namespace
from micrograd_np.program.jit.special_forms import SPECIAL
from micrograd_np.program.numbers import Axis, Compound, Input, Number, canonical, of
from micrograd_np.program.recording import TAKE
from micrograd_np.program.traced import Traced

_SIGNS: dict[Any, str] = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}",
    np.negative: "-{0}",
}
_PYTHON: dict[Any, str] = {
    **_SIGNS,
    np.positive: "+{0}",
    np.absolute: "abs({0})",
    operator.pow: "{0} ** {1}",
    np.floor_divide: "{0} // {1}",
    np.remainder: "{0} % {1}",
    np.bitwise_and: "{0} & {1}",
    np.bitwise_or: "{0} | {1}",
    np.bitwise_xor: "{0} ^ {1}",
    np.left_shift: "{0} << {1}",
    np.right_shift: "{0} >> {1}",
    np.invert: "~{0}",
}
_KEYWORD_OUT = (np.maximum, np.minimum)
"""Ufuncs that take ``out=`` by keyword alone: by position it is deprecated."""
_SMALL = 1 << 14
"""Up to how many multiplications ``a.dot(b)`` is taken for ``a @ b``: it has less to look at."""
_FEW = 1 << 12
"""Up to how many elements a number is written out, where that is faster."""


class Forms:
    """Finds the form of each value.

    Parameters
    ----------
    folded
        What is not computed.
    names
        The name of each value in the code.
    namespace
        Where what the code knows gets its names.
    """

    def __init__(self, folded: Folded, names: dict[Traced, str], namespace: Namespace) -> None:
        self.folded = folded
        self.names = names
        self.instead: dict[Traced, str] = {}
        self.in_block = False
        self.hold = namespace.hold
        self._free = namespace.free
        self._parts: dict[Any, str] = {}
        self._numbers: dict[Any, str] = {}

    def within(self, names: dict[Traced, str], value: Traced) -> Form:
        """Return how a block of a value is computed, from others that have other names."""
        self.instead, self.in_block = names, True
        try:
            return self(value)
        finally:
            self.instead, self.in_block = {}, False

    def __call__(self, value: Traced) -> Form:
        """Return how a value is computed."""
        operation = value.operation
        assert operation is not None
        if operation is TAKE:
            return Form(f"{self.text(value.args[0])}[{value.args[1]}]")
        args = tuple(self.folded.of(arg) for arg in value.args)
        if all(is_python_number(arg) for arg in args) and operation.function in _PYTHON:
            return Form(_PYTHON[operation.function].format(*map(self.text, args)))
        special = SPECIAL.get(operation.called or operation.function)
        if special is not None:
            form = special(self, value, *args, **value.options)
            if form is not None:
                return form
        function = operation.function
        if isinstance(function, np.ufunc) and not value.options and value.part is None:
            return self.ufunc(function, value, args)
        return self._call(function, value, args)

    # --- whole classes of functions --------------------------------------------------------------

    def ufunc(self, function: np.ufunc, value: Traced, args: tuple[Any, ...]) -> Form:
        """Return the form of a plain call of a ufunc."""
        scalar = not value.shape and not any(np.ndim(plain(arg)) for arg in args)
        if scalar and function in _SIGNS and value.dtype.kind != "c":  # which round otherwise
            return Form(_SIGNS[function].format(*(self.text(arg, scalar=True) for arg in args)))
        write = self.text if function.signature else lambda arg: self.operand(function, arg, args)
        given = ", ".join(map(write, args))
        name = self.hold(function)
        if function is np.matmul and self._is_small(value, args):
            a, b = map(self.text, args)
            return Form(f"{a}.dot({b})", (f"{a}.dot({b}, {{out}})",))
        out = "{out}"
        if function in _KEYWORD_OUT:
            out = "out={out}"
            given = ", ".join(
                self._repeated(arg, value) or self.operand(function, arg, args) for arg in args
            )
        # Of complex numbers NumPy computes a product otherwise where it overwrites a factor.
        over = args if function.signature is None and value.dtype.kind != "c" else ()
        return Form(
            f"{name}({given})", (f"{name}({given}, {out})",), tuple(a for a in over if is_array(a))
        )

    def _repeated(self, arg: Any, value: Traced) -> str:
        """Return a number as a row of it: NumPy's loop over a row and a number is a slow one."""
        number = self.folded.uniform(arg) if isinstance(arg, Traced) else arg
        if type(number) not in (int, float, np.ndarray) or value.dtype.kind != "f":
            return ""
        if not value.shape or not is_fixed(value):
            return ""
        few = value.value.size <= _FEW and not self.in_block
        shape = value.shape if few else value.shape[-1:]
        if few or (value.ndim > 1 and shape[0] >= 64):
            return self.number_of(np.full(shape, number, value.dtype))
        return ""

    def _is_small(self, value: Traced, args: tuple[Any, ...]) -> bool:
        """Whether a product is one of small matrices, for which both functions call the same."""
        shapes = [np.shape(plain(arg)) for arg in args]
        same = all(is_array(a) and a.dtype == value.dtype for a in args)
        if not same or value.dtype.char not in "fd" or any(len(s) != 2 for s in shapes):
            return False
        lengths = (*shapes[0], shapes[1][1])
        return all(isinstance(n, int) and n > 1 for n in lengths) and int(np.prod(lengths)) < _SMALL

    def _call(self, function: Any, value: Traced, args: tuple[Any, ...]) -> Form:
        operation = value.operation
        assert operation is not None
        texts = [self.text(arg) for arg in args]
        if operation.called in OF_ARRAYS and is_python_number(args[0]):
            texts[0] = f"{self.hold(np.asarray)}({texts[0]})"
        texts += [f"{name}={self.text(item)}" for name, item in value.options.items()]
        name = self.hold(function)
        given = ", ".join(texts)
        into: tuple[str, ...] = ()
        # In float16 a function may add up in float32, unless it is told where to.
        narrow = value.dtype.itemsize == 2 and value.dtype.kind == "f"
        if takes_out(function) and "where" not in value.options and not narrow:
            into = (f"{name}({given}, out={{out}})",)
        return Form(f"{name}({given})", into)

    # --- texts -----------------------------------------------------------------------------------

    def operand(self, function: np.ufunc, arg: Any, beside: tuple[Any, ...]) -> str:
        """Return an operand of a ufunc: of a number, the array that NumPy would make of it."""
        uniform = self.folded.uniform(arg)
        if uniform is not None and any(
            np.shape(plain(b)) == shape(arg) for b in beside if b is not arg
        ):
            return self.number_of(uniform)
        if type(arg) in (int, float) and len(beside) == function.nin:
            kinds = [
                b.dtype if is_array(b) and not b.is_python_number else type(plain(b))
                for b in beside
            ]
            dtypes = function.resolve_dtypes((*kinds, *[None] * function.nout))
            position = next(i for i, b in enumerate(beside) if b is arg)
            return self.number_of(np.asarray(arg, dtypes[position]))
        return self.text(arg)

    def part(self, value: Traced, column: int) -> str:
        """Return the name of a column of an array."""
        key = (value, column)
        if key not in self._parts:
            self._parts[key] = self._free(f"{self.names[value]}_{column}")
        return self._parts[key]

    def number_of(self, array: Any) -> str:
        """Return the name of an array that is the same in all calls: one for equal ones."""
        key = (array.dtype, array.shape, array.tobytes())
        if key not in self._numbers:
            self._numbers[key] = self.hold(array, "c")
        return self._numbers[key]

    def text(self, item: Any, scalar: bool = False) -> str:
        """Return anything that may stand among arguments as code."""
        item = self.folded.of(item)
        if isinstance(item, Traced):
            if item in self.instead:
                return self.instead[item]
            if item not in self.folded.static:
                return self.names[item]
            value = item.value
            if scalar and isinstance(value, np.ndarray) and not value.ndim:
                return self._scalar(value[()])
            return self.hold(value, item.name or "k")
        if isinstance(item, Number):
            return self.number(of(canonical(item)))
        if isinstance(item, (tuple, list)):
            inner = ", ".join(map(self.text, item))
            if isinstance(item, list):
                return f"[{inner}]"
            return f"({inner},)" if len(item) == 1 else f"({inner})"
        if isinstance(item, dict):
            return "{" + ", ".join(f"{k!r}: {self.text(v)}" for k, v in item.items()) + "}"
        if isinstance(item, slice):
            return f"slice({self.text(item.start)}, {self.text(item.stop)}, {self.text(item.step)})"
        if item is None or type(item) in (bool, int, str):
            return repr(item)
        if type(item) is float and item == item and abs(item) != float("inf"):
            return repr(item)
        return self.hold(item)

    def _scalar(self, value: Any) -> str:
        key = (type(value), value.tobytes())
        if key not in self._numbers:
            self._numbers[key] = self.hold(value, "c")
        return self._numbers[key]

    def number(self, number: Number) -> str:
        """Return a length that depends on values as code."""
        above: list[str] = [repr(number.coefficient)]
        below: list[str] = []
        for it, power in number.factors.items():
            (above if power > 0 else below).append(f"{self._atom(it)}**{abs(power)}")
        top = " * ".join(above)
        return f"({top} / ({' * '.join(below)}))" if below else f"({top})"

    def _atom(self, it: Any) -> str:
        if isinstance(it, Compound):
            return f"({self.text(it.left)} {it.sign} {self.text(it.right)})"
        if isinstance(it, Input):
            return self.text(it.array)
        assert isinstance(it, Axis)
        return f"{self.text(it.array)}.shape[{it.axis}]"


@lru_cache(maxsize=1024)
def takes_out(function: Callable[..., Any]) -> bool:
    """Whether a function of NumPy writes where ``out=`` says."""
    module = getattr(function, "__module__", None) or ""
    if module.partition(".")[0] != "numpy" or function in _SLOW_OUT:
        return False
    try:
        return "out" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


_SLOW_OUT = (np.take, np.choose, np.compress)
"""Functions that compute elsewhere first, or want ``mode=`` for it to be of use."""
