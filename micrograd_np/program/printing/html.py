"""A program as HTML: each equation beside the code that computes it. It needs no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from micrograd_np.program.printing.mathematics.equations import Equation, Sheet
from micrograd_np.program.printing.mathematics.mathml import element
from micrograd_np.program.printing.plan import Line
from micrograd_np.program.printing.source import Page
from micrograd_np.program.record import Record
from micrograd_np.program.traced import Traced

# Colours are made of the text's own colour, so that they suit light and dark pages.
_STYLE = """
.mg-program { border-collapse: collapse; margin: 0.5em 0; color: inherit; background: none; }
.mg-program td, .mg-program th { padding: 0.45em 0.9em; vertical-align: middle; border: 0;
  text-align: left; background: none; }
.mg-program tr { background: none; }
.mg-program tr.mg-row td { border-top: 1px solid rgba(128, 128, 128, 0.25); }
.mg-program th { padding-top: 1em; font-weight: 600; font-size: 85%; opacity: 0.65;
  letter-spacing: 0.04em; border-bottom: 1px solid rgba(128, 128, 128, 0.6); }
.mg-program pre { margin: 0; padding: 0; font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: 90%; line-height: 1.5; white-space: pre; color: inherit; background: none; }
.mg-program math { display: inline math; math-style: normal; margin: 0; font-size: 110%;
  font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "STIX Math", math; }
.mg-program td.mg-given math { margin-right: 1.2em; }
.mg-program td.mg-number { text-align: right; opacity: 0.65; font-variant-numeric: tabular-nums; }
.mg-program td.mg-notation { opacity: 0.75; font-size: 90%; }
"""

_NOTATION = (
    (r" \\odot", r"a \odot b", "the product entry by entry"),
    (r"\{\\odot", r"a^{\odot 2}", "the power of every entry"),
    (
        r"\\mathbf\{1\}(\[|\\left)",
        r"\mathbf{1}[\ldots]",
        "1 where the condition holds, 0 elsewhere",
    ),
    (r"\\mathbf\{1\}(?!\[|\\left)", r"\mathbf{1}", "an array of ones"),
    (r":", r"x_{n,:}", "row n; a colon is all of an axis, and indices count from 0"),
    (r"\\leftarrow", r"x[i \leftarrow v]", "x, but v at i"),
    (r"\\overset", r"x[i \overset{+}{\leftarrow} v]", "x, with v added at i"),
)
"""What is explained where it stands in an equation: a pattern, the sign, its meaning."""


class Row(NamedTuple):
    """Lines of code, and the equations of what they compute."""

    code: list[str]
    equations: list[Equation]


def html(program: Record) -> str:
    """Return code on the left and mathematics on the right, an equation in each row."""
    sheet = Sheet(program)
    page = Page(program, list(program.values), program.returned)
    rows = list(_rows(program, sheet, page))
    table = "\n".join(['<table class="mg-program">', *rows, "</table>"])
    return f"<div>\n<style>{_STYLE}</style>\n{table}\n</div>"


def _rows(program: Record, sheet: Sheet, page: Page) -> Iterator[str]:
    given = ", ".join(page.names[value] for value in program.inputs)
    yield _heading("given")
    lengths = list(page.lengths())
    constants = [value for value in program.values if value.role == "constant" and value.shape]
    spaces = "".join(_element_of(sheet, value) for value in [*program.inputs, *constants])
    code = _code([f"def {page.function_name}({given}):", *lengths])
    yield f'<tr class="mg-row">{code}<td class="mg-given" colspan="2">{spaces}</td></tr>'
    for backward in (False, True):
        found = list(side_by_side(sheet, page, backward))
        if found:
            yield _heading("backward" if backward else "forward")
            for row in found:
                yield from _beside(row)
    code = _code([f"return {', '.join(page.results())}"])
    yield f'<tr class="mg-row">{code}<td colspan="2"></td></tr>'
    yield from _notation(sheet.equations)


def side_by_side(sheet: Sheet, page: Page, backward: bool) -> Iterator[Row]:
    """Yield the rows of one pass: several equations where one line computes it all."""
    equations = [e for e in sheet.equations if e.backward == backward]
    waiting: list[Equation] = []
    for equation, lines in zip(equations, _code_of(sheet, page, equations), strict=True):
        waiting.append(equation)
        if lines or equation is equations[-1]:
            yield Row(lines, waiting)
            waiting = []


def _beside(row: Row) -> Iterator[str]:
    cells = [
        f'<td>{element(equation.text)}</td><td class="mg-number">({equation.number})</td></tr>'
        for equation in row.equations
    ]
    yield f'<tr class="mg-row">{_code(row.code, len(cells))}{cells[0]}'
    yield from (f"<tr>{cell}" for cell in cells[1:])


def _code_of(sheet: Sheet, page: Page, equations: Sequence[Equation]) -> list[list[str]]:
    """Return the lines of code that belong to each equation.

    Code has more lines where it writes into an array step by step, and fewer where the
    mathematics gives a name to what the code does not: every line stands beside the first equation
    that is not before it.
    """
    found: list[list[str]] = [[] for _ in equations]
    if not equations:
        return found
    order = {value: i for i, value in enumerate(sheet.program.values)}
    last = [order[e.value] for e in equations]
    lines = [line for line in page.plan.lines if line.value.backward == equations[0].backward]
    for line in lines:
        at = next((i for i, n in enumerate(last) if n >= order[line.value]), len(last) - 1)
        found[at] += _written(page, line)
    return found


def _written(page: Page, line: Line) -> list[str]:
    """Return a line of code; what is too large to write out is left open."""
    try:
        return page.code(line)
    except ValueError:
        return [f"{page.names[line.value]} = …"]


def _element_of(sheet: Sheet, value: Traced) -> str:
    """Return to what space an input belongs."""
    space = r"\mathbb{Z}" if value.dtype.kind in "iu" else r"\mathbb{R}"
    if value.dtype.kind == "b":
        space = r"\{0, 1\}"
    shape = sheet.shape(value)
    if shape:
        space += f"^{{{shape}}}"
    return element(rf"{sheet.symbols[value].text} \in {space}", "inline")


def _heading(text: str) -> str:
    return f'<tr><th colspan="3">{text}</th></tr>'


def _code(lines: Sequence[str], rows: int = 1) -> str:
    text = escape("\n".join(lines))
    return f'<td rowspan="{rows}"><pre>{text}</pre></td>'


def _notation(equations: Sequence[Equation]) -> Iterator[str]:
    """Say what the signs mean that not everyone knows."""
    text = " ".join(equation.text for equation in equations)
    notes = [
        f"{element(sign, 'inline')} {meaning}"
        for pattern, sign, meaning in _NOTATION
        if re.search(pattern, text)
    ]
    if notes:
        cell = f'<td class="mg-notation" colspan="3">{"; ".join(notes)}.</td>'
        yield f'<tr class="mg-row">{cell}</tr>'
