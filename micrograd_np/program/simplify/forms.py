"""What simplifications are made of: looking at a value, and making another.

A rule is a function of the trace and of the arguments of one operation; it returns a simpler
value, or None. It knows the statements that made its operands, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import arange  # by this name, since np.arange is another one while tracing

from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.program.calls import key_of
from micrograd_np.program.numbers import Input, Number, Real, atom, canonical, is_number, of
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand

Rule = Callable[..., Any]
RULES: dict[Callable[..., Any], list[Rule]] = {}
"""By the function of the operation: tried in order."""
ALWAYS: dict[Callable[..., Any], list[Rule]] = {}
"""Those that hold for what the user wrote, too."""


def simplifies(*functions: Callable[..., Any], always: bool = False) -> Callable[[Rule], Rule]:
    """Make a rule one of `functions`: ``rule(trace, *args, **options)``.

    In a backward pass, and in a function of the library that is opened up; `always`, in what the
    user wrote, too.
    """

    def note(rule: Rule) -> Rule:
        for function in functions:
            for rules in (RULES, ALWAYS) if always else (RULES,):
                rules.setdefault(function, []).append(rule)
        return rule

    return note


def rewrite(
    trace: Trace, operation: Operation, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Return a simpler value for an operation, or None.

    A rule may be right for some shapes and dtypes only: what has another shape or dtype than the
    operation itself is not taken.
    """
    wanted = None
    if not _is_plain(operation.called or operation.function, options):
        return None
    rules = RULES if trace.is_free() else ALWAYS
    for rule in rules.get(operation.called or operation.function, ()):
        found = rule(trace, *args, **options)
        if found is None:
            continue
        if wanted is None:
            with np.errstate(all="ignore"):
                wanted = np.asarray(trace.compute(operation, args, options))
        fits = isinstance(found, Traced) and np.shape(found.value) == wanted.shape
        if fits and found.dtype == wanted.dtype:
            return found
    return None


# --- looking -----------------------------------------------------------------------------------


def made_by(value: Any, *functions: Callable[..., Any]) -> bool:
    """Whether a value is the result of one of `functions`."""
    operation = value.operation if isinstance(value, Traced) else None
    if operation is None:
        return False
    function = operation.called or operation.function
    return function in functions and _is_plain(function, value.options)


_REDUCTIONS = (
    np.sum, np.mean, np.max, np.min, np.amax, np.amin, np.var, np.std, np.prod, np.cumsum,
    np.cumprod,
)  # fmt: skip


def _is_plain(function: Callable[..., Any], options: dict[str, Any]) -> bool:
    """Whether a reduction is of all elements and nothing else: no ``where=``, no ``initial=``."""
    return function not in _REDUCTIONS or options.keys() <= {"axis", "keepdims", "ddof"}


def called(value: Traced) -> Callable[..., Any]:
    """Return the function that made a value, as people call it."""
    operation = value.operation
    assert operation is not None
    return operation.called or operation.function


def number_of(value: Any) -> Number | None:
    """Return the number that a value is for any input, None if it is an array."""
    if is_number(value):
        return of(value)
    if not isinstance(value, Traced):
        return None
    if value.role == "number":
        return of(value.args[0])
    if value.is_python_number and value.role == "input" and not isinstance(value.value, complex):
        return atom(Input(value))
    if value.role == "constant" and np.ndim(value.value) == 0 and value.dtype.kind in "fiu":
        return of(value.value.item())
    if value.is_python_number and made_by(value, np.multiply, np.divide):
        left, right = map(number_of, value.args)
        if left is not None and right is not None:
            result: Number = of(left * right if made_by(value, np.multiply) else left / right)
            return result
    return None


def expanded(value: Any) -> Any:
    """Return what was broadcast to make `value`; itself if nothing was."""
    return value.args[0] if made_by(value, expand, np.broadcast_to) else value


def scaled(value: Any) -> tuple[Any, Number | Real]:
    """Return a value as another one times a number, which may be 1."""
    if made_by(value, np.multiply):
        number = number_of(value.args[1])
        if number is not None:
            return value.args[0], number
    if made_by(value, np.negative):
        return value.args[0], -1
    return value, 1


def is_zero(value: Any) -> bool:
    """Whether every element is zero for any input."""
    number = number_of(expanded(value))
    return number is not None and number.coefficient == 0


def same_index(a: Any, b: Any) -> bool:
    """Whether two indices are equal for any input, part by part."""
    parts = [index if isinstance(index, tuple) else (index,) for index in (a, b)]
    return len(parts[0]) == len(parts[1]) and all(
        x is y or (not isinstance(x, (Traced, np.ndarray)) and key_of(x) == key_of(y))
        for x, y in zip(*parts, strict=True)
    )


def picks_once(index: Any) -> bool:
    """Whether an index picks no element twice: it counts along an axis, or is made of slices."""
    parts = index if isinstance(index, tuple) else (index,)
    if made_by(index, np.ravel_multi_index):
        return picks_once(index.args[0])
    arrays = [
        p for p in parts if isinstance(p, (Traced, np.ndarray)) and (p.ndim or p.dtype == bool)
    ]
    return any(made_by(p, arange) for p in arrays) or all(p.dtype == bool for p in arrays)


def only_inserts_axes(index: Any) -> bool:
    """Whether an index picks everything: ``[:, None]``."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is ... or (isinstance(p, slice) and p == slice(None)) for p in parts)


def same_shape(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two shapes are the same for any input."""
    return len(a) == len(b) and all(same_length(m, n) for m, n in zip(a, b, strict=True))


def same_length(m: Any, n: Any) -> bool:
    """Whether two lengths are the same for any input."""
    if m is n:
        return True
    return of(_known_length(m)).key == of(_known_length(n)).key


def _known_length(n: Any) -> Any:
    """Return a length, as a plain integer if the program holds for no other."""
    n = canonical(n)
    if isinstance(n, Number):
        atoms = n.atoms()
        if atoms and all(it in it.array.trace.fixed for it in atoms):
            return n.value
    return n


# --- making ------------------------------------------------------------------------------------


def make(trace: Trace, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Return the value of an operation, simplified."""
    return trace.make(OPERATIONS[function], args, options)


def number(trace: Trace, value: Any, dtype: np.dtype[Any]) -> Traced:
    """Return a number as a value: typed, as the array that it stands for was."""
    return trace.number(canonical(value), dtype)


def expand_to(trace: Trace, value: Any, shape: tuple[Any, ...]) -> Any:
    """Return a value broadcast to a shape."""
    return value if same_shape(value.shape, shape) else make(trace, expand, value, tuple(shape))


def place(trace: Trace, values: Any, index: Any, shape: Any) -> Any:
    """Return zeros with `values` added at an index."""
    return make(trace, scatter, values, index, tuple(shape))
