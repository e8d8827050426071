"""What a line computes, in words."""

from __future__ import annotations

import ast
import re

import numpy as np

from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.meanings import Known, Reading
from micrograd_np.compare.running.wanted import stems


def meaning(target: Target) -> str:
    """Return what a line writes, in the user's names."""
    value = target.values[-1]
    if value.dtype.kind in "biu":
        return "indices or a mask" if value.size > 1 else "a number"
    if value.size == 1 and not stems(target.called[-1]):
        return "a number"
    if is_handed_over(target):
        return "values of the forward pass"
    readings = [found[0] for found in target.readings if found and _is_telling(found[0])]
    if not readings:
        if not value.any():
            return "zeros"
        if len(target.values) - 1 in target.plain:
            return "a value, and no gradient"
        return "used by the next lines, which are right" if target.is_benign else "matches nothing"
    first, last = readings[0], readings[-1]
    text = _reading(last)
    if len(target.values) > 1:
        text = _reading(first) if first.known.kind == "adjoint" else text
        text = _of_loop(text, target)
    if target.values and len(readings) < len(target.values) and not target.is_running:
        text = "matches nothing" if target.first_unknown is not None else text
    return text


def meaning_of_run(target: Target, run: int) -> str:
    """Return what a line writes in one of its runs, in the user's names."""
    found = target.reading(run)
    if found is not None and _is_telling(found):
        return _reading(found)
    return "matches nothing" if np.any(target.values[run]) else "zeros"


def _is_telling(reading: Reading) -> bool:
    """Whether it says something: a gradient times any number does, but not in another form."""
    known = reading.known
    is_many = int(np.count_nonzero(known.array)) > 2  # two numbers are soon in some proportion
    return reading.factor_text is not None or (
        not reading.form and known.kind == "adjoint" and is_many
    )


def is_handed_over(target: Target) -> bool:
    """Whether a line takes several values out of what the forward pass has handed over."""
    node = target.node
    several = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
    return several and not stems(target.called[-1])


def _of_loop(text: str, target: Target) -> str:
    """Return a meaning with the indices that change from time to time left open."""
    paths = {found[0].known.quantity.path for found in target.readings if found}
    if len(paths) < 2:
        return text
    return re.sub(r"\[\d+\]", "[.]", text)


def _reading(reading: Reading) -> str:
    factor = reading.factor_text
    if factor is None:
        factor = reading.shown
    before = f"{factor} x " if factor not in ("", "-1") else "-" if factor == "-1" else ""
    text = f"{before}{of_known(reading.known)}"
    if reading.form == "transposed":
        text += ", transposed"
    elif reading.form in ("reshaped", "squeezed"):
        text += ", in another shape"
    elif reading.form == "unsummed":
        text += f", not summed over axis {reading.axis}"
    if reading.known.kind != "value" and factor and factor[0].isalpha() and "/" not in factor:
        text += f" (1/{factor} to come)" if " " not in factor else ""
    return text


def of_known(known: Known) -> str:
    """Return what the automatic side calls something.

    Examples
    --------
    It is ``dL/dh`` for a gradient, ``path 1 of 2 to dL/dh`` for a contribution to it.
    """
    q = known.quantity
    name = q.path if not known.is_hidden else f"the {q.path.removeprefix('np.')} in line {q.lineno}"
    if known.kind == "value":
        return name
    gradient = f"dL/d({name})" if known.is_hidden else f"dL/d{name}"
    if known.kind == "adjoint":
        return gradient
    count = len(q.parts)
    if known.kind == "part":
        return f"path {count - known.paths[0]} of {count} to {gradient}"
    return f"{len(known.paths)} of {count} paths to {gradient}"
