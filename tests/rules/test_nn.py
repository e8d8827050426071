"""What networks are made of: infinite and missing numbers, errors, and what a program says."""

import re

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.rules.nn import linear

inf, nan = np.inf, np.nan
LOGITS = np.cos(np.arange(24.0) ** 1.5).reshape(2, 3, 4) * 3
WEIGHT = np.sin(np.arange(8.0) ** 1.3).reshape(2, 4)
LABELS = np.array([[3, 0, 2], [1, 1, 0]])


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 1, 3, 4), (0, 3, 4)], ids=str)
def test_rows_of_any_stack_are_multiplied(shape):
    x = np.resize(LOGITS, shape)
    found = linear(mg.tensor(x), WEIGHT)
    assert found.shape == (*shape[:-1], 2)
    assert_nearly_equal(found.data, np.einsum("...d,kd->...k", x, WEIGHT))
    if x.size:
        mg.gradcheck(linear, x, WEIGHT, elements=4)


def test_a_program_multiplies_rows_once_and_reshapes_only_what_is_stacked():
    source = lambda x: mg.derive(lambda x, w: np.sum(linear(x, w) ** 2), x, WEIGHT).source()
    line = lambda x: re.search(r"dx = (.*?)(  #|$)", source(x), re.MULTILINE)[1]
    assert "reshape" not in line(LOGITS[0, 0])
    assert "reshape" not in line(LOGITS[0])
    assert "reshape" in line(LOGITS)


ROWS = np.array([[inf, 1.0, 2.0], [3.0, 1.0, 2.5], [-inf, 0.5, -1.0], [-inf, -inf, -inf]])


@pytest.mark.parametrize("axis", [-1, 0])
def test_an_infinite_row_does_not_disturb_the_others(axis):
    """A row with one infinity is all of that; without any, it is as by itself."""
    x = ROWS if axis == -1 else ROWS.T
    turn = (lambda a: a) if axis == -1 else np.transpose
    e = np.exp(ROWS[1:3])
    sums = e.sum(axis=1, keepdims=True)
    soft = turn(mg.softmax(mg.tensor(x), axis).data)
    assert_nearly_equal(soft[1:3], e / sums)
    np.testing.assert_array_equal(soft[[0, 3]], [[1, 0, 0], [1 / 3] * 3])
    log = turn(mg.log_softmax(mg.tensor(x), axis).data)
    assert_nearly_equal(log[1:3], ROWS[1:3] - np.log(sums))
    total = mg.logsumexp(mg.tensor(x), axis).data
    assert_nearly_equal(total, [inf, *np.log(sums[:, 0]), -inf])


@pytest.mark.parametrize("function", [mg.softmax, mg.log_softmax, mg.logsumexp])
def test_a_program_for_finite_logits_minds_no_infinity(function):
    assert "isinf" not in mg.derive(lambda x: np.sum(function(x) ** 2), ROWS[1]).source()


def test_a_missing_number_is_that_of_its_row_alone():
    x = np.array([[1.0, nan, 2.0], [3.0, 1.0, 2.5]])
    soft = mg.softmax(mg.tensor(x)).data
    assert np.isnan(soft[0]).all()
    np.testing.assert_array_equal(soft[1], mg.softmax(x[1]))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_the_logarithm_of_no_terms(axis, keepdims):
    for shape in [(0, 3, 2), (4, 0, 2), (2, 3, 0)]:
        x = np.ones(shape)
        wanted = x.sum(axis=axis, keepdims=keepdims) - inf
        found = mg.logsumexp(mg.tensor(x), axis, keepdims)
        np.testing.assert_array_equal(found.data, wanted, strict=True)


@pytest.mark.parametrize("function", [mg.softmax, mg.log_softmax, mg.logsumexp])
def test_an_axis_must_be_there_even_if_there_are_no_elements(function):
    for shape in [(0, 3), (2, 3)]:
        with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
            function(mg.tensor(np.ones(shape)), 2)


@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((), np.array(0)),
        ((4,), np.array([0])),
        ((2, 3, 4), LABELS[0]),
        ((2, 3, 4), LABELS.T),
        ((2, 3, 4), LABELS.ravel()),
        ((3, 4), LABELS[:1]),
        ((1, 3, 4), LABELS),
    ],
)
def test_labels_that_do_not_fit(shape, labels):
    message = (
        f"cross_entropy: logits of shape {shape} need labels of shape {shape[:-1]}, "
        f"got {labels.shape}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        mg.cross_entropy(mg.tensor(np.ones(shape)), labels)


@pytest.mark.parametrize("index", [(0, 0), 0, slice(None), (slice(None), None)], ids=str)
def test_labels_of_any_shape(index):
    logits, labels = LOGITS[index], LABELS[index]
    each = -np.take_along_axis(mg.log_softmax(logits), labels[..., None], -1)
    found = mg.cross_entropy(mg.tensor(logits), labels)
    assert_nearly_equal(found.data, each.mean())
    mg.gradcheck(lambda x: mg.cross_entropy(x, labels), logits, elements=5)
