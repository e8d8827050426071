"""Edits that follow from what a line should have written: the term or factor that it lacks."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    broadcasts,
    looks_like_reg,
    value_of,
)
from micrograd_np.compare.running.meanings import ratio, same

Array = NDArray[np.floating]


def by_value(
    text: Text, node: ast.stmt, context: Context, written: Array, wanted: Array
) -> Iterator[Edit]:
    """Yield edits that add the missing term, or multiply by the missing factor.

    Parameters
    ----------
    text, node
        The statement.
    context
        What is there when it has been run, with values.
    written, wanted
        What it wrote, and what it should have written.
    """
    value = value_of(node)
    if value is None or not written.size or written.dtype.kind != "f":
        return
    if written.ndim == wanted.ndim and broadcasts(written.shape, wanted.shape):
        written = np.broadcast_to(written, wanted.shape)
    if written.shape != wanted.shape:
        return
    if isinstance(node, ast.AugAssign) and not isinstance(node.op, (ast.Add, ast.Sub)):
        return
    flip = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub)
    source = text.of(value)
    table = coefficients(context.numbers)
    difference = (written - wanted) if flip else (wanted - written)
    for name, array in context.values.items():
        for form, turned in _forms(name, array, written.shape):
            for sign, coefficient, cost in _multiple(difference, turned, table):
                term = f"{coefficient} * {form}" if coefficient else form
                if coefficient.startswith("/"):
                    term = f"{form} {coefficient}"
                kind = "missing term"
                if any(looks_like_reg(word) for word in re.split(r"\W+", coefficient)):
                    kind = "missing regularisation"
                yield Edit(text.put(value, f"{source} {sign} {term}"), kind, cost)
    if not isinstance(node, ast.AugAssign):
        yield from _factor(text, value, context, written, wanted)


def _forms(name: str, array: Array, shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    if array.shape == shape:
        yield name, array
    elif array.ndim == 2 and array.T.shape == shape:
        yield f"{name}.T", array.T
    elif array.ndim <= len(shape) and array.ndim and array.size > 1:
        try:
            yield name, np.broadcast_to(array, shape)
        except ValueError:
            return


def _multiple(
    difference: Array, array: Array, table: Mapping[str, float]
) -> Iterator[tuple[str, str, float]]:
    """Yield how often an array stands in a difference, as sign and coefficient."""
    factor = ratio(difference, array)
    if factor is None:
        return
    for text, value in table.items():
        if abs(abs(factor) - value) <= 1e-8 * value:
            yield "+" if factor > 0 else "-", text, 1.05 + 0.02 * len(text)


def coefficients(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return what may stand before a term: ``reg``, ``2 * reg``, ``/ N``.

    Examples
    --------
    >>> coefficients({"N": 4.0})
    {'': 1.0, '2': 2.0, '0.5': 0.5, 'N': 4.0, '/ N': 0.25, '2 * N': 8.0, '2 / N': 0.5}
    """
    table = {"": 1.0, "2": 2.0, "0.5": 0.5}
    for name, value in numbers.items():
        size = abs(value)
        if size in (0.0, 1.0):
            continue
        table[name] = size
        table[f"/ {name}"] = 1 / size
        table[f"2 * {name}"] = 2 * size
        table[f"2 / {name}"] = 2 / size
        for other, its in numbers.items():
            if other != name and abs(its) not in (0.0, 1.0):
                table[f"{other} / {name}"] = abs(its) / size
                table[f"2 * {other} / {name}"] = 2 * abs(its) / size
                table[f"0.5 * {other} / {name}"] = abs(its) / size / 2
                table[f"{other} * {name}"] = abs(its) * size
    return table


def _factor(
    text: Text, value: ast.expr, context: Context, written: Array, wanted: Array
) -> Iterator[Edit]:
    """Yield edits that multiply the whole by an array, where that explains everything."""
    shown = text.of(value)
    whole = shown if isinstance(value, (ast.Name, ast.Call, ast.Attribute)) else f"({shown})"
    place = int(np.argmax(np.abs(written)))
    factor = float(wanted.flat[place]) / (float(written.flat[place]) or math.inf)
    with np.errstate(all="ignore"):
        for name, array in context.values.items():
            for form, turned in _forms(name, array, written.shape):
                one = turned.flat[place]
                for shape, make, kind in _SHAPES:
                    if not abs(make(one) - factor) <= 1e-6 * abs(factor) + 1e-12:
                        continue
                    if same(written * make(turned), wanted):
                        new = f"{whole} {shape.format(form)}"
                        yield Edit(text.put(value, new), kind, 1.3 if shape[0] == "/" else 1.25)


_SHAPES: list[tuple[str, Callable[[Any], Any], str]] = [
    ("* {0}", lambda x: x, "wrong derivative"),
    ("* ({0} > 0)", lambda x: (x > 0) * 1.0, "missing mask"),
    ("* (1 - {0})", lambda x: 1 - x, "wrong derivative"),
    ("* (1 - {0}**2)", lambda x: 1 - x**2, "wrong derivative"),
    ("* {0} * (1 - {0})", lambda x: x * (1 - x), "wrong derivative"),
    ("* np.exp({0})", np.exp, "wrong derivative"),
    ("/ {0}", lambda x: 1 / x, "wrong derivative"),
]
"""What a line may be multiplied by, made of an array."""
