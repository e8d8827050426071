"""What `compare` says of a backward pass, for the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from micrograd_np.compare.comparing import compare
from micrograd_np.compare.report.report import Line, Report
from micrograd_np.compare.report.text import mended, sentences, unseen
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.explorer import built, code
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.message import number


def message(knobs: Knobs, instead: Mapping[str, str]) -> dict[str, Any]:
    """Return what is wrong with the hand-written pass of the built-in network."""
    made = built.build(knobs, instead)
    try:
        report = compare(made.forward, made.backward, torch=False, **built.inputs(knobs))
    except (UserError, OutOfTime, ValueError) as error:
        return stopped(str(error))
    names: dict[int, str] = {}
    lineno = made.subject.backward.body[0].lineno
    for written in code.backward(knobs.depth, knobs.activation):
        if instead.get(written.line.name, written.code):
            lineno += 1
            names[lineno] = written.line.name
    return as_message(report, names.get)


def stopped(error: str) -> dict[str, Any]:
    """Return what is said where the pass cannot be run to its end."""
    return {
        "ok": False, "sentences": [error], "first": None, "kind": "", "repair": None,
        "mended": "", "otherwise": "", "alternative": None, "unseen": [], "lines": [],
    }  # fmt: skip


def as_message(report: Report, name_of: Callable[[int], str | None]) -> dict[str, Any]:
    """Return a report for the page; `name_of` returns the name of the line of a number."""
    first = report.first_wrong
    return {
        "ok": report.ok,
        "sentences": sentences(report),
        "first": name_of(first.lineno) if first is not None else None,
        "kind": first.kind if first is not None else "",
        "repair": _hunk(report.repair),
        "mended": mended(report) if report.repair is not None else "",
        "otherwise": report.otherwise,
        "alternative": _hunk(report.alternative),
        "unseen": [{"title": title, "rows": rows} for title, rows in unseen(report)],
        "lines": [_line(line, name_of) for line in report.lines],
    }


def _line(line: Line, name_of: Callable[[int], str | None]) -> dict[str, Any]:
    return {
        "lineno": line.lineno,
        "name": name_of(line.lineno),
        "source": line.source,
        "meaning": line.meaning,
        "verdict": line.verdict,
        "kind": line.kind,
        "radii": number(line.radii),
        "function": line.function,
    }


def _hunk(diff: str | None) -> list[str] | None:
    """Return the changed lines of a diff."""
    if diff is None:
        return None
    rows = diff.splitlines()
    return [row for row in rows if row[:1] in "+-" and not row.startswith(("+++", "---"))]
