"""What is found in double precision is found in single precision, too."""

# ruff: noqa: RET504  (the gradients are variables)

import numpy as np
import pytest

import micrograd_np as mg
from compare import right_passes as passes
from micrograd_np.compare.running.meanings import same


def unscaled(X, y, w, p, reg):
    dz = p - y
    dw = X.T @ dz + 2 * reg * w
    return dw


def turned(X, y, w, p, reg):
    dz = (y - p) / y.size
    dw = X.T @ dz + 2 * reg * w
    return dw


def once(X, y, w, p, reg):
    dz = (p - y) / y.size
    dw = X.T @ dz + reg * w
    return dw


@pytest.mark.parametrize("wrong", [unscaled, turned, once])
def test_a_mistake_is_found(wrong):
    rng = np.random.default_rng(4)
    X, y, w = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1]), rng.normal(size=3)
    double = mg.compare(passes.logistic, wrong, X, y, w, 0.1)
    single = mg.compare(passes.logistic, wrong, X.astype("f4"), y, w.astype("f4"), 0.1)
    assert not single.ok
    assert not single.gradients[0].ok
    assert single.first_wrong.source == double.first_wrong.source
    assert single.repair == double.repair


def test_usual_rounding_allows_no_more_than_usual():
    a = np.array([1.0, 2.0], np.float32)
    for noise in (0.0, 1e-7, 1e-6):
        assert same(a, a * np.float32(1 + 1e-6), noise)
        assert not same(a, a * np.float32(1.01), noise)
    assert same(a, a * np.float32(1.01), 1e-4)
