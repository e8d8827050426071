"""What moves, joins, picks and writes elements: orders in memory, edges, errors, detachment."""

from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.this_numpy import since
from rules import gradients

x = np.arange(6.0).reshape(2, 3)


gradient = partial(gradients.gradient, seed=gradients.numbered)


# --- orders in memory --------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("laid_out", [lambda a: a, lambda a: a.T], ids=["C", "F"])
def test_an_order_is_that_of_the_memory(order, laid_out):
    for function in (
        np.ravel,
        lambda a, order: np.reshape(a, (6,), "C" if order == "K" else order),
    ):
        leaf = mg.tensor(x, requires_grad=True)
        out = function(laid_out(leaf), order=order)
        places = function(laid_out(np.arange(6).reshape(2, 3)), order=order)
        np.testing.assert_array_equal(out.data, x.ravel()[places])
        out.backward(np.arange(6.0))
        np.testing.assert_array_equal(leaf.grad.ravel()[places], np.arange(6.0))


def test_an_order_that_no_layout_tells_is_refused():
    with pytest.raises(NotImplementedError, match="say order='C'"):
        np.ravel(mg.tensor(np.zeros((4, 4)))[::2, ::2], order="K")


@pytest.mark.skipif(not since("2.1.0"), reason="this NumPy has no copy= of reshape")
def test_reshape_without_a_copy():
    t = mg.tensor(x)
    assert np.reshape(t, (3, 2), copy=False).shape == (3, 2)
    with pytest.raises(ValueError, match="copy"):
        np.reshape(t.T, (6,), copy=False)


# --- edges -------------------------------------------------------------------------------------


def test_take_reads_positions_as_numpy_does():
    a = [1.0, 2.0, 3.0]
    where = [0, 0, -1, 5]
    np.testing.assert_array_equal(gradient(lambda a: np.take(a, where, mode="clip"), a), [6, 0, 4])
    np.testing.assert_array_equal(gradient(lambda a: np.take(a, where, mode="wrap"), a), [3, 0, 7])
    with pytest.raises(IndexError):
        np.take(mg.tensor(a, requires_grad=True), [3])


def test_cuts_that_go_back_give_elements_twice():
    def twice(a):
        return np.concatenate([np.ravel(part) for part in np.split(a, [3, 1])])

    np.testing.assert_array_equal(gradient(twice, np.arange(4.0)), [1, 2 + 4, 3 + 5, 6])


def test_nothing_is_repeated_to_fill_an_array():
    t = mg.tensor(np.zeros(0), requires_grad=True)
    out = np.resize(t, (2,))
    assert out.data.tolist() == [0.0, 0.0]
    out.sum().backward()
    assert t.grad.shape == (0,)


def test_the_default_of_a_selection_may_be_a_tensor():
    a, b = (mg.tensor([n, n + 1.0], requires_grad=True) for n in (1.0, 5.0))
    out = np.select([np.array([True, False])], [a], default=b)
    assert out.data.tolist() == [1.0, 6.0]
    out.sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.0, 0.0], [0.0, 1.0])


def test_pieces_that_are_all_constant_have_a_gradient_of_zero():
    assert gradient(lambda a: np.piecewise(a, [a > 9], [1.0, 2.0]), [1.0, np.inf]).tolist() == [
        0,
        0,
    ]


def test_the_places_at_which_something_holds_are_plain_arrays():
    (places,) = np.where(mg.tensor([0.0, 2.0, 3.0], requires_grad=True))
    assert type(places) is np.ndarray
    assert places.tolist() == [1, 2]


# --- writing -----------------------------------------------------------------------------------

WRITES = {
    "put": lambda a, v: np.put(a, [0, 1], v),
    "place": lambda a, v: np.place(a, [True, True, False], v),
    "putmask": lambda a, v: np.putmask(a, [True, True, False], v),
    "copyto": lambda a, v: np.copyto(a, v[0]),
    "put_along_axis": lambda a, v: np.put_along_axis(a, np.array([0, 1]), v, 0),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_tensor_is_not_written_into_an_array(name):
    v = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"mg\.tensor"):
        WRITES[name](np.zeros(3), v)
    a, b = np.zeros(3), np.zeros(3)
    WRITES[name](a, v.detach())
    WRITES[name](b, v.data)
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", WRITES)
def test_a_leaf_is_not_written_into(name):
    with pytest.raises(RuntimeError, match="leaf"):
        WRITES[name](mg.tensor(np.zeros(3), requires_grad=True), np.ones(2))


def test_a_view_is_not_written_into_unseen():
    t = mg.tensor(np.zeros((3, 3))) + 0
    for view in (
        np.diagonal(t),
        np.flipud(t),
        np.rot90(t),
        np.lib.stride_tricks.sliding_window_view(t, 2, 0),
    ):
        with pytest.raises(RuntimeError, match="view"):
            t[0, 0] = 1.0
        del view


# --- no silent detachment ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require],
    ids=lambda f: f.__name__,
)
def test_what_is_asked_for_like_a_tensor_keeps_the_gradient(function):
    t = mg.tensor([1.0, 2.0], requires_grad=True)
    function(t, like=t).sum().backward()
    assert t.grad.tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match="gradient"):
        function([t[0], t[1]], like=t)
