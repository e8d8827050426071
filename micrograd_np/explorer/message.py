"""What the page is sent: JSON, with arrays as the bytes of their numbers."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.explorer.terms import Term
from micrograd_np.program.printing.mathematics import mathml
from micrograd_np.rounding import Distance

Array = NDArray[Any]

_CLASSES = {
    'style="font-style:italic"': 'class="italic"',
    'style="font-style:normal"': 'class="upright"',
    'style="font-weight:bold"': 'class="bold"',
}
"""The page allows no styles in its elements, so that what is sent to it cannot bring any."""


class Arrays:
    """The arrays of a message: one that stands in several places is sent once."""

    def __init__(self) -> None:
        self._places: dict[tuple[tuple[int, ...], str, bytes], int] = {}
        self.sent: list[dict[str, Any]] = []

    def add(self, value: Any) -> int | None:
        """Return the place of an array in the message; None for None."""
        if value is None:
            return None
        array = np.asarray(value)
        numbers = np.ascontiguousarray(array, dtype="<f8")
        key = (array.shape, str(array.dtype), numbers.tobytes())
        if key not in self._places:
            self._places[key] = len(self.sent)
            text = base64.b64encode(key[2]).decode("ascii")
            self.sent.append({"shape": array.shape, "dtype": key[1], "data": text})
        return self._places[key]

    def term(self, term: Term | None) -> dict[str, Any] | None:
        """Return how a value was made, as the page reads it."""
        if term is None:
            return None
        found: dict[str, Any] = {"text": term.text, "array": self.add(term.value)}
        if term.kind:
            found |= {"kind": term.kind, "parts": [self.term(part) for part in term.parts]}
        if term.kind in ("sum", "mean"):
            found["axis"] = None if term.axis is None else list(term.axis)
        return found


def equation(latex: str) -> str:
    """Return an equation in MathML."""
    text = mathml.element(latex)
    for style, name in _CLASSES.items():
        text = text.replace(style, name)
    return text


def number(value: float | None) -> float | str | None:
    """Return a number for JSON, which has neither infinity nor nan: they are told in words."""
    if value is None or math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def far(distance: Distance | None) -> dict[str, Any] | None:
    """Return how far two results are apart."""
    if distance is None:
        return None
    return {
        "radii": number(distance.radii),
        "problem": distance.problem,
        "undecided": distance.undecided,
        "ok": distance.ok,
    }
