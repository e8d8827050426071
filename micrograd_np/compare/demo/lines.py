"""The eleven lines: the automatic counterpart of each, and how well they agree."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.equations import Line, lines
from micrograd_np.compare.demo.network import counterparts, network, torch_functions
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.rounding import Distance, Radius, distance, rounding_radius

Array = NDArray[Any]

NOTHING = "nothing was computed"
"""The problem of a line that did not run."""

STEPPED = 400
"""Up to how many elements of a line are checked by complex step."""


LINES = tuple(lines())
"""Those of the network of the post."""


@dataclass(frozen=True)
class Checked:
    """What came out for one line.

    Attributes
    ----------
    line
        Which line.
    code
        Its statement, read from the source of `reference.post.backward`.
    shape
        Of what it computed; None if it computed nothing.
    by_hand, by_torch, by_step
        Hand-written against automatic, hand-written against PyTorch, automatic against complex
        step; None where there is nothing to compare with.
    stepped
        How many elements the complex step checked.
    """

    line: Line
    code: str
    shape: tuple[int, ...] | None
    by_hand: Distance
    by_torch: Distance | None
    by_step: Distance | None
    stepped: int

    @property
    def ok(self) -> bool:
        """Whether all that could be compared agrees."""
        return all(d is None or d.ok for d in (self.by_hand, self.by_torch, self.by_step))


def check_lines(
    inputs: dict[str, Any], by_hand: dict[str, Any], backward: Callable[..., Any]
) -> list[Checked]:
    """Compare every line with its counterparts.

    Parameters
    ----------
    inputs
        ``X, y, W1, b1, W2, b2, reg`` as arrays.
    by_hand
        What the hand-written pass computed, by line.
    backward
        The hand-written pass, for its source.
    """
    automatic = measured(inputs)
    third = by_torch(inputs)
    code = statements(backward)
    return [
        _check(line, inputs, by_hand.get(line.name), automatic[line.name], third, code)
        for line in LINES
    ]


def measured(inputs: Mapping[str, Any], activation: str = "relu") -> dict[str, Radius]:
    """Return the automatic counterparts, with how far rounding may move them."""
    names = [name for name in inputs if name not in ("y", "reg")]

    def gradients(*arrays: Any) -> dict[str, Any]:
        given = {**inputs, **dict(zip(names, arrays, strict=True))}
        given["y"] = np.broadcast_to(inputs["y"], given["X"].shape[:-1])
        return counterparts(given, activation=activation)

    return rounding_radius(gradients, *(inputs[name] for name in names), stacked=True)


def by_torch(inputs: Mapping[str, Any], activation: str = "relu") -> dict[str, Array]:
    """Return the counterparts as PyTorch's autograd has them; nothing without PyTorch."""
    functions = torch_functions()
    if functions is None:
        return {}
    import torch

    given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    return {name: g.numpy() for name, g in counterparts(given, functions, activation).items()}


def _check(
    line: Line,
    inputs: dict[str, Any],
    given: Any,
    wanted: Radius,
    third: dict[str, Array],
    code: dict[str, str],
) -> Checked:
    shape = None if given is None else np.shape(given)
    torch = None
    if given is None:
        hand = Distance(np.inf, None, np.inf, 0, NOTHING)
    else:
        hand = distance(given, wanted)
        if line.name in third:
            torch = distance(given, replace(wanted, value=third[line.name]))
    step, stepped = _by_step(line, inputs, wanted)
    return Checked(line, code.get(line.name, "(no such line)"), shape, hand, torch, step, stepped)


def _by_step(line: Line, inputs: dict[str, Any], wanted: Radius) -> tuple[Distance, int]:
    """Compare the automatic counterpart with complex step, on a sample of its elements."""
    wide = {k: v.astype(np.float64) if k not in ("y", "reg") else v for k, v in inputs.items()}
    at = network(wide)[line.wrt]
    size = wanted.value.size
    elements = np.arange(size)
    if size > STEPPED:
        elements = np.sort(np.random.default_rng(0).choice(size, STEPPED, replace=False))
    exact = complex_step(lambda v: network({**wide, line.wrt: v})[line.of], at, elements.tolist())
    exact = exact.reshape(-1)[elements]
    sample = Radius(
        exact.astype(wanted.value.dtype),
        wanted.radius.reshape(-1)[elements],
        wanted.undecided.reshape(-1)[elements] | np.isnan(exact),  # nan: the step met a kink
    )
    found = distance(wanted.value.reshape(-1)[elements], sample)
    return found, len(elements) - found.undecided


def statements(backward: Callable[..., Any]) -> dict[str, str]:
    """Return the statement before each ``lines["name"] = ...`` in the source of `backward`."""
    source = textwrap.dedent(inspect.getsource(backward))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    found: dict[str, str] = {}
    code = "(no such line)"
    for statement in function.body:
        match statement:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name("lines"), slice=ast.Constant(str(name)))]
            ):
                found[name] = code
                code = "(no such line)"
            case _:
                code = ast.get_source_segment(source, statement) or ""
    return found
