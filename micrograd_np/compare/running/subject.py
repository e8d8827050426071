"""What is compared: a forward and a backward pass, and how the one's values reach the other."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from micrograd_np.compare.running.arguments import Offered, arguments, suggested
from micrograd_np.compare.running.begun import begun_in, renewed
from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.kinks import Sides
from micrograd_np.compare.running.losses import LOSSES, loss_name, split
from micrograd_np.compare.running.outside import Left, Outside
from micrograd_np.compare.running.stepping import (
    RETURNED,
    After,
    Begin,
    OutOfTime,
    Stepper,
    UserError,
)
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.watch import Watch
from micrograd_np.trees import leaves

TRIAL = 2.0
"""Seconds that the forward pass may take on fresh inputs; less, where it has taken longer."""

LONGEST = 60.0
"""Seconds that any other run may take."""


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
    seed
        The gradient that the backward pass is given.
    left
        What it has left outside: variables of its module, random numbers.
    """

    variables: dict[str, Any]
    returned: Any = None
    seed: Any = field(default=None)
    left: Left = field(default_factory=dict)


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
    asked
        The helper functions that are to be looked at.
    begun
        The statements of the forward pass in which the backward pass has begun: ``loss, dscores =
        softmax_loss(scores, y)``. They are run once more before it, line by line.
    sides
        The slopes that the backward pass takes where a kink of the forward pass is hit exactly.
    prints
        Whether they may print something, which is heard in the first run alone. Silencing them is
        felt in all threads: what is known to print nothing is run as it is.
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
        self.outside = Outside([self.forward.function, self.backward.function])
        self.sides: Sides = {}
        self.prints = True
        self.backward.neighbours = [self.forward.tree]
        self._helpers: dict[Any, Code | None] = {}
        self.asked: list[Code] = []
        self._files = {self.forward.file, self.backward.file}
        for f in into or ():
            self.asked.append(Code(f))
            self._helpers[getattr(getattr(f, "__func__", f), "__code__", None)] = self.asked[-1]
        self._any_helper = into is None
        self._extra: dict[str, Any] = {}
        self._watch = Watch()
        self._heard: set[str] = set()
        self._trial = TRIAL
        self.loss_name = loss_name(self.forward)
        body = self.forward.body
        self.forward_body, self.backward_body = (
            split(self.forward, self.loss_name) if self.is_one else (body, self.backward.body)
        )
        self.begun = begun_in(self.forward_body, self.forward.local_names, self.helper)
        if self.is_one:
            self.backward_body = [*self.begun, *self.backward_body]
            self.begun = []

    def helper(self, node: ast.stmt) -> Code | None:
        """Return the helper function whose results a statement of the forward pass assigns."""
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            return None
        called = node.value.func
        helper = self.forward.namespace().get(called.id) if isinstance(called, ast.Name) else None
        return self.into(helper) if helper is not None else None

    def into(self, function: Any) -> Code | None:
        """Return the code of a helper function that is stepped into, None for others."""
        function = getattr(function, "__func__", function)
        made = getattr(
            function, "__code__", None
        )  # by which functions made anew in each run are known
        if made is None or made in self._helpers:
            return self._helpers.get(made)
        code = None
        if self._any_helper and made.co_filename in self._files and not _is_wrapper(function):
            try:
                code = Code(function)
            except CannotRead:
                code = None
        self._helpers[made] = code
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
                f"{self.forward.name} takes {', '.join(own)}; it was given "
                f"{suggested(sorted(unknown), own)}"
            )
        first = (self.forward.bound,) if self.forward.bound is not None else ()
        own_kwargs = dict(kwargs) if takes_any else {k: v for k, v in kwargs.items() if k in own}
        try:
            bound = signature.bind(*first, *args, **own_kwargs)
        except TypeError as error:
            raise Mismatch(f"{self.forward.name}: {error}; it takes {', '.join(own)}") from None
        bound.apply_defaults()
        self._extra = {} if takes_any else extra
        for name, value in (*bound.arguments.items(), *self._extra.items()):
            if any(getattr(x, "dtype", np.dtype(float)).kind == "c" for x in leaves(value)):
                raise Mismatch(f"{name} holds complex numbers: gradients of real ones are compared")
        return dict(bound.arguments)

    # --- running -------------------------------------------------------------------------------

    def run_forward(
        self,
        inputs: Mapping[str, Any],
        after: After | None = None,
        deadline: float | None = None,
        swap: Callable[[Any], Any] | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
    ) -> State:
        """Run the forward pass on inputs, which it may change.

        `swap` returns what it sees in place of a function or module.
        """
        silent = swap is not None or "forward" in self._heard
        with self.outside.run("forward") as left, _quiet(silent and self.prints):
            namespace = self.forward.namespace() | dict(inputs)
            stepper = Stepper(
                self.forward,
                namespace,
                after=after,
                instead=instead,
                into=self.into,
                deadline=_limit(deadline),
                watch=self._watch,
                swap=swap,
            )
            copy_context().run(_calm, stepper, self.forward_body)
        if not silent:
            self._heard.add("forward")
        known = self.forward.local_names
        variables = {k: v for k, v in namespace.items() if k in known}
        return State(variables, namespace.get(RETURNED), left=left)

    def runs(self, inputs: Mapping[str, Any]) -> int:
        """Return how many statements the forward pass runs; 0 if it gives no finite loss soon."""
        count = 0

        def after(*_: Any) -> None:
            nonlocal count
            count += 1

        try:
            with np.errstate(all="ignore"):
                deadline = time.monotonic() + self._trial
                state = self.run_forward(inputs, after=after, deadline=deadline)
                return count if np.all(np.isfinite(self.loss(state))) else 0
        except OutOfTime:
            self._trial /= 2
            return 0
        except (UserError, Mismatch):
            return 0

    def run_backward(
        self,
        state: State,
        after: After | None = None,
        deadline: float | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        start: Callable[[Code, dict[str, Any]], None] | None = None,
        begin: Begin | None = None,
        before: After | None = None,
        keep: bool = True,
    ) -> dict[str, Any]:
        """Run the backward pass on what the forward pass has left, on a copy if that is kept.

        Returns
        -------
        dict
            Its variables, and what it has returned under ``"return"``.
        """
        given = dict(state.variables) if self.is_one else self.arguments(state)
        variables = state.variables
        if keep:
            variables, given = copied((variables, given))

        def run(code: Code, body: Sequence[ast.stmt], known: dict[str, Any]) -> dict[str, Any]:
            namespace = code.namespace() | known
            if start is not None:
                start(code, namespace)
            stepper = Stepper(
                code,
                namespace,
                after=after,
                instead=instead,
                into=self.into,
                deadline=_limit(deadline),
                begin=begin,
                before=before,
                nested=True,
                watch=self._watch,
            )
            copy_context().run(_calm, stepper, body)
            return namespace

        silent = "backward" in self._heard
        with self.outside.run("backward", state.left), _quiet(silent and self.prints):
            if self.begun:
                again = run(self.forward, self.begun, variables)
                given = renewed(given, variables, again)
            namespace = run(self.backward, self.backward_body, given)
        self._heard.add("backward")
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
        bound = self.backward.bound
        offered = Offered(known, self.handed_over(state), state.seed)
        given, missing = arguments(self.backward.signature.parameters, offered, bound)
        if missing:
            there = sorted(known.keys() - {"self"})
            raise Mismatch(
                f"{self.backward.file}:{self.backward.start}: {self.backward.name} takes "
                f"{suggested(missing, there)}, which {self.forward.name} does not leave: its "
                f"inputs and variables are {', '.join(there) or 'none'}"
            )
        return given

    def check_loss(self, state: State) -> None:
        """Refuse a loss that is more than one number, if the backward pass takes no gradient of it.

        Raises
        ------
        Mismatch
            With its shape.
        """
        shape = np.shape(state.seed)
        if np.size(state.seed) == 1:
            return
        if self.is_one or not any(one is state.seed for one in self.arguments(state).values()):
            raise Mismatch(
                f"{self.forward.file}:{self.forward.start}: the loss of {self.forward.name} is an "
                f"array of shape {shape}: make one number of it (np.sum, np.mean), or let the "
                f"backward pass take its gradient, as in backward(dout, cache)"
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


def _calm(stepper: Stepper, body: Sequence[ast.stmt]) -> None:
    """Run statements without NumPy's warnings of numbers, which the same lines would repeat."""
    with np.errstate(all="ignore"):
        stepper.run(body)


class _Nowhere:
    """Where what is printed in every run but the first goes."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return


def _quiet(is_quiet: bool) -> AbstractContextManager[Any]:
    return redirect_stdout(_Nowhere()) if is_quiet else nullcontext()


def _limit(deadline: float | None) -> float:
    return time.monotonic() + LONGEST if deadline is None else deadline


def _is_wrapper(function: Any) -> bool:
    """Whether a decorator has put a function around another one, which it may do anything with."""
    return hasattr(function, "__wrapped__")


def _is_number(item: Any) -> bool:
    if isinstance(item, float):
        return True
    return getattr(item, "shape", None) == () and isinstance(item.dtype, np.dtype)
