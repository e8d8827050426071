"""A program as a table of its statements, no wider than 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from micrograd_np.frames import Line

if TYPE_CHECKING:
    from micrograd_np.program.program import Program, Statement

WIDTH = 100
_GAP = "  "
_HEADS = ("#", "name", "computed as", "shape", "dtype", "line")
_LARGEST = (5, 20, 58, 20, 10, 22)
_LEAST = 16

Row = tuple[str, str, str, str, str, str]


def table(program: Program) -> str:
    """Return the statements of a program as a table.

    Every statement is one NumPy call; what is too long for its column ends in an ellipsis.
    """
    files = {s.line.file for s in program.forward if s.line is not None}
    given = [
        ("", item.name, "", _shape(item.shape), str(item.dtype), "")
        for item in (*program.inputs, *program.constants)
    ]
    parts: list[tuple[str, list[Row]]] = [("given", given)]
    count = 0
    for title, statements in (("forward", program.forward), ("backward", program.backward)):
        rows = list(_rows(statements, count, len(files) == 1))
        count += len(rows)
        if rows:
            (file,) = files if len(files) == 1 and title == "forward" else ("",)
            parts.append((title + (f", {_base(file)}" if file else ""), rows))
    widths = _widths([row for _, rows in parts for row in rows])
    lines = [_line(_HEADS, widths)]
    for title, rows in parts:
        lines += ["", _cut(title, WIDTH), *(_line(row, widths) for row in rows)]
    lines += ["", _cut(f"returns {', '.join(program.outputs)}", WIDTH)]
    return "\n".join(lines)


def _rows(statements: Iterable[Statement], before: int, one_file: bool) -> Iterator[Row]:
    for number, statement in enumerate(statements, before + 1):
        shape, line = _shape(statement.shape), _where(statement.line, one_file)
        yield str(number), statement.name, statement.text, shape, str(statement.dtype), line


def _widths(rows: Sequence[Row]) -> list[int]:
    """Return how wide each column is: the expressions get what the others leave."""
    columns = list(zip(_HEADS, *rows, strict=True))
    wanted = [max(map(len, column)) for column in columns]
    widths = [min(n, most) for n, most in zip(wanted, _LARGEST, strict=True)]
    free = WIDTH - len(_GAP) * (len(widths) - 1) - sum(widths) + widths[2]
    widths[2] = max(min(wanted[2], free), _LEAST)
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    number, *cells, where = (_cut(cell, n) for cell, n in zip(row, widths, strict=True))
    middle = [f"{cell:{n}}" for cell, n in zip(cells, widths[1:-1], strict=True)]
    return _GAP.join([f"{number:>{widths[0]}}", *middle, f"{where:>{widths[-1]}}"]).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "()"


def _where(line: Line | None, one_file: bool) -> str:
    if line is None:
        return ""
    return str(line.number) if one_file else f"{_base(line.file)}:{line.number}"


def _base(file: Any) -> str:
    return str(file).replace("\\", "/").rsplit("/", 1)[-1]
