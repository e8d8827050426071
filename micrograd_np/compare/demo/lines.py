"""The eleven lines: each one's equation, its automatic counterpart, and how well they agree.

A stands for the sum over the examples of log sum exp(scores), D for the data loss, L for the whole
loss, pre for X W1 + b1; e counts the examples, (x) is the outer product, ' the transpose.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.network import network, torch_functions
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.rounding import Distance, Radius, distance, rounding_radius
from micrograd_np.transforms import grad

Array = NDArray[Any]

NOTHING = "nothing was computed"
"""The problem of a line that did not run."""

STEPPED = 400
"""Up to how many elements of a line are checked by complex step."""


@dataclass(frozen=True)
class Line:
    """One backward line of the post.

    Attributes
    ----------
    name
        By which `reference.post.backward` returns what the line computes.
    of, wrt
        Its automatic counterpart: the gradient of this quantity of the network by that one.
    equation
        That gradient, written as mathematics.
    why
        The reason, in a few words.
    """

    name: str
    of: str
    wrt: str
    equation: str
    why: str


LINES = (
    Line(
        "dscores_probs", "log_partition", "scores",
        "dA/dscores = softmax(scores)",
        "A is the first part of N D: its derivative is the softmax",
    ),
    Line(
        "dscores_minus_onehot", "data_loss_sum", "scores",
        "d(N D)/dscores = probs - onehot(y)",
        "the second part of N D, -scores[e, y[e]], has the derivative -1 at the true class",
    ),
    Line(
        "dscores", "data_loss", "scores",
        "dD/dscores = (probs - onehot(y)) / N",
        "D is a mean; all lines below are linear in dscores, so dividing here divides them all",
    ),
    Line(
        "dW2_data", "data_loss", "W2",
        "dD/dW2 = sum_e hidden[e] (x) dscores[e]",
        "scores = hidden W2 + b2; the matrix product is the sum over the examples",
    ),
    Line(
        "db2", "data_loss", "b2",
        "dD/db2 = sum_e dscores[e]",
        "b2 is added to the scores of every example",
    ),
    Line(
        "dhidden_before_mask", "data_loss", "hidden",
        "dD/dhidden = dscores W2'",
        "unit h reaches score k through W2[h, k], so the way back is the transpose",
    ),
    Line(
        "dhidden", "data_loss", "before_relu",
        "dD/dpre = dD/dhidden where hidden > 0, else 0",
        "the ReLU lets the gradient through where it let its input through",
    ),
    Line(
        "dW1_data", "data_loss", "W1",
        "dD/dW1 = sum_e X[e] (x) dhidden[e]",
        "as line 4, one layer down",
    ),
    Line(
        "db1", "data_loss", "b1",
        "dD/db1 = sum_e dhidden[e]",
        "as line 5, one layer down",
    ),
    Line(
        "dW2", "loss", "W2",
        "dL/dW2 = dD/dW2 + reg W2",
        "reg/2 |W2|^2 has the derivative reg W2",
    ),
    Line(
        "dW1", "loss", "W1",
        "dL/dW1 = dD/dW1 + reg W1",
        "reg/2 |W1|^2 has the derivative reg W1; the biases are not regularized",
    ),
)  # fmt: skip


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


def counterparts(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the gradient that each line should be, computed automatically."""
    values = network(inputs)

    def gradient(line: Line) -> Any:
        return grad(lambda v: network({**inputs, line.wrt: v})[line.of])(values[line.wrt])

    return {line.name: gradient(line) for line in LINES}


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
    automatic = _automatic(inputs)
    by_torch = _by_torch(inputs)
    code = statements(backward)
    return [
        _check(line, inputs, by_hand.get(line.name), automatic[line.name], by_torch, code)
        for line in LINES
    ]


def _automatic(inputs: dict[str, Any]) -> dict[str, Radius]:
    """Return the automatic counterparts, with how far rounding may move them."""
    names = [name for name in inputs if name not in ("y", "reg")]

    def gradients(*arrays: Any) -> dict[str, Any]:
        return counterparts({**inputs, **dict(zip(names, arrays, strict=True))})

    return rounding_radius(gradients, *(inputs[name] for name in names))


def _by_torch(inputs: dict[str, Any]) -> dict[str, Array]:
    """Return the counterparts as PyTorch's autograd has them; nothing without PyTorch."""
    functions = torch_functions()
    if functions is None:
        return {}
    import torch

    given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    gradients = {}
    for line in LINES:
        at = network(given, functions)[line.wrt].detach().requires_grad_()
        (g,) = torch.autograd.grad(network({**given, line.wrt: at}, functions)[line.of], at)
        gradients[line.name] = g.numpy()
    return gradients


def _check(
    line: Line,
    inputs: dict[str, Any],
    given: Any,
    wanted: Radius,
    by_torch: dict[str, Array],
    code: dict[str, str],
) -> Checked:
    shape = None if given is None else np.shape(given)
    torch = None
    if given is None:
        hand = Distance(np.inf, None, np.inf, 0, NOTHING)
    else:
        hand = distance(given, wanted)
        if line.name in by_torch:
            torch = distance(given, replace(wanted, value=by_torch[line.name]))
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
