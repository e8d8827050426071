"""The layers and losses of `reference`, each written by hand, in NumPy, and in PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import micrograd_np as mg
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.systems.drawing import Drawing
from micrograd_np.testing.systems.system import Example, System
from reference import (
    attention,
    batch_norm,
    convolution,
    cross_entropy,
    layer_norm,
    rnn,
    rnn_step,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
few = st.integers(1, 8)
EPS = st.sampled_from([1e-5, 1e-3, 0.1])


# --- softmax and cross-entropy ------------------------------------------------------------------


@st.composite
def _logits(draw: Draw) -> Example:
    drawing = Drawing.by(draw)
    N, K = draw(st.integers(1, 20)), draw(few)
    logits = drawing.array(N, K) * draw(st.sampled_from([0.01, 1, 100]))
    labels = drawing.rng.integers(0, K, N)
    return drawing.example({"logits": logits.astype(drawing.dtype)}, labels=labels)


CROSS_ENTROPY = System(
    "softmax and cross-entropy",
    _logits(),
    lambda a, facts, dout: {
        "out": cross_entropy.forward(a["logits"], facts["labels"])["loss"],
        **cross_entropy.backward(a["logits"], facts["labels"]),
    },
    lambda a, facts: mg.cross_entropy(a["logits"], facts["labels"]),
    lambda a, facts: torch.nn.functional.cross_entropy(
        a["logits"], torch.from_numpy(facts["labels"])
    ),
)

# --- normalization ------------------------------------------------------------------------------


@st.composite
def _rows(draw: Draw, min_rows: int, stacked: bool) -> Example:
    drawing = Drawing.by(draw)
    more = [draw(few) for _ in range(draw(st.integers(0, 2)))] if stacked else []
    N, D = draw(st.integers(min_rows, 12)), draw(st.integers(1 if not stacked else 2, 8))
    arrays = {
        "x": drawing.array(*more, N, D),
        "gamma": drawing.array(D),
        "beta": drawing.array(D),
    }
    return drawing.example(arrays, eps=draw(EPS))


def _normalized(a: Any, axis: int, eps: float) -> Any:
    x = a["x"]
    centered = x - x.mean(axis=axis, keepdims=True)
    var = (centered * centered).mean(axis=axis, keepdims=True)
    return a["gamma"] * centered / np.sqrt(var + eps) + a["beta"]


def _normalized_without_centering(a: Any, axis: int, eps: float) -> Any:
    """Compute the same as PyTorch's layer_norm does, which multiplies x before the mean is off."""
    x = a["x"]
    mean = x.mean(axis=axis, keepdims=True)
    inv_std = 1 / np.sqrt(np.square(x - mean).mean(axis=axis, keepdims=True) + eps)
    return a["gamma"] * (x * inv_std - mean * inv_std) + a["beta"]


def _by_hand(module: Any, *names: str) -> Callable[[Any, Any, Any], Any]:
    """Return both passes of a module in `reference` that takes arrays of these names."""

    def passes(a: Any, facts: Any, dout: Any) -> Any:
        operands = [a[name] for name in names]
        values = module.forward(*operands, **facts)
        gradients = module.backward(*operands, dout, **facts, values=values)
        return {"out": values["out"], **gradients}

    return passes


BATCH_NORM = System(
    "batch normalization",
    _rows(min_rows=2, stacked=False),
    _by_hand(batch_norm, "x", "gamma", "beta"),
    lambda a, facts: _normalized(a, 0, facts["eps"]),
    lambda a, facts: torch.nn.functional.batch_norm(
        a["x"], None, None, a["gamma"], a["beta"], training=True, eps=facts["eps"]
    ),
)
LAYER_NORM = System(
    "layer normalization",
    _rows(min_rows=1, stacked=True),
    _by_hand(layer_norm, "x", "gamma", "beta"),
    lambda a, facts: _normalized(a, -1, facts["eps"]),
    lambda a, facts: torch.nn.functional.layer_norm(
        a["x"], a["gamma"].shape, a["gamma"], a["beta"], facts["eps"]
    ),
    others=(lambda a, facts: _normalized_without_centering(a, -1, facts["eps"]),),
)

# --- attention ----------------------------------------------------------------------------------


@st.composite
def _queries(draw: Draw) -> Example:
    drawing = Drawing.by(draw)
    stacked = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    T, S, d, e = (draw(few) for _ in range(4))
    arrays = {
        "q": drawing.array(*stacked, T, d),
        "k": drawing.array(*stacked, S, d),
        "v": drawing.array(*stacked, S, e),
    }
    return drawing.example(arrays, causal=draw(st.booleans()))


def _scores(a: Any, facts: Any) -> Any:
    scores = a["q"] @ np.swapaxes(a["k"], -1, -2) / float(np.sqrt(a["q"].shape[-1]))
    if facts["causal"]:
        return np.where(np.tri(*scores.shape[-2:]) > 0, scores, -np.inf)
    return scores


def _attention(a: Any, facts: Any) -> Any:
    return mg.softmax(_scores(a, facts), axis=-1) @ a["v"]


# PyTorch's kernels do two things otherwise (Dao et al. 2022, "FlashAttention"), and each of them
# rounds in its own way.


def _weights_by_a_logarithm(a: Any, facts: Any) -> Any:
    """Compute the weights from the logarithm of their sum: it rounds where scores are large."""
    scores = _scores(a, facts)
    return np.exp(scores - mg.logsumexp(scores, axis=-1, keepdims=True)) @ a["v"]


def _divided_last(a: Any, facts: Any) -> Any:
    """Divide the result, so that the way back takes the mean of dweights from dout and out."""
    scores = _scores(a, facts)
    largest = mg.stop_gradient(np.max(scores, axis=-1, keepdims=True))
    weights = np.exp(scores - largest)
    return weights @ a["v"] / weights.sum(axis=-1, keepdims=True)


ATTENTION = System(
    "attention",
    _queries(),
    _by_hand(attention, "q", "k", "v"),
    _attention,
    lambda a, facts: torch.nn.functional.scaled_dot_product_attention(
        a["q"], a["k"], a["v"], is_causal=facts["causal"]
    ),
    others=(_weights_by_a_logarithm, _divided_last),
)

# --- recurrent networks -------------------------------------------------------------------------


@st.composite
def _states(draw: Draw, steps: bool) -> Example:
    drawing = Drawing.by(draw)
    N, D, H = draw(few), draw(few), draw(few)
    T = [draw(st.integers(1, 5))] if steps else []
    arrays = {
        "x": drawing.array(*T, N, D),
        "h0" if steps else "h": drawing.array(N, H),
        "Wx": drawing.array(D, H),
        "Wh": drawing.array(H, H) / np.asarray(max(H, 2), drawing.dtype),
        "b": drawing.array(H),
    }
    return drawing.example(arrays)


def _rnn(f: Any, a: Any) -> Any:
    h, states = a["h0"], []
    for x in a["x"]:
        h = f.tanh(x @ a["Wx"] + h @ a["Wh"] + a["b"])
        states.append(h)
    return f.stack(states)


RNN_STEP = System(
    "a step of a recurrent network",
    _states(steps=False),
    _by_hand(rnn_step, "x", "h", "Wx", "Wh", "b"),
    lambda a, facts: np.tanh(a["x"] @ a["Wx"] + a["h"] @ a["Wh"] + a["b"]),
    lambda a, facts: torch.tanh(a["x"] @ a["Wx"] + a["h"] @ a["Wh"] + a["b"]),
)
RNN = System(
    "a recurrent network through time",
    _states(steps=True),
    _by_hand(rnn, "x", "h0", "Wx", "Wh", "b"),
    lambda a, facts: _rnn(np, a),
    lambda a, facts: _rnn(torch, a),
)

# --- convolution --------------------------------------------------------------------------------


@st.composite
def _images(draw: Draw) -> Example:
    drawing = Drawing.by(draw)
    N, C, F = (draw(st.integers(1, 3)) for _ in range(3))
    kernel = [draw(st.integers(1, 3)) for _ in range(2)]
    stride, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    image = [max(1, k - 2 * padding) + draw(st.integers(0, 4)) for k in kernel]
    arrays = {
        "x": drawing.array(N, C, *image),
        "weight": drawing.array(F, C, *kernel),
        "bias": drawing.array(F),
    }
    return drawing.example(arrays, stride=stride, padding=padding)


def _convolution(a: Any, facts: Any) -> Any:
    around, stride = (facts["padding"],) * 2, facts["stride"]
    padded = np.pad(a["x"], ((0, 0), (0, 0), around, around))
    windows = sliding_window_view(padded, a["weight"].shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,fcij->nfhw", windows, a["weight"])
    return out + a["bias"][:, None, None]


CONVOLUTION = System(
    "two-dimensional convolution",
    _images(),
    _by_hand(convolution, "x", "weight", "bias"),
    _convolution,
    lambda a, facts: torch.nn.functional.conv2d(a["x"], a["weight"], a["bias"], **facts),
)

LAYERS = (
    CROSS_ENTROPY,
    BATCH_NORM,
    LAYER_NORM,
    ATTENTION,
    RNN_STEP,
    RNN,
    CONVOLUTION,
)
