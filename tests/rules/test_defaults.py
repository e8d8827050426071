"""A call without its options is that with NumPy's defaults, in its value and in its gradient."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations import this_numpy
from rules.gradients import gradient, numbered
from rules.matrices import unlike

X = unlike(2, 3, 4)
MEAN = X.mean(axis=1, keepdims=True)
MASK = X > 0

DEFAULTS = {
    "sort": (np.sort, lambda x: np.sort(x, axis=-1)),
    "partition": (lambda x: np.partition(x, 1), lambda x: np.partition(x, 1, axis=-1)),
    "concatenate": (
        lambda x: np.concatenate([x, 2 * x]),
        lambda x: np.concatenate([x, 2 * x], axis=0),
    ),
    "stack": (lambda x: np.stack([x, 2 * x]), lambda x: np.stack([x, 2 * x], axis=0)),
    "select": (
        lambda x: np.select([MASK], [x]),
        lambda x: np.select([MASK], [x], default=0),
    ),
    "nan_to_num": (np.nan_to_num, lambda x: np.nan_to_num(x, copy=True, nan=0.0)),
    "var": (np.var, lambda x: np.var(x, axis=None, ddof=0, keepdims=False)),
    "var along an axis": (lambda x: np.var(x, axis=1), lambda x: np.var(x, 1, ddof=0)),
    "var about a mean": (
        lambda x: np.var(x, axis=1, mean=MEAN),
        lambda x: np.var(x, axis=1, mean=MEAN, ddof=0, keepdims=False),
    ),
    "std": (np.std, lambda x: np.std(x, axis=None, ddof=0, keepdims=False)),
    "std along an axis": (lambda x: np.std(x, axis=1), lambda x: np.std(x, 1, ddof=0)),
    "prod": (lambda x: np.prod(x, axis=1), lambda x: np.prod(x, 1, keepdims=False, initial=1)),
    "max": (lambda x: np.max(x, axis=1), lambda x: np.max(x, 1, keepdims=False, where=True)),
    "sum": (lambda x: np.sum(x, axis=1), lambda x: np.sum(x, 1, keepdims=False, initial=0)),
    "mean": (lambda x: np.mean(x, axis=1), lambda x: np.mean(x, 1, keepdims=False)),
    "meshgrid": (
        lambda x: np.meshgrid(x[0, 0], x[0, 1, :3])[0],
        lambda x: np.meshgrid(x[0, 0], x[0, 1, :3], copy=True, sparse=False, indexing="xy")[0],
    ),
}
if this_numpy.since("2.1.0"):
    DEFAULTS["unstack"] = lambda x: np.unstack(x)[1], lambda x: np.unstack(x, axis=0)[1]
if this_numpy.since("2.3.0"):
    PLACES = np.array([3, 0, 1])[:, None] * np.ones((2, 1, 2), int)
    DEFAULTS["take_along_axis"] = (
        lambda x: np.take_along_axis(x, PLACES),
        lambda x: np.take_along_axis(x, PLACES, axis=-1),
    )


@pytest.mark.parametrize("name", DEFAULTS)
def test_options_that_are_left_out_are_numpys(name):
    short, spelled = DEFAULTS[name]
    np.testing.assert_array_equal(short(mg.tensor(X)).data, short(X), strict=True)
    left_out, given = (gradient(f, X, seed=numbered) for f in (short, spelled))
    np.testing.assert_allclose(left_out, given, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("copy", [None, True, False])
def test_the_grids_of_a_mesh_are_copies_unless_told_otherwise(copy):
    x = mg.tensor(X[0, 0])
    options = {} if copy is None else {"copy": copy}
    grid = np.meshgrid(x, X[0, 1], **options)[0]
    assert np.shares_memory(grid.data, x.data) == (copy is False)
