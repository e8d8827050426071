"""Lengths that stay: those that are written as numbers, and those that go together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.derived import Axis
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.subject import Subject


def written_lengths(subject: Subject, inputs: Mapping[str, Any]) -> frozenset[int]:
    """Return the lengths of inputs that stand as numbers in the backward pass."""
    lengths = {n for name, v in inputs.items() for _, leaf in leaves(v, name)
               for n in np.shape(leaf) if n > 1}  # fmt: skip
    found: set[int] = set()
    for node in subject.backward_body:
        found |= {n for n in _numbers(node) if n in lengths}
    names = {n.id for node in subject.backward_body for n in ast.walk(node)
             if isinstance(n, ast.Name)}  # fmt: skip
    constants = subject.backward.namespace()
    found |= {v for name in names if type(v := constants.get(name)) is int and v in lengths}
    return frozenset(found)


def unused(case: Case) -> set[Axis]:
    """Return the axes of inputs whose last two places the loss does not depend on.

    As where ``zip`` goes over two arrays: it does not mind if one of them is longer.
    """
    found = set()
    for path, quantity in case.followed.inputs.items():
        gradient = quantity.gradient
        for axis, length in enumerate(gradient.shape):
            if length > 2 and not np.any(np.take(gradient, (-2, -1), axis)) and np.any(gradient):
                found.add((path, axis))
    return found


def _numbers(node: ast.AST) -> Iterator[int]:
    """Yield the whole numbers in a statement, but not exponents and factors."""
    for part in ast.iter_child_nodes(node):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.Mult)):
            if not isinstance(part, ast.Constant):
                yield from _numbers(part)
        elif isinstance(part, ast.Constant) and type(part.value) is int:
            yield part.value
        else:
            yield from _numbers(part)
