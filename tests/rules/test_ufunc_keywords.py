"""``out=``, ``where=``, ``dtype=`` and the methods of ufuncs: what the table does not ask."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import leaf

ZERO_AND_MORE = [0.0, 1.0, 4.0]


@pytest.mark.parametrize(
    ("function", "slopes"),
    [
        (np.log, [0, 1, 0.25]),
        (np.sqrt, [0, 0.5, 0.25]),
        (np.reciprocal, [0, -1, -1 / 16]),
        (np.log2, [0, 1 / np.log(2), 0.25 / np.log(2)]),
    ],
)
def test_an_element_left_out_has_gradient_zero_and_never_nan(function, slopes):
    x = leaf(ZERO_AND_MORE)
    out = function(x, where=x > 0, out=np.zeros(3))
    assert out.data[0] == 0
    out.sum().backward()
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-15)
    twice = mg.grad(
        lambda x: np.sum(mg.grad(lambda x: np.sum(function(x, where=x > 0, out=np.zeros(3))))(x))
    )
    assert twice(np.array(ZERO_AND_MORE))[0] == 0
    assert np.isfinite(twice(np.array(ZERO_AND_MORE))).all()


def test_division_by_zero_left_out():
    a, b = leaf([1.0, 2.0, 3.0]), leaf(ZERO_AND_MORE)
    np.divide(a, b, out=np.zeros_like(b), where=b != 0).sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 1, 0.25])
    np.testing.assert_array_equal(b.grad, [0, -2, -3 / 16])


def test_a_nan_that_is_computed_stays_one():
    """Any finite answer would be wrong for exp(log(x)) at 0."""
    with np.errstate(all="ignore"):
        chosen = mg.grad(lambda x: np.sum(np.where(x > 0, np.log(x), 0)))
        assert np.isnan(chosen(np.array([0.0]))).all()
        assert np.isnan(mg.grad(lambda x: np.sum(1 / (1 + np.exp(-x))))(np.array([-1000.0]))).all()


def test_what_is_made_like_a_tensor_can_be_written_into_later():
    x = leaf(ZERO_AND_MORE)
    out = np.zeros_like(x)
    np.log(x, out=out, where=x > 0)  # whose result is not used
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 1, 0.25])


def test_an_array_that_others_can_read_is_not_written_into():
    x = leaf(ZERO_AND_MORE)
    out = np.zeros(3)
    with pytest.raises(TypeError, match=r"out=mg\.tensor\(array\)"):
        np.log(x, out=out, where=x > 0)
    with pytest.raises(TypeError, match="gradient would be lost"):
        np.multiply(x, 2, out=out)
    with pytest.raises(TypeError, match="gradient would be lost"):
        out += x
    np.testing.assert_array_equal(out, 0)


def test_without_a_gradient_an_array_is_written_into():
    x, out = mg.tensor(ZERO_AND_MORE), np.zeros(3)
    assert np.multiply(x, 2, out=out) is out
    np.testing.assert_array_equal(out, [0, 2, 8])
    assert np.sqrt(x, out=out, where=x > 1) is out
    np.testing.assert_array_equal(out, [0, 2, 2])


def test_out_is_the_result_and_keeps_its_dtype():
    x, out = leaf(ZERO_AND_MORE), mg.tensor(np.zeros((2, 3), np.float32))
    result = np.multiply(x, 3, out)
    assert result is out
    assert out.dtype == np.float32
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [6, 6, 6])
    assert x.grad.dtype == np.float64
    with pytest.raises(TypeError, match="cast"):
        np.multiply(x, 3, out=mg.tensor([0, 0, 0]))
    with pytest.raises(ValueError, match=r"\(3,\)|broadcast"):
        np.multiply(x, 3, out=mg.tensor(np.zeros(2)))
    with pytest.raises(RuntimeError, match="on a leaf"):
        np.multiply(x, 3, out=x)


def test_several_results_into_several_outs():
    x = leaf([1.25, -2.5])
    whole = mg.tensor(np.zeros(2))
    fraction, same = np.modf(x, out=(None, whole))
    assert same is whole
    np.testing.assert_array_equal(whole.data, [1, -2])
    fraction.sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1])


def test_what_a_ufunc_computes_in():
    x = leaf([0.1, 0.2])
    single = np.exp(x, dtype=np.float32)
    np.testing.assert_array_equal(single.data, np.exp(x.data, dtype=np.float32), strict=True)
    single.sum().backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_array_equal(np.exp(x, signature="f->f").data, single.data, strict=True)
    np.testing.assert_array_equal(np.exp(x, sig=(np.float32, None)).data, single.data, strict=True)
    with pytest.raises(TypeError, match="Cannot cast"):
        np.exp(x, dtype=np.float32, casting="no")


@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_of_a_product_of_vectors(keepdims):
    a = np.arange(1.0, 7).reshape(2, 3)
    x = leaf(a)
    out = np.vecdot(x, a, axis=0, keepdims=keepdims)
    wanted = np.vecdot(a, a, axis=0, keepdims=keepdims)
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, a)


METHODS = [
    lambda a: np.logaddexp.reduce(a, axis=1),
    lambda a: np.hypot.reduce(a, axis=0, keepdims=True),
    lambda a: np.add.reduce(a, axis=None, initial=2.0, where=a > 0.5),
    lambda a: np.fmax.reduce(a, axis=0, initial=0.3),
    lambda a: np.logaddexp.accumulate(a, axis=1),
    lambda a: np.minimum.accumulate(a),
    lambda a: np.multiply.reduceat(a, [0, 2, 1], axis=1),
    lambda a: np.arctan2.outer(a, a[0]),
]


@pytest.mark.parametrize("call", METHODS)
def test_methods_of_any_ufunc(call):
    a = np.array([[0.2, 0.9, 0.4], [0.7, 0.1, 0.8]])
    x = leaf(a)
    out = call(x)
    wanted = call(a)
    assert out.shape == np.shape(wanted)
    np.testing.assert_allclose(out.data, wanted, rtol=1e-15)
    seed = np.cos(np.arange(out.size)).reshape(out.shape)
    out.backward(seed)
    step, direction = 1e-6, np.sin(1.0 + np.arange(6)).reshape(2, 3)
    ahead, behind = (np.sum(call(a + s * direction) * seed) for s in (step, -step))
    np.testing.assert_allclose(np.sum(x.grad * direction), (ahead - behind) / 2e-6, rtol=1e-7)


def test_a_method_raises_what_numpy_raises():
    x = leaf([[1.0, 2.0]])
    with pytest.raises(ValueError, match="identity"):
        np.maximum.reduce(x[:0])
    with pytest.raises(ValueError, match="reorderable"):
        np.subtract.reduce(x, axis=(0, 1))
    with pytest.raises(TypeError, match=r"mg\.tensor\(array\)"):
        np.multiply.at(np.ones(2), [0], x[0, :1])


def test_repeated_places_are_computed_repeatedly():
    x, factor = leaf([1.0, 2.0, 3.0]), leaf([2.0, 5.0, 7.0])
    t = x.copy()
    np.multiply.at(t, [0, 0, 2], factor)
    np.testing.assert_array_equal(t.data, [10, 2, 21])
    t.sum().backward()
    np.testing.assert_array_equal(x.grad, [10, 1, 7])
    np.testing.assert_array_equal(factor.grad, [5, 2, 3])


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.logaddexp, np.maximum])
@pytest.mark.parametrize("options", [{}, {"axis": None}, {"axis": 0}, {"keepdims": True}])
def test_one_number_is_reduced_over_no_axis(ufunc, options):
    t = leaf(-3.0)
    out = ufunc.reduce(t, **options)
    np.testing.assert_array_equal(out.data, ufunc.reduce(np.array(-3.0), **options), strict=True)
    out.backward()
    assert t.grad == 1


def test_a_reduction_begins_with_the_identity():
    """Of one row, too: the length of one number is not that number."""
    rows = leaf([[-1.0, 2.0]])
    out = np.hypot.reduce(rows)
    np.testing.assert_array_equal(out.data, [1.0, 2.0])
    out.sum().backward()
    np.testing.assert_array_equal(rows.grad, [[-1.0, 1.0]])


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.subtract])
def test_what_numpy_does_not_accumulate_is_refused(ufunc):
    with pytest.raises(TypeError, match="scalar"):
        ufunc.accumulate(leaf(1.0))
    with pytest.raises(ValueError, match="multiple axes"):
        ufunc.accumulate(leaf([[1.0]]), axis=None)


@pytest.mark.parametrize("options", [{"axis": 1}, {"keepdims": True}])
def test_keywords_that_numpy_refuses_are_refused(options):
    x = leaf([[1.0, 2.0]])
    with pytest.raises(TypeError):
        np.matmul(x, x.T, **options)


@pytest.mark.parametrize("reduce", [np.sum, np.prod, np.add.reduce, np.multiply.reduce])
def test_a_reduction_computes_in_the_dtype_of_what_it_writes_into(reduce):
    x = np.full(3, 1e30, np.float32)
    theirs, ours = np.zeros(()), mg.tensor(0.0)
    reduce(x, out=theirs)
    reduce(leaf(x), out=ours)
    np.testing.assert_array_equal(ours.data, theirs)


def test_of_no_rows_nothing_is_reduced_and_the_graph_goes_on():
    rows = leaf(np.zeros((0, 3)))
    out = np.logaddexp.reduce(rows)
    np.testing.assert_array_equal(out.data, np.full(3, -np.inf))
    out.backward(np.ones(3))
    assert rows.grad.shape == (0, 3)


def test_segments_add_up_to_the_bit():
    x = np.random.default_rng(0).normal(size=50)
    found = np.add.reduceat(leaf(x), [0, 20])
    np.testing.assert_array_equal(found.data, np.add.reduceat(x, [0, 20]))


def test_segments_of_nothing_and_of_what_is_no_sum():
    x = mg.tensor([[1.1, 1.2], [1.3, 1.4]], requires_grad=True)
    assert np.add.reduceat(x, np.array([], int)).shape == (0, 2)
    power = np.power.reduceat(x, [0])  # NumPy (2.4) folds these otherwise where it is fast
    np.testing.assert_array_equal(power.data, np.power(x.data[0], x.data[1])[None])


@pytest.mark.parametrize("split", [np.split, np.array_split, np.hsplit])
def test_the_parts_of_a_split_are_a_list(split):
    parts = split(leaf(np.arange(4.0)), 2)
    assert type(parts) is list
    parts[1].sum().backward()
