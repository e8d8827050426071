"""The rows of a report: what each line computes, and how far it is from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.blame import first_deviation
from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.report.describe import is_handed_over, meaning, meaning_of_run, of_known
from micrograd_np.compare.report.report import Line
from micrograd_np.compare.running.code import names_written
from micrograd_np.compare.running.following import name_of
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import Known
from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.subject import Subject
from micrograd_np.rounding import Radius, distance

Moved = Callable[[], Mapping[tuple[Step, str], NDArray[Any]]]


def lines(
    look: Look,
    subject: Subject,
    findings: Sequence[Finding],
    own: Sequence[Target],
    radii: Mapping[str, Radius],
    moved: Moved,
) -> list[Line]:
    """Return what is said of each line.

    Parameters
    ----------
    look
        The run that was read.
    subject
        Forward and backward pass: of helper functions, those are shown in which a line is wrong,
        and those that were asked for.
    findings
        What is wrong.
    own
        What the lines have written on the user's inputs.
    radii
        How far rounding moves every gradient there.
    moved
        Measures by how much it moves what the lines write there.
    """
    moved = cache(moved)
    blamed = {finding.node: finding for finding in findings}
    shown = {subject.backward, *subject.asked, *(finding.code for finding in findings)}
    on_own = {(target.node, target.called[0]): target for target in own}
    rows: dict[Any, Line] = {}
    stopped = look.error is not None  # on other lengths: the rest is told by these
    for target in (*_telling(look.targets), *(_telling(own) if stopped else ())):
        code = target.steps[0].code
        if code not in shown:
            continue
        node = target.node
        if node in rows and node not in blamed:
            continue
        finding = blamed.get(node)
        said = finding.target if finding is not None else None
        if said in look.targets and said is not target and said is not None and said.node is node:
            continue  # of several things that it writes, this one is not what is wrong
        same = on_own.get((node, target.called[0]), target)
        verdict = _verdict(target, finding, bool(findings))
        far = _far(same, radii, verdict, moved)
        if verdict == "ok" and far is not None and np.isinf(far):
            far = None  # on the user's inputs it is not to be told from others
        rows[node] = Line(
            node.lineno,
            code.source(node),
            target.called[0],
            _meaning(target, finding) if verdict != "ok" else _of_right(meaning(target)),
            verdict,
            far,
            finding.kind if finding else "",
            code.name,
            target.values[-1].shape,
            len(target.values),
        )
    for finding in findings:
        if finding.node not in rows:
            rows[finding.node] = Line(
                finding.node.lineno,
                finding.code.source(finding.node),
                "",
                finding.note or _unreached(finding),
                "wrong",
                None,
                finding.kind,
                finding.code.name,
            )
    return sorted(rows.values(), key=lambda line: line.lineno)


def _telling(targets: Sequence[Target]) -> list[Target]:
    """Return the targets with those first that tell most of their lines.

    That is the variable that a line assigns to, rather than what a method leaves in its object; of
    several, the first that is not recognised.
    """

    def order(target: Target) -> tuple[bool, bool]:
        return stem(target.path) not in names_written(target.node), target.is_known

    return sorted(targets, key=order)


def _unreached(finding: Finding) -> str:
    """Return what is said of a line that the backward pass does not run."""
    return "the loss" if finding.kind == "loss" else "is not reached by the backward pass"


def _of_right(text: str) -> str:
    """Return what is said of a line that is right, though what it holds may have no name."""
    return "a step on the way" if text == "matches nothing" else text


def _meaning(target: Target, finding: Finding | None) -> str:
    if finding is None or finding.overwritten or not target.is_benign:
        return meaning(target)
    return meaning_of_run(target, target.first_unknown or 0)


def _verdict(target: Target, finding: Finding | None, any_wrong: bool) -> str:
    if finding is not None:
        return "overwrites" if finding.overwritten else "wrong"
    if target.values[-1].dtype.kind != "f":
        return "-"
    return "follows" if any_wrong and not target.is_known else "ok"


def _far(target: Target, radii: Mapping[str, Radius], verdict: str, moved: Moved) -> float | None:
    """Return how far off a line is; None if it is right, and nothing tells what it is."""
    if verdict == "wrong":
        return np.inf
    return None if verdict == "ok" and not target.is_known else _distance(target, radii, moved)


def _distance(target: Target, radii: Mapping[str, Radius], moved: Moved) -> float | None:
    """Return how far a value is from what it is, on the user's inputs."""
    if is_handed_over(target) or target.values[-1].dtype.kind != "f":
        return None
    worst: float | None = None if target.is_known else np.inf
    runs = zip(target.values, target.readings, target.steps, target.paths, strict=True)
    for value, readings, step, path in runs:
        if not readings or readings[0].form:
            continue
        reading = readings[0]
        radius = radius_of(reading.known, radii)
        if radius is None or radius.value.shape != value.shape:
            continue
        scaled = Radius(
            reading.factor * reading.known.array,
            abs(reading.factor) * radius.radius + np.finfo(value.dtype).eps * np.abs(value),
            radius.undecided,
        )
        far = distance(np.asarray(value, scaled.value.dtype), scaled)
        if not far.ok and (step, path) in moved():  # by hand other digits may be lost, as in p - 1
            wide = Radius(scaled.value, scaled.radius + moved()[step, path], scaled.undecided)
            far = distance(np.asarray(value, scaled.value.dtype), wide)
        worst = far.radii if worst is None else max(worst, far.radii)
    return worst


def radius_of(known: Known, radii: Mapping[str, Radius]) -> Radius | None:
    """Return how far rounding moves something that is known; None if it was not measured."""
    key = known.quantity.key
    if known.kind == "adjoint":
        return radii.get(name_of(key))
    found = [radii.get(name_of(key, i)) for i in known.paths]
    if known.kind == "value" or not found or any(one is None for one in found):
        return None
    parts = [one for one in found if one is not None]
    total = np.sum([one.radius for one in parts], axis=0)
    return Radius(known.array, total, np.any([one.undecided for one in parts], axis=0))


def explained(finding: Finding) -> str:
    """Return what is wrong with a line."""
    if finding.overwritten:
        name = finding.overwritten[0]
        told = f"{name} is a value of the forward pass, and is overwritten through this name"
        if finding.is_harmless:
            return f"{told}; nothing reads it afterwards."
        again = ", ".join(sorted(finding.spoils))
        return (
            f"{told}: copy it first (.copy()). The backward pass run again gives another {again}."
        )
    if finding.kind == "loss":
        return "The loss is another one than the one that the backward pass differentiates."
    if finding.note:
        return finding.note
    if finding.kind == "aliasing":
        return "It is another name of the same array, and no copy: what is added is added to both."
    if finding.target is None or finding.proposal is None or not finding.proposal.known:
        return "" if finding.kind else _first_of_all(finding)
    target, proposal = finding.target, finding.proposal
    run = first_deviation(target, proposal) or 0
    wanted = of_known(proposal.known[min(run, len(proposal.known) - 1)])
    factor = f"{proposal.factor_text} x " if proposal.factor_text else ""
    got = meaning_of_run(target, run)
    if got == f"{factor}{wanted}":
        return ""  # what it lacks is smaller than what a reading tells
    when = f" (the {_ordinal(run + 1)} time that it is run)" if run else ""
    return f"{target.called[run]} should be {factor}{wanted}; it {_is(got)}{when}."


def _first_of_all(finding: Finding) -> str:
    """Return what is said of a line of which it is only known that what is wrong begins there."""
    target = finding.target
    if target is None:
        return "What is wrong begins here; no edit of one line was found that makes it right."
    got = meaning_of_run(target, target.first_unknown or 0)
    return f"{target.called[0]} {_is(got)}; no edit of one line was found that makes it right."


def _is(got: str) -> str:
    return got if got.startswith("matches") else f"is {got}"


def _ordinal(n: int) -> str:
    """Return a number as a place in a row.

    Examples
    --------
    >>> [_ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    last = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{'th' if 10 < n % 100 < 14 else last}"


def otherwise(finding: Finding) -> str:
    """Return what is said before the other edit that makes everything right, "" without one."""
    if finding.alternative is None:
        return ""
    if not finding.is_of_loss:
        return "Or with this edit, as well:"
    if finding.kind == "loss":
        return "Or the loss is as it is meant; then this edit makes the backward pass that of it:"
    return "Or the loss is not as it is meant; then this edit makes it what was differentiated:"
