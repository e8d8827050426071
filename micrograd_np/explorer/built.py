"""A network of any depth with its hand-written backward pass, made of text, and its inputs."""

from __future__ import annotations

import itertools
import linecache
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.subject import Subject
from micrograd_np.explorer import code
from micrograd_np.explorer.knobs import Knobs
from reference import iris, post

Array = NDArray[Any]

FILE = "network.py"
"""What the text is called in reports."""

MOST_KEPT = 16
"""How many networks are kept compiled."""

_number = itertools.count()


@dataclass(frozen=True, eq=False)
class Built:
    """A network whose passes can be run.

    Attributes
    ----------
    text
        The module.
    forward, backward, step
        Its functions; `step` returns the loss and the gradients.
    subject
        Forward and backward pass, for comparing them.
    """

    text: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    step: Callable[..., tuple[Any, ...]]
    subject: Subject


_kept: OrderedDict[str, tuple[Built, str]] = OrderedDict()


def build(knobs: Knobs, instead: Mapping[str, str] = MappingProxyType({})) -> Built:
    """Compile a network; `instead` has the statements to write in place of lines.

    All that is compiled is put together from the texts in this package.
    """
    text = code.module(knobs.depth, knobs.activation, instead)
    if text in _kept:
        _kept.move_to_end(text)
        return _kept[text][0]
    namespace, file = _compiled(text)
    forward, backward = namespace[code.FORWARD], namespace[code.BACKWARD]
    subject = Subject(forward, backward)
    subject.prints = False
    built = Built(text, forward, backward, namespace["step"], subject)
    _kept[text] = built, file
    if len(_kept) > MOST_KEPT:
        _, (_, old) = _kept.popitem(last=False)
        linecache.cache.pop(old, None)
    return built


def _compiled(text: str) -> tuple[dict[str, Any], str]:
    """Return what a module defines, and the file that it seems to stand in.

    Functions are read by their file, so it has a name of its own, and its text a place there.
    """
    file = f"network-{next(_number)}/{FILE}"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "network"}
    exec(compile(text, file, "exec", dont_inherit=True), namespace)
    return namespace, file


@cache
def loss(depth: int, activation: str) -> Callable[..., Any]:
    """Return the loss as a function in words of the library."""
    namespace, _ = _compiled(code.loss(depth, activation))
    function: Callable[..., Any] = namespace[code.LOSS]
    return function


@cache
def _iris() -> tuple[Array, Array, Array, Array]:
    return iris.split()


def inputs(knobs: Knobs) -> dict[str, Any]:
    """Return the arguments of the forward pass: the first rows of iris, and weights."""
    X, y, _, _ = _iris()
    given: dict[str, Any] = {"X": X[: knobs.rows].astype(knobs.dtype), "y": y[: knobs.rows].copy()}
    return given | weights(knobs) | {"reg": knobs.reg}


def weights(knobs: Knobs) -> dict[str, Array]:
    """Return the weights to begin with: normal, those of the post where its sizes are chosen."""
    D, K = 4, 3
    if knobs.depth == 1:
        drawn = list(post.init(knobs.seed, D, knobs.hidden, K))
    else:
        rng = np.random.default_rng(knobs.seed)
        sizes = [D, *[knobs.hidden] * knobs.depth, K]
        drawn = []
        for below, above in itertools.pairwise(sizes):
            drawn += [Knobs.scale * rng.standard_normal((below, above)), np.zeros((1, above))]
    factor = knobs.scale / Knobs.scale  # 1 for the post's
    names = code.weights(knobs.depth)
    pairs = zip(names, drawn, strict=True)
    return {name: (factor * array).astype(knobs.dtype) for name, array in pairs}


def test_rows(knobs: Knobs) -> tuple[Array, Array]:
    """Return the rows that are not trained on."""
    _, _, X, y = _iris()
    return X.astype(knobs.dtype), y
