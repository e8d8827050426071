"""The table of a module's layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.mode import no_grad
from micrograd_np.nn.module import Module, left_as_it_was
from micrograd_np.trees import leaves


def summary(module: Module, inputs: tuple[Any, ...]) -> str:
    """Return a table with a row for each layer: see :meth:`Module.summary`."""
    results = _results(module, inputs) if inputs else {}
    rows = [["name", "layer", "parameters", "count", "result"[: 6 * bool(inputs)]]]
    for name, layer in module.named_modules():
        own = ", ".join(f"{key} {value.shape}" for key, value in layer._parameters())
        count = sum(parameter.size for parameter in layer.parameters())
        rows.append([name, type(layer).__name__, own, f"{count:,}", results.get(id(layer), "")])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if rows[0][i] == "count" else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _results(module: Module, inputs: tuple[Any, ...]) -> dict[int, str]:
    """Call a module in evaluation, and return the shapes that its layers returned, by their id."""
    shapes: dict[int, str] = {}
    with left_as_it_was(module) as layers, no_grad():
        for layer in layers:
            _watch(layer, shapes)
        module.eval()(*inputs)
    return shapes


def _watch(layer: Module, shapes: dict[int, str]) -> None:
    """Take note of the shape of what a layer returns."""
    forward = layer.forward

    def watching(*args: Any, **kwargs: Any) -> Any:
        out = forward(*args, **kwargs)
        shapes[id(layer)] = ", ".join(str(np.shape(x)) for x in leaves(out))
        return out

    layer.forward = watching  # type: ignore[method-assign]  # until the call is over
