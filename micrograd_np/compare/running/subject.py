"""What is compared: a forward and a backward pass, and how the one's values reach the other."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import CannotRead, Code, names_written, simple
from micrograd_np.compare.running.kinks import Sides
from micrograd_np.compare.running.paths import items
from micrograd_np.compare.running.stepping import (
    RETURNED,
    After,
    Begin,
    OutOfTime,
    Stepper,
    UserError,
)
from micrograd_np.compare.running.values import copied

LOSSES = ("loss", "cost", "total_loss", "L", "J", "objective", "nll", "error", "E", "total")
"""What people call a loss."""

SEEDS = ("dout", "dloss", "dL", "dJ", "dy", "grad_output", "upstream", "grad_out", "g", "dvalout")
"""What people call the gradient that a backward pass is given."""


TRIAL = 2.0
"""Seconds that the forward pass may take on fresh inputs."""


class Mismatch(ValueError):
    """Forward and backward do not fit each other; the message says what to change."""


@dataclass
class State:
    """What a forward pass has left.

    Attributes
    ----------
    variables
        Its local variables.
    returned
        What it has returned, or None.
    """

    variables: dict[str, Any]
    returned: Any = None
    seed: Any = field(default=None)


class Subject:
    """A forward and a backward pass.

    Parameters
    ----------
    forward
        Returns the loss, alone or before what the backward pass needs.
    backward
        Takes what it names; None: it follows in `forward`, after the loss.
    into
        Helper functions whose lines are run one by one; None: those of the same file.

    Attributes
    ----------
    sides
        The slopes that the backward pass takes where a kink of the forward pass is hit exactly.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None,
        into: Sequence[Callable[..., Any]] | None = None,
    ) -> None:
        self.forward = Code(forward)
        self.backward = Code(backward) if backward is not None else self.forward
        self.is_one = backward is None
        self.sides: Sides = {}
        self.backward.neighbours = [self.forward.tree]
        self._helpers: dict[Any, Code | None] = {}
        self._files = {self.forward.file, self.backward.file}
        for f in into or ():
            self._helpers[getattr(f, "__func__", f)] = Code(f)
        self._any_helper = into is None
        self._extra: dict[str, Any] = {}
        self.loss_name = _loss_name(self.forward)
        body = self.forward.body
        self.forward_body, self.backward_body = (
            _split(self.forward, self.loss_name) if self.is_one else (body, self.backward.body)
        )

    def into(self, function: Any) -> Code | None:
        """Return the code of a helper function that is stepped into, None for others."""
        function = getattr(function, "__func__", function)
        try:
            if function in self._helpers:
                return self._helpers[function]
        except TypeError:  # not hashable
            return None
        code = None
        place = getattr(getattr(function, "__code__", None), "co_filename", None)
        if self._any_helper and place in self._files:
            try:
                code = Code(function)
            except CannotRead:
                code = None
        self._helpers[function] = code
        return code

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return list(self.forward.signature.parameters)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs by name, those of the backward pass alone included.

        Raises
        ------
        Mismatch
            If forward does not take them.
        """
        signature = self.forward.signature
        own = list(signature.parameters)
        extra = {k: v for k, v in kwargs.items() if k not in own}
        takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
        unknown = extra.keys() - self.backward.signature.parameters.keys()
        if unknown and not takes_any:
            raise Mismatch(
                f"{self.forward.name} takes {', '.join(own)}; it was given {', '.join(unknown)}"
            )
        first = (self.forward.bound,) if self.forward.bound is not None else ()
        own_kwargs = dict(kwargs) if takes_any else {k: v for k, v in kwargs.items() if k in own}
        try:
            bound = signature.bind(*first, *args, **own_kwargs)
        except TypeError as error:
            raise Mismatch(f"{self.forward.name}: {error}; it takes {', '.join(own)}") from None
        bound.apply_defaults()
        self._extra = {} if takes_any else extra
        return dict(bound.arguments)

    # --- running -------------------------------------------------------------------------------

    def run_forward(
        self,
        inputs: Mapping[str, Any],
        after: After | None = None,
        deadline: float | None = None,
        shadows: Mapping[str, Any] | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
    ) -> State:
        """Run the forward pass on inputs, which it may change."""
        namespace = self.forward.namespace() | dict(shadows or {}) | dict(inputs)
        stepper = Stepper(
            self.forward,
            namespace,
            after=after,
            instead=instead,
            into=self.into,
            deadline=deadline,
        )
        stepper.run(self.forward_body)
        known = self.forward.local_names
        variables = {k: v for k, v in namespace.items() if k in known}
        return State(variables, namespace.get(RETURNED))

    def runs(self, inputs: Mapping[str, Any]) -> int:
        """Return how many statements the forward pass runs; 0 if it gives no finite loss soon."""
        count = 0

        def after(*_: Any) -> None:
            nonlocal count
            count += 1

        try:
            with np.errstate(all="ignore"):
                state = self.run_forward(inputs, after=after, deadline=time.monotonic() + TRIAL)
                return count if np.all(np.isfinite(self.loss(state))) else 0
        except (UserError, OutOfTime, Mismatch):
            return 0

    def run_backward(
        self,
        state: State,
        after: After | None = None,
        deadline: float | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        start: Callable[[dict[str, Any]], None] | None = None,
        begin: Begin | None = None,
        before: After | None = None,
    ) -> dict[str, Any]:
        """Run the backward pass on a copy of what the forward pass has left.

        Returns
        -------
        dict
            Its variables, and what it has returned under ``"return"``.
        """
        given = copied(state.variables if self.is_one else self.arguments(state))
        namespace = self.backward.namespace() | given
        if start is not None:
            start(namespace)
        stepper = Stepper(
            self.backward,
            namespace,
            after=after,
            instead=instead,
            into=self.into,
            deadline=deadline,
            begin=begin,
            before=before,
        )
        stepper.run(self.backward_body)
        known = self.backward.local_names
        return {k: v for k, v in namespace.items() if k in known or k == RETURNED}

    def arguments(self, state: State) -> dict[str, Any]:
        """Return what the backward pass is called with, each by the name of its parameter.

        Raises
        ------
        Mismatch
            If it names something that the forward pass has not left.
        """
        known = dict(state.variables) | self._extra
        rest = self.handed_over(state)
        named: dict[str, Any] = {}
        for item in rest:
            named |= {_plain(step): value for step, value in items(item)}
        given: dict[str, Any] = {}
        open_: list[str] = []
        first = next(iter(self.backward.signature.parameters), "")
        for name, parameter in self.backward.signature.parameters.items():
            if name in known:
                given[name] = known[name]
            elif name == first and self.backward.bound is not None:
                given[name] = self.backward.bound
            elif name in named:
                given[name] = named[name]
            elif name in SEEDS and state.seed is not None:
                given[name] = state.seed
            elif parameter.kind is parameter.VAR_POSITIONAL:
                given[name] = ()
            elif parameter.kind is parameter.VAR_KEYWORD:
                given[name] = {}
            elif parameter.default is not parameter.empty:
                given[name] = parameter.default
            else:
                open_.append(name)
        return given | self._filled(open_, rest, known)

    def _filled(
        self, names: list[str], rest: list[Any], known: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give what forward has handed over to the parameters that no name tells about."""
        if not names:
            return {}
        if len(names) == 1 and rest:
            return {names[0]: rest[0] if len(rest) == 1 else tuple(rest)}
        if len(names) == len(rest):
            return dict(zip(names, rest, strict=True))
        raise Mismatch(
            f"{self.backward.file}:{self.backward.start}: {self.backward.name} takes "
            f"{', '.join(names)}, which {self.forward.name} does not leave: its inputs and "
            f"variables are {', '.join(sorted(known)) or 'none'}"
        )

    def loss(self, state: State) -> Any:
        """Return the loss, or the result whose gradient the backward pass is given."""
        returned = state.returned
        if self.is_one or returned is None:
            if self.loss_name in state.variables:
                return state.variables[self.loss_name]
            raise Mismatch(
                f"{self.forward.file}:{self.forward.start}: {self.forward.name} returns no loss"
            )
        if isinstance(returned, (tuple, list)):
            place = self._place(returned, state)
            return returned[place]
        if isinstance(returned, dict):
            for name in LOSSES:
                if name in returned:
                    return returned[name]
        return returned

    def handed_over(self, state: State) -> list[Any]:
        """Return what the forward pass returns beside the loss."""
        returned = state.returned
        if isinstance(returned, (tuple, list)) and returned:
            place = self._place(returned, state)
            return [item for i, item in enumerate(returned) if i != place]
        return [returned] if isinstance(returned, dict) else []

    def _place(self, returned: Sequence[Any], state: State) -> int:
        """Return which of several results is the loss."""
        named = state.variables.get(self.loss_name) if self.loss_name else None
        for i, item in enumerate(returned):
            if named is not None and item is named:
                return i
        numbers = [i for i, item in enumerate(returned) if _is_number(item)]
        return numbers[0] if len(numbers) == 1 else 0


def _is_number(item: Any) -> bool:
    if isinstance(item, float):
        return True
    return getattr(item, "shape", None) == () and isinstance(item.dtype, np.dtype)


def _plain(step: str) -> str:
    return step.strip("[]'\".")


def _loss_name(code: Code) -> str:
    """Return the variable that holds the loss, "" if there is none."""
    written = [name for node in simple(code.body) for name in names_written(node)]
    for node in simple(code.body):
        if isinstance(node, ast.Return) and node.value is not None:
            value: ast.expr = node.value
            if isinstance(value, ast.Tuple) and value.elts:
                value = value.elts[0]
            while isinstance(value, ast.Call) and value.args:  # float(loss)
                value = value.args[0]
            if isinstance(value, ast.Name) and value.id in written:
                return value.id
    return next((name for name in LOSSES if name in written), "")


def _split(code: Code, loss: str) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Divide a function after the last statement that assigns the loss."""
    body = code.body
    ends = [
        i for i, node in enumerate(body) if any(loss in names_written(s) for s in simple([node]))
    ]
    if not loss or not ends:
        raise CannotRead(
            f"{code.file}:{code.start}: {code.name}: no variable is returned first or called "
            f"{', '.join(LOSSES[:3])}: which line ends the forward pass is not known"
        )
    return body[: ends[-1] + 1], body[ends[-1] + 1 :]
