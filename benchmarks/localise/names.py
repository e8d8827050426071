"""Mutants in which one value is taken for another."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from benchmarks.localise.edits import Edit
from benchmarks.localise.source import Source

NEAREST = 3
"""By how many others a name is replaced where shapes are not known: people mix up neighbours."""


def replaced_names(
    source: Source, part: list[ast.stmt], shapes: Mapping[str, tuple[int, ...]] | None
) -> Iterator[Edit]:
    """Yield edits that put another name, key or attribute in the place of one that is read."""
    reads = [
        node
        for statement in part
        if not isinstance(statement, ast.Return)
        for node in ast.walk(statement)
        if isinstance(getattr(node, "ctx", None), ast.Load)
    ]
    families = _families(source, reads)
    for node in reads:
        assert isinstance(node, ast.expr)
        found = _place(source, node)
        if found is None:
            continue
        family, name, (start, end) = found
        known = families[family]
        if family[0] == "name":
            known = source.bound_before(node)
        others = _others(name, known, shapes)
        for other in others:
            yield Edit("name", start, end, other)


Family = tuple[str, str]


def _place(source: Source, node: ast.expr) -> tuple[Family, str, tuple[int, int]] | None:
    """Return what a name can be mixed up with, the name, and where it stands."""
    start, end = source.span(node)
    if isinstance(node, ast.Name):
        is_function = isinstance(source.parents[node], ast.Call) and (
            node is getattr(source.parents[node], "func", None)
        )
        if node.id == "np" or is_function:
            return None
        return ("name", ""), node.id, (start, end)
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            at, stop = source.span(node.slice)
            return ("key", source.text(node.value)), node.slice.value, (at + 1, stop - 1)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        base = node.value.id
        if base == "cache":
            return ("attribute", base), node.attr, (end - len(node.attr), end)
    return None


def _families(source: Source, reads: list[ast.AST]) -> dict[Family, list[str]]:
    families: dict[Family, list[str]] = {}
    for node in reads:
        found = _place(source, node) if isinstance(node, ast.expr) else None
        if found is not None:
            names = families.setdefault(found[0], [])
            if found[1] not in names:
                names.append(found[1])
    return families


def _others(
    name: str, known: list[str], shapes: Mapping[str, tuple[int, ...]] | None
) -> Iterator[str]:
    """Yield names to put in the place of one: of the same shape, or else its neighbours."""
    if shapes is not None and name in shapes:
        yield from (it for it in known if it != name and shapes.get(it) == shapes[name])
        return
    at = known.index(name) if name in known else len(known)
    alike = [
        it for it in known if it != name and _is_adjoint(it, known) == _is_adjoint(name, known)
    ]
    yield from sorted(alike, key=lambda it: abs(known.index(it) - at))[:NEAREST]
    # A value, and its adjoint.
    for other in (f"d{name}", name.removeprefix("d")):
        if other != name and other in known:
            yield other


def _is_adjoint(name: str, known: list[str]) -> bool:
    return name.startswith("d") and len(name) > 1
