"""The evidence as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from micrograd_np.differing import in_radii
from micrograd_np.numeric.report import aligned
from micrograd_np.rounding import LIMIT
from micrograd_np.testing.evidence import Evidence, by_family
from micrograd_np.testing.verification import Verification

MOST = 46
"""Longer examples are cut: all of it is in the JSON and the page."""

FEW = 12
"""So many properties are told each with all of its gradients, and its examples in full."""


def report(found: Verification, brief: bool = False) -> str:
    """Return everything: what failed last, where it is read first."""
    failures = [
        f"\n{one.name}: the sides DISAGREE\n{_indented(one.failure)}"
        for one in found.evidence
        if one.failure
    ]
    told = [*table(found.evidence, brief), "", *notes(found), *failures, "", summary(found)]
    return "\n".join(told)


def table(evidence: Sequence[Evidence], brief: bool = False) -> list[str]:
    """Return a table: a line for each property and, of what is not an operation, each gradient.

    If it is to be brief, a line for each property, with the worst of its gradients. Of a few
    properties each is told, and its examples are not cut, operations or not.
    """
    is_few = len(evidence) <= FEW
    told = list(evidence) if is_few else by_family(evidence)
    head = ("property", "examples", "float32", "float64", "worst example")
    rows: list[Sequence[str]] = [head]
    for sides, some in groupby(told, key=lambda one: " = ".join(one.sides)):
        rows.append((f"[{sides}]", "", "", "", ""))
        for one in some:
            by_gradient = not brief and (is_few or not one.family)
            rows.append(_line(one, by_gradient))
            if by_gradient:
                rows += [_line_of_gradient(one, gradient) for gradient in one.gradients()]
    if not is_few:
        rows = [(*cells, _cut(example)) for *cells, example in rows]
    lines = aligned(rows)
    if any(one.family for one in told) and not is_few:
        lines.append("(each operation by itself, and each of its gradients: --json, --html)")
    return lines


def _line(one: Evidence, by_gradient: bool) -> Sequence[str]:
    if one.left_out:
        return one.name, "-", "", "", one.left_out
    told = "DISAGREE, see below" if one.failure else ""
    if by_gradient:
        return one.name, str(one.examples), "", "", told
    worst = one.worst()
    cells = [_cell(one, dtype) for dtype in ("float32", "float64")]
    return one.name, str(one.examples), *cells, told or (worst.example if worst else "")


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
    return f"  {gradient}", "", *cells, f"{worst.sides}: {worst.example}"


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
    tried = f"{len(found.evidence)} propert{'y' if len(found.evidence) == 1 else 'ies'}"
    disagree = f"{found.disagreements} disagreement{'' if found.disagreements == 1 else 's'}"
    return (
        f"{versions}\n"
        f"{found.examples:,} examples of {tried}, {found.three_way:,} of them by three sides: "
        f"{disagree}. {found.seconds:.0f} s, {found.budget} budget, "
        f"seed {found.seed}" + (f"\nAgain: {found.command}" if found.command else "")
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
