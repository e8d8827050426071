"""Lines that are wrong though every value is right: what is zero whatever the data, probed.

A gradient may be zero for all data, as that of a bias before batch normalisation or of the maximum
that a softmax subtracts. The lines around it are given a random gradient: see
:mod:`micrograd_np.compare.running.injecting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.localise import Localiser
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.injecting import Injection

MOST_QUANTITIES = 6
"""Of how many quantities that have the same gradient a line is tried to hold that."""


def probe(cases: Sequence[Case], look: Look, seconds: float) -> list[Finding]:
    """Return the wrong lines around gradients that are zero whatever the data.

    Parameters
    ----------
    cases
        Inputs on which every gradient is right.
    look
        The run on one of them.
    seconds
        How long to look for repairs.
    """
    for target, run in _zeros(look):
        for writer, its_run in _last_writers(look, target, run):
            injection = _suspicious(look, writer, its_run)
            if injection is None:
                continue
            injected_cases = [one for case in cases if (one := _with(case, injection)) is not None]
            found = Localiser(injected_cases, seconds).run()
            for finding in found:
                finding.note = (
                    f"No data show it: what comes out is zero, but for rounding. With a random "
                    f"gradient added to {writer.called[its_run]} after line {writer.node.lineno} "
                    "it is wrong."
                )
            if found:
                return found
    return []


def _suspicious(look: Look, writer: Target, run: int) -> Injection | None:
    """Return the likeliest injection, if gradients are wrong with that and with all others."""
    first: Injection | None = None
    for injection in _injections(look, writer, run):
        case = _with(look.case, injection)
        if case is None:
            continue
        if case.try_with() == set():
            return None
        first = first or injection
    return first


def _zeros(look: Look) -> Iterator[tuple[Target, int]]:
    """Yield the lines that have written zeros by taking sums, not by making them."""
    meanings = look.case.meanings
    for target in look.targets:
        for run, value in enumerate(target.values):
            if value.dtype.kind == "f" and np.any(value) and meanings.is_zero(value):
                yield target, run
                break


def _last_writers(look: Look, target: Target, run: int) -> list[tuple[Target, int]]:
    """Return the lines that wrote what a line reads, as it was then."""
    last: dict[str, tuple[Target, int]] = {}
    for writer, its_run in look.writers(target, look.place[target.steps[run]]):
        last.setdefault(writer.paths[its_run], (writer, its_run))
    return list(last.values())


def _injections(look: Look, writer: Target, run: int) -> Iterator[Injection]:
    """Yield what a random gradient may be added to where a line has written a gradient."""
    scale = float(np.max(np.abs(writer.values[run]), initial=0)) or 1.0
    for reading in writer.readings[run][:MOST_QUANTITIES]:
        known = reading.known
        if known.kind != "adjoint" or reading.form or reading.factor_text is None:
            continue
        followed = look.case.followed
        held = followed.hidden if known.is_hidden else followed.quantities
        same = [q for q in held if q.key == known.quantity.key and q.adjoint is not None]
        yield Injection(
            known.quantity.key,
            known.is_hidden,
            same.index(known.quantity),
            writer.node,
            run,
            writer.paths[run],
            reading.factor,
            scale / abs(reading.factor),
        )


def _with(case: Case, injection: Injection) -> Case | None:
    """Return the same inputs with a random gradient flowing in; None if it has no place there."""
    if injection.quantity(case.followed) is None:
        return None
    return Case(case.subject, case.inputs, case.wanted, injection)
