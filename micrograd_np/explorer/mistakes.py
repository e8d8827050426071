"""Mistakes that people make: for each line, what may stand there instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from micrograd_np.compare.demo.network import SLOPE, numbered
from micrograd_np.explorer.code import Written, backward
from micrograd_np.explorer.knobs import Refused


@dataclass(frozen=True)
class Alternative:
    """What may stand in place of a line.

    Attributes
    ----------
    line
        The name of the line.
    name
        Of the alternative.
    label
        What is wrong with it, in a few words.
    code
        The statement; "" where there is none.
    """

    line: str
    name: str
    label: str
    code: str


MENU = (
    ("mean", "missing", "no 1/N"),
    ("mask", "missing", "no mask"),
    ("mask", "gradient", "mask on the wrong array"),
    ("mask", "strict", "mask that never holds"),
    ("mask", "inverted", "mask upside down"),
    ("mask", "derivative", "wrong derivative"),
    ("db", "mean", "mean for sum"),
    ("dhidden", "operand", "wrong operand"),
    ("dW", "transposed", "transposed"),
    ("reg", "missing", "missing reg"),
    ("reg", "sign", "reg with the wrong sign"),
    ("probs", "alias", "aliasing: no copy"),
    ("onehot", "sign", "sign"),
    ("onehot", "missing", "the label is never subtracted"),
    ("mean", "twice", "divided by all elements"),
)
"""The mistakes of the menu: role, name of the alternative, and what the menu calls it. Each is
made in the first line of that role."""


def alternatives(depth: int, activation: str) -> list[Alternative]:
    """Return everything that is offered for a network."""
    found = []
    for written in backward(depth, activation):
        for name, label, code in _instead(written, depth, activation):
            found.append(Alternative(written.line.name, name, label, code))
    return found


def menu(depth: int, activation: str) -> list[Alternative]:
    """Return the mistakes of the menu that the network can have."""
    offered = {(one.line, one.name): one for one in alternatives(depth, activation)}
    found = []
    for role, name, label in MENU:
        lines = [w.line.name for w in backward(depth, activation) if w.role == role]
        first = next((offered[line, name] for line in lines if (line, name) in offered), None)
        if first is not None:
            found.append(Alternative(first.line, first.name, label, first.code))
    return found


def chosen(edits: object, depth: int, activation: str) -> dict[str, str]:
    """Return the statements of chosen alternatives, by line.

    Parameters
    ----------
    edits
        The names of alternatives by the names of lines.

    Raises
    ------
    Refused
        If there is no such line or alternative.
    """
    if not isinstance(edits, Mapping):
        raise Refused("edits: give an object of lines and alternatives")
    offered = {(one.line, one.name): one.code for one in alternatives(depth, activation)}
    names = {w.line.name for w in backward(depth, activation)}
    found = {}
    for line, name in edits.items():
        if line not in names:
            raise Refused("edits: there is no line of that name in this network")
        if not isinstance(name, str) or (line, name) not in offered:
            raise Refused(f"edits: {line} has no alternative of that name")
        found[line] = offered[line, name]
    return found


def _instead(written: Written, depth: int, activation: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, label and code of what may stand in place of a line."""
    yield from _OF_ROLE[written.role](written, depth, activation)
    if written.role in ("onehot", "mean", "mask", "reg"):
        yield "missing", "left out", ""


def _probs(_written: Written, _depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    yield "alias", "a second name, no copy", "dscores = probs"
    yield "sign", "with a minus", "dscores = -probs"


def _onehot(_written: Written, _depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    yield "sign", "plus for minus", "dscores[rows, y] += 1"
    yield "column", "a whole column", "dscores[:, y] -= 1"


def _mean(_written: Written, _depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    yield "twice", "divided by the number of elements", "dscores /= dscores.size"
    yield "classes", "divided by the number of classes", "dscores /= dscores.shape[1]"
    yield "times", "times for divided by", "dscores *= N"


def _dW(written: Written, depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    target, product = written.code.split(" = ")
    left, right = product.split(".T @ ")
    yield "transposed", "the transpose of it", f"{target} = {right}.T @ {left}"
    yield "sign", "with a minus", f"{target} = -({product})"
    yield "mean", "divided by N once more", f"{target} = {product} / N"
    if right == "dscores":
        yield "operand", "probs for dscores", f"{target} = {left}.T @ probs"
    elif written.layer == 1:
        yield "weights", "without the mask, as the post remarks", _unmasked(target, depth)


def _unmasked(target: str, depth: int) -> str:
    above = "dscores" if depth == 1 else "dhidden2"
    return f"{target} = X.T @ ({above} @ W2.T)"


def _db(written: Written, _depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    target, total = written.code.split(" = ")
    above = total.partition(".")[0]
    yield "mean", "mean for sum", f"{target} = {above}.mean(axis=0, keepdims=True)"
    yield "all", "the sum of all elements", f"{target} = {above}.sum(keepdims=True)"
    yield "axis", "along the other axis", f"{target} = {above}.sum(axis=1, keepdims=True)"
    yield "flat", "the dimension is dropped", f"{target} = {above}.sum(axis=0)"


def _dhidden(written: Written, depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    target, product = written.code.split(" = ")
    above, weights = product.split(" @ ")
    yield "operand", "the wrong operand", f"{target} = {_forward_value(above)} @ {weights}"
    yield "sign", "with a minus", f"{target} = -{product}"
    yield "twice", "divided by N once more", f"{target} = {product} / N"
    other = f"W{written.layer - 1}"
    if 2 < written.layer <= depth:
        yield "weights", "the weights of another layer", f"{target} = {above} @ {other}.T"


def _forward_value(gradient: str) -> str:
    """Return the value of the forward pass that somebody may take for a gradient."""
    return "probs" if gradient == "dscores" else gradient.removeprefix("d")


def _mask(written: Written, depth: int, activation: str) -> Iterator[tuple[str, str, str]]:
    hidden = numbered("hidden", written.layer, depth)
    d = f"d{hidden}"
    if activation == "relu":
        yield "gradient", "the mask of the gradient", f"{d}[{d} <= 0] = 0"
        yield "strict", "< for <=: it never holds", f"{d}[{hidden} < 0] = 0"
        yield "inverted", "the other half", f"{d}[{hidden} > 0] = 0"
        if written.layer > 1:
            other = numbered("hidden", written.layer - 1, depth)
            yield "layer", "the mask of another layer", f"{d}[{other} <= 0] = 0"
    elif activation == "leaky_relu":
        yield "gradient", "the mask of the gradient", f"{d}[{d} <= 0] *= {SLOPE}"
        yield "inverted", "the other half", f"{d}[{hidden} > 0] *= {SLOPE}"
        yield "derivative", f"0 for {SLOPE}", f"{d}[{hidden} <= 0] = 0"
    elif activation == "tanh":
        yield "derivative", "the square is missing", f"{d} *= 1 - {hidden}"
        yield "gradient", "of the gradient", f"{d} *= 1 - {d}**2"
        yield "again", "tanh is taken once more", f"{d} *= 1 - np.tanh({hidden}) ** 2"
    else:
        yield "derivative", "half of it is missing", f"{d} *= 1 - {hidden}"
        yield "gradient", "of the gradient", f"{d} *= {d} * (1 - {d})"


def _reg(written: Written, _depth: int, _activation: str) -> Iterator[tuple[str, str, str]]:
    d, W = f"dW{written.layer}", f"W{written.layer}"
    yield "sign", "minus for plus", f"{d} = {d} - reg * {W}"
    yield "twice", "twice as much", f"{d} = {d} + 2 * reg * {W}"
    yield "weights", "the weights are missing", f"{d} = {d} + reg"


_OF_ROLE = {
    "probs": _probs,
    "onehot": _onehot,
    "mean": _mean,
    "dW": _dW,
    "db": _db,
    "dhidden": _dhidden,
    "mask": _mask,
    "reg": _reg,
}
