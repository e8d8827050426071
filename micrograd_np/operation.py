"""The record of an operation: a NumPy function, its derivative rules, and what else is known of it.

There is one record per function and nothing about an operation is written anywhere else. The
records stand in :mod:`micrograd_np.rules`, made by the functions of :mod:`micrograd_np.declare`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy._core import umath

Rule = Callable[..., Any]
Kind = Literal["differentiable", "constant", "undefined"]


class Joint(tuple[tuple[int, Rule], ...]):
    """Rules that are one: it returns the gradients of all operands."""

    __slots__ = ()


class Plan(NamedTuple):
    """What a node does when a given set of its operands needs a gradient."""

    rules: tuple[tuple[int, Rule], ...]
    """The rules to run, each with the position of its operand."""
    drop: tuple[int, ...]
    """Positions that no such rule reads: their arrays are not kept alive."""
    drop_out: bool
    """Whether no such rule reads the result."""


PairPlan = tuple[tuple[tuple[int, Rule], ...], bool, bool, bool]
"""The same of two operands: the rules, and whether first, second and result are dropped."""


class Operation:
    r"""One differentiable or constant NumPy function.

    Parameters
    ----------
    function
        Computes the value, given arrays.
    name
        What messages call it, such as ``np.multiply``.
    kind
        ``"differentiable"``: has rules. ``"constant"``: piecewise constant, or not numeric in its
        argument; eager code gets plain arrays from it. ``"undefined"``: raises.
    rules
        By operand position, ``rule(g, out, *args, **kwargs)``: the gradient of the operand, given
        the gradient `g` of the result. None where no gradient flows.
    every
        For a function of any number of operands: ``every(position)`` is the rule of the operand
        at that position. Takes the place of `rules`.
    joint
        Whether the rule of one operand is that of all, and returns a list of their gradients: where
        they are many, one by one would take the square of their number.
    parameters
        The names of the arguments after `g` and `out`, as NumPy calls them.
    called
        What people call, where `function` is a faster way to compute it: its signature counts.
    definition
        A function of the same signature, written with others that are differentiable: it takes
        the place of rules. Or, beside rules, what a call with a Tensor passes through first: it
        puts arguments into the form that the rules know and calls
        :func:`micrograd_np.tensor.apply`.
    reason
        Why a function is undefined for Tensors, and what to do instead.
    real
        Whether it is constant for real numbers only (``np.sign``).
    results
        How many arrays it returns; 0 if that depends on its arguments.
    partial
        Whether the rules of an operation with several results are given None, not zeros, for the
        gradient of a result that nothing depends on.
    first
        The position of the first operand where `every` gives the rules.
    spread
        Whether the first argument is a sequence of operands (``np.stack``).
    broadcasts
        Whether operands are broadcast against each other. Only then is a gradient of another
        shape than the operand's reduced to it; elsewhere it is an error in the rule.
    exact
        Whether it only moves or selects values, so that nothing is rounded.
    analytic
        Whether a complex step passes through it, away from `kinks`.
    composite
        Whether `function` is itself written in NumPy, so that it can be opened up.
    residual
        The name under which the rules get what `function` returns beside its result, or "". It is
        an array that the value was computed from and that a rule would else compute again; None
        where the rule is itself recorded and must compute it.
    sums
        For a function that adds up many terms: ``sums(*args, **kwargs)`` returns, for each operand
        whose elements become terms, its position and the axes along which they are added up.
    normwise
        Whether the elements of a matrix are mixed on the way by rotations and reflections, so that
        a right result errs as if each had been off by a rounding of the largest (LAPACK Users'
        Guide, "Further Details: How to Measure Errors").
    places
        The positions of operands that tell a place among elements (``q`` of a quantile): they are
        not perturbed where rounding is measured, since the next number may be another element.
    view
        Whether the result may share memory with the first operand.
    writes
        Whether the result takes the place of the first operand, part of which it writes.
    sized_by
        The positions of arguments on whose values the shape of the result depends.
    kinks
        Where the derivative is a convention and which one, or "".
    advice
        What to write instead where it gives a nan or an infinity, or "".
    torch
        What it is called in torch. A dotted name, ``"nn.functional.cross_entropy"``: the call is
        written as `prints` is, as an operator, a method or a function. Or, where a name is not
        enough, a template: ``"{0}.flip({axis})"``, in which ``{0}`` is an operand and ``{axis}``
        an option. "": torch has no equivalent, unless `prints` is an operator of Python's.
    prints
        How it is written: ``"{0} * {1}"``; by default a call of `name`.
    math
        How it is written in mathematics: LaTeX with ``#1``, ``#2`` for the operands, as in the
        definition of a macro. ``#axis`` is the letter that counts along the reduced axes and
        ``#count`` how many elements there are; ``\odot`` is left out between numbers. By default
        a call of `name`.
    """

    rules: tuple[Rule | None, ...] = ()
    every: Callable[[int], Rule] | None = None
    joint: bool = False
    parameters: tuple[str, ...] = ()
    called: Callable[..., Any] | None = None
    definition: Callable[..., Any] | None = None
    reason: str = ""
    real: bool = False
    results: int = 1
    partial: bool = False
    first: int = 0
    spread: bool = False
    broadcasts: bool = False
    exact: bool = False
    analytic: bool = True
    composite: bool = False
    residual: str = ""
    sums: Callable[..., list[tuple[int, Any]]] | None = None
    normwise: bool = False
    places: tuple[int, ...] = ()
    view: bool = False
    writes: bool = False
    sized_by: tuple[int, ...] = ()
    kinks: str = ""
    advice: str = ""
    torch: str = ""
    prints: str = ""
    math: str = ""

    def __init__(
        self, function: Callable[..., Any], name: str, kind: Kind = "differentiable", **facts: Any
    ) -> None:
        known = Operation.__annotations__.keys()
        if not facts.keys() <= known:
            raise TypeError(
                f"{name}: {sorted(facts.keys() - known)} are no facts about an operation; "
                f"known: {', '.join(known)}"
            )
        self.function = function
        self.name = name
        self.kind = kind
        self.plans: dict[tuple[int, int], Plan] = {}
        self.pairs: list[PairPlan | None] = [None] * 4
        self.__dict__.update(facts)
        # How many arguments make a call that can be recorded as it is.
        self.short = -1 if self.definition else len(self.rules)
        # Whether its result is one array with memory of its own, and nothing beside it is kept.
        self.is_plain = self.results == 1 and not self.view and not self.residual
        # Whether each element of the result is made of one element of each operand.
        computes = self.called or function
        self.elementwise = isinstance(computes, np.ufunc) and computes.signature is None

    def __repr__(self) -> str:
        return f"Operation({self.name}, {self.kind})"

    def plan(self, wanted: int, count: int) -> Plan:
        """Return what a node does, and remember it in `plans`.

        Parameters
        ----------
        wanted
            Which arguments need a gradient: bit i is set for the one at position i.
        count
            How many positional arguments there are.

        Raises
        ------
        NotImplementedError
            If a wanted operand has no rule.
        """
        rules = []
        for position in range(count):
            if not wanted >> position & 1:
                continue
            rule = self._rule(position)
            if rule is None:
                raise NotImplementedError(
                    f"{self.name}: no rule gives the gradient of argument {position}. "
                    f"Detach it (t.detach()), or add a rule with mg.defvjp({self.name}, ...)."
                )
            rules.append((position, rule))
        drop = set(range(count))
        drop_out = True
        for _, rule in rules:
            reads_out, reads = _reads(rule, count)
            drop -= reads
            drop_out = drop_out and not reads_out
        made = Joint(rules) if self.joint else tuple(rules)
        plan = self.plans[wanted, count] = Plan(made, tuple(sorted(drop)), drop_out)
        return plan

    def pair(self, wanted: int) -> PairPlan:
        """Return what a node of two operands does, and remember it in `pairs` by `wanted`."""
        rules, drop, drop_out = self.plan(wanted, 2)
        found = self.pairs[wanted] = (rules, 0 in drop, 1 in drop, drop_out)
        return found

    def lone(self) -> PairPlan:
        """Return the same of a single operand, and remember it first in `pairs`."""
        rules, drop, drop_out = self.plan(1, 1)
        found = self.pairs[0] = (rules, 0 in drop, False, drop_out)
        return found

    def _rule(self, position: int) -> Rule | None:
        if self.every is not None:
            return self.every(position) if position >= self.first else None
        return self.rules[position] if position < len(self.rules) else None

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return operands by position and options by keyword, however they were given.

        Raises
        ------
        NotImplementedError
            If an option is one that the rules do not know.
        """
        count = len(args) if self.every else len(self.rules)
        kwargs = dict(kwargs)
        while len(args) < count and self.parameters[len(args)] in kwargs:
            args = (*args, kwargs.pop(self.parameters[len(args)]))
        if len(args) > count:
            for name, value in zip(self._options(count), args[count:], strict=False):
                kwargs[name] = value
            args = args[:count]
        kwargs = {key: value for key, value in kwargs.items() if _is_given(key, value)}
        for key in kwargs:
            if key not in self.parameters:
                if self.name.startswith("np.") and not _takes(self.called or self.function, key):
                    raise TypeError(f"{self.name}() got an unexpected keyword argument {key!r}")
                known = ", ".join(self.parameters[count:]) or "none"
                raise NotImplementedError(
                    f"{self.name} of a Tensor does not take {key}=; its rules know: {known}."
                )
        return args, kwargs

    def _options(self, count: int) -> list[str]:
        """Name the positional arguments after the operands, as the function itself does."""
        names = _positional(self.called or self.function)[count:] or ("out",)
        ours = self.parameters[count:]
        # Where NumPy has renamed an argument between versions, its place tells.
        return [
            ours[i] if i < len(ours) and name not in ours and ours[i] not in names else name
            for i, name in enumerate(names)
        ]

    def takes_array(self, position: int) -> bool:
        """Whether the argument at `position` is an operand, not an option."""
        if self.every is not None:
            return position >= self.first
        return position < len(self.rules) and self.rules[position] is not None


OPERATIONS: dict[Callable[..., Any], Operation] = {}
"""Every record, by the function that people call."""

UNDEFINED_MODULES: dict[str, str] = {}
"""Modules none of whose functions takes a Tensor, which are slow to import, and the reasons."""


def record_of(function: Callable[..., Any]) -> Operation | None:
    """Return the record of a function, None if nothing is known of it."""
    known = OPERATIONS.get(function)
    reason = UNDEFINED_MODULES.get(getattr(function, "__module__", ""))
    if known is None and reason is not None:
        return Operation(function, name_of(function), "undefined", reason=reason)
    return known


def _is_given(key: str, value: Any) -> bool:
    """Whether an option says anything: NumPy's own functions pass on those not given to them.

    That an input may be overwritten is a permission, and not taken: rules read the input later.
    """
    unsaid = value is np._NoValue or (key == "out" and value is None)
    return not unsaid and key != "overwrite_input"


@functools.cache
def _positional(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's positional arguments, () if it does not tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return ()
    return tuple(p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY)


def arguments_of(rule: Rule) -> list[tuple[str, bool]]:
    """Return the names of a rule's parameters, and whether each takes any number of arguments."""
    if not isinstance(rule, FunctionType):
        parameters = inspect.signature(rule).parameters.values()
        return [(p.name, p.kind is inspect.Parameter.VAR_POSITIONAL) for p in parameters]
    # What inspect would tell, without the time it takes for a hundred rules.
    code = rule.__code__
    by_position, count = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = [(name, False) for name in code.co_varnames[:count]]
    if code.co_flags & inspect.CO_VARARGS:
        names.insert(by_position, (code.co_varnames[count], True))
    return names


def _reads(rule: Rule, count: int) -> tuple[bool, set[int]]:
    """Tell from a rule's signature whether it reads the result, and which of `count` arguments.

    A parameter whose name begins with an underscore is not read: it arrives as a shape and dtype.
    """
    (_, out, *arguments) = arguments_of(rule)
    reads: set[int] = set()
    for position, (name, any_number) in enumerate(arguments):
        if not name.startswith("_"):
            reads.update(range(position, count) if any_number else (position,))
    return not out[0].startswith("_"), reads


def parameters_of(rule: Rule) -> tuple[str, ...]:
    """Return the names of the arguments of a rule, as NumPy calls them."""
    arguments = arguments_of(rule)[2:]
    return tuple(name.lstrip("_") for name, any_number in arguments if not any_number)


def name_of(function: Callable[..., Any]) -> str:
    """Return the name by which a user knows `function`, such as ``np.linalg.norm``."""
    name: str = getattr(function, "__qualname__", "") or getattr(function, "__name__", "")
    module = getattr(function, "__module__", None) or ""
    if isinstance(function, np.ufunc) and vars(np).get(name) is not function:
        return f"np._core.umath.{name}" if name in vars(umath) else name
    if isinstance(function, np.ufunc) or module == "numpy":
        return f"np.{name}"
    if module.startswith("numpy."):
        return f"np.{module.removeprefix('numpy.')}.{name}"
    if module.startswith("micrograd_np."):
        return f"mg.{name}"
    return name or repr(function)


def _takes(function: Callable[..., Any], key: str) -> bool:
    """Whether a function takes a keyword, as far as that can be told."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return True
    return key in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
