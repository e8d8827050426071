"""The report as HTML: a table of the lines, and under each a picture of its values.

Everything is in the text itself, so that it can be read anywhere, without a network.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.report.text import radii_text, sentences, unseen
from micrograd_np.compare.running.sources import place_name
from micrograd_np.pictures import figure, largest

if TYPE_CHECKING:
    from micrograd_np.compare.report.report import Line, Picture, Report

Array = NDArray[Any]

STYLE = """
.mg-compare { font: 14px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 70rem }
.mg-compare table.lines { border-collapse: collapse; width: 100% }
.mg-compare .lines td, .mg-compare .lines th { text-align: left; padding: .2rem .7rem;
  border-bottom: 1px solid #d0d7de; vertical-align: top }
.mg-compare code, .mg-compare pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap }
.mg-compare .number { text-align: right; font-variant-numeric: tabular-nums }
.mg-compare tr.wrong { background: #fff1e5 }
.mg-compare tr.follows td { color: #59636e }
.mg-compare .verdict { font-weight: 600 }
.mg-compare .wrong .verdict { color: #a0410d }
.mg-compare .ok .verdict { color: #1a5fb4 }
.mg-compare details { margin: .2rem 0 }
.mg-compare figure { display: inline-block; margin: .3rem 1.2rem .3rem 0 }
.mg-compare figcaption { font-size: 12px; color: #59636e }
.mg-compare pre.repair { background: #f6f8fa; padding: .6rem .9rem; border-radius: 6px }
@media (prefers-color-scheme: dark) {
  .mg-compare { color: #e6edf3; background: #0d1117 }
  .mg-compare tr.wrong { background: #3b2412 }
  .mg-compare .wrong .verdict { color: #ffb27a }
  .mg-compare .ok .verdict { color: #8ab8ff }
  .mg-compare tr.follows td, .mg-compare figcaption { color: #9198a1 }
  .mg-compare pre.repair { background: #161b22 }
  .mg-compare .lines td, .mg-compare .lines th { border-color: #3d444d }
}
"""


def page(report: Report) -> str:
    """Return a complete page."""
    name = html.escape(place_name(report.file))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}: the backward pass, line by line</title></head>\n"
        f"<body>{fragment(report)}</body></html>\n"
    )


def fragment(report: Report) -> str:
    """Return the report as an element, for notebooks."""
    rows = "".join(
        _row(line, _folded(line, report), line.kind if report.hint != "line" else "")
        for line in report.lines
    )
    said = "".join(f"<p>{html.escape(row)}</p>" for row in sentences(report))
    repair = ""
    if report.repair is not None and report.hint == "fix":
        repair = f'<pre class="repair">{html.escape(report.repair)}</pre>'
    if report.alternative is not None and report.hint == "fix":
        repair += f"<p>{html.escape(report.otherwise)}</p>"
        repair += f'<pre class="repair">{html.escape(report.alternative)}</pre>'
    missed = ""
    for title, reasons in unseen(report):
        items = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons)
        missed += f"<p>{html.escape(title)}</p><ul>{items}</ul>"
    head = "".join(
        f"<th>{name}</th>" for name in ("line", "source", "what it computes", "radii", "")
    )
    return (
        f'<div class="mg-compare"><style>{STYLE}</style>'
        f'<table class="lines"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"{said}{repair}{missed}</div>"
    )


def _row(line: Line, pictures: str, kind: str) -> str:
    far = "" if line.radii is None else radii_text(line.radii)
    verdict = line.verdict if line.verdict != "-" else ""
    kind = f" ({kind})" if kind else ""
    return (
        f'<tr class="{html.escape(verdict)}"><td class="number">{line.lineno}</td>'
        f"<td><code>{html.escape(line.source)}</code></td>"
        f"<td>{html.escape(line.meaning)}{pictures}</td>"
        f'<td class="number">{far}</td>'
        f'<td class="verdict">{html.escape(verdict + kind)}</td></tr>'
    )


def _folded(line: Line, report: Report) -> str:
    pictures = [drawn(p) for p in report.pictures if p.lineno == line.lineno]
    return "".join(f"<details><summary>values</summary>{p}</details>" for p in pictures)


def single(line: Line) -> str:
    """Return one line as a table, for notebooks."""
    rows = _row(line, "", line.kind)
    return (
        f'<div class="mg-compare"><style>{STYLE}</style><table class="lines">{rows}</table></div>'
    )


def drawn(picture: Picture) -> str:
    """Return what a line wrote, what it should have written, and the difference as heat maps."""
    figures = [figure("by hand", picture.hand, largest(picture.hand))]
    if picture.automatic is not None:
        figures.append(figure("automatic", picture.automatic, largest(picture.automatic)))
        if picture.automatic.shape == picture.hand.shape:
            with np.errstate(all="ignore"):
                difference = picture.hand - picture.automatic
            scale = largest(picture.automatic) or 1.0
            figures.append(figure("difference", difference, max(largest(difference), 1e-9 * scale)))
    return "".join(figures)
