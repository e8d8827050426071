"""Parameters of which a backward pass gives no gradient, though it does of others like them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.wanted import holders, tokens

_PARAMETER = re.compile(r"(?i)([wuv]|b|weights?|bias(es)?|gamma|beta|theta)_?[a-z]{0,2}")
"""What people call a parameter, numbers left out."""


def forgotten(inputs: Mapping[str, Any], given: Sequence[str]) -> Iterator[str]:
    """Yield the inputs that look like those whose gradients are given, and have none.

    Parameters
    ----------
    inputs
        By name.
    given
        The paths of those that have one.

    Examples
    --------
    >>> W = b = np.ones(3)
    >>> list(forgotten({"X": W, "W1": W, "b1": b, "W2": W, "b2": b}, ["W1", "b1", "W2"]))
    ['b2']
    """
    every = {
        path: value
        for name, value in inputs.items()
        for path, value in leaves(value, name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    alike = {_kind(path) for path in given}
    others = {*holders(every), *given}
    for path in every:
        if path in others:
            continue
        kind = _kind(path)
        if kind in alike or (len(kind) == 1 and _PARAMETER.fullmatch(kind[0])):
            yield path


def _kind(path: str) -> tuple[str, ...]:
    """Return a path without its numbers; of an item, that of its container."""
    *outer, last = tokens(path)
    return tuple(str(one) for one in outer) or (re.sub(r"\d+", "", str(last)),)
