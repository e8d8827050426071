"""Pictures of arrays and tables as HTML that needs nothing else, for notebooks and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_CELLS = 24
"""Longer axes are drawn as so many cells, each the largest in size of those it stands for."""

GOOD, OPEN, BAD = "#1a7f37", "#9a6700", "#cf222e"
"""Colours of verdicts, which are told in words as well."""


def table(
    head: Sequence[str], rows: Iterable[tuple[Sequence[str], str]], notes: Sequence[str]
) -> str:
    """Return a table whose rows are cells, the last of them a verdict, and its colour."""
    import html  # needed here only, and it would slow down importing the library

    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = ""
    for (*cells, verdict), colour in rows:
        first = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        body += f'<tr>{first}<td style="color:{colour}"><b>{html.escape(verdict)}</b></td></tr>'
    below = "<br>".join(map(html.escape, notes))
    return f"<table><tr>{top}</tr>{body}</table><small>{below}</small>"


def text(value: str) -> str:
    """Return plain text as an element."""
    import html

    return f"<pre>{html.escape(value)}</pre>"


def largest(array: Array) -> float:
    """Return the greatest magnitude of a finite element, 0 if there is none."""
    values = np.asarray(array, float)
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def folded(arrays: Mapping[str, Array]) -> str:
    """Return heat maps of arrays by name, folded up; "" if there is nothing to be seen."""
    figures = [
        figure(name, array, largest(array))
        for name, array in arrays.items()
        if array.dtype.kind in "fiub" and array.size > 1
    ]
    if not figures:
        return ""
    return f"<details><summary>heat map</summary>{''.join(figures)}</details>"


def figure(name: str, array: Array, scale: float) -> str:
    """Return a heat map with what it shows; `scale` is what is drawn in full colour."""
    import html

    shape = "x".join(map(str, array.shape)) or "a number"
    said = f"{name}, {shape}, up to {largest(array):.3g}"
    return (
        f'<figure role="img" aria-label="{html.escape(said)}">{heat_map(array, scale)}'
        f"<figcaption>{html.escape(said)}</figcaption></figure>"
    )


def heat_map(array: Array, scale: float) -> str:
    """Return a heat map: orange above zero, blue below, both readable by colour-blind people."""
    cells = _cells(array)
    size = 9
    rects = "".join(
        f'<rect x="{size * j}" y="{size * i}" width="{size}" height="{size}" '
        f'fill="{_colour(value, scale)}"/>'
        for (i, j), value in np.ndenumerate(cells)
    )
    height, width = cells.shape
    return (
        f'<svg width="{size * width}" height="{size * height}" '
        f'viewBox="0 0 {size * width} {size * height}" aria-hidden="true">{rects}</svg>'
    )


def _cells(array: Array) -> Array:
    flat = np.asarray(array, float)
    flat = flat.reshape(-1, flat.shape[-1]) if flat.ndim else flat.reshape(1, 1)
    for axis in (0, 1):
        if flat.shape[axis] > MOST_CELLS:
            parts = np.array_split(flat, MOST_CELLS, axis=axis)
            flat = np.stack([_extreme(part, axis) for part in parts], axis=axis)
    return flat


def _extreme(part: Array, axis: int) -> Array:
    """Return the elements that are largest in size along an axis."""
    at = np.expand_dims(np.argmax(np.abs(part), axis=axis), axis)
    return np.take_along_axis(part, at, axis).squeeze(axis)


def _colour(value: float, scale: float) -> str:
    if not np.isfinite(value):
        return "#000"
    share = min(abs(value) / scale, 1.0) if scale else 0.0
    end = (230, 97, 1) if value > 0 else (33, 102, 172)
    red, green, blue = (round(247 + (c - 247) * share) for c in end)
    return f"#{red:02x}{green:02x}{blue:02x}"
