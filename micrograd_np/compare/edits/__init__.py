"""One-edit changes of a statement: what people get wrong, the other way round.

An edit replaces a stretch of the statement's text, so that the rest stays as the user wrote it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from micrograd_np.compare.edits.assignments import assignments, copies, insertions
from micrograd_np.compare.edits.by_value import by_value
from micrograd_np.compare.edits.calls import caches, reductions
from micrograd_np.compare.edits.formulas import (
    normalisation_derivatives,
    reshapes,
    softmax_derivatives,
)
from micrograd_np.compare.edits.heads import of_head
from micrograd_np.compare.edits.losses import averages, penalties
from micrograd_np.compare.edits.names import factors, names, terms
from micrograd_np.compare.edits.numbers import constants, counts, keys, small_terms
from micrograd_np.compare.edits.operators import comparisons, operators, products, turns
from micrograd_np.compare.edits.siblings import siblings
from micrograd_np.compare.edits.text import Context, Edit, Text
from micrograd_np.compare.running.code import Code

_MAKERS: list[Callable[[Text, ast.stmt, Context], Iterator[Edit]]] = [
    operators,
    products,
    turns,
    reductions,
    comparisons,
    counts,
    keys,
    constants,
    small_terms,
    assignments,
    names,
    factors,
    terms,
    insertions,
    copies,
    siblings,
    caches,
    softmax_derivatives,
    normalisation_derivatives,
    reshapes,
]


def edits(code: Code, node: ast.stmt | ast.expr, context: Context) -> list[Edit]:
    """Return one-edit changes of a statement, the likeliest mistakes first.

    Parameters
    ----------
    code
        The function in which it stands.
    node
        The statement, or an expression.
    context
        What can be written into it.
    """
    text = Text(code, node)
    found: dict[str, Edit] = {}
    for make in _MAKERS:
        for edit in make(text, node, context):  # type: ignore[arg-type]  # parts of either
            known = found.get(edit.text)
            if known is not None and edit.kind == "wrong derivative":
                edit = edit._replace(kind=known.kind)  # the other says more
            if known is None or edit.cost < known.cost:
                found[edit.text] = edit
    found.pop(text.data.decode(), None)
    return sorted(found.values(), key=lambda edit: edit.cost)


__all__ = ["Context", "Edit", "Text", "averages", "by_value", "edits", "of_head", "penalties"]
