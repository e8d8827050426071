"""What kind of mistake a line makes: told by how what it wrote differs from what it should have."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits import Edit
from micrograd_np.compare.edits.text import broadcasts, function_of
from micrograd_np.compare.finding.repair import parsed
from micrograd_np.compare.finding.suspects import Proposal
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.meanings import Reading, ratio, same

Array = NDArray[Any]

_PLAIN = ("missing mask", "inverted mask", "wrong mask", "sign", "not summed", "transposed",
          "missing regularisation", "double regularisation")  # fmt: skip
"""Kinds that the values alone prove."""

_VAGUE = ("wrong derivative", "wrong quantity", "extra term", "missing term", "scale")
"""Kinds of edits that leave open what kind of mistake it was."""


def kind_of(case: Case, target: Target, proposal: Proposal, edit: Edit | None) -> str:
    """Return the kind of mistake: told by the edit that repairs it, or by the values.

    Parameters
    ----------
    case
        The inputs.
    target
        What was written.
    proposal
        What should have been.
    edit
        What repairs it.
    """
    if target.is_start and target.values[0].shape != proposal.values[0].shape:
        return "shape"
    by_value = relation(case, target, proposal)
    if edit is None:
        return by_value
    if by_value == "not summed" and edit.kind == "wrong axis":
        return by_value
    if by_value == "extra term" and edit.kind == "double regularisation":
        return by_value  # of what is not regularised at all
    if by_value in _PLAIN and edit.kind in _VAGUE:
        return by_value
    if edit.kind == "wrong derivative":
        return _by_terms(target.node, edit) or edit.kind
    return edit.kind


def _by_terms(old: ast.stmt, edit: Edit) -> str:
    """Tell whether a repair differs from a statement by one term alone."""
    new = parsed(edit.text)
    if len(new) != 1:
        return ""
    if _normal(old) in _without_a_term(new[0]):
        return "missing term"
    return "extra term" if _normal(new[0]) in _without_a_term(old) else ""


def _without_a_term(node: ast.stmt) -> set[str]:
    """Return what a statement is without any one of its terms."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            found.add(_normal(node, {part: part.left}))
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
            for one, other in ((part.left, part.right), (part.right, part.left)):
                if not isinstance(one, ast.Constant):  # 1 + x is another derivative
                    found.add(_normal(node, {part: other}))
    return found


def _normal(node: ast.AST, instead: Mapping[ast.AST, ast.AST] | None = None) -> str:
    """Return a text that is the same for products whose factors are in another order."""
    node = instead.get(node, node) if instead else node
    made = [_normal(child, instead) for child in ast.iter_child_nodes(node)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)):
        made.sort()
    own = getattr(node, "id", getattr(node, "attr", getattr(node, "arg", "")))
    value = repr(node.value) if isinstance(node, ast.Constant) else ""
    return f"{type(node).__name__}:{own}{value}({','.join(made)})"


def relation(case: Case, target: Target, proposal: Proposal) -> str:
    """Return the kind of mistake, by values: "" if none is recognised."""
    pairs = zip(target.values, proposal.values, strict=True)
    kinds = {
        _relation(case, value, wanted, proposal) or _by_statement(target, value, wanted)
        for value, wanted in pairs
        if value.shape != wanted.shape or not same(value, wanted)
    }
    if len(kinds) > 1:
        kinds.discard("wrong derivative")
    return kinds.pop() if len(kinds) == 1 else ""


def _relation(case: Case, value: Array, wanted: Array, proposal: Proposal) -> str:
    if value.dtype.kind == "b":
        return "wrong mask"
    if value.ndim == wanted.ndim and broadcasts(value.shape, wanted.shape):
        value = np.broadcast_to(value, wanted.shape)
    if value.shape != wanted.shape:
        return _by_shape(value, wanted) or _by_meaning(case.meanings.read(value), proposal)
    if same(value, -wanted):
        return "sign"
    scale = ratio(value, wanted)
    if scale is not None and (value.size > 1 or case.meanings.factor_text(scale) is not None):
        return "scale"  # numbers of one element are multiples of each other
    if _is_permuted(value, wanted):
        return "transposed"
    readings = case.meanings.read(value - wanted)
    for one in readings:
        q = one.known.quantity
        is_value = one.known.kind == "value" and not one.form
        if is_value and proposal.known and q.path == proposal.known[0].quantity.path:
            strength = sum(r for part in q.parts if (r := ratio(part, q.value)) is not None)
            if not strength or (value.size == 1 and case.meanings.factor_text(strength) is None):
                return "extra term"
            if abs(abs(one.factor) - strength) > 1e-6 * strength:
                return "scale"
            return "missing regularisation" if one.factor < 0 else "double regularisation"
    for one in readings:
        if one.factor_text in ("", "-1", "-") and one.known.kind != "value":
            return "missing term" if one.factor < 0 else "extra term"
    return _by_zeros(value, wanted) or _by_meaning(case.meanings.read(value), proposal)


def _is_permuted(value: Array, wanted: Array) -> bool:
    """Whether elements are all there but elsewhere, as where axes are exchanged or split up.

    Whole rows that are elsewhere are a matter of indices.
    """
    if value.ndim < 2 or value.size != wanted.size:
        return False
    one, other = np.sort(value, axis=None), np.sort(wanted, axis=None)
    if not same(one, other) or len(np.unique(one)) <= value.size // 2:
        return False
    rows, others = (np.sort(x.reshape(-1, x.shape[-1])[:, 0]) for x in (value, wanted))
    return not same(rows, others)


def _by_shape(value: Array, wanted: Array) -> str:
    if value.size == wanted.size and same(value.reshape(wanted.shape), wanted):
        return "shape"
    if value.ndim == 2 and value.T.shape == wanted.shape and same(value.T, wanted):
        return "transposed"
    for axis in range(value.ndim):
        summed = value.sum(axis=axis)
        if summed.size == wanted.size and same(summed.reshape(wanted.shape), wanted):
            return "not summed"
    return ""


def _by_statement(target: Target, value: Array, wanted: Array) -> str:
    """Return what is likely where values tell nothing."""
    if value.shape == wanted.shape:
        return "wrong derivative"
    calls = {function_of(n) for n in ast.walk(target.node) if isinstance(n, ast.Call)}
    if value.ndim == wanted.ndim:
        return "wrong axis" if calls & {"sum", "mean"} else "wrong quantity"
    return "shape"


def _by_meaning(readings: Sequence[Reading], proposal: Proposal) -> str:
    """Tell where a line wrote the gradient of something else."""
    wanted = {known.quantity for known in proposal.known}
    plain = [one.known for one in readings if one.factor_text == "" and not one.form]
    other = any(k.kind == "adjoint" and k.quantity not in wanted for k in plain)
    return "wrong quantity" if other else ""


def _by_zeros(value: Array, wanted: Array) -> str:
    """Tell masks by where zeros are."""
    more = (value != 0) & (wanted == 0)
    fewer = (value == 0) & (wanted != 0)
    both = (value != 0) & (wanted != 0)
    agrees = bool(np.all(np.abs(value - wanted)[both] <= 1e-9 * np.abs(wanted)[both]))
    if not agrees or not (more.any() or fewer.any()):
        return ""
    if more.any() and not fewer.any():
        return "missing mask"
    return "inverted mask" if not both.any() else "wrong mask"
