"""Saying what an operation is: its derivative rules, its definition, or that it has none.

Everything that :mod:`micrograd_np.rules` knows is said with these functions. :func:`defvjp` and
:func:`micrograd_np.primitive` are public, so that a user adds an operation as the library does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.checks import told
from micrograd_np.operation import (
    OPERATIONS,
    UNDEFINED_MODULES,
    Operation,
    Rule,
    arguments_of,
    name_of,
    parameters_of,
)


def defvjp(
    function: Callable[..., Any],
    *rules: Rule | None,
    every: Callable[[int], Rule] | None = None,
    joint: Rule | None = None,
    compute: Callable[..., Any] | None = None,
    **facts: Any,
) -> None:
    """Give `function` its derivative rules.

    Parameters
    ----------
    function
        A NumPy function or ufunc, or a function made with :func:`primitive`.
    *rules
        One per operand, in order: ``rule(g, out, *args, **kwargs)`` returns the gradient of that
        operand, given the gradient `g` of the result (shape and dtype of `out`). Written in NumPy
        alone, so that it can be differentiated in turn. None: no gradient flows. A parameter
        whose name begins with ``_`` is not kept alive for the backward pass: it arrives as a
        stub that has ``shape``, ``dtype``, ``ndim`` and ``size``. Broadcasting and dtype are
        taken care of: a rule need not sum over broadcast axes nor cast.
    every
        For any number of operands: a function of the operand's position that returns its rule.
    joint
        For any number of operands: a rule that returns the gradients of all of them, a list.
    compute
        Computes the value where another function does so faster than `function`.
    **facts
        What else is known, as in :class:`Operation`: ``exact``, ``analytic``, ``kinks``,
        ``torch``, ``prints``, ``math``, ``results``, ``broadcasts`` (True for an elementwise
        ufunc), ``spread``.

    Examples
    --------
    >>> import micrograd_np as mg
    >>> @mg.primitive
    ... def cube(x):
    ...     return x * x * x
    >>> mg.defvjp(cube, lambda g, _out, x: g * 3 * x * x)
    >>> mg.grad(cube)(2.0)
    array(12.)
    """
    if not callable(function):
        raise TypeError(f"defvjp: {told(function)} is given, expected a function")
    for rule in (*rules, every, joint, compute):
        if rule is not None and not callable(rule):
            raise TypeError(f"defvjp: a rule is {told(rule)}, expected a function, or None")
    options = [name for rule in rules if rule for name, _ in arguments_of(rule)[2 + len(rules) :]]
    if any(option.startswith("_") for option in options):
        raise ValueError(
            f"{name_of(function)}: a rule names an option {options}; only operands may begin with "
            "an underscore, since an option is also given by its name"
        )
    if joint is not None:
        every = lambda _position: joint
        facts["joint"] = True
    known = OPERATIONS.get(function)
    first = next((rule for rule in rules if rule is not None), None) or (every and every(0))
    facts.setdefault("broadcasts", isinstance(function, np.ufunc) and function.signature is None)
    facts.setdefault("composite", known is not None and known.composite)
    facts.setdefault("residual", known.residual if known else "")
    name = facts.pop("name", None) or name_of(function)
    facts.setdefault("called", function)
    OPERATIONS[function] = Operation(
        compute or (known.function if known else function),
        name,
        rules=rules,
        every=every,
        parameters=parameters_of(first) if first else (),
        **facts,
    )


def constant(*functions: Callable[..., Any], **facts: Any) -> None:
    """Declare functions whose results carry no gradient: comparisons, argmax, shapes.

    Given a Tensor in eager code they return plain arrays. `facts` are those of
    :class:`Operation`, for all of them.
    """
    for function in functions:
        name = name_of(function)
        OPERATIONS[function] = Operation(function, name, "constant", exact=True, **facts)


def defines(
    *functions: Callable[..., Any], **facts: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Define NumPy functions by others that are differentiable: ``@defines(np.average)``.

    The decorated function has the signature of NumPy's and returns the same numbers, bit for bit.
    It is called where an argument is a Tensor; what it computes with is recorded, so that it
    needs no rule of its own.

    Parameters
    ----------
    *functions
        What it defines.
    **facts
        What else is known, as in :class:`Operation`.
    """

    def decorate(definition: Callable[..., Any]) -> Callable[..., Any]:
        name = name_of(functions[0])
        definition.__name__ = definition.__qualname__ = name  # what Python's errors say
        for function in functions:
            OPERATIONS[function] = Operation(
                definition,
                name_of(function),
                definition=definition,
                composite=True,
                called=function,
                **facts,
            )
        return definition

    return decorate


def undefined(reason: str, *functions: Callable[..., Any]) -> None:
    """Declare functions that a Tensor cannot be given to.

    Parameters
    ----------
    reason
        Why, and what to do instead.
    *functions
        Which.
    """
    for function in functions:
        OPERATIONS[function] = Operation(function, name_of(function), "undefined", reason=reason)


def undefined_in(module: str, reason: str) -> None:
    """Declare that no function of a module takes a Tensor."""
    UNDEFINED_MODULES[module] = reason
