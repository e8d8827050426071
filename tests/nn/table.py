"""Every layer, once: how it is made and what it is called with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from micrograd_np import nn

LAYERS: dict[str, st.SearchStrategy] = {}


@dataclass
class Drawn:
    """A layer to be made, and what to call it with."""

    name: str
    options: dict[str, Any]
    inputs: list[np.ndarray]
    call: Callable[..., Any] = lambda layer, *inputs: layer(*inputs)
    training: bool = True
    uses_all: bool = True
    """Whether the result depends on every parameter."""


def layer(name):
    def add(strategy):
        LAYERS[name] = st.composite(strategy)()
        return strategy

    return add


def floats(draw, *shape, dtype="float64"):
    """Draw numbers by NumPy, from a seed: no two alike; of a size that is drawn, too."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1e-2, 1.0, 1.0, 1.0, 10.0]))
    return np.asarray(scale * rng.normal(size=shape), dtype)


few = st.integers(1, 4)
some = st.integers(2, 4)
pairs = lambda low, high: st.integers(low, high) | st.tuples(*[st.integers(low, high)] * 2)


def pair(size):
    return (size, size) if isinstance(size, int) else size


@layer("Linear")
def linear(draw):
    sizes = {"in_features": draw(few), "out_features": draw(few)}
    stacked = draw(st.lists(few, max_size=2))
    x = floats(draw, *stacked, sizes["in_features"])
    return Drawn("Linear", {**sizes, "bias": draw(st.booleans())}, [x])


def room(draw, kernel, dilation, padding):
    """Draw lengths of images that a kernel has room in."""
    return [
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
        for k, d, p in zip(*map(pair, (kernel, dilation, padding)), strict=True)
    ]


@layer("Conv2d")
def conv2d(draw):
    groups = draw(st.integers(1, 2))
    channels = [groups * draw(st.integers(1, 2)) for _ in range(2)]
    kernel, stride, dilation = draw(pairs(1, 3)), draw(pairs(1, 3)), draw(pairs(1, 2))
    padding = draw(pairs(0, 2) | st.sampled_from(["same", "valid"]))
    if padding == "same":
        stride = 1
    around = 0 if isinstance(padding, str) else padding
    lengths = room(draw, kernel, dilation, around)
    stacked = [draw(few)] * draw(st.booleans())
    options = {
        "in_channels": channels[0], "out_channels": channels[1], "kernel_size": kernel,
        "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
        "bias": draw(st.booleans()),
    }  # fmt: skip
    return Drawn("Conv2d", options, [floats(draw, *stacked, channels[0], *lengths)])


def pool(draw, name, **more):
    kernel, stride = draw(pairs(1, 3)), draw(st.none() | pairs(1, 3))
    padding = draw(pairs(0, min(pair(kernel)) // 2))
    dilation = more.get("dilation", 1)
    # No window of zeros alone: PyTorch gives its gradient to an element outside of it.
    lengths = room(draw, kernel, dilation, padding if dilation == 1 else 0)
    stacked = draw(st.lists(few, min_size=1, max_size=2))
    options = {"kernel_size": kernel, "stride": stride, "padding": padding, **more}
    return Drawn(name, options, [floats(draw, *stacked, *lengths)])


@layer("MaxPool2d")
def max_pool2d(draw):
    return pool(draw, "MaxPool2d", dilation=draw(pairs(1, 2)))


@layer("AvgPool2d")
def avg_pool2d(draw):
    return pool(draw, "AvgPool2d")


def batch_norm(draw, name, lengths):
    options = {
        "num_features": draw(few), "eps": draw(st.sampled_from([1e-5, 1e-2])),
        "momentum": draw(st.sampled_from([0.1, 0.5, None])),
        "affine": draw(st.booleans()), "track_running_stats": draw(st.booleans()),
    }  # fmt: skip
    x = floats(draw, draw(st.integers(2, 5)), options["num_features"], *lengths)
    return Drawn(name, options, [x], training=draw(st.booleans()))


@layer("BatchNorm1d")
def batch_norm1d(draw):
    return batch_norm(draw, "BatchNorm1d", draw(st.lists(few, max_size=1)))


@layer("BatchNorm2d")
def batch_norm2d(draw):
    return batch_norm(draw, "BatchNorm2d", [draw(few), draw(few)])


@layer("LayerNorm")
def layer_norm(draw):
    shape = tuple(draw(st.lists(some, min_size=1, max_size=2)))
    options = {
        "normalized_shape": shape, "eps": draw(st.sampled_from([1e-5, 1e-2])),
        "elementwise_affine": draw(st.booleans()), "bias": draw(st.booleans()),
    }  # fmt: skip
    return Drawn("LayerNorm", options, [floats(draw, *draw(st.lists(few, max_size=2)), *shape)])


@layer("Embedding")
def embedding(draw):
    count = draw(some)
    options = {
        "num_embeddings": count, "embedding_dim": draw(few),
        "padding_idx": draw(st.none() | st.integers(-count, count - 1)),
    }  # fmt: skip
    shape = draw(st.lists(few, max_size=2))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return Drawn("Embedding", options, [rng.integers(0, count, shape)])


def in_torch(masks, dtype):
    """Return masks as PyTorch wants them: two of them of one dtype."""
    torch = pytest.importorskip("torch", reason="PyTorch makes its masks")
    given = {name: torch.tensor(mask) for name, mask in masks.items()}
    if "attn_mask" in given and given["attn_mask"].is_floating_point():
        given["attn_mask"] = given["attn_mask"].to(dtype)
        if "key_padding_mask" in given:
            zeros = torch.zeros(given["key_padding_mask"].shape, dtype=dtype)
            given["key_padding_mask"] = zeros.masked_fill(given["key_padding_mask"], -np.inf)
    return given


@layer("MultiheadAttention")
def attention(draw):
    heads, size = draw(few), draw(few)
    L, N, E = draw(few), draw(few), heads * size
    options = {
        "embed_dim": E, "num_heads": heads, "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
    }  # fmt: skip
    to_itself = draw(st.booleans())
    S = L if to_itself else draw(few)
    shape = lambda length: (N, length, E) if options["batch_first"] else (length, N, E)
    inputs = [floats(draw, *shape(L))]
    inputs += [] if to_itself else [floats(draw, *shape(S)), floats(draw, *shape(S))]
    masks = {}
    is_causal = draw(st.booleans())
    if is_causal:
        masks["attn_mask"] = np.triu(np.ones((L, S), bool), 1)
    elif draw(st.booleans()):
        shape = draw(st.sampled_from([(L, S), (N * heads, L, S)]))
        masks["attn_mask"] = np.random.default_rng(L).normal(size=shape).astype("float32")
    if S > 1 and not is_causal and draw(st.booleans()):
        masks["key_padding_mask"] = np.arange(N * S).reshape(N, S) % S == S - 1
    which = draw(st.sampled_from([0, 1]))
    average = draw(st.booleans())

    def call(layer, query, *others):
        key, value = others or (query, query)
        given = masks if isinstance(layer, nn.Module) else in_torch(masks, query.dtype)
        return layer(query, key, value, **given, average_attn_weights=average)[which]

    return Drawn("MultiheadAttention", options, inputs, call, uses_all=which == 0)


@layer("Flatten")
def flatten(draw):
    shape = draw(st.lists(few, min_size=1, max_size=4))
    start = draw(st.integers(0, len(shape) - 1))
    end = draw(st.integers(start, len(shape) - 1)) - len(shape) * draw(st.booleans())
    return Drawn("Flatten", {"start_dim": start, "end_dim": end}, [floats(draw, *shape)])


def activation(name, **options):
    @layer(name)
    def add(draw):
        drawn = {key: draw(strategy) for key, strategy in options.items()}
        shape = draw(st.lists(few, min_size=1, max_size=3))
        if "dim" in drawn:
            drawn["dim"] %= len(shape)
        return Drawn(name, drawn, [floats(draw, *shape)])


slopes = st.sampled_from([0.01, 0.3, 1.0, 2.0])
axes = st.integers(0, 5)
for name in ("ReLU", "Sigmoid", "Tanh", "SiLU"):
    activation(name)
activation("LeakyReLU", negative_slope=slopes)
activation("ELU", alpha=slopes)
activation("Softplus", beta=slopes, threshold=st.sampled_from([20.0, 5.0]))
activation("Softmax", dim=axes)
activation("LogSoftmax", dim=axes)
activation("GELU", approximate=st.sampled_from(["none", "tanh"]))
