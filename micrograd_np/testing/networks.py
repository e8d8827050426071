"""How networks are drawn: sizes, weights, and what makes gradients hard to get right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

DTYPES = st.sampled_from(["float32", "float64"])
REGS = st.sampled_from([0.0, 1e-5, 1e-3, 0.1, 1.0])
LOGITS = st.sampled_from([1e-2, 1e-1, 1.0, 10.0, 300.0, 1e4])
"""The largest score, in absolute value."""


@dataclass
class Network:
    """Data and weights of a network of ReLU layers with a softmax at the end.

    Attributes
    ----------
    X
        ``(N, n_0)``, one example in each row; ``(n_0, N)`` where examples are columns.
    y
        The true classes, 0 to ``n_k - 1``: integers ``(N,)``.
    W
        One matrix for each layer: ``(n_(k-1), n_k)``, or its transpose where examples are columns.
    b
        One bias for each layer: ``(1, n_k)``, or ``(n_k, 1)``.
    reg
        Strength of the regularization.
    told
        What it is, in one line.
    """

    X: Array
    y: Array
    W: list[Array]
    b: list[Array]
    reg: float
    told: str

    def __repr__(self) -> str:
        return f"<{self.told}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print as `repr` does where Hypothesis shows an example."""
        printer.text(repr(self))


@st.composite
def networks(
    draw: Draw, depths: tuple[int, int] = (1, 3), largest: int = 40, columns: bool = False
) -> Network:
    """Draw data and weights, in single or double precision.

    Weights are drawn by NumPy from a seed, and scaled so that the largest score is between 0.01 and
    10,000. Now and then they are small whole numbers, which makes inputs of a ReLU that are exactly
    zero; and so do rows of zeros together with biases of zero. There are examples that are given
    twice, and units that never fire.

    Parameters
    ----------
    depths
        The least and the largest number of layers.
    largest
        The largest number of examples, and of units in a layer.
    columns
        Whether examples are the columns of `X`.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(networks(), lambda network: len(network.W) == 2)
    <float32 N=1 sizes=[1, 1, 1] logits=0.01 reg=0>
    """
    dtype, depth = draw(DTYPES), draw(st.integers(*depths))
    sizes = st.lists(st.integers(1, largest), min_size=depth + 2, max_size=depth + 2)
    N, *n = draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    zero_rows, duplicates, dead, no_bias = (draw(st.booleans()) for _ in range(4))
    logits, reg = draw(LOGITS), draw(REGS)

    def array(*shape: int) -> Array:
        drawn = rng.integers(-2, 3, shape) if whole else rng.normal(size=shape)
        return drawn.astype(dtype)

    X = array(N, n[0])
    if zero_rows:
        X[:: 2 + N // 3] = 0
    if duplicates:
        X[N // 2 :] = X[: N - N // 2]
    W = [array(a, b) for a, b in pairwise(n)]
    b = [array(1, size) * (0 if no_bias else 1) for size in n[1:]]
    if dead and depth > 1:
        W[0][:, 0] = 0
        b[0][:, 0] = -1
    y = rng.integers(0, n[-1], N)
    _scale(X, W, b, logits)
    if columns:
        X, W, b = X.T.copy(), [w.T.copy() for w in W], [v.T.copy() for v in b]
    extras = {
        "whole": whole, "zero-rows": zero_rows, "duplicates": duplicates, "dead": dead,
        "no-bias": no_bias,
    }  # fmt: skip
    told = f"{dtype} N={N} sizes={n} logits={logits:g} reg={reg:g}"
    return Network(X, y, W, b, reg, " ".join([told, *(name for name, on in extras.items() if on)]))


def _scale(X: Array, W: list[Array], b: list[Array], logits: float) -> None:
    """Scale the last layer so that the largest score is about `logits`."""
    o = X
    for w, v in zip(W[:-1], b[:-1], strict=True):
        o = np.maximum(o @ w + v, 0)
        top = np.abs(o).max(initial=0)
        if top > 4:  # a power of two, so that zeros and ties stay exact
            shrink = o.dtype.type(2.0 ** -np.ceil(np.log2(top)))
            w *= shrink
            v *= shrink
            o = o * shrink
    top = np.abs(o @ W[-1] + b[-1]).max(initial=0)
    if top:
        W[-1] *= o.dtype.type(logits / top)
        b[-1] *= o.dtype.type(logits / top)
