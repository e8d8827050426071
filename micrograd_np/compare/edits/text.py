"""An edit of a statement, its text, and what can be written into it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from micrograd_np.compare.running.code import Code


class Edit(NamedTuple):
    """One change of one statement.

    Attributes
    ----------
    text
        The statement's new text; two statements are on two lines.
    kind
        What was wrong if this is right.
    cost
        How unlikely it is that this was the mistake.
    """

    text: str
    kind: str
    cost: float


class Context:
    """What can be written into a statement.

    Parameters
    ----------
    shapes
        The arrays that are there when it is run, with their shapes.
    numbers
        The numbers that are there, by name.
    values
        The floating-point arrays among them, before it is run.
    namespace
        Everything that it sees.
    indices
        Indices that are written elsewhere, such as ``np.arange(N), y``.
    slices
        Slices that are written elsewhere, such as ``:, :H``.
    small
        Small numbers that are written elsewhere, such as ``1e-5``.
    slopes
        Numbers from 0 to 1 by which some elements are multiplied, as in a leaky ReLU.
    after
        The shapes of what there is when it has been run.
    """

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        numbers: Mapping[str, float],
        values: Mapping[str, Any],
        namespace: Mapping[str, Any] | None = None,
        indices: Sequence[str] = (),
        slices: Sequence[str] = (),
        small: Sequence[str] = (),
        slopes: Sequence[str] = (),
        after: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        own = [name for name in shapes if "[" not in name]  # rather x than cache["x"]
        self.shapes = {name: shapes[name] for name in (*own, *shapes)}
        self.numbers = dict(numbers)
        self.values = {name: values[name] for name in (*self.shapes, *values) if name in values}
        self.namespace = dict(namespace or {})
        self.indices = list(indices)
        self.slices = list(slices)
        self.small = list(small)
        self.slopes = list(slopes)
        self.after = dict(after or {})
        self._asked: dict[str, tuple[int, ...] | None] = {}
        self._made: dict[str, Any] = {}

    def made(self, name: str, make: Callable[[], Any]) -> Any:
        """Return something that is made once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def shape_of(self, text: str) -> tuple[int, ...] | None:
        """Return the shape of an expression, None if it is no array."""
        if text not in self._asked:
            known = self.shapes.get(text)
            if known is None:
                value = self.evaluate(text)
                is_array = isinstance(value, (np.ndarray, np.floating, float))
                known = np.shape(value) if is_array else None
            self._asked[text] = known
        return self._asked[text]

    def evaluate(self, text: str) -> Any:
        """Return the value of an expression, None if it has none."""
        try:
            with np.errstate(all="ignore"):
                return eval(text, self.namespace)
        except Exception:  # the user's expression: whatever it raises, it has no value
            return None


class Text:
    """The text of a statement, in which stretches can be replaced."""

    def __init__(self, code: Code, node: ast.stmt | ast.expr) -> None:
        self.code = code
        self.node = node
        self.data = code.span(node).encode()
        rows = self.data.split(b"\n")
        self._starts = [0]
        for row in rows:
            self._starts.append(self._starts[-1] + len(row) + 1)

    def place(self, line: int, column: int) -> int:
        """Return the place of a line and column of the file in the text."""
        row = line - self.node.lineno
        return self._starts[row] + (column - self.node.col_offset if row == 0 else column)

    def of(self, node: Any) -> str:
        """Return the text of a part."""
        return self.data[self._slice(node)].decode()

    def _slice(self, node: Any) -> slice:
        return slice(
            self.place(node.lineno, node.col_offset),
            self.place(node.end_lineno, node.end_col_offset),
        )

    def put(self, node: Any, new: str) -> str:
        """Return the text with a part replaced."""
        at = self._slice(node)
        return (self.data[: at.start] + new.encode() + self.data[at.stop :]).decode()

    def has_brackets(self, node: Any) -> bool:
        """Whether a part stands in brackets of its own."""
        at = self._slice(node)
        before, after = self.data[: at.start].decode(), self.data[at.stop :].decode()
        return after[:1] == ")" and re.search(r"(^|[^\w)\]])\($", before) is not None

    def put_name(self, node: Any, name: str) -> str:
        """Return the text with a name in the place of a part and of its brackets."""
        at, wide = self._slice(node), int(self.has_brackets(node))
        data = self.data[: at.start - wide] + name.encode() + self.data[at.stop + wide :]
        return data.decode()

    def exchange(self, one: Any, other: Any) -> str:
        """Return the text with two parts exchanged, of which one stands before the other."""
        a, b = self._slice(one), self._slice(other)
        data = self.data
        between = data[a.stop : b.start]
        return (data[: a.start] + data[b] + between + data[a] + data[b.stop :]).decode()

    def put_between(self, left: Any, right: Any, old: str, new: str) -> str | None:
        """Return the text with what stands between two parts replaced, None if it is not there."""
        start, stop = self._slice(left).stop, self._slice(right).start
        between = self.data[start:stop].decode()
        if old not in between:
            return None
        changed = between.replace(old, new, 1)
        return (self.data[:start] + changed.encode() + self.data[stop:]).decode()


@lru_cache(maxsize=64)
def _walked(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return all parts of a statement: every kind of edit asks for them."""
    return tuple(ast.walk(node))


def is_numpy(call: ast.Call) -> bool:
    """Whether a call is one of a function of NumPy, or of a method."""
    return isinstance(call.func, ast.Attribute)


def exceeds(context: Context, number: str, other: str) -> bool:
    """Whether a number is so much greater that what a function makes with it may be huge."""
    return abs(context.numbers[number]) > 8 * max(4.0, abs(context.numbers[other]))


def parts(node: ast.AST, kind: Any) -> Iterator[Any]:
    """Yield the parts of a statement that are of a kind."""
    for part in _walked(node):
        if isinstance(part, kind):
            yield part


def loads(node: ast.AST) -> Iterator[Any]:
    """Yield the names, attributes and items that are read."""
    for part in _walked(node):
        is_named = isinstance(part, (ast.Name, ast.Attribute, ast.Subscript))
        if is_named and isinstance(part.ctx, ast.Load):  # type: ignore[attr-defined]  # they have it
            yield part


_WITH_VALUE = (ast.Assign, ast.AugAssign, ast.Return)


def value_of(node: ast.stmt) -> Any:
    """Return what a statement assigns, None if it is no assignment."""
    return getattr(node, "value", None) if isinstance(node, _WITH_VALUE) else None


def values_of(node: ast.stmt) -> list[ast.expr]:
    """Return what a statement assigns or returns, one by one where that is several things."""
    value = value_of(node)
    if value is None:
        return []
    return list(value.elts) if isinstance(value, ast.Tuple) else [value]


def target_of(node: ast.stmt) -> Any:
    """Return what a statement writes into, None if that is several things or nothing."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0]
    if isinstance(node, ast.AugAssign):
        return node.target
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
        return node.value.args[0]
    return None


def bracketed(text: Text, value: ast.expr) -> str:
    """Return the text of an expression, in brackets where it needs them as an operand."""
    written = text.of(value)
    plain = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant)
    return written if isinstance(value, plain) else f"({written})"


def expression(text: str) -> ast.AST:
    """Return the tree of an expression, an empty one if it is none."""
    try:
        return ast.parse(text, mode="eval")
    except SyntaxError:
        return ast.Module([], [])


def function_of(call: ast.Call) -> str:
    """Return the name of the function that is called, without its module."""
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def renamed(text: Text, call: ast.Call, name: str) -> str:
    """Return the text of a call with another function or method in its place."""
    arguments = text.of(call)[len(text.of(call.func)) :]
    if isinstance(call.func, ast.Attribute):
        return f"{bracketed(text, call.func.value)}.{name}{arguments}"
    return f"{name}{arguments}"


def is_module(value: ast.expr) -> bool:
    """Whether the functions of an expression are NumPy's, and no methods of an array."""
    return isinstance(value, ast.Name) and value.id in ("np", "numpy")


def looks_like_reg(name: str) -> bool:
    """Whether a variable is called like the strength of a regularisation."""
    low = name.lower()
    return low in {"reg", "lam", "lambda_", "lambd", "l2", "l2_reg", "wd", "decay", "alpha"} or (
        low.startswith(("reg", "lamb", "weight_decay", "l2"))
    )


def shape_of_target(node: ast.stmt, text: Text, context: Context) -> tuple[int, ...] | None:
    """Return the shape of what a statement writes into, None if that is no array."""
    target = target_of(node)
    return None if target is None else context.shape_of(text.of(target))


def broadcasts(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be broadcast to another."""
    if len(small) > len(shape):
        return False
    padded = (1,) * (len(shape) - len(small)) + small
    return all(a in (1, b) for a, b in zip(padded, shape, strict=True))


REDUCTIONS = ("sum", "mean", "max", "min", "var", "std", "prod", "argmax", "argmin")


def axes_of(call: ast.Call) -> list[ast.expr]:
    """Return the axis that a reduction is given by position, if it is."""
    if function_of(call) not in REDUCTIONS:
        return []
    is_method = not ast.unparse(call.func).startswith("np.")
    return call.args[:1] if is_method else call.args[1:2]


def alike(one: str, other: str) -> float:
    """Return how much two names are alike, from 0 to 1."""
    common = len(set(one) & set(other))
    return common / max(len(set(one) | set(other)), 1)
