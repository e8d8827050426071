"""Edits that follow from what a line should have written: the term or factor that it lacks."""

from __future__ import annotations

import ast
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    bracketed,
    broadcasts,
    looks_like_reg,
    values_of,
)
from micrograd_np.compare.running.marks import ByMark
from micrograd_np.compare.running.meanings import ratio, same
from micrograd_np.compare.running.wanted import is_called_gradient

Array = NDArray[np.floating]

MOST_PRODUCTS = 4000
"""How many products of two arrays are looked at."""


def by_value(
    text: Text, node: ast.stmt, context: Context, written: Array, wanted: Array, item: int = 0
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
    item
        Which of several values that is about.
    """
    values = values_of(node)
    if item >= len(values) or not written.size or written.dtype.kind != "f":
        return
    value = values[item]
    if written.ndim in (0, wanted.ndim) and broadcasts(written.shape, wanted.shape):
        written = np.broadcast_to(written, wanted.shape)
    if written.shape != wanted.shape:
        yield from _reshaped(text, value, context, written, wanted)
        yield from _cut(text, value, context, written, wanted)
        return
    if isinstance(node, ast.AugAssign) and not isinstance(node.op, (ast.Add, ast.Sub)):
        return
    flip = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub)
    difference = (written - wanted) if flip else (wanted - written)
    source = text.of(value)
    for form, array, dearer in _multiples(difference, context):
        for sign, coefficient, cost in _times(difference, array, context):
            term = f"{coefficient} * {form}" if coefficient else form
            if coefficient.startswith("/"):
                term = f"{form} {coefficient}"
            if "*" in term and term in source:
                continue  # one rather writes twice that
            kind = "missing term"
            if any(looks_like_reg(word) for word in re.split(r"\W+", coefficient)):
                kind = "missing regularisation"
            yield Edit(text.put(value, f"{source} {sign} {term}"), kind, cost + dearer)
    if not isinstance(node, ast.AugAssign):
        yield from _factor(text, value, context, written, wanted)


def _reshaped(
    text: Text, value: ast.expr, context: Context, written: Array, wanted: Array
) -> Iterator[Edit]:
    """Yield edits that give what a line writes the shape of something that is there."""
    if written.size == wanted.size and same(written.reshape(wanted.shape), wanted):
        for name, shape in context.shapes.items():
            if shape == wanted.shape:
                new = f"{bracketed(text, value)}.reshape({name}.shape)"
                yield Edit(text.put(value, new), "shape", 1.1)


def _cut(
    text: Text, value: ast.expr, context: Context, written: Array, wanted: Array
) -> Iterator[Edit]:
    """Yield edits that take a part of what a line writes, as where it is padded.

    Examples
    --------
    >>> _bounds(2, 3, 7, {"P": 2.0}), _bounds(1, 3, 7, {"P": 1.0, "L": 3.0})
    ('P:-P', 'P:P + L')
    """
    if written.ndim != wanted.ndim or not written.ndim or same(written, wanted):
        return
    pairs = list(zip(written.shape, wanted.shape, strict=True))
    if any(a < b for a, b in pairs):
        return
    for begins in itertools.product(*(range(a - b + 1) for a, b in pairs)):
        places = tuple(slice(i, i + b) for i, (_, b) in zip(begins, pairs, strict=True))
        if same(written[places], wanted):
            bounds = [
                _bounds(i, b, a, context.numbers) for i, (a, b) in zip(begins, pairs, strict=True)
            ]
            new = f"{bracketed(text, value)}[{', '.join(bounds)}]"
            yield Edit(text.put(value, new), "shape", 1.1)
            return


def _bounds(first: int, count: int, length: int, numbers: Mapping[str, float]) -> str:
    """Return the slice of so many from a place on, with the names of numbers."""
    if count == length:
        return ":"
    whole = [(int(value), name) for name, value in numbers.items() if value == int(value)]
    texts = dict(reversed(whole))  # the first name that there is for it
    begin, many = texts.get(first, str(first)), texts.get(count, str(count))
    if first and length - count == 2 * first:
        return f"{begin}:-{begin}"
    return f"{begin}:{begin} + {many}" if first else f":{many}"


def _multiples(difference: Array, context: Context) -> Iterator[tuple[str, Array, float]]:
    """Yield what an array may be a multiple of, and how much less likely it is than a name."""
    shape = difference.shape
    terms: _Terms = context.made(f"terms {shape}", lambda: _terms(shape, context))
    yield from terms.near(difference)


_Terms = ByMark[tuple[str, Array, float]]


def _terms(shape: tuple[int, ...], context: Context) -> _Terms:
    """Return arrays of a shape, and products that have it."""
    with np.errstate(all="ignore"):
        products = itertools.islice(_products(shape, context), MOST_PRODUCTS)
        return ByMark((term[1], term) for term in (*_named(shape, context), *products))


def _named(shape: tuple[int, ...], context: Context) -> Iterator[tuple[str, Array, float]]:
    for name, array in context.values.items():
        for form, turned in _forms(name, array, shape):
            yield form, turned, 0.0


def _products(shape: tuple[int, ...], context: Context) -> Iterator[tuple[str, Array, float]]:
    """Yield products of a gradient with something, as another path contributes."""
    values = context.values
    fits = [name for name, array in values.items() if broadcasts(array.shape, shape)]
    for name in filter(is_called_gradient, fits):
        for other in fits:
            if other != name:
                product = values[name] * values[other]
                if product.shape == shape:
                    yield f"{name} * {other}", product, 0.3
    if len(shape) != 2:
        return
    sides = [(form, turned) for name, array in values.items() if array.ndim == 2
             for form, turned in ((name, array), (f"{name}.T", array.T))]  # fmt: skip
    rights: dict[int, list[tuple[str, Array]]] = {}
    for form, turned in sides:
        if turned.shape[1] == shape[1]:
            rights.setdefault(len(turned), []).append((form, turned))
    for one, left in sides:
        if len(left) == shape[0]:
            for two, right in rights.get(left.shape[1], ()):
                if is_called_gradient(one) or is_called_gradient(two):
                    yield f"{one} @ {two}", left @ right, 0.25


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


_Table = tuple[list[float], list[str]]


def _table(numbers: Mapping[str, float]) -> _Table:
    """Return coefficients in order, with their texts."""
    pairs = sorted((value, text) for text, value in coefficients(numbers).items())
    return [value for value, _ in pairs], [text for _, text in pairs]


def coefficient_of(value: float, context: Context) -> str | None:
    """Return the shortest text for what may stand before a term, None if there is none."""
    found = [text for text in _texts_of(abs(value), context) if not text.startswith("/")]
    return min(found, key=len, default=None)


def _texts_of(size: float, context: Context) -> list[str]:
    """Return the texts of the coefficients that are so great."""
    values, texts = context.made("coefficients", lambda: _table(context.numbers))
    first = bisect_left(values, size * (1 - 1e-8))
    found: list[str] = texts[first : bisect_right(values, size * (1 + 1e-8))]
    return found


def _times(difference: Array, array: Array, context: Context) -> Iterator[tuple[str, str, float]]:
    """Yield how often an array stands in a difference, as sign and coefficient."""
    place = int(np.argmax(np.abs(difference)))
    one = float(array.flat[place])
    guess = abs(float(difference.flat[place]) / one) if one else 0.0
    texts = _texts_of(guess, context)
    factor = ratio(difference, array) if texts else None
    if factor is not None:
        for text in texts:
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
    shape = written.shape
    factors: _Factors = context.made(f"factors {shape}", lambda: _factors(shape, context))
    is_there = written != 0
    if np.any(wanted[~is_there]):
        return
    near = factors.near(wanted / written) if np.all(is_there) else factors.things
    most = int(np.argmax(np.abs(written)))
    one, other = float(written.flat[most]), float(wanted.flat[most])
    for shape_text, factor, kind in near:
        made = one * float(factor.flat[most])
        times = {0.5: "0.5 * ", 2.0: "2 * "}.get(round(other / made, 6)) if made else None
        if times and same(written * factor * float(times[:-3]), wanted):
            yield Edit(text.put(value, f"{times}{whole} {shape_text}"), kind, 1.4)
        if abs(made - other) > 1e-3 * abs(other):
            continue  # most are not it, which one number tells
        if same(written * factor, wanted):
            cost = 1.3 if shape_text[0] == "/" else 1.25
            if context.shape_of(shown) == ():
                cost -= 0.1  # a number cannot be what has a shape
            yield Edit(text.put(value, f"{whole} {shape_text}"), kind, cost)


_Factors = ByMark[tuple[str, Array, str]]


def _factors(shape: tuple[int, ...], context: Context) -> _Factors:
    """Return by what arrays of a shape may be multiplied."""
    found: list[tuple[Array, tuple[str, Array, str]]] = []
    with np.errstate(all="ignore"):
        for form, turned, _ in _named(shape, context):
            for pattern, make, kind in _SHAPES:
                factor = make(turned)
                found.append((factor, (pattern.format(form), factor, kind)))
    return ByMark(found)


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
