"""What the lines that add up one gradient add to it: which of that is no path's contribution.

``dh = ...``, then ``dh += ...`` four times: what the sum is by and by may have no name, but what is
added each time is what one use of ``h``, or some of them, contribute.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.wanted import names_it

LEAST = 3
"""How many terms a sum has at least for one of them to be the odd one."""


def odd_terms(look: Look) -> list[tuple[Target, int]]:
    """Return the only line that adds what is not recognised, with the run in which it does.

    It writes the variable that is not recognised first.
    """
    for at, target, _ in look.unknown()[:1]:
        terms = list(_terms(look, target, at))
        odd = [(one, run) for one, run, is_known in terms if not is_known]
        return odd if len(terms) >= LEAST and len(odd) == 1 else []
    return []


def _terms(look: Look, target: Target, at: int) -> Iterator[tuple[Target, int, bool]]:
    """Yield what was added up when a variable was written, and whether that is recognised."""
    code, iteration = target.steps[0].code, look.steps[at].iteration
    events = sorted(
        (look.place[step], i, run)
        for i, one in enumerate(look.targets)
        for run, step in enumerate(one.steps)
        if one.paths[run] == target.path and step.code is code and step.iteration == iteration
    )
    before = None
    for _, i, run in events:
        one = look.targets[i]
        value = one.values[run]
        is_added = isinstance(one.node, ast.AugAssign) and isinstance(
            one.node.op, (ast.Add, ast.Sub)
        )
        if not is_added:
            before = None
        term = value if before is None or before.shape != value.shape else value - before
        called = one.called[run]
        readings = look.case.meanings.read(term, called, forms=False)
        is_its_own = any(names_it(called, reading.known.quantity.path) for reading in readings)
        yield one, run, is_its_own or look.case.meanings.is_zero(term)
        before = value
