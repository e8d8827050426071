"""The hand-written side of a network of any depth, as text: that of the post, line for line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from micrograd_np.compare.demo.equations import Line, lines
from micrograd_np.compare.demo.network import SLOPE, numbered

FORWARD = "forward"
BACKWARD = "backward"
LOSS = "loss"

_ACTIVATIONS = {
    "relu": "np.maximum({0}, 0)",
    "leaky_relu": f"np.where({{0}} > 0, {{0}}, {SLOPE} * {{0}})",  # of a name
    "tanh": "np.tanh({0})",
    "sigmoid": "1 / (1 + np.exp(-({0})))",
}

_WORDS = {
    "relu": "mg.relu({0})",
    "leaky_relu": f"mg.relu({{0}}) - {SLOPE} * mg.relu(-({{0}}))",
    "tanh": "np.tanh({0})",
    "sigmoid": "mg.sigmoid({0})",
}

DERIVATIVES = {
    "relu": "{d}[{h} <= 0] = 0",
    "leaky_relu": f"{{d}}[{{h}} <= 0] *= {SLOPE}",
    "tanh": "{d} *= 1 - {h}**2",
    "sigmoid": "{d} *= {h} * (1 - {h})",
}
"""How the gradient `d` of an activation's result `h` becomes that of what it was given."""


@dataclass(frozen=True)
class Written:
    """One line of the backward pass as it is written.

    Attributes
    ----------
    line
        What gradient it is.
    code
        The statement.
    role
        What the same statement of every layer is for: ``"probs", "onehot", "mean", "dW", "db",
        "dhidden", "mask"`` or ``"reg"``.
    layer
        The layer of its weights, of a mask that of the hidden units; 0 at the scores.
    """

    line: Line
    code: str
    role: str
    layer: int = 0


def weights(depth: int) -> list[str]:
    """Return the names of the weights and biases, in the order in which they are used."""
    return [f"{kind}{layer}" for layer in range(1, depth + 2) for kind in "Wb"]


def hidden_names(depth: int) -> list[str]:
    """Return what the values of the hidden layers are called."""
    return [numbered("hidden", layer, depth) for layer in range(1, depth + 1)]


def forward(depth: int, activation: str) -> Iterator[str]:
    """Yield the statements of the forward pass."""
    yield "rows = np.arange(X.shape[0])"
    below = "X"
    for layer, hidden in enumerate(hidden_names(depth), start=1):
        given = f"{below} @ W{layer} + b{layer}"
        if activation == "leaky_relu":
            before = hidden.replace("hidden", "before")
            yield f"{before} = {given}"
            given = before
        yield f"{hidden} = {_ACTIVATIONS[activation].format(given)}"
        below = hidden
    yield f"scores = {below} @ W{depth + 1} + b{depth + 1}"
    yield "shifted = scores - scores.max(axis=1, keepdims=True)"
    yield "exp_scores = np.exp(shifted)"
    yield "total = exp_scores.sum(axis=1, keepdims=True)"
    yield "probs = exp_scores / total"
    yield "log_probs = shifted - np.log(total)"
    yield "data_loss = -log_probs[rows, y].mean()"
    squares = " + ".join(f"(W{k} * W{k}).sum()" for k in range(1, depth + 2))
    yield f"reg_loss = 0.5 * reg * ({squares})"
    yield "loss = data_loss + reg_loss"


def labelled(depth: int, activation: str) -> dict[str, str]:
    """Return the statements of the forward pass by what the page calls them: F1 is the first."""
    return {f"F{i}": text for i, text in enumerate(forward(depth, activation), start=1)}


def loss(depth: int, activation: str) -> str:
    """Return a function of the loss in words of the library, for deriving its backward pass."""
    body = []
    below = "X"
    for layer, hidden in enumerate(hidden_names(depth), start=1):
        body.append(f"{hidden} = {_WORDS[activation].format(f'{below} @ W{layer} + b{layer}')}")
        below = hidden
    squares = " + ".join(f"np.sum(W{k} * W{k})" for k in range(1, depth + 2))
    body += [
        f"scores = {below} @ W{depth + 1} + b{depth + 1}",
        f"loss = mg.cross_entropy(scores, y) + 0.5 * reg * ({squares})",
        "return loss",
    ]
    given = ", ".join(["X", "y", *weights(depth), "reg"])
    head = ["import numpy as np", "import micrograd_np as mg", "", "", f"def {LOSS}({given}):"]
    return "\n".join([*head, *_indented(body), ""])


def backward(depth: int, activation: str) -> list[Written]:
    """Return the lines of the backward pass, those of the post first if it is the post's."""
    made = {line.name: line for line in lines(depth, activation)}
    return [
        Written(made[name], code, role, layer)
        for name, code, role, layer in _backward(depth, activation)
    ]


def _backward(depth: int, activation: str) -> Iterator[tuple[str, str, str, int]]:
    yield "dscores_probs", "dscores = probs.copy()", "probs", 0
    yield "dscores_minus_onehot", "dscores[rows, y] -= 1", "onehot", 0
    yield "dscores", "dscores /= N", "mean", 0
    above = "dscores"
    for k in range(depth + 1, 0, -1):
        below = numbered("hidden", k - 1, depth) if k > 1 else "X"
        yield f"dW{k}_data", f"dW{k} = {below}.T @ {above}", "dW", k
        yield f"db{k}", f"db{k} = {above}.sum(axis=0, keepdims=True)", "db", k
        if k > 1:
            code = f"d{below} = {above} @ W{k}.T"
            yield f"d{below}_before_mask", code, "dhidden", k
            code = DERIVATIVES[activation].format(d=f"d{below}", h=below)
            yield f"d{below}", code, "mask", k - 1
        above = f"d{below}"
    for k in range(depth + 1, 0, -1):
        yield f"dW{k}", f"dW{k} = dW{k} + reg * W{k}", "reg", k


def module(depth: int, activation: str, instead: Mapping[str, str] | None = None) -> str:
    """Return a module with both passes as functions, and one that takes a step of training.

    Parameters
    ----------
    depth, activation
        The network.
    instead
        Statements to write in place of lines, by the names of the lines; "" leaves one out.
    """
    instead = instead or {}
    passes = [instead.get(w.line.name, w.code) for w in backward(depth, activation)]
    given = ", ".join(["X", "y", *weights(depth), "reg"])
    used = ["X", "y", *(f"W{k}" for k in range(1, depth + 2)), "reg", *hidden_names(depth)]
    gradients = ", ".join(f"d{name}" for name in weights(depth))
    first = list(forward(depth, activation))
    start = "N = X.shape[0]"
    return "\n".join(
        [
            "import numpy as np",
            "",
            "",
            f"def {FORWARD}({given}):",
            *_indented([*first, "return loss"]),
            "",
            "",
            f"def {BACKWARD}({', '.join([*used, 'probs', 'rows'])}):",
            *_indented([start, *passes]),
            "",
            "",
            f"def step({given}):",
            *_indented([*first, start, *passes, f"return loss, {gradients}"]),
            "",
        ]
    )


def _indented(statements: list[str]) -> list[str]:
    return [f"    {statement}" for statement in statements if statement]
