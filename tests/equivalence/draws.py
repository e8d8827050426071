"""How networks are drawn: sizes, weights, and what makes gradients hard to get right."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIZES = st.integers(1, 40)
DTYPES = st.sampled_from(["float32", "float64"])
REGS = st.sampled_from([0.0, 1e-5, 1e-3, 0.1, 1.0])
# The largest score, in absolute value.
LOGITS = st.sampled_from([1e-2, 1e-1, 1.0, 10.0, 300.0, 1e4])


@dataclass
class Example:
    """An input of a network; `told` describes it."""

    X: Any
    y: Any
    weights: list[Any]
    reg: float
    told: str


@st.composite
def examples(draw, depths=(2, 2), columns=False):
    """Draw data and weights for a number of layers within `depths`, of 1 to 40 units each.

    Weights are drawn by NumPy from a seed. Small whole numbers, where drawn, make inputs of a ReLU
    that are exactly zero; so do rows of zeros together with biases of zero.
    """
    dtype = draw(DTYPES)
    depth = draw(st.integers(*depths))
    N, *sizes = draw(st.lists(SIZES, min_size=depth + 2, max_size=depth + 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    zero_rows, duplicates, dead, no_bias = (draw(st.booleans()) for _ in range(4))
    logits, reg = draw(LOGITS), draw(REGS)

    def array(*shape):
        return (
            rng.integers(-2, 3, shape).astype(dtype)
            if whole
            else rng.normal(size=shape).astype(dtype)
        )

    X = array(N, sizes[0])
    if zero_rows:
        X[:: 2 + N // 3] = 0
    if duplicates:
        X[N // 2 :] = X[: N - N // 2]
    W = [array(a, b) for a, b in pairwise(sizes)]
    b = [array(1, n) * (0 if no_bias else 1) for n in sizes[1:]]
    if dead and depth > 1:
        W[0][:, 0] = 0
        b[0][:, 0] = -1
    y = rng.integers(0, sizes[-1], N)
    _scale(X, W, b, logits)
    if columns:
        X, W, b = X.T.copy(), [w.T.copy() for w in W], [v.T.copy() for v in b]
    told = f"{dtype} N={N} sizes={sizes} logits={logits:g} reg={reg:g}" + "".join(
        f" {name}"
        for name, on in (
            ("whole", whole), ("zero-rows", zero_rows), ("duplicates", duplicates),
            ("dead", dead), ("no-bias", no_bias),
        )
        if on
    )  # fmt: skip
    return Example(X, y, [*W, *b], reg, told)


def _scale(X, W, b, logits):
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
