"""The report as text, at most 100 columns wide."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from micrograd_np.compare.running.sources import place_name
from micrograd_np.compare.unseen.rows import OWN, WRONG
from micrograd_np.rounding import LIMIT

if TYPE_CHECKING:
    from micrograd_np.compare.report.report import Gradient, Line, Report

WIDTH = 100


def text(report: Report) -> str:
    """Return the report: one row for each line, then what is wrong with the first wrong one."""
    return "\n".join([*_table(report.lines, report), "", *_summary(report)])


def _table(lines: Sequence[Line], report: Report) -> Iterator[str]:
    number = max(len(str(line.lineno)) for line in lines) if lines else 4
    number = max(number, len("line"))
    source_width = min(max((len(line.source) for line in lines), default=6), 40)
    meaning_width = min(40, WIDTH - number - source_width - 4 - 9 - 11)
    yield (
        f"{'line':>{number}}  {'source':{source_width}}  "
        f"{'what it computes':{meaning_width}}  {'radii':>7}"
    )
    for line in lines:
        radii = "" if line.radii is None else radii_text(line.radii)
        mark = ""
        if line is report.first_wrong:
            mark = "  <-- wrong"
        elif line.verdict == "wrong":
            mark = "  <-- also"
        yield (
            f"{line.lineno:>{number}}  {_cut(line.source, source_width)}  "
            f"{_cut(line.meaning, meaning_width)}  {radii:>7}{mark}"
        ).rstrip()


def radii_text(radii: float) -> str:
    """Return a number of radii."""
    if math.isinf(radii):
        return "far"
    return f"{radii:.1f}" if radii < 1000 else f"{radii:.0e}"


def _cut(value: str, width: int) -> str:
    return value.ljust(width) if len(value) <= width else value[: width - 3] + "..."


def _summary(report: Report) -> Iterator[str]:
    first, *rest = sentences(report)
    yield from textwrap.wrap(first, WIDTH)
    if report.repair is not None and report.hint == "fix":
        yield mended(report)
        yield from _hunk(report.repair)
    if report.alternative is not None and report.hint == "fix":
        yield from textwrap.wrap(report.otherwise, WIDTH)
        yield from _hunk(report.alternative)
    for sentence in rest:
        yield from textwrap.wrap(sentence, WIDTH)
    for head, rows in unseen(report):
        yield head
        for row in rows:
            yield from textwrap.wrap(row, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def sentences(report: Report) -> list[str]:
    """Return what was found, in words: the first sentence is about the first wrong line."""
    name = place_name(report.file)
    found = []
    line = report.first_wrong
    if report.ok:
        told = (line.radii for line in report.lines if line.radii is not None)
        every = [*told, *(g.radii for g in report.gradients)]
        worst = max((radii for radii in every if radii <= LIMIT), default=0.0)
        but = "" if max(every, default=0.0) <= LIMIT else ", but for what is told below"
        lines, gradients = len(report.lines), len(report.gradients)
        found.append(
            f"{'All ' * (lines > 1)}{lines} line{'s' * (lines > 1)} and {gradients} "
            f"gradient{'s' * (gradients > 1)} are right: at most {worst:.1f} rounding radii "
            f"apart{but}."
        )
    elif line is None:
        found.append(f"{name}: a gradient is wrong, and no line is found to blame.")
    elif report.hint == "line":
        found.append(f"{name}:{line.lineno} is the first wrong line.")
    else:
        kind = f"{line.kind}. " if line.kind else ""
        found.append(f"{name}:{line.lineno}: {kind}{report.explanation}".rstrip())
        also = [one for one in report.lines if one.verdict == "wrong" and one is not line]
        if also:
            rows = (f"line {one.lineno}" + f" ({one.kind})" * bool(one.kind) for one in also)
            found[0] += f" Also wrong: {', '.join(rows)}."
    wrong = [g.name for g in report.gradients if not g.ok]
    right = [g.name for g in report.gradients if g.ok]
    if wrong:
        row = f"wrong gradients: {', '.join(wrong)}"
        found.append(row + (f"; right: {', '.join(right)}" if right else ""))
    found += in_torch(report.gradients)
    found += report.notes
    return found


def mended(report: Report) -> str:
    """Return what is said before the repair."""
    if report.first_wrong is not None and report.first_wrong.kind == "aliasing":
        return "With this edit it is kept, and every gradient is right:"
    is_one = sum(line.verdict == "wrong" for line in report.lines) < 2
    edits = "this edit" if is_one else "these edits"
    if any(row.endswith(WRONG) for row in report.unseen):
        return f"With {edits} every gradient is right, but not on all inputs (see below):"
    return f"With {edits} every gradient is right, on fresh data of other lengths too:"


def unseen(report: Report) -> list[tuple[str, list[str]]]:
    """Return what could not have been seen, in rows: by the check, and by the inputs given."""
    own = [row.removeprefix(OWN) for row in report.unseen if row.startswith(OWN)]
    always = [row for row in report.unseen if not row.startswith(OWN)]
    both = [("this check could not see:", always), (OWN.strip(), own)]
    return [(head, rows) for head, rows in both if rows]


def in_torch(gradients: Sequence[Gradient]) -> Iterator[str]:
    """Yield what PyTorch says of the automatic gradients, if it was asked."""
    asked = [g for g in gradients if g.torch is not None]
    for one in asked:
        if one.torch is not None and one.torch > LIMIT:
            far = "" if math.isinf(one.torch) else f": {radii_text(one.torch)} radii apart"
            yield f"PyTorch does not agree with the automatic gradient of {one.of}{far}."
    agree = [g.torch for g in asked if g.torch is not None and g.torch <= LIMIT]
    if agree:
        which = "" if len(agree) == len(gradients) else "other "
        yield (
            f"PyTorch agrees with the {which}automatic gradients: at most {max(agree):.1f} radii "
            "apart."
        )


def _hunk(diff: str) -> Iterator[str]:
    """Yield the changed lines of a diff."""
    for row in diff.splitlines():
        if row[:1] in "+-" and not row.startswith(("+++", "---")):
            margin = " " * (len(row[1:]) - len(row[1:].lstrip()) + 6)
            yield from textwrap.wrap(
                row, WIDTH - 1, initial_indent=" ", subsequent_indent=f" {row[:1]}{margin}",
                drop_whitespace=True, break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
