"""Running a function statement by statement, loops and branches included."""

from __future__ import annotations

import ast
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from micrograd_np.compare.running.calling import CALL, rewritten
from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.compound import COMPOUND, ITEM
from micrograd_np.compare.running.paths import RETURNED
from micrograd_np.compare.running.signals import Left, OutOfTime, UserError
from micrograd_np.compare.running.watch import Interrupted, Watch
from micrograd_np.lifting import holds

__all__ = ["RETURNED", "After", "Begin", "OutOfTime", "Stepper", "UserError"]

After = Callable[[ast.stmt, Code, tuple[int, ...], dict[str, Any]], None]


Begin = Callable[[Code, dict[str, Any], "Caller"], None]


@dataclass(frozen=True)
class Caller:
    """From where a function is called.

    Attributes
    ----------
    node, code, namespace
        The statement, the function in which it stands, and what that sees.
    inside
        The call, if the statement has more than that to do.
    """

    node: ast.AST
    code: Code
    namespace: dict[str, Any]
    inside: ast.Call | None = None


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
        Called when a function is stepped into, with its namespace and its caller.
    before
        Called before every simple statement.
    watch
        Interrupts statements that are still running at the deadline.
    swap
        Returns what the function sees in place of something outside of it, a module, a builtin.
    nested
        Whether calls inside of statements are stepped into, too.
    function
        The one that is run, if not that of `code`: the same lines may have made several.
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
        watch: Watch | None = None,
        swap: Callable[[Any], Any] | None = None,
        nested: bool = False,
        function: Any = None,
    ) -> None:
        self.code = code
        self.function = code.function if function is None else function
        self.namespace = namespace
        self.after = after
        self.instead = instead or {}
        self.into = into
        self.begin = begin
        self.before = before
        self.deadline = deadline
        self.watch = Watch() if watch is None else watch
        self.swap = swap
        self.nested = nested and into is not None
        if self.nested:
            namespace[CALL] = self._inside
        if swap is not None:
            code.refresh(namespace, self.function, swap)
        self._changing = code.changing(self.function)
        self.iteration: list[int] = []
        self.whiles: list[int] = []
        self.handled: list[UserError] = []
        self._depth = 0
        self._running: tuple[ast.AST, ast.AST] = code.tree, code.tree

    def run(self, nodes: Iterable[ast.stmt]) -> bool:
        """Run statements; return whether they have returned.

        Raises
        ------
        UserError
            If one of them raises an error.
        OutOfTime
            If the deadline passes.
        """
        if not self._depth:
            self.watch.arm(self.deadline)
        try:
            self.block(nodes)
        except Left as left:
            if left.how != RETURNED:
                raise
            return True
        finally:
            if not self._depth:
                self.watch.disarm()
        self.namespace.pop(RETURNED, None)  # of a return that a finally has stopped
        return False

    def block(self, nodes: Iterable[ast.stmt]) -> None:
        """Run statements one after the other."""
        for node in nodes:
            run = COMPOUND.get(type(node))
            if run is not None and node not in self.instead:
                run(self, node)
            else:
                self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime(self.code.file, self.whiles[-1] if self.whiles else node.lineno)
        if self.before is not None:
            self.before(node, self.code, tuple(self.iteration), self.namespace)
        left: Left | None = None
        try:
            for one in self.instead.get(node, (node,)):
                self._execute(one, node)
        except Left as signal:
            left = signal
        if self.after is not None:
            self.after(node, self.code, tuple(self.iteration), self.namespace)
        if left is not None:
            raise left

    def _execute(self, node: ast.stmt, place: ast.stmt) -> None:
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):  # nearly all are
            if not self._entered(node, place):
                self._run(exec, node, place)
            return
        if isinstance(node, ast.Return):
            if not self._entered(node, place):
                value = self.value(node.value, place) if node.value else None
                self.namespace[RETURNED] = value
            raise Left(RETURNED)
        if isinstance(node, (ast.Break, ast.Continue)):
            raise Left("break" if isinstance(node, ast.Break) else "continue")
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return  # the namespace is one
        if isinstance(node, ast.Raise) and node.exc is None and self.handled:
            raise self.handled[-1]
        self.statement(node, place)

    def statement(self, node: ast.stmt, place: ast.AST) -> None:
        """Let Python run a statement; `place` is the line to name if it raises an error."""
        self._run(exec, node, place)

    def value(self, node: ast.expr, place: ast.AST) -> Any:
        """Return the value of an expression."""
        return self._run(eval, node, place)

    def is_true(self, node: ast.expr, place: ast.AST) -> bool:
        """Whether a condition holds."""
        value = self.value(node, place)
        return bool(self.guarded(lambda: holds(value), place))

    def _run(self, how: Callable[..., Any], node: ast.stmt | ast.expr, place: ast.AST) -> Any:
        """Let Python run a statement or expression, which sees what is outside as it is now."""
        compiled = self._compiled(node)
        self._running = node, place
        if not self._changing:
            return self.guarded(how, place, compiled, self.namespace)
        self.code.refresh(self.namespace, self.function, self.swap)
        try:
            return self.guarded(how, place, compiled, self.namespace)
        finally:
            self.code.put_back(self.namespace, self.function)

    def assign(self, key: ast.AST, target: ast.expr, value: Any) -> None:
        """Assign a value to a target, that of a loop or a context, which is kept under `key`."""
        made = self.code.made.get(key)
        if made is None:
            name = ast.copy_location(ast.Name(ITEM, ast.Load()), target)
            made = self.code.made[key] = ast.copy_location(ast.Assign([target], name), target)
        self.namespace[ITEM] = value
        self.statement(made, target)

    def guarded(self, call: Callable[..., Any], place: ast.AST, *args: Any) -> Any:
        """Return what a call returns; an error that it raises is one of the user's.

        Raises
        ------
        UserError
            If it raises an error.
        OutOfTime
            If it is still running at the deadline.
        """
        try:
            return self.watch.run(call, *args)
        except Interrupted as error:
            raise self._too_long(place, error) from None
        except (UserError, OutOfTime, CannotRead, KeyboardInterrupt):
            raise
        except NameError as error:
            unbound = self._unbound(error)
            raise UserError(self.code, place, unbound) from unbound
        except BaseException as error:
            raise UserError(self.code, place, error) from error

    def _too_long(self, place: ast.AST, error: BaseException) -> OutOfTime:
        """Return the error that names the line of the file that was running."""
        called_from = lineno = getattr(place, "lineno", self.code.start)
        for frame, line in traceback.walk_tb(error.__traceback__):
            if line and frame.f_code.co_filename == self.code.file:
                lineno = line
        return OutOfTime(self.code.file, lineno, called_from)

    def _unbound(self, error: NameError) -> NameError:
        """Return what a function says of a variable of its own that has no value yet."""
        own = self.code.local_names - self.code.declared
        if type(error) is not NameError or error.name not in own:
            return error
        return UnboundLocalError(
            f"cannot access local variable {error.name!r} where it is not associated with a value"
        )

    def _compiled(self, node: ast.stmt | ast.expr) -> CodeType:
        known = self.code.compiled.get((node, self.nested))
        if known is None:
            new = self.code.outside(node)
            if self.nested:
                plain = [name for name, value in self.namespace.items() if value is np]
                new, self.code.calls[node] = rewritten(new, plain)
            is_value = isinstance(node, ast.expr)
            tree: Any = ast.Expression(new) if is_value else ast.Module([new], [])
            kind = "eval" if is_value else "exec"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                known = compile(tree, self.code.file, kind, self.code.flags, dont_inherit=True)
                self.code.compiled[node, self.nested] = known
        return known

    # --- functions that are stepped into ---------------------------------------------------------

    def _entered(self, node: ast.stmt, place: ast.stmt) -> bool:
        """Run a call of one of the functions to step into, if the statement is one."""
        call = getattr(node, "value", None)
        if self.into is None or not isinstance(call, ast.Call) or self._depth >= DEEPEST:
            return False
        if not isinstance(node, (ast.Assign, ast.Expr, ast.Return)):
            return False
        if not self._may_be_asked_twice(call.func):
            return False
        function = self.value(call.func, place)
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
            self.statement(assign, place)
        return True

    def _may_be_asked_twice(self, function: ast.expr) -> bool:
        """Whether asking for a function changes nothing, as ``stack.pop()`` does.

        NumPy's need not be asked for.
        """
        inner = function
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if isinstance(inner, ast.Name):
            return self.namespace.get(inner.id) is not np
        known = self.code.plain.get(function)
        if known is None:
            parts = ast.walk(function)
            known = not any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in parts)
            self.code.plain[function] = known
        return known

    def _called(self, code: Code, function: Any, call: ast.Call, place: ast.stmt) -> Any:
        collect = self.code.collects.get(call)
        if collect is None:
            collect = ast.Call(ast.Name(_COLLECT, ast.Load()), call.args, call.keywords)
            ast.copy_location(collect, call)
            self.code.collects[call] = ast.fix_missing_locations(collect)
        self.namespace[_COLLECT] = lambda *args, **kwargs: (args, kwargs)
        args, kwargs = self.value(collect, place)
        try:
            caller = Caller(place, self.code, self.namespace)
            return self._stepped(code, function, args, kwargs, caller)
        finally:
            self.code.put_back(self.namespace, self.function)

    def _inside(self, number: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function for a statement that is being run, line by line if it is a helper."""
        code = None if self._depth >= DEEPEST or self.into is None else self.into(function)
        if code is None:
            return function(*args, **kwargs)
        node, place = self._running
        self.code.put_back(self.namespace, self.function)
        try:
            inside = self.code.calls[node][number]
            caller = Caller(place, self.code, self.namespace, inside)
            return self._stepped(code, function, args, kwargs, caller)
        finally:
            self._running = node, place
            if self._changing:
                self.code.refresh(self.namespace, self.function, self.swap)

    def _stepped(
        self,
        code: Code,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        caller: Caller,
    ) -> Any:
        """Run a function line by line."""
        first = (function.__self__,) if getattr(function, "__self__", None) is not None else ()
        function = getattr(function, "__func__", function)
        signature = code.signature_of(function)
        bound = self.guarded(lambda: signature.bind(*first, *args, **kwargs), caller.node)
        bound.apply_defaults()
        inner = Stepper(
            code,
            code.namespace(function) | bound.arguments,
            after=self.after,
            instead=self.instead,
            into=self.into,
            deadline=self.deadline,
            begin=self.begin,
            before=self.before,
            watch=self.watch,
            swap=self.swap,
            nested=self.nested,
            function=function,
        )
        inner.iteration = list(self.iteration)
        inner._depth = self._depth + 1
        if inner.begin is not None:
            inner.begin(code, inner.namespace, caller)
        try:
            inner.run(code.body)
        except UserError as error:
            if isinstance(caller.node, ast.stmt):
                error.callers.append((caller.node, caller.code))
            raise
        return inner.namespace.get(RETURNED)


DEEPEST = 20
"""How many functions that call each other are stepped into; deeper ones are run as they are, since
for each of the user's calls there are several here."""

_RESULT = "__result__"
_COLLECT = "__arguments__"
