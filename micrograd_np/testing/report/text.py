"""The evidence as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from micrograd_np.numeric.report import aligned
from micrograd_np.rounding import LIMIT
from micrograd_np.testing.agreement import in_radii
from micrograd_np.testing.evidence import Evidence, by_family
from micrograd_np.testing.verification import Verification

MOST = 46
"""Longer examples are cut: all of it is in the JSON and the page."""


def report(found: Verification, brief: bool = False) -> str:
    """Return everything: what failed last, where it is read first."""
    failures = [
        f"\n{one.name}: the sides DISAGREE\n{_indented(one.failure)}"
        for one in found.evidence
        if one.failure
    ]
    more = "(each operation by itself, and each of its gradients: --json, --html)"
    told = [*table(found.evidence, brief), more, "", *notes(found), *failures, "", summary(found)]
    return "\n".join(told)


def table(evidence: Sequence[Evidence], brief: bool = False) -> list[str]:
    """Return a table: a line for each property and, of what is not an operation, each gradient.

    If it is to be brief, a line for each property, with the worst of its gradients.
    """
    head = ("property", "examples", "float32", "float64", "worst example")
    rows: list[Sequence[str]] = [head]
    for sides, some in groupby(by_family(evidence), key=lambda one: " = ".join(one.sides)):
        rows.append((f"[{sides}]", "", "", "", ""))
        for one in some:
            by_gradient = not (brief or one.family)
            rows.append(_line(one, by_gradient))
            if by_gradient:
                rows += [_line_of_gradient(one, gradient) for gradient in one.gradients()]
    return aligned(rows)


def _line(one: Evidence, by_gradient: bool) -> Sequence[str]:
    if one.left_out:
        return one.name, "-", "", "", one.left_out
    if one.failure:
        return one.name, str(one.examples), "", "", "DISAGREE, see below"
    if by_gradient:
        return one.name, str(one.examples), "", "", ""
    worst = one.worst()
    cells = [_cell(one, dtype) for dtype in ("float32", "float64")]
    return one.name, str(one.examples), *cells, _cut(worst.example) if worst else ""


def _cell(one: Evidence, dtype: str) -> str:
    worst = one.worst(dtype)
    return f"{in_radii(worst.worst)} ({in_radii(one.median(dtype))})" if worst else ""


def _line_of_gradient(one: Evidence, gradient: str) -> Sequence[str]:
    cells, some = [], []
    for dtype in ("float32", "float64"):
        series = one.series.get((gradient, dtype))
        cells.append(f"{in_radii(series.worst)} ({in_radii(series.median)})" if series else "")
        some += [series] if series else []
    worst = max(some, key=lambda series: series.worst)
    return f"  {gradient}", "", *cells, _cut(f"{worst.sides}: {worst.example}")


def notes(found: Verification) -> list[str]:
    """Return what one has to know to read the table."""
    elements = sum(s.elements for one in found.evidence for s in one.series.values())
    undecided = sum(s.undecided for one in found.evidence for s in one.series.values())
    share = undecided / elements if elements else 0.0
    return [
        "worst (median) error of an example, in rounding radii: how far rounding alone moves a",
        "result, as measured in each example. The smallest one-line bug in the post's network",
        f"makes thousands. Not compared: {share:.2%} of {elements:,} elements, at kinks.",
        f"What counts as rounding: up to {LIMIT:g} radii",
    ]


def summary(found: Verification) -> str:
    """Return the last lines: what was tried, with what, and how to have it again."""
    named = ("micrograd_np", "python", "numpy", "BLAS", "torch", "hypothesis", "mpmath", "machine")
    versions = ", ".join(f"{name} {found.versions[name]}" for name in named)
    disagree = f"{found.disagreements} disagreement{'' if found.disagreements == 1 else 's'}"
    return (
        f"{versions}\n"
        f"{found.examples:,} examples of {len(found.evidence)} properties, {found.three_way:,} of "
        f"them by three sides: {disagree}. {found.seconds:.0f} s, {found.budget} budget, "
        f"seed {found.seed}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
