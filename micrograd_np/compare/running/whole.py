"""Inputs that are numbers, or hold whole numbers, though gradients are given of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.checks import refuse_mask
from micrograd_np.compare.running.paths import leaves, stem
from micrograd_np.compare.running.subject import Mismatch, Subject
from micrograd_np.compare.running.values import copied, mapped
from micrograd_np.compare.running.wanted import gradients
from micrograd_np.tensor import Tensor


def as_floats(
    subject: Subject,
    inputs: Mapping[str, Any],
    found: Mapping[str, Any],
    names: Sequence[str] | None,
) -> dict[str, Any] | None:
    """Return the inputs with such arrays in double precision, None if there are none.

    Labels and tokens stay as they are: the forward pass does not run on fractions of them.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        What they were run on.
    found
        The variables of the backward pass at its end, and what it has returned.
    names
        What the returned ones are called.
    """
    whole = {path for name, value in inputs.items() for path, leaf in leaves(value, name)
             if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" and leaf.ndim}  # fmt: skip
    if not whole:
        return None
    try:
        given = gradients(subject, mapped(dict(inputs), _as_float), found, names)
    except Mismatch:
        return None
    made = dict(inputs)
    for name in sorted({stem(one.source) for one in given if one.source in whole}):
        trial = made | {name: mapped(made[name], _as_float)}
        if subject.runs(copied(trial)):
            made = trial
    is_changed = any(made[name] is not inputs[name] for name in inputs)
    return made if is_changed else None


def numbers_as_arrays(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the inputs with arrays in place of numbers, if they hold no array at all.

    ``forward(2.0, -3.0, 10.0)`` is then about those numbers: beside arrays they rather are a
    learning rate, or the strength of a penalty.

    Raises
    ------
    TypeError
        If one is a masked array, or a matrix.
    """
    held = [leaf for name, value in inputs.items() for _, leaf in leaves(value, name)]
    for leaf in held:
        refuse_mask(leaf)
    if any(isinstance(leaf, (np.ndarray, Tensor)) for leaf in held):
        return inputs
    return {name: mapped(value, _as_array) for name, value in inputs.items()}


def _as_array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, (float, np.floating)) else value


def _as_float(value: Any) -> Any:
    is_whole = isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim
    return value.astype(np.float64) if is_whole else value
