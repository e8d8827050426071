"""``detect_anomaly``: where a nan or an infinity first appears, and what to write instead."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextvars import Token
from types import FrameType
from typing import Any

import numpy as np

from micrograd_np.engine import propagate
from micrograd_np.frames import Line, is_users, line_of, user_frame
from micrograd_np.graph import Node
from micrograd_np.mode import MODE, Mode, is_eager
from micrograd_np.operation import Operation
from micrograd_np.values import value_of


class detect_anomaly:
    """Find where a nan or an infinity first appears: ``with detect_anomaly():``.

    Inside the block each operation is looked at, forward and backward. The first one that makes a
    nan, or an infinity of finite numbers, raises an error that names it, the line of code, the
    operand, and, where a mistake is well known, the form that works. Infinities that are given,
    as in a mask of -inf, pass.

    Arrays that the backward pass will read cannot be written to inside the block, until it has: so
    the line that changes one raises an error.

    Everything takes longer: it is for finding mistakes.

    Raises
    ------
    FloatingPointError
        From the operation or the backward pass.
    ValueError
        From NumPy, where a locked array is written to.
    RuntimeError
        On entering it while a program is recorded.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> x = mg.tensor([4.0, 0.0], requires_grad=True)
    >>> with mg.detect_anomaly():
    ...     np.sqrt(x).sum().backward()
    Traceback (most recent call last):
    FloatingPointError: ...: the gradient of np.sqrt is inf by its argument 0 at (1,)...
    """

    def __init__(self) -> None:
        self._entered: list[tuple[Token[Mode], _Watcher]] = []

    def __enter__(self) -> None:
        if not is_eager():
            raise RuntimeError("detect_anomaly: a program is being recorded; enter it outside")
        watcher = _Watcher()
        self._entered.append((MODE.set(MODE.get()._replace(call=watcher)), watcher))

    def __exit__(self, *_: object) -> None:
        token, watcher = self._entered.pop()
        MODE.reset(token)
        watcher.locks.open_all()


class _Watcher:
    """Computes operations as NumPy does, and looks at what they are given and give."""

    eager = True

    def __init__(self) -> None:
        self.locks = _Locks()
        self.lines: dict[int, Line | None] = {}

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        if operation.kind != "differentiable":
            return operation.function(*values, **kwargs)
        with np.errstate(all="ignore"):  # it is told better here
            out = operation.function(*values, **kwargs)
        for part in out if isinstance(out, (tuple, list)) else (out,):
            found = _first(part, [*values, *kwargs.values()])
            if found is not None and not _inside_a_rule():
                what = f"{operation.name} gives {_number(part, found)} at {found}"
                raise _error(_here(), what + _operands(operation, values, part, found))
        return out

    def recorded(self, node: Node) -> None:
        """Note the line that made a node, and lock what the backward pass will read."""
        frame = user_frame()
        self.lines[node.sequence] = line_of(frame) if frame is not None else None
        self.locks.close(node)

    def freed(self, node: Node) -> None:
        """Forget a node that the backward pass is done with."""
        self.lines.pop(node.sequence, None)
        self.locks.open(node.sequence)

    def watch(self, parent: Node, grad: Any, node: Node, g: Any) -> None:
        """Look at a gradient that a rule has returned."""
        value = value_of(grad)
        # Behind the gradients of several results may stand what rules share.
        parts = [value_of(part) for part in (g[: len(node.out)] if type(g) is list else [g])]
        found = _first(value, parts)
        if found is None:
            return
        assert node.operation is not None
        position = next(i for i, p in enumerate(node.parents) if p is parent)
        what = (
            f"the gradient of {node.operation.name} is {_number(value, found)} by its argument "
            f"{position} at {found}"
        )
        line = self.lines.get(node.sequence)
        where = line if line is not None else "recorded outside of detect_anomaly"
        raise _error(where, what + _reason(node, position, found, parts[0]))


# --- what is wrong -------------------------------------------------------------------------------


def _first(out: Any, given: list[Any]) -> tuple[int, ...] | None:
    """Return where a result has a nan, or an infinity while what was given has none."""
    if not isinstance(out, (np.ndarray, np.inexact)) or out.dtype.kind not in "fc":
        return None
    if np.isfinite(out).all():
        return None
    wrong = np.isnan(out)
    if not wrong.any():
        if any(not np.isfinite(value).all() for value in _floats(given)):
            return None
        wrong = np.isinf(out)
    place = np.unravel_index(np.argmax(wrong), np.shape(out))
    return tuple(int(i) for i in place)


def _floats(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _floats(list(value))
        elif isinstance(value, (float, complex, np.inexact)) or (
            isinstance(value, np.ndarray) and value.dtype.kind in "fc"
        ):
            yield value


def _operands(operation: Operation, values: list[Any], out: Any, place: tuple[int, ...]) -> str:
    """Return what the operands are where a result is wrong, and what to do about it."""
    told, came_in = [], False
    for position, value in enumerate(values):
        for number in _floats([value]):
            shape = np.shape(number)
            if operation.broadcasts and np.broadcast_shapes(shape, np.shape(out)) == np.shape(out):
                here = np.broadcast_to(number, np.shape(out))[place]
                told.append(f"argument {position} is {here} there")
                came_in = came_in or bool(np.isnan(here))
            elif not np.isfinite(number).all():
                wrong = _first(number, []) or ()
                told.append(f"argument {position} has {_number(number, wrong)} at {wrong}")
                came_in = came_in or bool(np.isnan(number).any())
    text = f": {', '.join(told)}" if told else ""
    if came_in:
        return f"{text}. It came in with the data"
    return text + _advice(operation)


def _reason(node: Node, position: int, place: tuple[int, ...], g: Any) -> str:
    """Return what is known where a gradient is wrong, and what to do about it."""
    operation, parent, told = node.operation, node.parents[position], []
    assert operation is not None
    assert parent is not None
    operand = node.args[position] if node.args else None
    if isinstance(operand, np.ndarray):
        told.append(f"that is {operand[place]} there")
    elif isinstance(node.out, np.ndarray) and node.out.shape == parent.shape:
        told.append(f"the result is {node.out[place]} there")
    came = np.asarray(g)[place] if np.shape(g) == parent.shape else None
    if came is not None:
        told.append(f"the gradient that came is {came}")
    text = f": {', '.join(told)}" if told else ""
    if came is not None and came == 0:
        text += ". As for an element that np.where or a mask leaves out: 0 times infinity is nan"
    if operation.kinks:
        text += f". It has no derivative at {operation.kinks}"
    return text + _advice(operation)


def _advice(operation: Operation) -> str:
    advice = f". {operation.advice}" if operation.advice else ""
    if isinstance(operation.called, np.ufunc) and operation.called not in _OVERFLOWING:
        name, given = operation.name, "x" if operation.called.nin == 1 else "x, y"
        return (
            f"{advice}. An element that is to be left out must be left out here: {name}({given}, "
            f"where=mask, out=np.zeros_like(x)), not np.where(mask, {name}({given}), 0)"
        )
    return advice


_OVERFLOWING = (np.add, np.subtract, np.multiply, np.square)
"""What is wrong about their results is wrong about their operands."""


def _number(values: Any, place: tuple[int, ...]) -> str:
    return str(np.asarray(values)[place])


def _error(line: Line | str, text: str) -> FloatingPointError:
    return FloatingPointError(f"{line}: {text}")


def _here() -> Line | str:
    frame = user_frame()
    return line_of(frame) if frame is not None else "outside of any code of yours"


def _inside_a_rule() -> bool:
    """Whether a rule computes, whose result is looked at as a whole."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame):
        if frame.f_code is propagate.__code__:
            return True
        frame = frame.f_back
    return False


# --- locks ---------------------------------------------------------------------------------------


class _Locks:
    """Arrays that cannot be written to as long as a node needs them."""

    def __init__(self) -> None:
        self._by_node: dict[int, list[weakref.ref[np.ndarray[Any, Any]]]] = {}
        self._counts: dict[int, int] = {}

    def close(self, node: Node) -> None:
        """Lock what a node has kept."""
        kept = [*(node.args or ()), *(node.out if isinstance(node.out, tuple) else [node.out])]
        locked = []
        for array in kept:
            while isinstance(array, np.ndarray):
                known = self._counts.get(id(array), 0)
                if known or array.flags.writeable:
                    array.flags.writeable = False
                    self._counts[id(array)] = known + 1
                    locked.append(weakref.ref(array, self._forget(id(array))))
                array = array.base
        self._by_node[node.sequence] = locked

    def open(self, sequence: int) -> None:
        """Unlock what a node has kept, if no other does."""
        for reference in reversed(self._by_node.pop(sequence, [])):
            array = reference()
            if array is None:
                continue
            self._counts[id(array)] -= 1
            if not self._counts[id(array)]:
                del self._counts[id(array)]
                array.flags.writeable = True

    def _forget(self, address: int) -> Callable[[Any], None]:
        """Return what to do when an array goes: another may get its address."""
        counts = self._counts

        def forget(_reference: Any) -> None:
            counts.pop(address, None)

        return forget

    def open_all(self) -> None:
        """Unlock everything."""
        for sequence in list(self._by_node):
            self.open(sequence)
