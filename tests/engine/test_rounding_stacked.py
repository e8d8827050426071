"""Radii that are measured in one run of a stack are those of so many runs."""

import numpy as np
import pytest

from micrograd_np.rounding import RUNS, rounding_radius


def layer(x, W):
    return {"sum": (x @ W).sum(axis=-2), "exp": np.exp(x @ W), "kept": np.where(x > 0, x, 0)}


def compared(x, W):
    return rounding_radius(layer, x, W), rounding_radius(layer, x, W, stacked=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stack_gives_radii_like_those_of_single_runs(dtype):
    rng = np.random.default_rng(0)
    plain, stacked = compared(*(rng.normal(size=s).astype(dtype) for s in ((40, 5), (5, 3))))
    for name, radius in plain.items():
        other = stacked[name]
        assert np.array_equal(other.value, radius.value)
        assert other.value.dtype == radius.value.dtype
        assert other.radius.shape == radius.radius.shape
        assert 0.5 < np.median(other.radius) / np.median(radius.radius) < 2


def test_the_runs_of_a_stack_are_rounded_apart_from_each_other():
    seen = []

    def sums(x):
        total = x.sum(axis=-1)
        seen.append(np.asarray(total.data))
        return {"sum": total}

    rounding_radius(sums, np.random.default_rng(1).normal(size=1000), stacked=True)
    plain, perturbed = seen
    assert plain.shape == perturbed.shape == (RUNS,)
    assert len(set(plain)) == 1
    assert len(set(perturbed)) > RUNS // 2  # two may happen to be rounded to the same


def test_equal_terms_are_rounded_alike_in_each_run_of_a_stack():
    seen = []

    def total(x):
        found = x.sum(axis=-1)
        seen.append(np.asarray(found.data))
        return {"sum": found}

    # Were they rounded one by one, the errors of so many equal terms would average out.
    rounding_radius(total, np.ones(10_000), stacked=True)
    apart = np.abs(seen[1] - 10_000) / (10_000 * np.finfo(float).eps)
    assert (apart > 100).all()


def test_elements_at_a_kink_are_undecided_in_a_stack_too():
    def relu(x, y):
        z = x - y
        return {"only": np.where(z > 0, 1.0, 0.0) * x}

    x = np.array([1.0, 1.0, 3.0])
    y = np.array([1.0, 2.0, 1.0])
    found = rounding_radius(relu, x, y, stacked=True)["only"]
    assert found.undecided.tolist() == [True, False, False]
