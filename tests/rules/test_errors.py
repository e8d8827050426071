"""What is wrong raises NumPy's own type of error, and names the operation and the shapes."""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.testing.operations.table import CASES

few = settings(max_examples=2, suppress_health_check=list(HealthCheck))
NAMED = (ValueError, IndexError)
"""AxisError and LinAlgError are among them."""


def leaves(arrays):
    return [mg.tensor(a, requires_grad=True) for a in arrays]


def error_of(call, *args, **options):
    """Return what a call raises, None if nothing."""
    try:
        with np.errstate(all="ignore"):
            call(*args, **options)
    except Exception as error:
        return error
    return None


def along_an_axis():
    """Return the cases that are calls of a function that takes an axis."""
    functions = {c.record for c in CASES if c.call is c.record and not hasattr(c.record, "nin")}
    taking = {f for f in functions if "axis" in inspect.signature(f).parameters}
    return [c for c in CASES if c.call is c.record and c.record in taking]


@pytest.mark.parametrize("case", along_an_axis(), ids=str)
@few
@given(data=st.data())
def test_a_bad_axis(case, data):
    arrays, options = data.draw(case.draw)
    options["axis"] = 17
    theirs = error_of(case.call, *arrays, **options)
    ours = error_of(case.call, *leaves(arrays), **options)
    assert isinstance(ours, type(theirs)), f"{ours!r}, NumPy raises {theirs!r}"  # or an AxisError


def two_operands():
    return [c for c in CASES if isinstance(c.record, np.ufunc) and c.record.nin == 2]


@pytest.mark.parametrize("case", two_operands(), ids=str)
def test_shapes_that_do_not_fit(case):
    a, b = np.full((2, 3), 1.25), np.full((5, 4), 1.5)
    theirs = error_of(case.record, a, b)
    for operands in ([mg.tensor(a, requires_grad=True), b], leaves([a, b])):
        ours = error_of(case.record, *operands)
        assert type(ours) is type(theirs)
        if type(theirs) is ValueError:
            assert "(2, 3) and (5, 4)" in str(ours)
            assert f"np.{case.record.__name__} " in str(ours)


X = np.ones((2, 3))
WRONG = [
    (lambda x: x + np.ones(4), ValueError, r"np\.add of shapes \(2, 3\) and \(4,\)"),
    (lambda x: np.ones(4) * x, ValueError, r"np\.multiply of shapes \(4,\) and \(2, 3\)"),
    (lambda x: x @ np.ones(4), ValueError, r"np\.matmul of shapes \(2, 3\) and \(4,\)"),
    (lambda x: x.sum(axis=5), np.exceptions.AxisError, r"np\.sum of shape \(2, 3\): axis 5"),
    (lambda x: np.diff(x, axis=4), np.exceptions.AxisError, r"np\.diff of shape \(2, 3\): axis 4"),
    (lambda x: x.argmax(axis=3), np.exceptions.AxisError, r"np\.argmax of shape \(2, 3\): axis 3"),
    (lambda x: x.reshape(5), ValueError, r"np\.reshape of shape \(2, 3\): cannot reshape"),
    (lambda x: x[7], IndexError, r"x\[index\] of shape \(2, 3\): index 7"),
    (lambda x: np.concatenate([x, np.ones((3, 4))]), ValueError, r"np\.concatenate of shapes"),
    (lambda x: np.linalg.inv(0 * x[:, :2]), np.linalg.LinAlgError, r"np\.linalg\.inv.*Singular"),
    (lambda x: np.einsum("ij,jk", x, X), ValueError, r"np\.einsum of shapes \(2, 3\) and \(2, 3\)"),
    # Functions that are made of others name themselves.
    (
        lambda x: np.inner(x, np.ones(4)),
        ValueError,
        r"^np\.inner of shapes \(2, 3\) and \(4,\): sh",
    ),
    (
        lambda x: np.tensordot(x, X, 1),
        ValueError,
        r"^np\.tensordot of shapes \(2, 3\) and \(2, 3\)",
    ),
    (lambda x: np.cov(x, np.ones((2, 4))), ValueError, r"^np\.cov of shapes \(2, 3\) and \(2, 4\)"),
    (lambda x: np.diff(x, n=-1), ValueError, r"^np\.diff of shape \(2, 3\)"),
    (lambda x: np.insert(x, 9, 1.0), IndexError, r"^np\.insert of shape \(2, 3\): index 9"),
    (lambda x: np.average(x, weights=[1, 2]), TypeError, r"^np\.average of shape \(2, 3\): Axis"),
    (lambda x: np.subtract.reduce(x, axis=4), np.exceptions.AxisError, r"np\.subtract\.reduce of"),
    (lambda x: x.sum(axis="a"), TypeError, r"np\.sum of shape \(2, 3\): 'str' object"),
    # What a function of the user raises names what that called.
    (lambda x: np.apply_along_axis(lambda row: row @ np.ones(4), 1, x), ValueError, r"^np\.matmul"),
]


@pytest.mark.parametrize("name", ["sum", "mean", "std", "max", "prod", "clip", "cumsum", "reshape"])
def test_a_keyword_that_numpy_does_not_know(name):
    with pytest.raises(TypeError, match="foo"):
        getattr(mg.tensor(X, requires_grad=True), name)(foo=1)


@pytest.mark.parametrize(("call", "kind", "words"), WRONG)
def test_an_error_names_the_operation_and_the_shapes(call, kind, words):
    with pytest.raises(kind, match=words) as error:
        call(mg.tensor(X, requires_grad=True))
    assert type(error.value) is kind
    assert type(error_of(call, X)) is kind


@pytest.mark.parametrize("dtype", [int, bool, np.int8, np.uint64])
def test_an_integer_has_no_gradient(dtype):
    with pytest.raises(TypeError, match=np.dtype(dtype).name):
        mg.tensor([1, 0], requires_grad=True, dtype=dtype)
    with pytest.raises(TypeError, match=np.dtype(dtype).name):
        mg.grad(np.sum)(np.array([1, 0], dtype))
