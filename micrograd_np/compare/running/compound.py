"""Statements that consist of others: loops, branches, and what catches errors."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from micrograd_np.compare.running.paths import RETURNED
from micrograd_np.compare.running.signals import Left, OutOfTime, UserError

if TYPE_CHECKING:
    from micrograd_np.compare.running.stepping import Stepper

ITEM = "__item__"
_CHOSEN = "__chosen__"


def _for(stepper: Stepper, node: ast.For) -> None:
    items = stepper.value(node.iter, node)
    stepper.iteration.append(-1)
    try:
        for item in _each(stepper, items, node):
            stepper.iteration[-1] += 1
            stepper.assign(node, node.target, item)
            if not _goes_on(stepper, node.body):
                return
    finally:
        stepper.iteration.pop()
    stepper.block(node.orelse)


def _each(stepper: Stepper, items: Any, node: ast.For) -> Iterable[Any]:
    iterator = stepper.guarded(lambda: iter(items), node)
    end = object()
    while (item := stepper.guarded(lambda: next(iterator, end), node)) is not end:
        yield item


def _while(stepper: Stepper, node: ast.While) -> None:
    stepper.iteration.append(-1)
    stepper.whiles.append(node.lineno)
    try:
        while stepper.is_true(node.test, node):
            if stepper.deadline is not None and time.monotonic() > stepper.deadline:
                raise OutOfTime(stepper.code.file, node.lineno)
            stepper.iteration[-1] += 1
            if not _goes_on(stepper, node.body):
                return
    finally:
        stepper.iteration.pop()
        stepper.whiles.pop()
    stepper.block(node.orelse)


def _goes_on(stepper: Stepper, body: list[ast.stmt]) -> bool:
    """Run the body of a loop once; return whether the loop goes on."""
    try:
        stepper.block(body)
    except Left as left:
        if left.how == RETURNED:
            raise
        return left.how == "continue"
    return True


def _if(stepper: Stepper, node: ast.If) -> None:
    stepper.block(node.body if stepper.is_true(node.test, node) else node.orelse)


def _match(stepper: Stepper, node: ast.Match) -> None:
    """Let Python find the case that fits, and bind its names; then run that case."""
    parts = [(case.pattern, case.guard) for case in node.cases]
    choice = stepper.code.made.get(node)
    if choice is None:
        cases = [ast.match_case(*part, [_note(i)]) for i, part in enumerate(parts)]
        choice = _made(stepper, node, ast.Match(ast.Name(ITEM, ast.Load()), cases))
    stepper.namespace[ITEM] = stepper.value(node.subject, node)
    stepper.namespace[_CHOSEN] = None
    stepper.statement(choice, node)
    place = stepper.namespace[_CHOSEN]
    if place is not None:
        stepper.block(node.cases[place].body)


def _note(place: int) -> ast.stmt:
    """Return a statement that notes which part of another has been chosen."""
    return ast.Assign([ast.Name(_CHOSEN, ast.Store())], ast.Constant(place))


def _made(stepper: Stepper, node: ast.stmt, new: ast.stmt) -> ast.stmt:
    """Keep a statement that is run for another one."""
    stepper.code.made[node] = new = ast.fix_missing_locations(ast.copy_location(new, node))
    return new


def _with(stepper: Stepper, node: ast.With, first: int = 0) -> None:
    """Run the body inside the contexts, from the first one on."""
    if first == len(node.items):
        stepper.block(node.body)
        return
    item = node.items[first]
    manager = stepper.value(item.context_expr, node)
    leave = _leaves(stepper, manager, node)
    entered = stepper.guarded(lambda: type(manager).__enter__(manager), node)
    try:
        if item.optional_vars is not None:
            stepper.assign(item, item.optional_vars, entered)
        _with(stepper, node, first + 1)
    except UserError as caught:
        error = caught.error
        if not leave(type(error), error, error.__traceback__):
            raise
    except BaseException:  # a return, a break, or out of time
        leave(None, None, None)
        raise
    else:
        leave(None, None, None)


def _leaves(stepper: Stepper, manager: Any, node: ast.With) -> Callable[..., Any]:
    """Return what leaves a context.

    Raises
    ------
    UserError
        If the object is none.
    """
    kind = type(manager)

    def check() -> None:
        if not (hasattr(kind, "__enter__") and hasattr(kind, "__exit__")):
            raise TypeError(
                f"{kind.__name__!r} object does not support the context manager protocol"
            )

    stepper.guarded(check, node)
    return lambda *how: stepper.guarded(lambda: kind.__exit__(manager, *how), node)


def _try(stepper: Stepper, node: ast.Try) -> None:
    try:
        _guarded_part(stepper, node)
    except UserError as error:
        _while_handling(stepper, error, lambda: stepper.block(node.finalbody))
        raise
    except BaseException:  # a return, a break, or out of time
        stepper.block(node.finalbody)
        raise
    else:
        stepper.block(node.finalbody)


def _guarded_part(stepper: Stepper, node: ast.Try) -> None:
    try:
        stepper.block(node.body)
    except UserError as error:
        if not node.handlers:
            raise
        caught = error
    else:
        stepper.block(node.orelse)
        return

    def handle() -> None:
        handler = _handler(stepper, node, caught)
        if handler.name:
            stepper.namespace[handler.name] = caught.error
        try:
            stepper.block(handler.body)
        finally:
            if handler.name:
                stepper.namespace.pop(handler.name, None)

    _while_handling(stepper, caught, handle)


def _handler(stepper: Stepper, node: ast.Try, caught: UserError) -> ast.ExceptHandler:
    """Let Python find the handler for an error."""
    choice = stepper.code.made.get(node)
    if choice is None:
        handlers = [
            ast.copy_location(ast.ExceptHandler(part.type, None, [_note(i)]), part)
            for i, part in enumerate(node.handlers)
        ]
        body: list[ast.stmt] = [ast.Raise(ast.Name(ITEM, ast.Load()))]
        choice = _made(stepper, node, ast.Try(body, handlers, [], []))
    stepper.namespace[ITEM] = caught.error
    try:
        stepper.statement(choice, node.handlers[0])
    except UserError as other:
        raise (caught if other.error is caught.error else other) from other.error
    place: int = stepper.namespace[_CHOSEN]
    return node.handlers[place]


def _while_handling(stepper: Stepper, caught: UserError, work: Callable[[], None]) -> None:
    """Do something while Python takes an error of the user's for the one that is being handled."""
    context = caught.error.__context__
    stepper.handled.append(caught)
    try:
        raise caught.error
    except BaseException as error:
        error.__context__ = context  # not what is handled here
        work()
    finally:
        stepper.handled.pop()


COMPOUND: dict[type[ast.AST], Callable[[Stepper, Any], None]] = {
    ast.For: _for,
    ast.While: _while,
    ast.If: _if,
    ast.With: _with,
    ast.Try: _try,
    ast.Match: _match,
}
