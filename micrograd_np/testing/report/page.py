"""The evidence as one page that needs nothing else: a bar for each error, operations folded up."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from itertools import groupby

from micrograd_np.differing import in_radii
from micrograd_np.rounding import LIMIT
from micrograd_np.testing.evidence import Evidence, Series, by_family
from micrograd_np.testing.report.text import notes, summary
from micrograd_np.testing.verification import Verification

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; margin: 2rem auto; max-width: 76rem;
  padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem .7rem; border-bottom: 1px solid #d0d7de;
  vertical-align: top }
th { font-weight: 600; white-space: nowrap }
td.number { text-align: right; white-space: nowrap }
td.example { color: #59636e; font-size: 13px; overflow-wrap: anywhere; min-width: 16rem }
tr.property td { font-weight: 600; padding-top: .7rem }
svg { vertical-align: middle }
.bar { fill: #1a7f37 } .limit { stroke: #a0410d; stroke-dasharray: 3 2 } .axis { fill: #d0d7de }
.verdict { font-size: 1.1rem; font-weight: 600 } .ok { color: #1a7f37 } .bad { color: #a0410d }
pre { background: #fff1e5; padding: .7rem 1rem; border-radius: 6px; white-space: pre-wrap;
  font-size: 13px }
summary { cursor: pointer; font-weight: 600; padding: .25rem 0 }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } th, td { border-color: #3d444d }
  td.example { color: #9198a1 } .axis { fill: #3d444d } .bar { fill: #3fb950 }
  .ok { color: #3fb950 } .bad { color: #ffb27a } .limit { stroke: #ffb27a }
  pre { background: #3b2412 }
}
"""

GROUPS = {
    "networks": "Networks whose backward pass is written by hand",
    "layers": "Layers and losses whose backward pass is written by hand",
    "training": "Training, step by step",
    "programs": "Random programs",
    "operations": "Operations",
}

HEAD = ("", "examples", "dtype", "worst", "median", "radii, from 0.01 to 10,000", "worst example")
WIDTH, LOWEST, DECADES = 180, -2, 6
"""Of a bar: its length on the page, and the powers of ten from where and how many."""


def page(found: Verification) -> str:
    """Return a complete page."""
    verdict, kind = ("All sides agree", "ok") if found.ok else ("The sides disagree", "bad")
    failures = "".join(
        f"<h2>{_text(one.name)}</h2><pre>{_text(one.failure)}</pre>"
        for one in found.evidence
        if one.failure
    )
    groups = groupby(found.evidence, key=lambda one: one.group)
    tables = "".join(_group(name, list(some)) for name, some in groups)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>micrograd_np verify: {verdict.lower()}</title><style>{STYLE}</style></head>\n"
        f'<body><h1>Hand-written = automatic = PyTorch</h1><p class="verdict {kind}">{verdict}.</p>'
        f"<p>{_text(summary(found)).replace(chr(10), '<br>')}</p>"
        f"<p>{_text(' '.join(notes(found)))} (the dashed line).</p>"
        f"{failures}{tables}</body></html>\n"
    )


def _group(name: str, found: list[Evidence]) -> str:
    title = f"<h2>{_text(GROUPS.get(name, name))}</h2>"
    if not found[0].family:
        return title + _table(found)
    of_family = {family.name: family for family in by_family(found)}
    folded = (
        f"<details><summary>{_text(family.name)}: {_in_short(family)}</summary>"
        f"{_table([one for one in found if one.family == family.name])}</details>"
        for family in of_family.values()
    )
    return title + "".join(folded)


def _in_short(one: Evidence) -> str:
    worst = one.worst()
    return f"{one.examples} examples, worst {in_radii(worst.worst) if worst else '-'} radii"


def _table(found: Iterable[Evidence]) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in HEAD)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(map(_rows, found))}</table></div>'


def _rows(one: Evidence) -> str:
    said = one.left_out or f"{one.examples} examples" + (", disagree" if one.failure else "")
    first = (
        f'<tr class="property"><td colspan="7">{_text(one.name)}: '
        f"{_text(' = '.join(one.sides))}; {_text(said)}</td></tr>"
    )
    return first + "".join(
        _row(gradient, dtype, series) for (gradient, dtype), series in sorted(one.series.items())
    )


def _row(gradient: str, dtype: str, series: Series) -> str:
    return (
        f'<tr><td>{_text(gradient)}</td><td class="number">{len(series.radii)}</td>'
        f'<td>{_text(dtype)}</td><td class="number">{in_radii(series.worst)}</td>'
        f'<td class="number">{in_radii(series.median)}</td><td>{_bar(series)}</td>'
        f'<td class="example">{_text(series.sides)}: {_text(series.example)}</td></tr>'
    )


def _bar(series: Series) -> str:
    """Draw the worst error from the left, on a scale of powers of ten, with the limit."""
    worst, limit = _place(series.worst), _place(LIMIT)
    told = f"worst {in_radii(series.worst)} radii, limit {LIMIT:g}"
    return (
        f'<svg width="{WIDTH}" height="12" role="img" aria-label="{told}">'
        f'<rect class="axis" y="5" width="{WIDTH}" height="2"/>'
        f'<rect class="bar" y="2" width="{worst:.1f}" height="8"/>'
        f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y2="12"/></svg>'
    )


def _place(radii: float) -> float:
    powers = math.log10(radii) if radii > 0 else LOWEST
    return WIDTH * min(max(powers - LOWEST, 0), DECADES) / DECADES


def _text(value: str) -> str:
    return html.escape(value)
