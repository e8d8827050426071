"""The automatic side: a forward pass run on tensors, and the gradient of everything in it.

The function is run statement by statement as it is, so branches and loops are no hindrance; what
its variables hold after each statement is a *quantity*, and the engine gives the gradient of every
quantity, the contribution of every path to it included.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.conversions import kept_arrays, swapped
from micrograd_np.compare.running.kinks import Kinks
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.subject import Mismatch, State, Subject
from micrograd_np.compare.running.values import mapped
from micrograd_np.engine import propagate
from micrograd_np.graph import Node
from micrograd_np.making import leaf
from micrograd_np.mode import MODE, mode
from micrograd_np.operation import Operation
from micrograd_np.program.creation import traced_creation
from micrograd_np.tensor import Tensor

Array = NDArray[Any]

Key = tuple[str, str, int, tuple[int, ...]]
"""What a quantity is known by in every run: function, path, the statement's line, iteration."""


@dataclass(eq=False)
class Quantity:
    """What a variable of the forward pass holds after a statement.

    Attributes
    ----------
    path
        The variable, or the item of a container.
    lineno
        The line of the statement, 0 for an input.
    iteration
        How often the loops around it have been passed.
    value
        As an array.
    node
        What made it; None if no gradient travels through it.
    adjoint
        The gradient of the loss with respect to it; None if the loss does not depend on it.
    parts
        What each use of it contributes to the gradient, the last use first.
    function
        The helper function whose variable it is, "" for the forward pass itself.
    is_last
        Whether the variable holds it at the end.
    is_zero
        Whether its gradient is zero but for rounding.
    noise
        By how much rounding changes its gradient, relative to the greatest element.
    """

    path: str
    lineno: int
    iteration: tuple[int, ...]
    value: Array
    node: Node | None
    adjoint: Array | None = None
    parts: list[Array] = field(default_factory=list)
    function: str = ""
    is_last: bool = True
    is_zero: bool = False
    noise: float = 0.0

    @property
    def gradient(self) -> Array:
        """The gradient of the loss with respect to it: zeros if the loss does not depend on it."""
        return np.zeros(self.value.shape) if self.adjoint is None else self.adjoint

    @property
    def key(self) -> Key:
        """What it is known by in every run."""
        return self.function, self.path, self.lineno, self.iteration


@dataclass
class Followed:
    """A forward pass with the gradients of everything.

    Attributes
    ----------
    quantities
        In the order in which they were computed, inputs first.
    hidden
        Values inside an expression, which no variable holds: each with its line.
    loss
        The value that was differentiated.
    seed
        The gradient that was begun with, if the loss is not one number.
    """

    quantities: list[Quantity]
    hidden: list[Quantity]
    loss: Array
    seed: Array | None

    @property
    def inputs(self) -> dict[str, Quantity]:
        """What the forward pass was given, by path."""
        return {q.path: q for q in reversed(self.quantities) if q.lineno == 0}

    def by_path(self, path: str) -> list[Quantity]:
        """Return what a variable of the forward pass has held, in order."""
        return [q for q in self.quantities if q.path == path and not q.function]

    def arrays(self) -> dict[str, Array]:
        """Return every gradient by a name, to measure how far rounding moves it."""
        found: dict[str, Array] = {}
        for q in (*self.quantities, *self.hidden):
            if q.adjoint is not None and q.adjoint.dtype.kind == "f":
                found[name_of(q.key)] = q.adjoint
                for i, part in enumerate(q.parts if len(q.parts) > 1 else ()):
                    found[name_of(q.key, i)] = part
        return found


def name_of(key: Key, part: int | None = None) -> str:
    """Return the name of a gradient in `Followed.arrays`."""
    return repr((*key, part))


class _Following:
    """Lets the user's code run on tensors: a ``mode(call=...)`` around another one."""

    creates = True
    """What NumPy's creation functions make are tensors, so that the code may write into them."""
    follows = True
    """What makes numbers of tensors leaves them tensors."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        if self.inner is not None:
            return self.inner(operation, values, kwargs)
        return operation.function(*values, **kwargs)

    def is_update(self) -> bool:
        """Whether a write beside a live view is allowed: values are checked at the end."""
        return True


def follow(
    subject: Subject,
    inputs: Mapping[str, Any],
    numbers: frozenset[str] = frozenset(),
    deadline: float | None = None,
    seed: int = 0,
    instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
    kinks: Kinks | None = None,
    also: Callable[[Followed], tuple[Node, Array] | None] | None = None,
) -> Followed:
    """Run the forward pass on tensors, and go back through all of it.

    Parameters
    ----------
    subject
        The forward pass.
    inputs
        Its arguments by name.
    numbers
        The paths of Python numbers among them whose gradient is wanted.
    seed
        Draws the gradient to begin with, where the loss is an array.
    instead
        Statements to run in place of others.
    kinks
        Takes note of the kinks that are hit; None: takes the slopes of the subject's sides.
    also
        Where another gradient flows in, and which.

    Raises
    ------
    UserError
        If the forward pass cannot be run on tensors: with its line.
    Mismatch
        If it returns no loss that depends on its inputs.
    """
    watcher = _Watcher(subject.forward)
    call: Any = MODE.get().call
    if kinks is None and subject.sides:
        kinks = Kinks(subject.sides)
    if kinks is not None:
        kinks.inner, call = call, kinks
    with traced_creation(), kept_arrays(), mode(call=_Following(call), recording=True):
        tensors = watcher.inputs(inputs, numbers)
        state = subject.run_forward(
            tensors,
            after=watcher.after,
            deadline=deadline,
            swap=swapped,
            instead=instead,
        )
        loss = subject.loss(state)
    if not isinstance(loss, Tensor) or loss._node is None:
        place = f"{subject.forward.file}:{subject.forward.start}: {subject.forward.name}"
        if not watcher.quantities or all(q.node is None for q in watcher.quantities):
            raise Mismatch(
                f"{place}: none of its inputs is an array of floating-point numbers, so there is "
                "no gradient; make them so, x.astype(float), or 2.0 for 2"
            )
        raise Mismatch(
            f"{place}: the loss does not depend on any floating-point input, or was made a plain "
            "number on the way (by int(), or functions that have no derivative)"
        )
    start = None if loss.data.size == 1 else _seed(loss.data, seed)
    followed = watcher.followed(loss, start)
    more = also(followed) if also is not None else None
    return watcher.followed(loss, start, more) if more is not None else followed


def _seed(loss: Array, seed: int) -> Array:
    return np.random.default_rng(seed).normal(size=loss.shape).astype(loss.dtype)


class _Watcher:
    """Notes what variables hold."""

    def __init__(self, code: Code) -> None:
        self.quantities: list[Quantity] = []
        self._code = code
        self._last: dict[tuple[str, str], Quantity] = {}
        self._names: dict[ast.stmt, set[str]] = {}
        self._lines: list[tuple[int, int]] = []

    def inputs(self, inputs: Mapping[str, Any], numbers: frozenset[str]) -> dict[str, Any]:
        """Return inputs with tensors in the place of floating-point arrays."""
        wanted = {id(v) for name, x in inputs.items() for path, v in leaves(x, name)
                  if path in numbers}  # fmt: skip
        dtypes = [v.dtype for name, x in inputs.items() for _, v in leaves(x, name)
                  if isinstance(v, np.ndarray) and v.dtype.kind == "f"]  # fmt: skip
        working = min(dtypes, key=lambda d: d.itemsize, default=np.dtype(float))

        def lifted(value: Any) -> Any:
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                return Tensor(value, leaf(value)).copy()  # so that it may be written into
            if id(value) in wanted and isinstance(value, (float, np.floating)):
                array = np.asarray(value, working)
                return Tensor(array, leaf(array)).copy()
            return value

        tensors = {name: mapped(value, lifted) for name, value in inputs.items()}
        for name, value in tensors.items():
            self._note(name, value, 0, ())
        return tensors

    def after(
        self, node: ast.stmt, code: Code, iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        """Note what the variables in a statement hold now."""
        names = self._names.get(node)
        if names is None:
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
            self._names[node] = names
        for name in sorted(names):
            value = namespace.get(name)
            if value is not None and not callable(value):
                function = "" if code is self._code else code.name
                self._note(name, value, node.lineno, iteration, function)

    def _note(
        self,
        name: str,
        value: Any,
        lineno: int,
        iteration: tuple[int, ...],
        function: str = "",
    ) -> None:
        for path, held in leaves(value, name):
            if isinstance(held, Tensor):
                array, node = held._value, held._node
            elif isinstance(held, np.ndarray):
                array, node = held, None
            else:
                continue
            known = self._last.get((function, path))
            if known is not None and known.node is node and known.value is array:
                continue
            if known is not None:
                known.is_last = False
            quantity = Quantity(path, lineno, iteration, array, node, function=function)
            self._last[function, path] = quantity
            self.quantities.append(quantity)

    def followed(
        self, loss: Tensor, seed: Array | None, more: tuple[Node, Array] | None = None
    ) -> Followed:
        """Go back from the loss, and from another place, and give every quantity its gradient."""
        assert loss._node is not None
        nodes = list(_reached(loss._node))
        parts: dict[Node, list[Array]] = {}
        start = np.ones_like(loss._value) if seed is None else seed
        begins = [(loss._node, start), *([more] if more is not None else [])]
        # Where something stands between the operations and their functions, the rules pass it, too.
        lift = Tensor if MODE.get().call is not None else None
        with np.errstate(all="ignore"), mode(recording=False):
            found = propagate(
                [(node, g if lift is None else Tensor(g)) for node, g in begins],
                targets=set(nodes),
                keep=True,
                lift=lift,
                watch=lambda node, g, *_: parts.setdefault(node, []).append(_array(g)),
            )
        found = {node: _array(g) for node, g in found.items()}
        named = set()
        for q in self.quantities:
            if q.node is not None and q.node in found:
                q.adjoint, q.parts = found[q.node], parts.get(q.node, [])
                named.add(q.node)
        hidden = []
        lines = [(q.node.sequence, q) for q in self.quantities if q.node is not None]
        lines.sort(key=lambda pair: pair[0])
        for node in nodes:
            if node in named or node.operation is None:
                continue
            if not isinstance(found.get(node), np.ndarray):  # not reached, or several results
                continue
            if node.operation.name == "np.negative":  # a wrong sign must not be taken for it
                continue
            after = next((q for sequence, q in lines if sequence >= node.sequence), None)
            where = (after.lineno, after.iteration) if after is not None else (0, ())
            q = Quantity(node.operation.name, *where, np.empty(0), node)
            q.adjoint, q.parts = found[node], parts.get(node, [])
            hidden.append(q)
        return Followed(self.quantities, hidden, loss._value, seed)


def _array(gradient: Any) -> Any:
    return gradient._value if isinstance(gradient, Tensor) else gradient


def _reached(node: Node) -> Iterator[Node]:
    seen = {node}
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        for parent in current.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)


def mark_zeros(followed: Followed, perturbed: Followed) -> None:
    """Tell which gradients are zero but for rounding, by what rounding does to them."""
    pairs = zip(
        (*followed.quantities, *followed.hidden),
        (*perturbed.quantities, *perturbed.hidden),
        strict=False,
    )
    for q, other in pairs:
        if q.adjoint is None or other.adjoint is None or q.adjoint.shape != other.adjoint.shape:
            continue
        size = float(np.max(np.abs(q.adjoint), initial=0))
        change = float(np.max(np.abs(q.adjoint - other.adjoint), initial=0))
        is_single = q.adjoint.dtype.itemsize < 8
        q.is_zero = not size or change > (0.05 if is_single else 1e-4) * size
        q.noise = change / size if size else 0.0


def state_of(subject: Subject, inputs: Mapping[str, Any], followed: Followed) -> State:
    """Run the forward pass in plain NumPy, as the user does."""
    state = subject.run_forward(inputs)
    state.seed = followed.seed
    if followed.seed is None:
        state.seed = np.ones(followed.loss.shape) if followed.loss.ndim else 1.0
    return state
