"""Running a function statement by statement, loops and branches included."""

from __future__ import annotations

import ast
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType
from typing import Any

from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.sources import place_name
from micrograd_np.lifting import holds

RETURNED = "return"
"""The name under which a namespace holds what the function has returned."""

After = Callable[[ast.stmt, Code, tuple[int, ...], dict[str, Any]], None]


Begin = Callable[[Code, dict[str, Any], ast.stmt, Code, dict[str, Any]], None]


class UserError(RuntimeError):
    """The user's code has raised an error.

    Attributes
    ----------
    file, lineno
        The line of the function that is run.
    error
        What it raised.
    node
        The statement.
    """

    def __init__(self, code: Code, node: ast.AST, error: BaseException) -> None:
        self.code = code
        self.file = code.file
        self.lineno: int = getattr(node, "lineno", code.start)
        self.error = error
        self.node = node
        self.text = code.source(node) if isinstance(node, ast.stmt) else ""
        name = place_name(self.file)
        text = f" `{self.text}`:" if self.text else ""
        super().__init__(f"{name}:{self.lineno}:{text} {type(error).__name__}: {error}")


class OutOfTime(TimeoutError):
    """The user's code has not come to an end."""

    def __init__(self, file: str, lineno: int) -> None:
        name = place_name(file)
        super().__init__(
            f"{name}:{lineno}: still running after the time allowed: is there a loop that "
            "does not end?"
        )


class _Left(Exception):
    """A block was left by return, break or continue."""

    def __init__(self, how: str, value: Any = None) -> None:
        self.how = how
        self.value = value


class Stepper:
    """Runs the statements of a function in a namespace.

    Parameters
    ----------
    code
        The function.
    namespace
        Its arguments and what it sees of its module; its variables are put there, and what it
        returns under the name ``"return"``.
    after
        Called after every simple statement.
    instead
        What to run in place of a statement.
    into
        Returns the code of a function whose statements are run one by one as well, where a
        statement is a call of it; None for others.
    deadline
        When to give up, on the scale of ``time.monotonic``.
    begin
        Called when a function is stepped into: with its namespace, the statement that calls it, and
        the function and namespace in which that stands.
    before
        Called before every simple statement.
    """

    def __init__(
        self,
        code: Code,
        namespace: dict[str, Any],
        *,
        after: After | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        into: Callable[[Any], Code | None] | None = None,
        deadline: float | None = None,
        begin: Begin | None = None,
        before: After | None = None,
    ) -> None:
        self.code = code
        self.namespace = namespace
        self.after = after
        self.instead = instead or {}
        self.into = into
        self.begin = begin
        self.before = before
        self.deadline = deadline
        self._iteration: list[int] = []
        self._whiles: list[int] = []

    def run(self, nodes: Iterable[ast.stmt]) -> bool:
        """Run statements; return whether they have returned.

        Raises
        ------
        UserError
            If one of them raises an error.
        OutOfTime
            If the deadline passes.
        """
        try:
            self._block(nodes)
        except _Left as left:
            if left.how != RETURNED:
                raise
            return True
        return False

    def _block(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            run = _COMPOUND.get(type(node))
            if run is not None and node not in self.instead:
                run(self, node)
            else:
                self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime(self.code.file, self._whiles[-1] if self._whiles else node.lineno)
        if self.before is not None:
            self.before(node, self.code, tuple(self._iteration), self.namespace)
        left: _Left | None = None
        try:
            for one in self.instead.get(node, (node,)):
                self._execute(one, node)
        except _Left as signal:
            left = signal
        if self.after is not None:
            self.after(node, self.code, tuple(self._iteration), self.namespace)
        if left is not None:
            raise left

    def _execute(self, node: ast.stmt, place: ast.stmt) -> None:
        if isinstance(node, ast.Return):
            if not self._entered(node, place):
                value = self._value(node.value, place) if node.value else None
                self.namespace[RETURNED] = value
            raise _Left(RETURNED)
        if isinstance(node, (ast.Break, ast.Continue)):
            raise _Left("break" if isinstance(node, ast.Break) else "continue")
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return  # the namespace is one
        if self._entered(node, place):
            return
        self._guarded(lambda: exec(self._compiled(node), self.namespace), place)

    def _value(self, node: ast.expr, place: ast.AST) -> Any:
        return self._guarded(lambda: eval(self._compiled(node), self.namespace), place)

    def _guarded(self, call: Callable[[], Any], place: ast.AST) -> Any:
        try:
            return call()
        except (UserError, OutOfTime, CannotRead, KeyboardInterrupt):
            raise
        except BaseException as error:
            if isinstance(error, OutOfTime):
                raise
            raise UserError(self.code, place, error) from error

    def _compiled(self, node: ast.stmt | ast.expr) -> CodeType:
        known = self.code.compiled.get(node)
        if known is None:
            tree: Any = (
                ast.Expression(node) if isinstance(node, ast.expr) else ast.Module([node], [])
            )
            kind = "eval" if isinstance(node, ast.expr) else "exec"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                known = self.code.compiled[node] = compile(tree, self.code.file, kind)
        return known

    # --- functions that are stepped into ---------------------------------------------------------

    def _entered(self, node: ast.stmt, place: ast.stmt) -> bool:
        """Run a call of one of the functions to step into, if the statement is one."""
        call = getattr(node, "value", None)
        if self.into is None or not isinstance(call, ast.Call):
            return False
        if not isinstance(node, (ast.Assign, ast.Expr, ast.Return)):
            return False
        function = self._guarded(lambda: eval(self._compiled(call.func), self.namespace), place)
        code = self.into(function)
        if code is None:
            return False
        result = self._called(code, function, call, place)
        if isinstance(node, ast.Return):
            self.namespace[RETURNED] = result
        elif isinstance(node, ast.Assign):
            self.namespace[_RESULT] = result
            assign = self.code.made.get(node)
            if assign is None:
                name = ast.copy_location(ast.Name(_RESULT, ast.Load()), node)
                made: ast.stmt = ast.copy_location(ast.Assign(node.targets, name), node)
                assign = self.code.made[node] = made
            self._guarded(lambda: exec(self._compiled(assign), self.namespace), place)
        return True

    def _called(self, code: Code, function: Any, call: ast.Call, place: ast.stmt) -> Any:
        collect = self.code.collects.get(call)
        if collect is None:
            collect = ast.Call(ast.Name(_COLLECT, ast.Load()), call.args, call.keywords)
            ast.copy_location(collect, call)
            self.code.collects[call] = ast.fix_missing_locations(collect)
        self.namespace[_COLLECT] = lambda *args, **kwargs: (args, kwargs)
        args, kwargs = self._value(collect, place)
        first = (function.__self__,) if getattr(function, "__self__", None) is not None else ()
        bound = self._guarded(lambda: code.signature.bind(*first, *args, **kwargs), place)
        bound.apply_defaults()
        inner = Stepper(
            code,
            code.namespace() | bound.arguments,
            after=self.after,
            instead=self.instead,
            into=self.into,
            deadline=self.deadline,
            begin=self.begin,
            before=self.before,
        )
        inner._iteration = list(self._iteration)
        if inner.begin is not None:
            inner.begin(code, inner.namespace, place, self.code, self.namespace)
        inner.run(code.body)
        return inner.namespace.get(RETURNED)

    # --- compound statements ---------------------------------------------------------------------

    def _for(self, node: ast.For) -> None:
        items = self._value(node.iter, node)
        name = ast.copy_location(ast.Name(_ITEM, ast.Load()), node)
        new: ast.stmt = ast.copy_location(ast.Assign([node.target], name), node)
        assign = self.code.made.setdefault(node, new)
        self._iteration.append(-1)
        try:
            for item in self._each(items, node):
                self._iteration[-1] += 1
                self.namespace[_ITEM] = item
                self._guarded(lambda: exec(self._compiled(assign), self.namespace), node)
                if not self._goes_on(node.body):
                    return
        finally:
            self._iteration.pop()
        self._block(node.orelse)

    def _each(self, items: Any, node: ast.For) -> Iterable[Any]:
        iterator = self._guarded(lambda: iter(items), node)
        end = object()
        while (item := self._guarded(lambda: next(iterator, end), node)) is not end:
            yield item

    def _while(self, node: ast.While) -> None:
        self._iteration.append(-1)
        self._whiles.append(node.lineno)
        try:
            while holds(self._value(node.test, node)):
                if self.deadline is not None and time.monotonic() > self.deadline:
                    raise OutOfTime(self.code.file, node.lineno)
                self._iteration[-1] += 1
                if not self._goes_on(node.body):
                    return
        finally:
            self._iteration.pop()
            self._whiles.pop()
        self._block(node.orelse)

    def _goes_on(self, body: list[ast.stmt]) -> bool:
        """Run the body of a loop once; return whether the loop goes on."""
        try:
            self._block(body)
        except _Left as left:
            if left.how == RETURNED:
                raise
            return left.how == "continue"
        return True

    def _if(self, node: ast.If) -> None:
        self._block(node.body if holds(self._value(node.test, node)) else node.orelse)

    def _with(self, node: ast.With) -> None:
        from contextlib import ExitStack

        with ExitStack() as stack:
            for item in node.items:
                context = _Unwrapped(self._value(item.context_expr, node))
                entered = self._guarded(lambda: stack.enter_context(context), node)  # noqa: B023  # called at once
                if item.optional_vars is not None:
                    self.namespace[_ITEM] = entered
                    name = ast.copy_location(ast.Name(_ITEM, ast.Load()), node)
                    assign = ast.copy_location(ast.Assign([item.optional_vars], name), node)
                    exec(self._compiled(assign), self.namespace)
            self._block(node.body)

    def _try(self, node: ast.Try) -> None:
        try:
            self._block(node.body)
        except UserError as error:
            handler = self._handler(node, error.error)
            if handler is None:
                raise
            if handler.name:
                self.namespace[handler.name] = error.error
            self._block(handler.body)
        else:
            self._block(node.orelse)
        finally:
            self._block(node.finalbody)

    def _handler(self, node: ast.Try, error: BaseException) -> ast.ExceptHandler | None:
        for handler in node.handlers:
            if handler.type is None or isinstance(error, self._value(handler.type, node)):
                return handler
        return None


class _Unwrapped:
    """A context manager that sees what the user's code has raised."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def __enter__(self) -> Any:
        return self.manager.__enter__()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        if isinstance(error, UserError):
            kind, error = type(error.error), error.error
        return None if isinstance(error, _Left) else self.manager.__exit__(kind, error, traceback)


_ITEM = "__item__"
_RESULT = "__result__"
_COLLECT = "__arguments__"

_COMPOUND: dict[type[ast.AST], Callable[[Stepper, Any], None]] = {
    ast.For: Stepper._for,
    ast.While: Stepper._while,
    ast.If: Stepper._if,
    ast.With: Stepper._with,
    ast.Try: Stepper._try,
}
