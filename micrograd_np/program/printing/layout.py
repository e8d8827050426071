"""Long lines of code, broken where a person would break them."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

_BINDING = (
    ("or",),
    ("<", "<=", ">", ">=", "==", "!="),
    ("+", "-"),
    ("*", "/", "@", "//", "%"),
    ("**",),
)
_BEFORE = {sign: binds for binds, signs in enumerate(_BINDING, 1) for sign in signs}
"""How closely each operator binds: a line is broken before one of the loosest. Commas are 0."""

_OPEN, _CLOSE = "([{", ")]}"


def folded(line: str, width: int) -> list[str]:
    """Return a line of code as lines no longer than `width`, where it can be broken.

    An assignment or a return gets parentheses around what it computes; a ``def`` and a call have
    theirs. It is broken after commas and before operators, outside inner brackets if possible.

    Parameters
    ----------
    line
        One logical line: ``a = b + c``, ``return a, b`` or ``def f(a, b):``.
    width
        How many characters a line may have.

    Examples
    --------
    >>> for part in folded("total = first_part + second_part", 20):
    ...     print(part)
    total = (
        first_part
        + second_part
    )
    """
    if len(line) <= width:
        return [line]
    for start, end in (("def ", "):"), ("if ", ":"), ("return ", ""), ("", "")):
        if line.startswith(start):
            head, body, tail = _split(line, start, end)
            break
    if not body:
        return [line]
    inner = list(_filled(body, width - 4))
    return [head + "(", *(f"    {part}" for part in inner), ")" + tail]


def _split(line: str, start: str, end: str) -> tuple[str, str, str]:
    """Return what stands before the parentheses, in them, and after them."""
    if start == "def ":
        head, _, rest = line.partition("(")
        return head, rest[: -len(end)], ":"
    if start:
        return start, line[len(start) : len(line) - len(end)], end
    for sign in (" = ", " += ", " -= ", " *= ", " /= "):
        head, found, body = line.partition(sign)
        if found and head.count("[") == head.count("]") and head.count("(") == head.count(")"):
            return head + sign, body, ""
    head, found, body = line.partition("(")  # a call that is a statement
    return (head, body[:-1], "") if found and body.endswith(")") else (line, "", "")


def _filled(body: str, width: int) -> Iterator[str]:
    """Yield parts of an expression: at each step as much as fits, at the outermost break."""
    breaks = _breaks(body)
    begin = 0
    while len(body) - begin > width:
        fitting = [(depth, at) for at, depth in breaks if begin < at <= begin + width]
        if not fitting:
            fitting = [(depth, at) for at, depth in breaks if at > begin][:1]
        if not fitting:
            break
        lowest = min(depth for depth, _ in fitting)
        at = max(at for depth, at in fitting if depth == lowest)
        yield body[begin:at].strip()
        begin = at
    yield body[begin:].strip()


def _breaks(body: str) -> list[tuple[int, tuple[int, int]]]:
    """Return where an expression may be broken, how deep in brackets, and how close it binds."""
    found: list[tuple[int, tuple[int, int]]] = []
    depth = 0
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(f"({body})").readline):
        text, column = token.string, token.start[1] - 1
        if text in _OPEN and text:
            depth += 1
        elif text in _CLOSE and text:
            depth -= 1
        elif text == ",":
            found.append((column + 1, (depth, 0)))
        elif text in _BEFORE and before not in _BEFORE and before not in ("(", "[", ",", ""):
            found.append((column, (depth, _BEFORE[text])))
        before = text
    return found
