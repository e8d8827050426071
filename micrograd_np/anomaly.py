"""``detect_anomaly``: where a nan or an infinity first appears, and what to write instead."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

from micrograd_np.engine import propagate
from micrograd_np.frames import Line, is_users, line_of, user_frame
from micrograd_np.graph import Leaf, Node
from micrograd_np.locks import Kept, Locks
from micrograd_np.mode import MODE, enter, is_eager, leave
from micrograd_np.operation import Operation
from micrograd_np.values import broadcasts_to, value_of


class detect_anomaly:
    """Find where a nan or an infinity first appears: ``with detect_anomaly():``.

    Inside the block each operation is looked at, forward and backward. The first one that makes a
    nan, or an infinity of finite numbers, raises an error that names it, the line of code, the
    operand, and, where a mistake is well known, the form that works. Infinities that are given,
    as in a mask of -inf, pass.

    Arrays that the backward pass will read cannot be written to inside the block, until it has: so
    the line that changes one raises an error. A view that is taken of such an array stays
    read-only.

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

    def __enter__(self) -> None:
        if not is_eager():
            raise RuntimeError("detect_anomaly: a program is being recorded; enter it outside")
        enter(call=_Watcher())

    def __exit__(self, *_: object) -> None:
        watcher = MODE.get().call
        leave()
        if isinstance(watcher, _Watcher):  # else another block was left in place of this one
            watcher.locks.open_all()


class _Watcher:
    """Computes operations as NumPy does, and looks at what they are given and give."""

    eager = True

    def __init__(self) -> None:
        self.locks = Locks()

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        if operation.kind != "differentiable":
            return operation.function(*values, **kwargs)
        with np.errstate(all="ignore"):  # it is told better here
            out = operation.function(*values, **kwargs)
        for part in out if isinstance(out, (tuple, list)) else (out,):
            found = _first(part, [*values, *kwargs.values()], operation.broadcasts)
            if found is not None and not _inside_a_rule():
                what = f"{operation.name} gives {_number(part, found)} at {found}"
                raise _error(_here(), what + _operands(operation, values, part, found))
        return out

    def recorded(self, node: Node) -> None:
        """Note the line that made a node, and lock what the backward pass will read."""
        kept = [*(node.args or ()), *(node.out if isinstance(node.out, tuple) else [node.out])]
        for value in node.kwargs.values():
            kept += value if isinstance(value, list) else [value]
        frame = user_frame()
        args = Kept(node.args or ())
        args.line = line_of(frame) if frame is not None else None
        args.locks, args.locked = self.locks, []
        node.args = args
        args.locked = self.locks.close(kept)

    def watch(self, parent: Node, grad: Any, node: Node, g: Any, before: Any) -> None:
        """Look at a gradient that a rule has returned, and at its sum with those before it."""
        value = value_of(grad)
        # Behind the gradients of several results may stand what rules share.
        parts = [value_of(part) for part in (g[: len(node.out)] if type(g) is list else [g])]
        operation = node.operation
        assert operation is not None
        position = next(i for i, p in enumerate(node.parents) if p is parent)
        found = _first(value, parts, operation.broadcasts)
        line = getattr(node.args, "line", None) or "recorded outside of detect_anomaly"
        if found is not None:
            what = (
                f"the gradient of {operation.name} is {_number(value, found)} by its argument "
                f"{position} at {found}"
            )
            raise _error(line, what + _reason(node, position, found, parts[0]))
        terms = [value_of(before), value]
        if isinstance(parent, Leaf):
            terms.append(parent.grad)
        terms = [term for term in terms if term is not None]
        if len(terms) == 1:
            return
        total = sum(terms[1:], terms[0])
        found = _first(total, terms, True)
        if found is not None:
            added = ", ".join(_number(term, found) for term in terms)
            raise _error(
                line,
                f"the sum of the gradients by argument {position} of {operation.name}, which is "
                f"used more than once, is {_number(total, found)} at {found}: of {added}",
            )


# --- what is wrong -------------------------------------------------------------------------------


def _first(out: Any, given: list[Any], broadcasts: bool) -> tuple[int, ...] | None:
    """Return where a result has a nan, or an infinity while what was given has none.

    Of functions of each element, what was given is that at the same place.
    """
    if not isinstance(out, (np.ndarray, np.inexact)) or out.dtype.kind not in "fc":
        return None
    if np.isfinite(out).all():
        return None
    wrong = np.isnan(out)
    if not wrong.any():
        wrong = np.isinf(out)
        for value in _floats(given):
            finite = np.isfinite(value)
            by_place = broadcasts and broadcasts_to(finite.shape, wrong.shape)
            wrong = wrong & (finite if by_place else finite.all())
        if not wrong.any():
            return None
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
        if operation.writes and position == 0:
            continue  # it is the result by now
        for number in _floats([value]):
            shape = np.shape(number)
            if _is_by_place(operation, shape, np.shape(out)):
                here = np.broadcast_to(number, np.shape(out))[place]
                told.append(f"argument {position} is {here} there")
                came_in = came_in or bool(np.isnan(here))
            elif not np.isfinite(number).all():
                wrong = _first(number, [], False) or ()
                told.append(f"argument {position} has {_number(number, wrong)} at {wrong}")
                came_in = came_in or bool(np.isnan(number).any())
    text = f": {', '.join(told)}" if told else ", of finite numbers"
    if came_in:
        return f"{text}. It came in with the data"
    return text + _advice(operation, out)


def _is_by_place(operation: Operation, shape: tuple[int, ...], of_out: tuple[int, ...]) -> bool:
    """Whether the elements of an operand stand at the places of those that they make."""
    if operation.writes:
        return False
    if operation.broadcasts:
        return broadcasts_to(shape, of_out)
    return shape == of_out and not isinstance(operation.called, np.ufunc)


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
    return text + _advice(operation, node)


def _advice(operation: Operation, out: Any) -> str:
    """Return the form that works: of its own, and that which leaves elements out."""
    advice = f". {operation.advice}" if operation.advice else ""
    ufunc: Any = np.power if operation.called is operator.pow else operation.called
    if not isinstance(ufunc, np.ufunc) or ufunc.signature or ufunc.nout > 1 or not out.ndim:
        return advice
    if ufunc in _OVERFLOWING:
        return advice
    name, given = f"np.{ufunc.__name__}", "x" if ufunc.nin == 1 else "x, y"
    dtype = "" if out.dtype == float else f", np.{out.dtype}"
    return (
        f"{advice}. An element that is to be left out must be left out here: {name}({given}, "
        f"where=mask, out=np.zeros({out.shape}{dtype})), not np.where(mask, {name}({given}), 0)"
    )


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
