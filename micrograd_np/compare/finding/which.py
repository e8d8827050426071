"""Which is likelier to be wrong: the loss, or the line of the backward pass that disagrees."""

from __future__ import annotations

import ast
import re

from micrograd_np.compare.edits.text import looks_like_reg
from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.repair import Repair
from micrograd_np.compare.running.code import Code, simple


def is_loss_likelier(found: Finding, loss: str, repair: Repair) -> bool:
    """Whether the loss is likelier to be wrong than a line of the backward pass.

    One forgets a factor or a term more often than one writes one too many.

    Parameters
    ----------
    found
        What is found to be wrong with the backward pass.
    loss, repair
        The line of the loss, and what makes it right.
    """
    old, new = found.code.span(found.node), found.repair.edit.text if found.repair else ""
    if found.repair is not None and found.repair.edit.kind == "sign":
        return repair.edit.kind == "sign"
    if repair.edit.kind == "missing regularisation":
        array = found.target.values[0] if found.target is not None else None
        return array is not None and array.ndim > 1  # biases are not regularised
    if found.repair is not None and _is_like_another(found.code, found.repair):
        return False
    if new == "pass" and isinstance(getattr(found.node, "op", None), (ast.Add, ast.Sub)):
        return False  # a term too many, and no factor
    if len(new) > len(old):
        return _multiplies(old, new) and ".shape" not in repair.edit.text
    return _is_natural(loss, repair.edit.text)


def _is_like_another(code: Code, repair: Repair) -> bool:
    """Whether a repaired line is what another is for another variable: ``dW1 += 2 * reg * W1``."""
    others = (one for one in simple(code.body) if one is not repair.node)
    form = _form(repair.edit.text)
    return any(_form(code.span(one)) == form for one in others)


def _form(text: str) -> str:
    """Return a statement without its names."""
    return re.sub(r"[^\W\d]\w*", "#", text)


def _multiplies(old: str, new: str) -> bool:
    """Whether an edit multiplies by a length that has no name, as if too much were divided by."""
    added = new.replace(old.partition("=")[2].strip(), "", 1)
    return "*" in added and ".shape" in added


def _is_natural(old: str, new: str) -> bool:
    """Whether a loss is likelier to have been forgotten a part of than to have one too many."""
    if "+=" in new and "+=" not in old:
        return True  # what is overwritten was never used
    if "sum(axis" in old and "mean(axis" in new:
        return False  # one adds up what an example has, and averages over the examples
    if "mean" in new and "mean" not in old and "/" not in old:
        return True
    if re.search(r"\* [\w.]+\.(shape|size)\b", new):
        return False  # no loss is made greater by a length
    is_regularisation = any(map(looks_like_reg, re.split(r"\W+", old)))
    return len(new) > len(old) and "mean" not in old and "/" not in old and not is_regularisation
