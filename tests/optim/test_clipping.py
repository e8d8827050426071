"""Gradients are clipped as PyTorch does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np import optim

torch = pytest.importorskip("torch", reason="PyTorch is what clipping is compared with")


def both(shapes, seed, scale, dtype):
    rng = np.random.default_rng(seed)
    ours, theirs = [], []
    for shape in shapes:
        p = mg.tensor(np.zeros(shape), True, dtype)
        p.grad = scale * rng.normal(size=shape)
        q = torch.zeros(shape, dtype=getattr(torch, dtype), requires_grad=True)
        q.grad = torch.tensor(p.grad)
        ours.append(p)
        theirs.append(q)
    ours.append(mg.tensor(1.0, True))  # without a gradient
    return ours, theirs


drawn = given(
    st.lists(st.lists(st.integers(1, 4), max_size=3).map(tuple), min_size=1, max_size=3),
    st.integers(0, 99),
    st.sampled_from([1e-3, 1.0, 1e3]),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([0.5, 10.0]),
)


@drawn
def test_by_norm(shapes, seed, scale, dtype, limit):
    for kind in (2.0, 1.0, np.inf):
        ours, theirs = both(shapes, seed, scale, dtype)
        norm = optim.clip_grad_norm_(ours, limit, kind)
        wanted = torch.nn.utils.clip_grad_norm_(theirs, limit, kind)
        close = {"rtol": 1e-5 if dtype == "float32" else 1e-13}
        np.testing.assert_allclose(norm, wanted.item(), **close)
        for p, q in zip(ours, theirs, strict=False):
            np.testing.assert_allclose(p.grad, q.grad.numpy(), **close)


@drawn
def test_by_value(shapes, seed, scale, dtype, limit):
    ours, theirs = both(shapes, seed, scale, dtype)
    optim.clip_grad_value_(ours, limit)
    torch.nn.utils.clip_grad_value_(theirs, limit)
    for p, q in zip(ours, theirs, strict=False):
        np.testing.assert_array_equal(p.grad, q.grad.numpy())


def test_a_single_tensor_will_do():
    p = mg.tensor([0.0, 0.0], True)
    p.grad = [3.0, 4.0]
    assert optim.clip_grad_norm_(p, 1.0) == 5.0
    np.testing.assert_allclose(p.grad, [0.6, 0.8], rtol=1e-6)


def test_what_is_empty_has_the_norm_0():
    p = mg.tensor(np.zeros((0, 2)), True)
    p.grad = np.zeros((0, 2))
    for kind in (2.0, np.inf):
        assert optim.clip_grad_norm_([p], 1.0, kind) == 0.0


def test_a_norm_that_is_not_finite_can_be_an_error():
    p = mg.tensor([0.0, 0.0], True)
    p.grad = [np.nan, 1.0]
    with pytest.raises(RuntimeError, match=r"norm of the gradients is nan; mg\.detect_anomaly"):
        optim.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(p.grad, [np.nan, 1.0])
    optim.clip_grad_norm_([p], 1.0)
    assert np.isnan(p.grad).all()
