"""A loss that is nan or infinite has no gradients to compare: which line made it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from micrograd_np.compare.running.following import Followed, Quantity
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.subject import Mismatch, Subject


def check_finite(subject: Subject, inputs: Mapping[str, Any], followed: Followed) -> None:
    """Refuse inputs on which the loss is not finite.

    Raises
    ------
    Mismatch
        With the input or the line from which that comes.
    """
    loss = np.asarray(followed.loss)
    if np.all(np.isfinite(loss)):
        return
    code = subject.forward
    what = "nan" if np.any(np.isnan(loss)) else "infinite"
    for name, value in inputs.items():
        for path, leaf in leaves(value, name):
            if _bad(np.asarray(leaf)):
                raise Mismatch(
                    f"{code.file}:{code.start}: {code.name}: the loss is {what} on these inputs: "
                    f"{path} holds {_bad(np.asarray(leaf))}"
                )
    first = next((q for q in followed.quantities if q.lineno and _bad(q.value) == "nan"), None)
    if first is None:
        first = next((q for q in followed.quantities if q.lineno and _bad(q.value)), None)
    raise Mismatch(
        f"{_place(subject, first)} the loss is {what} on these inputs, so there is no gradient to "
        "compare; change them, or the line"
    )


def _bad(value: np.ndarray[Any, Any]) -> str:
    """Return what an array holds that is not finite."""
    if value.dtype.kind != "f" or np.all(np.isfinite(value)):
        return ""
    return "nan" if np.any(np.isnan(value)) else "inf"


def _place(subject: Subject, first: Quantity | None) -> str:
    code = subject.forward
    if first is None or first.function:
        return f"{code.file}:{code.start}: {code.name}:"
    text = next((s.source for s in code.statements() if s.lineno == first.lineno), "")
    return f"{code.file}:{first.lineno}: `{text}` makes {first.path} {_bad(first.value)}:"
