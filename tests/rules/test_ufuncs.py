"""Keywords of ufuncs: what of NumPy's values, layouts and dtypes holds for tensors."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradient, leaf, numbered
from rules.matrices import near, unlike

# --- the layout of the result ------------------------------------------------------------------

TWO_BY_THREE = {
    "rows": lambda x: x.reshape(4, 3)[:2],
    "columns": lambda x: x.reshape(6, 2)[:3].T,
    "neither": lambda x: x[:, ::2].T,
    "a row": lambda x: x[0, :3],
    "every other": lambda x: x.reshape(-1)[:6:2],
    "a row of rows": lambda x: x[:1, :3],
    "a column": lambda x: x.reshape(-1)[:2, None],
    "a number": lambda x: x[0, 0],
}
COMMON = [
    ("rows", "columns"), ("columns", "columns"), ("columns", "neither"), ("neither", "neither"),
    ("columns", "a row"), ("columns", "every other"), ("columns", "a column"), ("rows", "a row"),
    ("columns", "a number"), ("columns", "a row of rows"), ("neither", "a number"),
    ("a row", "a column"), ("a row", "a number"),
]  # fmt: skip


@pytest.mark.parametrize("order", "ACFK")
@pytest.mark.parametrize(("one", "other"), COMMON)
def test_a_result_lies_in_memory_as_numpys(one, other, order):
    plain = np.arange(12.0).reshape(3, 4)
    t = mg.tensor(plain)
    found, wanted = (
        np.asarray(np.add(TWO_BY_THREE[one](x), TWO_BY_THREE[other](plain), order=order))
        for x in (t, plain)
    )
    np.testing.assert_array_equal(found, wanted, strict=True)
    assert found.flags.c_contiguous == wanted.flags.c_contiguous
    assert found.flags.f_contiguous == wanted.flags.f_contiguous


def test_each_of_several_results_lies_as_told():
    a = np.arange(6.0).reshape(2, 3)
    for part in np.divmod(mg.tensor(a), 4.0, order="F"):
        assert np.asarray(part).flags.f_contiguous


def test_a_program_is_none_for_a_layout():
    jitted = mg.jit(lambda x: np.exp(x, order="A"))
    with pytest.raises(NotImplementedError, match="how the elements lie in memory"):
        jitted(np.ones((2, 3)))


# --- what is computed in -----------------------------------------------------------------------

THIRDS = np.arange(1.0, 4) / 3
COMPUTED_IN = [
    {"dtype": np.float32},
    {"dtype": "f"},
    {"signature": "ff->ff"},
    {"signature": (None, None, np.float32, np.float32)},
    {"sig": "ff->ff"},
    {"casting": "unsafe", "dtype": np.float16},
    {"casting": "unsafe"},
]


@pytest.mark.parametrize("options", COMPUTED_IN, ids=str)
def test_several_results_are_computed_in_the_dtype_that_is_told(options):
    x = leaf(THIRDS)
    for found, wanted in zip(
        np.divmod(x, 0.25, **options), np.divmod(THIRDS, 0.25, **options), strict=True
    ):
        np.testing.assert_array_equal(found.data, wanted, strict=True)
    np.testing.assert_array_equal(
        gradient(lambda x: np.divmod(x, 0.25, **options)[1], THIRDS), np.ones(3), strict=True
    )


@pytest.mark.parametrize("casting", ["no", "equiv"])
def test_a_cast_that_is_not_allowed_is_refused_though_no_dtype_is_told(casting):
    x = leaf(THIRDS)
    for other in (np.ones(3, np.float32), np.ones(3, int)):
        with pytest.raises(TypeError, match="Cannot cast ufunc 'multiply' input"):
            np.multiply(x, other, casting=casting)
    np.testing.assert_array_equal(np.multiply(x, THIRDS, casting=casting).data, THIRDS**2)


def test_arrays_are_written_into_a_tensor_by_a_ufunc_that_has_no_gradient():
    out = mg.tensor(np.zeros(3))
    assert np.floor_divide(THIRDS, 0.25, out) is out
    np.testing.assert_array_equal(out.data, THIRDS // 0.25)


# --- axes of products --------------------------------------------------------------------------

BLOCK = unlike(2, 3, 4)
ON_AXES = {
    "dot on the first": (np.vecdot, (3, 2, 4), {"axes": [0, 1]}),
    "dot, kept at the end": (np.vecdot, (3, 2, 4), {"axes": [0, 1], "keepdims": True}),
    "dot, kept in front": (np.vecdot, (3, 2, 4), {"axes": [0, 1, 0], "keepdims": True}),
    "dot, kept between": (np.vecdot, (3, 2, 4), {"axes": [(0,), (1,), (1,)], "keepdims": True}),
    "dot to no axis": (np.vecdot, (3, 2, 4), {"axes": [0, 1, ()]}),
    "dot on an axis of NumPy's": (np.vecdot, (3, 2, 4), {"axes": [np.int64(0), (np.int64(1),)]}),
    "dot, kept": (np.vecdot, (2, 3, 4), {"keepdims": True}),
    "dot, not kept": (np.vecdot, (2, 3, 4), {"keepdims": False}),
    "dot, kept where it was": (np.vecdot, (2, 3, 4), {"axis": 1, "keepdims": True}),
    "matrices": (np.matmul, (2, 4, 3), {"axes": [(0, 2), (1, 0), (2, 0)]}),
}
if hasattr(np, "matvec"):  # NumPy 2.2
    ON_AXES |= {
        "matrix and vector": (np.matvec, (2, 3), {"axes": [(2, 0), 0, 0]}),
        "vector and matrix": (
            lambda a, v, **o: np.vecmat(v, a, **o), (3, 2), {"axes": [0, (1, 2), 0]}
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", ON_AXES)
def test_a_product_on_other_axes_is_numpys(name):
    function, shape, options = ON_AXES[name]
    other = np.sin(1.0 + np.arange(np.prod(shape))).reshape(shape)
    call = lambda a: function(a, other, **options)
    np.testing.assert_allclose(call(leaf(BLOCK)).data, call(BLOCK), rtol=1e-14, strict=True)
    mg.gradcheck(call, BLOCK)


# --- masks -------------------------------------------------------------------------------------


def test_what_is_left_out_and_written_nowhere_is_zero():
    a = np.array([[0.0, 1.0, 4.0]])
    mask = np.array([[False, True, True], [False, False, True]])
    out = np.log(leaf(a), where=mask)
    np.testing.assert_array_equal(out.data, [[0, 0, np.log(4)], [0, 0, np.log(4)]], strict=True)
    slopes = gradient(lambda a: np.log(a, where=mask), a, seed=numbered)
    np.testing.assert_array_equal(slopes, [[0, 2, (3 + 6) / 4]])


def test_a_mask_of_fewer_axes_holds_for_each_row():
    a = unlike(2, 3)
    given = gradient(lambda a: np.exp(a, where=np.array([True, False, True])), a, seed=numbered)
    near(given, np.exp(a) * [[1, 0, 3], [4, 0, 6]])


def test_several_results_where_a_mask_is_true():
    a, whole = leaf([1.25, -2.5, 3.75]), mg.tensor(np.full(3, 9.0))
    fraction, same = np.modf(a, where=np.array([True, False, True]), out=(None, whole))
    assert same is whole
    np.testing.assert_array_equal(whole.data, [1, 9, 3])
    np.testing.assert_array_equal(fraction.data, [0.25, 0, 0.75])
    fraction.backward(np.arange(1.0, 4))
    np.testing.assert_array_equal(a.grad, [1, 0, 3])
    both = np.modf(a, where=np.array([True, False, True]))
    np.testing.assert_array_equal([part.data for part in both], [[0.25, 0, 0.75], [1, 0, 3]])
