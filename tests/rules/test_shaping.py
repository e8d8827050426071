"""What moves elements about: orders in memory, copies, and axes that are rolled or repeated."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius
from micrograd_np.testing.operations.this_numpy import since
from rules.gradients import gradient, numbered

X = 1.0 + np.arange(24.0).reshape(2, 3, 4)

# --- orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function", [np.ravel, lambda a, order: np.reshape(a, (4, 6), order)], ids=["ravel", "reshape"]
)
def test_no_order_is_that_of_c(function):
    turned = X.transpose(2, 0, 1)
    np.testing.assert_array_equal(function(mg.tensor(turned), None).data, function(turned, None))
    columns = function(mg.tensor(turned), "F").data
    np.testing.assert_array_equal(columns, function(turned, "F"))


@pytest.mark.parametrize("order", [1, ("C",)])
def test_an_order_that_is_no_string_is_refused(order):
    for function in (np.ravel, lambda a, order: np.reshape(a, (4, 6), order)):
        with pytest.raises(TypeError, match=r"order is .*, expected 'C', 'F', 'A' or 'K'"):
            function(mg.tensor(X), order=order)


@pytest.mark.parametrize("order", ["A", "K"])
def test_a_program_does_not_know_how_its_arrays_lie_in_memory(order):
    with pytest.raises(NotImplementedError, match=f"order='{order}' depends on how the elements"):
        mg.jit(lambda a: np.ravel(a, order=order) * 2)(X)


# --- copies ------------------------------------------------------------------------------------


@pytest.mark.skipif(not since("2.1.0"), reason="this NumPy has no copy= of reshape")
@pytest.mark.parametrize(("copy", "shared"), [(None, True), (False, True), (True, False)])
def test_reshape_shares_memory_unless_a_copy_is_asked_for(copy, shared):
    t = mg.tensor(X)
    assert np.shares_memory(np.reshape(t, (4, 6), copy=copy).data, t.data) == shared


def test_astype_makes_a_copy_unless_told_that_none_is_needed():
    t = mg.tensor(X)
    assert np.astype(t, np.float64, copy=False) is t
    for out in (np.astype(t, np.float64), np.astype(t, np.float32, copy=False)):
        assert not np.shares_memory(out.data, t.data)
        np.testing.assert_array_equal(out.data, X)
    assert out.dtype == np.float32


@pytest.mark.parametrize("function", [np.astype, mg.Tensor.astype])
def test_the_gradient_of_what_is_cast_is_cast_back(function):
    given = gradient(lambda a: function(a, np.float32), X / 3, seed=numbered)
    np.testing.assert_array_equal(given, numbered(X.shape), strict=True)


@pytest.mark.skipif(not since("2.1.0"), reason="this NumPy has no device= of astype")
def test_astype_knows_one_device():
    t = mg.tensor(X)
    assert np.astype(t, np.float32, device="cpu").dtype == np.float32
    with pytest.raises(ValueError, match=r'np\.astype: the device is "cpu", not \'gpu\''):
        np.astype(t, np.float32, device="gpu")


@pytest.mark.parametrize("shape", [-1, (2, -3), (-1, 0)])
def test_no_array_is_resized_to_less_than_nothing(shape):
    with pytest.raises(ValueError, match="all elements of `new_shape` must be non-negative"):
        np.resize(mg.tensor(X), shape)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float16, np.float32, np.complex64])
def test_nothing_that_is_repeated_to_fill_an_array_keeps_its_dtype(dtype):
    nothing = np.zeros((3, 0), dtype)
    wanted = np.resize(nothing, (2, 3))
    np.testing.assert_array_equal(np.resize(mg.tensor(nothing), (2, 3)).data, wanted, strict=True)
    wanted = np.resize(nothing, (0, 3))
    np.testing.assert_array_equal(np.resize(mg.tensor(nothing), (0, 3)).data, wanted, strict=True)


# --- moved and repeated ------------------------------------------------------------------------

VIEWS = {
    "reshape": lambda a: np.reshape(a, (4, 6)),
    "ravel": np.ravel,
    "squeeze": np.squeeze,
    "expand_dims": lambda a: np.expand_dims(a, (0, -1)),
    "transpose": np.transpose,
    "transpose in turn": lambda a: np.transpose(a, (1, -1, 0)),
    "swapaxes": lambda a: np.swapaxes(a, 0, 2),
    "moveaxis": lambda a: np.moveaxis(a, [0, 1], [-1, 0]),
    "rollaxis to the front": lambda a: np.rollaxis(a, 2),
    "rollaxis to where it is": lambda a: np.rollaxis(a, 1, 1),
    "rollaxis to the end": lambda a: np.rollaxis(a, 0, 3),
    "broadcast_to": lambda a: np.broadcast_to(a, (5, 2, 3, 4)),
    "flip": np.flip,
    "flip some axes": lambda a: np.flip(a, (0, 2)),
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "rot90": np.rot90,
    "rot90 back": lambda a: np.rot90(a, -1, (2, 0)),
    "diagonal": np.diagonal,
    "diagonal of other axes": lambda a: np.diagonal(a, 1, 1, 2),
}
PARTS = {  # of parts, which are views themselves
    "squeeze": lambda a: np.squeeze(a[:, :1]),
    "squeeze one axis": lambda a: np.squeeze(a[:1, :1], 1),
    "broadcast_to": lambda a: np.broadcast_to(a[:, :1], (5, 2, 3, 4)),
    "diag": lambda a: np.diag(a[0]),
    "diag below": lambda a: np.diag(a[0], -1),
}
COPIES = {
    "copy": np.copy,
    "diag of a row": lambda a: np.diag(a[0, 1]),
    "diag of a row above": lambda a: np.diag(a[0, 1], 2),
    "diagflat": np.diagflat,
    "diagflat below": lambda a: np.diagflat(a[0], -1),
    "tril": np.tril,
    "tril with the next": lambda a: np.tril(a, 1),
    "tril of a row": lambda a: np.tril(a[1, 2]),
    "triu": np.triu,
    "triu without the diagonal": lambda a: np.triu(a, 1),
    "triu of a row": lambda a: np.triu(a[1, 2]),
    "roll by a number": lambda a: np.roll(a, 5),
    "roll by a number along the last axis": lambda a: np.roll(a, 1, -1),
    "roll by a list": lambda a: np.roll(a, [1, -1], (1, 2)),
    "roll by an array": lambda a: np.roll(a, np.array([1, -3]), (0, 2)),
    "repeat each of an axis as often as it says": lambda a: np.repeat(a, [2, 0, 1], 1),
    "repeat each of the last axis": lambda a: np.repeat(a, np.array([1, 3, 0, 2]), -1),
    "repeat each of all": lambda a: np.repeat(a, np.arange(24) % 3),
    "repeat all alike": lambda a: np.repeat(a, 3, 1),
    "tile some axes": lambda a: np.tile(a, (3, 2)),
    "tile along more axes than there are": lambda a: np.tile(a, (2, 1, 3, 1)),
}
MOVES = VIEWS | {f"{name} of a part": function for name, function in PARTS.items()} | COPIES
BY_TENSORS = {
    "repeat each": (np.repeat, [2, 0, 1], 1),
    "repeat all": (np.repeat, 2, 2),
    "tile some axes": (np.tile, [2, 3]),
    "tile the last axis": (np.tile, 3),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_gradient_goes_back_to_where_the_element_was(name):
    function = MOVES[name]
    out = function(mg.tensor(X)).data
    np.testing.assert_array_equal(out, function(X), strict=True)
    times = np.bincount(out.astype(int).ravel(), numbered(out.shape).ravel(), X.size + 1)
    given = gradient(function, X, seed=numbered)
    np.testing.assert_array_equal(given, times[1:].reshape(X.shape), strict=True)


@pytest.mark.parametrize("name", BY_TENSORS)
def test_how_often_may_be_told_by_a_tensor(name):
    function, times, *axis = BY_TENSORS[name]
    np.testing.assert_array_equal(
        gradient(lambda a: function(a, mg.tensor(times), *axis), X, seed=numbered),
        gradient(lambda a: function(a, times, *axis), X, seed=numbered),
        strict=True,
    )


@pytest.mark.parametrize("name", MOVES)
def test_nothing_is_rounded_where_elements_only_move(name):
    function, x = MOVES[name], X / 7

    def both(a):
        return {"out": function(a), "slope": mg.grad(lambda a: np.sum(function(a)))(a)}

    found = rounding_radius(both, x)
    np.testing.assert_array_equal(found["out"].radius, estimated(function(x)))
    assert found["slope"].value.shape == X.shape


def estimated(value):
    """Return the radius of numbers that are no more than rounded."""
    return np.finfo(float).eps * np.abs(value) + np.finfo(float).tiny


@pytest.mark.parametrize("name", VIEWS)
def test_what_is_seen_through_a_view_is_not_written_into(name):
    leaf = mg.tensor(X, requires_grad=True)
    t = leaf + 0
    view = VIEWS[name](t)
    assert np.shares_memory(view.data, t.data)
    np.sum(view).backward()
    assert leaf.grad.shape == X.shape
    with pytest.raises(RuntimeError, match="view"):
        t[0, 0, 0] = 1.0


@pytest.mark.parametrize("k", [0, 1, -1])
def test_a_diagonal_that_is_taken_is_a_view(k):
    t = mg.tensor(X[0], requires_grad=True) + 0
    view = np.diag(t, k)
    assert np.shares_memory(view.data, t.data)
    np.sum(view).backward()
    with pytest.raises(RuntimeError, match="view"):
        t[0, 0] = 1.0
