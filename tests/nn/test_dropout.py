"""What is drawn in training: with the right probability, and again where it must be again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np import nn


@given(st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 99), st.sampled_from(["f4", "f8"]))
def test_elements_are_left_out_with_probability_p_and_the_mean_stays(p, seed, dtype):
    layer = nn.Dropout(p, generator=seed)
    x = mg.tensor(np.ones(4000), requires_grad=True, dtype=dtype)
    out = layer(x)
    assert out.dtype == dtype
    kept = out.data != 0
    assert kept.mean() == pytest.approx(1 - p, abs=5 * np.sqrt(p * (1 - p) / 4000))
    np.testing.assert_allclose(out.data[kept], 1 / (1 - p), rtol=1e-6)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)  # of 1: what it is multiplied by


def test_extremes_and_evaluation():
    x = np.arange(5.0)
    np.testing.assert_array_equal(nn.Dropout(1.0)(x), np.zeros(5))
    assert nn.Dropout(0.0)(x) is x
    assert nn.Dropout(0.5).eval()(x) is x


def test_two_calls_draw_anew_and_the_same_seed_draws_the_same():
    x = np.ones(100)
    layer = nn.Dropout(generator=3)
    first, second = layer(x), layer(x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(nn.Dropout(generator=3)(x), first)


def a_network():
    return nn.Sequential(
        nn.Linear(4, 8, generator=1, dtype=float), nn.Dropout(0.5, generator=2), nn.Tanh()
    )


def an_attention():
    layer = nn.MultiheadAttention(4, 2, dropout=0.5, generator=3, dtype=float)
    return lambda x: layer(x, x, x)[0]


@pytest.mark.parametrize("make", [a_network, an_attention])
def test_a_checkpoint_draws_again_what_it_has_drawn(make):
    """The forward pass is run a second time, and must leave out the same elements."""
    grads = []
    for transform in (mg.checkpoint, lambda layer: layer):
        x = mg.tensor(np.arange(12.0).reshape(3, 1, 4), requires_grad=True)
        out = transform(make())(x)
        (out * out).sum().backward()
        grads.append(x.grad)
    np.testing.assert_allclose(*grads)


def test_attention_leaves_out_weights_in_training_alone():
    x = np.random.default_rng(0).normal(size=(6, 2, 4)).astype("f4")
    layer = nn.MultiheadAttention(4, 2, dropout=0.5, generator=0)
    _, weights = layer(x, x, x, average_attn_weights=False)
    assert 0.3 < (weights.data == 0).mean() < 0.7
    _, weights = layer.eval()(x, x, x, average_attn_weights=False)
    np.testing.assert_allclose(weights.data.sum(axis=-1), 1, rtol=1e-6)


def test_a_mask_for_what_is_to_come_is_made_by_is_causal():
    x = np.random.default_rng(0).normal(size=(5, 2, 4)).astype("f4")
    layer = nn.MultiheadAttention(4, 2, generator=0)
    later = np.triu(np.ones((5, 5), bool), 1)
    out, weights = layer(x, x, x, is_causal=True)
    wanted, _ = layer(x, x, x, attn_mask=later)
    np.testing.assert_array_equal(out.data, wanted.data)
    assert not weights.data[:, later].any()
    changed = x.copy()
    changed[3:] += 1
    np.testing.assert_array_equal(
        layer(changed, changed, changed, is_causal=True)[0].data[:3], out.data[:3]
    )
