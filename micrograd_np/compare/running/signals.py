"""How a run of the user's functions ends early: by an error, out of time, or by leaving a block."""

from __future__ import annotations

import ast

from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.sources import place_name


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
    callers
        In a helper function: the statements from which it was called, each with its function, the
        innermost first.
    """

    def __init__(self, code: Code, node: ast.AST, error: BaseException) -> None:
        self.code = code
        self.file = code.file
        self.lineno: int = getattr(node, "lineno", code.start)
        self.error = error
        self.node = node
        self.callers: list[tuple[ast.stmt, Code]] = []
        self.text = code.source(node) if isinstance(node, ast.stmt) else ""
        name = place_name(self.file)
        text = f" `{self.text}`:" if self.text else ""
        super().__init__(f"{name}:{self.lineno}:{text} {type(error).__name__}: {error}")


class OutOfTime(TimeoutError):
    """The user's code has not come to an end."""

    def __init__(self, file: str, lineno: int, called_from: int | None = None) -> None:
        name = place_name(file)
        where = f" (called from line {called_from})" if called_from not in (None, lineno) else ""
        super().__init__(
            f"{name}:{lineno}: still running after the time allowed: is there a loop that "
            f"does not end?{where}"
        )


class Left(Exception):
    """A block was left by return, break or continue."""

    def __init__(self, how: str) -> None:
        self.how = how
