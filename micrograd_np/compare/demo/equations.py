"""The lines of the backward pass as mathematics: what gradient each one is, and why.

A stands for the sum over the examples of log sum exp(scores), D for the data loss, L for the whole
loss, pre for X W1 + b1; e counts the examples, (x) is the outer product, ' the transpose.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from micrograd_np.compare.demo.network import numbered


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
        That gradient, written as mathematics in plain text.
    why
        The reason, in a few words.
    latex
        The equation in LaTeX, the sum over the examples written out.
    """

    name: str
    of: str
    wrt: str
    equation: str
    why: str
    latex: str


_SCORES = r"\mathit{scores}"

_DERIVATIVES = {
    "relu": (
        "where {h} > 0, else 0",
        "the ReLU lets the gradient through where it let its input through",
        r"\odot \mathbf{1}[{H} > 0]",
    ),
    "leaky_relu": (
        "times 0.01 where {h} <= 0",
        "the leaky ReLU has the slope 1 above zero, 0.01 elsewhere",
        r"\odot \left(\mathbf{1}[{H} > 0] + 0.01 \; \mathbf{1}[{H} \leq 0]\right)",
    ),
    "tanh": (
        "times 1 - {h}^2",
        "the derivative of tanh is 1 - tanh^2, and tanh is at hand",
        r"\odot \left(1 - {H}^{\odot 2}\right)",
    ),
    "sigmoid": (
        "times {h} (1 - {h})",
        "the derivative of the sigmoid s is s (1 - s), and s is at hand",
        r"\odot {H} \odot (1 - {H})",
    ),
}
"""What a gradient is multiplied by on its way through an activation: as text, why, in LaTeX."""


def lines(layers: int = 1, activation: str = "relu") -> Iterator[Line]:
    """Yield the lines of a network in the order of its backward pass.

    Parameters
    ----------
    layers
        How many hidden layers: 1 is the network of the post.
    activation
        What follows each of them: ``"relu"``, ``"leaky_relu"``, ``"tanh"`` or ``"sigmoid"``.
    """
    yield from _of_the_scores()
    number = 4
    for layer in range(layers + 1, 0, -1):
        for line in _of_a_layer(layer, layers, activation, number):
            yield line
            number += 1
    for layer in range(layers + 1, 0, -1):
        biases = "; the biases are not regularized" if layer == 1 else ""
        W = rf"W_{layer}"
        yield Line(
            f"dW{layer}", "loss", f"W{layer}",
            f"dL/dW{layer} = dD/dW{layer} + reg W{layer}",
            f"reg/2 |W{layer}|^2 has the derivative reg W{layer}{biases}",
            rf"{_d('L', W)} = {_d('D', W)} + \mathit{{reg}} \, {W}",
        )  # fmt: skip


def _of_the_scores() -> Iterator[Line]:
    yield Line(
        "dscores_probs", "log_partition", "scores",
        "dA/dscores = softmax(scores)",
        "A is the first part of N D: its derivative is the softmax",
        rf"{_d('A', _SCORES)} = \mathit{{probs}},\; \; \; \mathit{{probs}}_{{e,k}} = "
        rf"\frac{{\exp {_SCORES}_{{e,k}}}}{{\sum_{{j}} \exp {_SCORES}_{{e,j}}}}",
    )  # fmt: skip
    yield Line(
        "dscores_minus_onehot", "data_loss_sum", "scores",
        "d(N D)/dscores = probs - onehot(y)",
        "the second part of N D, -scores[e, y[e]], has the derivative -1 at the true class",
        rf"\left({_d('(N D)', _SCORES)}\right)_{{e,k}} = "
        r"\mathit{probs}_{e,k} - \mathbf{1}[k = y_{e}]",
    )  # fmt: skip
    yield Line(
        "dscores", "data_loss", "scores",
        "dD/dscores = (probs - onehot(y)) / N",
        "D is a mean; all lines below are linear in dscores, so dividing here divides them all",
        rf"\left({_d('D', _SCORES)}\right)_{{e,k}} = "
        r"\frac{1}{N} (\mathit{probs}_{e,k} - \mathbf{1}[k = y_{e}])",
    )  # fmt: skip


def _of_a_layer(layer: int, layers: int, activation: str, number: int) -> Iterator[Line]:
    """Yield the lines of one layer's weights, and of the activation below it."""
    is_top = layer == layers + 1
    above = "dscores" if is_top else f"d{numbered('hidden', layer, layers)}"
    below = "X" if layer == 1 else numbered("hidden", layer - 1, layers)
    A, B = (_SCORES if is_top else _pre(layer, layers)), _letter(below)
    W, b = rf"W_{layer}", rf"b_{layer}"
    first = f"scores = {below} W{layer} + b{layer}; the matrix product is the sum over the examples"
    yield Line(
        f"dW{layer}_data", "data_loss", f"W{layer}",
        f"dD/dW{layer} = sum_e {below}[e] (x) {above}[e]",
        first if is_top else f"as line {number - 4}, one layer down",
        rf"{_d('D', W)} = {B}^{{\top}} {_d('D', A)} = "
        rf"\sum_{{e}} {_row(B)}^{{\top}} \, {_row(_d('D', A))}",
    )  # fmt: skip
    yield Line(
        f"db{layer}", "data_loss", f"b{layer}",
        f"dD/db{layer} = sum_e {above}[e]",
        f"b{layer} is added to the scores of every example"
        if is_top
        else f"as line {number - 3}, one layer down",
        rf"{_d('D', b)} = \sum_{{e}} {_row(_d('D', A))}",
    )  # fmt: skip
    if layer == 1:
        return
    index = f"W{layer}[h, k]"
    text, why, factor = _DERIVATIVES[activation]
    where = "score k" if is_top else "unit k above"
    yield Line(
        f"d{below}_before_mask", "data_loss", below,
        f"dD/d{below} = {above} W{layer}'",
        f"unit h reaches {where} through {index}, so the way back is the transpose",
        rf"{_d('D', B)} = {_d('D', A)} \, {W}^{{\top}}",
    )  # fmt: skip
    pre = numbered("pre", layer - 1, layers)
    yield Line(
        f"d{below}", "data_loss", numbered("before_relu", layer - 1, layers),
        f"dD/d{pre} = dD/d{below} {text.replace('{h}', below)}",
        why,
        rf"{_d('D', _pre(layer - 1, layers))} = {_d('D', B)} {factor.replace('{H}', B)}",
    )  # fmt: skip


def _d(of: str, wrt: str) -> str:
    return rf"\frac{{\partial {of}}}{{\partial {wrt}}}"


def _row(matrix: str) -> str:
    """Return the row of one example."""
    inner = rf"\left({matrix}\right)" if matrix.startswith(r"\frac") else matrix
    if "_" in inner and not inner.startswith(r"\left"):
        inner = f"{{{inner}}}"
    return f"{inner}_{{e,:}}"


def _letter(value: str) -> str:
    """Return what stands for the values that a layer takes, hidden ones by their number."""
    return value if value == "X" else _subscript("hidden", value.removeprefix("hidden"))


def _pre(layer: int, layers: int) -> str:
    """Return what stands for the input of an activation."""
    return _subscript("pre", "" if layers == 1 else str(layer))


def _subscript(word: str, number: str) -> str:
    return rf"\mathit{{{word}}}" + (f"_{number}" if number else "")
