"""Gradients that are changed where they are large, as clipping does."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.values import mapped

SMALL = 0.01
"""What random inputs are multiplied by where gradients may be clipped."""

CLIPPING = ("clip", "minimum", "maximum", "fmin", "fmax")
"""The functions by which gradients are clipped."""


def calmer(cases: Sequence[Case]) -> list[Case] | None:
    """Return the cases with small numbers if every gradient is right there alone; else None.

    A backward pass that clips gradients gives others than the true ones where those are large. It
    has to hold a function that does so, or a condition.

    Parameters
    ----------
    cases
        Random inputs.
    """
    nodes = list(ast.walk(cases[0].subject.backward.tree))
    calls = {ast.unparse(n.func).rpartition(".")[2] for n in nodes if isinstance(n, ast.Call)}
    if not calls.intersection(CLIPPING) and not any(isinstance(n, ast.If) for n in nodes):
        return None
    if all(case.try_with() == set() for case in cases):
        return None
    small = [Case(one.subject, mapped(one.inputs, _smaller), one.wanted) for one in cases]
    is_right = all(case.is_finite and case.try_with() == set() for case in small)
    return small if is_right else None


def _smaller(value: Any) -> Any:
    """Return an array of either sign with smaller numbers."""
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim
    return value * SMALL if is_float and value.min(initial=0) < 0 else value
