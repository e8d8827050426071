"""The hand-written side: a backward pass run line by line, and what each line wrote."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.code import Code, each_target, names_read, names_written, simple
from micrograd_np.compare.running.paths import array_of, leaves, path_of, stem
from micrograd_np.compare.running.stepping import RETURNED, After, Caller
from micrograd_np.compare.running.subject import State, Subject

Array = NDArray[Any]


@dataclass(eq=False)
class Step:
    """One run of a statement.

    Attributes
    ----------
    node
        The statement.
    code
        The function in which it stands.
    iteration
        How often the loops around it have been passed.
    writes
        What it has written: copies, by path.
    overwrites
        Paths of forward values that it has changed in place, by another name than theirs.
    outer
        In a helper function: what its variables are called where it was called.
    results, given
        In a helper function: what is assigned to by the caller, in order, and the variables that
        it gives.
    caller
        In a helper function: from where it was called.
    depth
        0 in the backward pass itself, 1 in a helper function.
    """

    node: ast.stmt
    code: Code
    iteration: tuple[int, ...]
    writes: dict[str, Array] = field(default_factory=dict)
    overwrites: list[str] = field(default_factory=list)
    outer: dict[str, str] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    caller: Caller | None = None
    depth: int = 0


@dataclass(eq=False)
class _Called:
    """A call of a helper function.

    Attributes
    ----------
    caller
        From where.
    given
        The variables that it gives.
    results
        What is assigned to by the caller, in order.
    names
        What the variables that are returned are called outside.
    """

    caller: Caller | None = None
    given: frozenset[str] = frozenset()
    results: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


_NOT_CALLED = _Called()

Change = Callable[[ast.stmt, tuple[int, ...], dict[str, Any]], None]


class Recorder:
    """Takes down what statements write."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.steps: list[Step] = []
        self._held: dict[tuple[str, str], Array] = {}
        self._given: dict[int, list[tuple[list[str], Any, Array]]] = {}
        self._objects: dict[tuple[str, str], Array] = {}
        self._names_of: dict[ast.stmt, set[str]] = {}
        self._own: set[Code] = set()
        self._called: dict[str, _Called] = {}
        self.given = given

    def begin(self, code: Code, namespace: Mapping[str, Any]) -> None:
        """Note what there is before the first statement."""
        self._own.add(code)
        for name in namespace:
            if name in code.local_names or name in self.given:
                for path, value in leaves(namespace[name], name):
                    array = np.array(array_of(value))
                    self._held[code.name, path] = array
                    if isinstance(value, np.ndarray):
                        self._give(path, value, array)

    def _give(self, path: str, value: Array, copy: Array) -> None:
        """Note an array of the forward pass under one of its names."""
        known = self._given.setdefault(_memory(value), [])
        for paths, array, _ in known:
            if array is value:
                paths.append(path)
                return
        known.append(([path], value, copy))

    def enter(self, code: Code, namespace: dict[str, Any], caller: Caller) -> None:
        """Note what a helper function is given, and what its results are called outside."""
        for key in [key for key in self._held if key[0] == code.name]:
            del self._held[key]
            self._objects.pop(key, None)  # it is called anew: its variables are others
        for name in code.local_names & namespace.keys():
            for path, value in leaves(namespace[name], name):
                self._held[code.name, path] = np.array(array_of(value))
        outer = self._called.get(caller.code.name, _NOT_CALLED)
        given = names_read(caller.inside or caller.node) | outer.given
        called = _Called(caller, frozenset(given))
        if caller.inside is not None:
            called.results = [f"{code.name}(...)"]
        elif isinstance(caller.node, ast.Return):
            called.results = outer.results
        elif isinstance(caller.node, ast.Assign):
            paths = [path_of(one, caller.namespace) or "" for one in _targets(caller.node)]
            called.results = [outer.names.get(path, path) for path in paths]
        if caller.inside is None:
            called.names = _outer_names(code, called.results)
        self._called[code.name] = called

    def after(
        self, node: ast.stmt, code: Code, iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        """Take down what a statement has written."""
        step = Step(node, code, iteration)
        if code not in self._own:
            called = self._called[code.name]
            step.depth, step.caller = 1, called.caller
            step.outer, step.results, step.given = called.names, called.results, called.given
        targets = [path for target in _targets(node) if (path := path_of(target, namespace))]
        moved: set[int] = set()
        for name in self._names(node):
            if name not in namespace or callable(namespace[name]):
                continue
            if name not in code.local_names and name != RETURNED:
                continue
            for path, value in leaves(namespace[name], name):
                array = array_of(value)
                key = (code.name, path)
                old = self._held.get(key)
                is_new = old is None or not same_bits(old, array)
                if is_new:
                    self._held[key] = old = np.array(array)
                    moved.add(_memory(array))
                self._objects[key] = array
                if is_new or any(path == t or path.startswith((t + "[", t + ".")) for t in targets):
                    assert old is not None
                    step.writes[path] = old
        self._refresh(moved, step)
        self.steps.append(step)

    def _refresh(self, moved: set[int], step: Step) -> None:
        """Take note of what has changed through another name."""
        for key, array in self._objects.items():
            if _memory(array) in moved and not same_bits(self._held[key], array):
                self._held[key] = np.array(array)
        for place in moved:
            for i, (paths, value, copy) in enumerate(self._given.get(place, ())):
                if not same_bits(copy, value):
                    if not names_written(step.node) & {stem(path) for path in paths}:
                        step.overwrites += paths
                    self._given[place][i] = (paths, value, np.array(value))

    def _names(self, node: ast.stmt) -> set[str]:
        known = self._names_of.get(node)
        if known is None:
            known = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if isinstance(node, ast.Return):
                known.add(RETURNED)
            self._names_of[node] = known
        return known


def _memory(array: Array) -> int:
    """Return what tells the memory of an array apart: that of its views, too."""
    base: Any = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    return id(base)


def _outer_names(code: Code, outer: list[str]) -> dict[str, str]:
    """Return by what names the caller takes over the variables that a helper returns."""
    for node in simple(code.body):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            inner = value.elts if isinstance(value, ast.Tuple) else [value]
            if len(inner) == len(outer):
                pairs = zip(inner, outer, strict=True)
                return {a.id: b for a, b in pairs if isinstance(a, ast.Name) and b}
    return {}


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays are the same, nan included."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return [one for target in node.targets for one in each_target(target)]
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value  # np.add.at(dW, ...), dWs.append(...)
        inside = call.args[:1] if ast.unparse(call.func).startswith("np.") else []
        return [arg for arg in inside if isinstance(arg, (ast.Name, ast.Subscript, ast.Attribute))]
    return []


def record(
    subject: Subject,
    state: State,
    change: Change | None = None,
    instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
    deadline: float | None = None,
    steps: list[Step] | None = None,
    before: After | None = None,
) -> tuple[list[Step], dict[str, Any]]:
    """Run the backward pass and take down what each statement writes.

    Parameters
    ----------
    subject
        The backward pass.
    state
        What the forward pass has left.
    change
        Called after each statement with its namespace, before it is looked at.
    before
        Called before each statement.

    Returns
    -------
    list, dict
        The steps, and the variables at the end.
    """
    given = state.variables if subject.is_one else subject.arguments(state)
    recorder = Recorder(given)
    if steps is not None:
        recorder.steps = steps

    def after(
        node: ast.stmt, code: Code, iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        if change is not None:
            change(node, iteration, namespace)
        recorder.after(node, code, iteration, namespace)

    found = subject.run_backward(
        state,
        after=after,
        instead=instead,
        deadline=deadline,
        start=recorder.begin,
        begin=recorder.enter,
        before=before,
    )
    return recorder.steps, found


def run(
    subject: Subject,
    state: State,
    instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
    change: Change | None = None,
    before: After | None = None,
    deadline: float | None = None,
) -> dict[str, Any]:
    """Run the backward pass, with statements replaced or values changed on the way."""

    def after(
        node: ast.stmt, _code: Code, iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        if change is not None:
            change(node, iteration, namespace)

    return subject.run_backward(
        state, after=after, instead=instead, before=before, deadline=deadline
    )
