"""What the strategies promise of what they draw."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, find, given
from hypothesis import strategies as st

from micrograd_np.testing import strategies

MARGINS = st.sampled_from([1 / 64, 1 / 32, 1 / 16, 3 / 32])


@given(data=st.data(), margin=MARGINS, dtype=st.sampled_from(["float16", "float32", "float64"]))
def test_arrays_keep_their_distance_from_multiples_of_an_eighth(data, margin, dtype):
    shape = data.draw(strategies.shapes())
    a = data.draw(strategies.arrays(shape, -2, 5, margin, dtype=dtype))
    assert (a.shape, a.dtype) == (shape, np.dtype(dtype))
    assert np.all((a > -2) & (a < 5))
    eighths = 8 * a.astype(float)
    assert np.all(np.abs(eighths - np.rint(eighths)) / 8 >= min(margin, 1 / 8 - margin))
    assert np.all(a != 0)


@given(data=st.data())
def test_arrays_stay_away_from_other_kinks(data):
    a = data.draw(strategies.arrays((4,), kinks=(0.3, 1 / 16)))
    assert np.all(np.abs(a - 0.3) >= 1 / 16)
    assert np.all(np.abs(a - 1 / 16) >= 1 / 16)


@given(a=strategies.arrays((3, 4), unique=True))
def test_unique_arrays_have_no_ties(a):
    assert len(np.unique(a)) == a.size


@given(shape=strategies.shapes(1, 2, 2, 5))
def test_shapes_are_as_long_as_told(shape):
    assert 1 <= len(shape) <= 2
    assert all(2 <= side <= 5 for side in shape)


def test_shapes_are_empty_and_0d_too():
    assert find(strategies.shapes(), lambda shape: shape == ()) == ()
    assert 0 in find(strategies.shapes(), lambda shape: 0 in shape)
    assert find(strategies.arrays(strategies.shapes()), lambda a: a.ndim == 2).ndim == 2


@given(data=st.data(), ndim=st.integers(1, 4))
def test_axes_are_those_of_a_reduction(data, ndim):
    a = np.ones((2,) * ndim)
    axis = data.draw(strategies.axis(ndim))
    assert a.sum(axis).ndim == ndim - 1
    axes = data.draw(strategies.axes(ndim))
    a.sum(axes)  # NumPy takes it


def test_there_is_no_axis_of_a_number():
    assert strategies.axis(0).is_empty
    assert find(strategies.axes(0), lambda axes: True) is None


@given(operands=strategies.broadcastable(3, dtype="float32"))
def test_what_broadcasts_has_no_element_in_common(operands):
    a, b, c = operands
    assert {x.dtype for x in operands} == {np.dtype("float32")}
    np.broadcast_shapes(a.shape, b.shape, c.shape)
    assert not set(a.ravel()) & set(b.ravel())
    assert not set(a.ravel()) & set(c.ravel())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_special_floats_are_what_floating_point_has(dtype):
    info = np.finfo(dtype)
    for wanted in (
        np.isnan,
        lambda x: x == np.inf,
        lambda x: x == -np.inf,
        lambda x: x == 0 and np.signbit(x),
        lambda x: x == info.max,
        lambda x: 0 < x < info.tiny,
        lambda x: x == 1 + info.eps,
        lambda x: 0 < x < 1 and np.float64(x) ** 2 < info.tiny,
    ):
        assert find(strategies.special_floats(dtype), wanted).dtype == np.dtype(dtype)


@given(
    a=strategies.special_arrays(
        strategies.shapes(), "float32", allow_nan=False, allow_infinity=False
    )
)
def test_special_arrays_have_no_more_than_is_allowed(a):
    assert a.dtype == np.float32
    assert np.all(np.isfinite(a))


@given(data=st.data())
def test_numpy_takes_every_index(data):
    shape = data.draw(strategies.shapes())
    np.empty(shape)[data.draw(strategies.indices(shape))]


@pytest.mark.parametrize("kind", [int, slice, type(None), type(...), list, np.ndarray, tuple, bool])
def test_every_kind_of_index_is_drawn(kind):
    def is_of(index):
        parts = index if isinstance(index, tuple) and kind is not tuple else (index,)
        return any(isinstance(part, kind) for part in parts)

    find(strategies.indices((3, 2)), is_of)


@given(network=strategies.networks((1, 3), largest=6))
def test_networks_fit_together(network):
    sizes = [network.X.shape[1], *(w.shape[1] for w in network.W)]
    assert [w.shape for w in network.W] == list(pairwise(sizes))
    assert [b.shape for b in network.b] == [(1, n) for n in sizes[1:]]
    assert network.y.shape == network.X.shape[:1]
    assert network.y.max() < sizes[-1]
    assert {a.dtype for a in (network.X, *network.W, *network.b)} == {network.X.dtype}


@given(network=strategies.networks((2, 2), largest=6, columns=True))
def test_examples_may_be_columns(network):
    W1, W2 = network.W
    b1, b2 = network.b
    scores = W2 @ np.maximum(W1 @ network.X + b1, 0) + b2
    assert scores.shape == (network.b[-1].shape[0], len(network.y))
    assume(scores.any())
    assert 0.005 < np.abs(scores).max() < 2e4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": 0}, "margin must be between 0 and 1/8"),
        ({"margin": 0.125}, "margin must be between 0 and 1/8"),
        ({"low": 2, "high": 2}, "low must be less than high; got low=2, high=2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        strategies.arrays((2,), **arguments)


def test_too_many_operands_are_refused():
    with pytest.raises(ValueError, match="count must be from 1 to 7, got 8"):
        find(strategies.broadcastable(8), lambda operands: True)
