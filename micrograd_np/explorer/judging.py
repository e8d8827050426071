"""What `compare` says of a backward pass, for the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from micrograd_np.compare.comparing import compare
from micrograd_np.compare.report.report import Report
from micrograd_np.compare.report.text import mended, sentences, unseen
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.explorer import built, code
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.walk import walk

_OFFER = re.compile(r" \(try .*\)$")
"""The end of a row that tells what inputs to try: on the page, the knobs choose them."""


def message(knobs: Knobs, instead: Mapping[str, str]) -> dict[str, Any]:
    """Return what is wrong with the hand-written pass of the built-in network.

    `compare` sees the code alone. The page knows, too, which line was changed, and what each line
    should compute: where the two differ, both is told.
    """
    made = built.build(knobs, instead)
    names, numbers = _places(made, knobs, instead)
    try:
        report = compare(made.forward, made.backward, torch=False, **built.inputs(knobs))
        found = as_message(report, names.get)
        found["sentences"] = [_renumbered(sentence, numbers) for sentence in found["sentences"]]
        for part in found["unseen"]:
            part["title"] = part["title"].replace("your", "these")
            part["rows"] = [_renumbered(_OFFER.sub("", row), numbers) for row in part["rows"]]
    except (UserError, OutOfTime, ValueError) as error:
        found = stopped([_renumbered(str(error), numbers)])
    return found | _line_by_line(knobs, instead, found)


def _line_by_line(
    knobs: Knobs, instead: Mapping[str, str], found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the lines themselves say, where a report says otherwise."""
    rows = walk(knobs, instead).rows
    first = next((i for i, row in enumerate(rows) if row.verdict != "ok"), None)
    if first is None:
        if found["ok"]:
            return {}
        said = (
            f"All {len(rows)} lines are right. With these numbers rounding is so large that the "
            "code alone would not tell it from a mistake."
        )
        return stopped([said]) | {"ok": True}
    row, name = rows[first], rows[first].written.line.name
    if name == found["first"]:
        return {}
    far = row.by_hand
    why = "is left out" if row.verdict == "left out" else "is the first that is wrong"
    said = f"line {first + 1} {why}" + (f": {far.problem}" if far and far.problem else "")
    if found["ok"]:
        return {
            "ok": False,
            "first": name,
            "sentences": [f"{said}. On these inputs no gradient shows it."],
        }
    head, *rest = found["sentences"]
    return {"ok": False, "first": name, "sentences": [f"{said}. {head}", *rest]}


def _places(
    made: built.Built, knobs: Knobs, instead: Mapping[str, str]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return for the lines of the module which line it is, and what number the page gives it."""
    names: dict[int, str] = {}
    lineno = made.subject.forward.body[0].lineno
    numbers = dict(zip(count(lineno), code.labelled(knobs.depth, knobs.activation)))
    lineno = made.subject.backward.body[0].lineno
    for i, written in enumerate(code.backward(knobs.depth, knobs.activation), start=1):
        if instead.get(written.line.name, written.code):
            lineno += 1
            names[lineno], numbers[lineno] = written.line.name, str(i)
    return names, numbers


def _renumbered(sentence: str, numbers: Mapping[int, str]) -> str:
    """Return a sentence with the lines numbered as on the page: F1 is the first of forward."""

    def renumbered(found: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda n: numbers.get(int(n[0]), n[0]), found[0])

    sentence = re.sub(rf"\b{re.escape(built.FILE)}:(\d+)", r"line \1", sentence)
    return re.sub(r"\blines? \d+((, |-| and )\d+)*", renumbered, sentence)


def stopped(sentences: list[str]) -> dict[str, Any]:
    """Return what is said where the pass cannot be run to its end."""
    return {
        "ok": False, "sentences": sentences, "first": None, "repair": None,
        "mended": "", "otherwise": "", "alternative": None, "unseen": [],
    }  # fmt: skip


def as_message(report: Report, name_of: Callable[[int], str | None]) -> dict[str, Any]:
    """Return a report for the page; `name_of` returns the name of the line of a number."""
    first = report.first_wrong
    return {
        "ok": report.ok,
        "sentences": sentences(report),
        "first": name_of(first.lineno) if first is not None else None,
        "repair": _hunk(report.repair),
        "mended": mended(report) if report.repair is not None else "",
        "otherwise": report.otherwise,
        "alternative": _hunk(report.alternative),
        "unseen": [{"title": title, "rows": rows} for title, rows in unseen(report)],
    }


def _hunk(diff: str | None) -> list[str] | None:
    """Return the changed lines of a diff."""
    if diff is None:
        return None
    rows = diff.splitlines()
    return [row for row in rows if row[:1] in "+-" and not row.startswith(("+++", "---"))]
