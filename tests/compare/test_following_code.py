"""Forward passes may be written in many ways, and are followed through all of them."""

# ruff: noqa: RET504  (every value has a name)

import itertools

import numpy as np
import pytest

import micrograd_np as mg
from compare.followed import CLOSE, agrees_with_grad, at_start, followed, last, normal

# --- ways of writing a forward pass --------------------------------------------------------------


def test_arrays_that_are_written_into():
    def forward(x, w):
        y = x * w
        y[0] = 2 * y[1]
        y += x
        y[y < 0] *= 0.1
        x[1:] *= 3
        loss = np.sum(y**2) + np.sum(x)
        return loss

    x, w = np.array([1.0, -2.0, 3.0]), np.array([0.5, 1.5, -2.5])
    found = followed(forward, x=x, w=w)
    np.testing.assert_allclose(at_start(found, "x").value, x)
    for name, i in [("x", 0), ("x", 1), ("x", 2), ("w", 0), ("w", 1), ("w", 2)]:
        moved = []
        for step in (1e-6, -1e-6):
            both = {"x": x.copy(), "w": w.copy()}
            both[name][i] += step
            moved.append(forward(**both))
        slope = (moved[0] - moved[1]) / 2e-6
        assert at_start(found, name).adjoint[i] == pytest.approx(slope, rel=1e-6), (name, i)


def test_arrays_that_are_made_and_filled():
    def forward(x, W):
        T = len(x)
        hs = np.zeros((T + 1, W.shape[0]))
        for t in range(T):
            hs[t + 1] = np.tanh(x[t] + hs[t] @ W)
        scale = np.ones(T + 1)
        scale[0] = np.sum(W)
        loss = np.sum(hs.sum(axis=1) * scale) + np.sum(hs**2)
        return loss

    def in_lists(x, W):
        hs = [np.zeros(3)]
        for row in x:
            hs.append(np.tanh(row + hs[-1] @ W))
        return sum(np.sum(h) + np.sum(h**2) for h in hs)

    x, W = normal(4, 3), normal(3, 3)
    found = followed(forward, x=x, W=W)
    for name, right in zip("xW", mg.grad(in_lists, argnums=(0, 1))(x, W), strict=True):
        np.testing.assert_allclose(at_start(found, name).adjoint, right, **CLOSE)


def test_lists_of_states():
    def forward(x, W, h0):
        hs = [h0]
        for t in range(len(x)):
            hs.append(np.tanh(x[t] + hs[t] @ W))
        loss = np.sum(hs[-1] ** 2)
        return loss

    x, W, h0 = normal(4, 3), normal(3, 3), normal(3)
    found = agrees_with_grad(forward, x, W, h0)
    states = [last(found, f"hs[{t}]") for t in range(5)]
    np.testing.assert_allclose(states[4].adjoint, 2 * states[4].value, **CLOSE)
    for before, after in itertools.pairwise(states):
        back = (after.adjoint * (1 - after.value**2)) @ W.T
        np.testing.assert_allclose(before.adjoint, back, **CLOSE)
    assert [states[t].iteration for t in range(5)] == [(), (0,), (1,), (2,), (3,)]
    assert len(at_start(found, "W").parts) == 4


def helper(v, W):
    z = v @ W
    return np.tanh(z)


def test_variables_of_helpers_are_known_by_their_function():
    def forward(x, V, W):
        h = helper(x, V)
        s = helper(h, W)
        loss = np.sum(s)
        return loss

    found = agrees_with_grad(forward, normal(4, 3), normal(3, 2), normal(2, 2))
    inside = [q for q in found.quantities if q.function == "helper" and q.path == "z"]
    assert len(inside) == 2
    s, z = last(found, "s"), inside[-1]
    np.testing.assert_allclose(z.adjoint, 1 - s.value**2, **CLOSE)
    assert not found.by_path("z")


def test_branches_on_values_and_containers():
    def forward(x, params):
        cache = {}
        cache["h"] = x @ params["W"] if np.sum(x) > -1e9 else x
        while np.max(cache["h"]) > 1:
            cache["h"] = cache["h"] / 2
        loss = np.sum(np.exp(cache["h"]))
        return loss, cache

    x, W = np.full((2, 3), 2.0), np.ones((3, 2))
    found = followed(forward, x=x, params={"W": W})
    assert len(found.by_path("cache['h']")) == 4
    h = last(found, "cache['h']")
    np.testing.assert_allclose(h.adjoint, np.exp(h.value), **CLOSE)
    np.testing.assert_allclose(at_start(found, "params['W']").adjoint, x.T @ h.adjoint / 8)
