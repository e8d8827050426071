"""What the page is sent: every number arrives as it was, and nothing twice."""

import base64
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_np.explorer.message import Arrays, equation, far, number
from micrograd_np.explorer.terms import Term
from micrograd_np.rounding import Distance


def received(sent):
    """Return an array as the page reads it: its numbers as floats, through JSON."""
    sent = json.loads(json.dumps(sent, allow_nan=False))
    data = base64.b64decode(sent["data"])
    return np.frombuffer(data, "<f8").reshape(sent["shape"])


def bits(array):
    return np.ascontiguousarray(array, "<f8").tobytes()


VALUES = {
    "floats": np.array([[1.5, -2.25, 0.1], [1e300, 5e-324, np.pi]]),
    "nan and infinities": np.array([np.nan, np.inf, -np.inf]),
    "zeros of both signs": np.array([0.0, -0.0]),
    "float32": np.array([0.1, 1e-45, -np.inf, 3.4e38], np.float32),
    "float16": np.array([0.1, 6e-8], np.float16),
    "ints": np.array([[0, -1], [2**53, -(2**31)]]),
    "uint8": np.array([0, 255], np.uint8),
    "bools": np.array([[True], [False]]),
    "no axes": np.array(-0.0),
    "no elements": np.zeros((0, 3)),
    "no elements, the other way": np.zeros((3, 0)),
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "every other": np.arange(10.0)[::2],
    "backwards": np.arange(5)[::-1],
    "big endian": np.array([1.0, 2.5], ">f8"),
    "broadcast": np.broadcast_to(np.array([1.0, 2.0]), (3, 2)),
    "a number": 0.1,
    "a whole number": 3,
    "a NumPy number": np.float32(0.1),
    "a list": [1, 2, 3],
}


@pytest.mark.parametrize("name", VALUES)
def test_an_array_arrives_as_it_was(name):
    arrays = Arrays()
    assert arrays.add(VALUES[name]) == 0
    (sent,) = arrays.sent
    array = np.asarray(VALUES[name])
    found = received(sent)
    assert found.shape == array.shape == tuple(sent["shape"])
    assert found.tobytes() == bits(array)
    assert sent["dtype"] == str(array.dtype)


@given(st.lists(st.floats(allow_nan=True), max_size=6))
def test_any_float_arrives_as_it_was(floats):
    arrays = Arrays()
    arrays.add(np.array(floats, float))
    assert received(arrays.sent[0]).tobytes() == struct.pack(f"<{len(floats)}d", *floats)


def test_one_array_is_sent_once():
    arrays = Arrays()
    first = np.array([[1.0, np.nan], [-0.0, 2.0]])
    places = [arrays.add(one) for one in (first, first.copy(), first.T.copy().T, first.tolist())]
    assert places == [0, 0, 0, 0]
    assert len(arrays.sent) == 1
    assert arrays.add(None) is None
    assert len(arrays.sent) == 1


def test_arrays_that_differ_in_anything_are_sent_apart():
    arrays = Arrays()
    ones = [
        np.zeros(2), np.zeros((1, 2)), np.zeros((2, 1)), np.zeros(2, np.float32), np.zeros(2, int),
        np.zeros(2, bool), np.array([0.0, -0.0]), np.array([-0.0, 0.0]), np.zeros((0, 2)),
        np.zeros((2, 0)), np.array(0.0), np.zeros(1),
    ]  # fmt: skip
    assert [arrays.add(one) for one in ones] == list(range(len(ones)))
    assert [arrays.add(one) for one in reversed(ones)] == list(reversed(range(len(ones))))


def test_what_is_sent_stays_when_the_array_changes():
    arrays, array = Arrays(), np.ones(3)
    arrays.add(array)
    array[:] = 7
    assert received(arrays.sent[0]).tolist() == [1, 1, 1]
    assert arrays.add(array) == 1


# --- terms -------------------------------------------------------------------------------------


def test_a_term_is_sent_with_its_parts():
    arrays = Arrays()
    left, right = Term("a", np.eye(2)), Term("b", np.ones(2))
    product = Term("a @ b", np.ones(2), "product", (left, right))
    assert arrays.term(product) == {
        "text": "a @ b",
        "array": 0,
        "kind": "product",
        "parts": [{"text": "a", "array": 1}, {"text": "b", "array": 0}],
    }
    assert len(arrays.sent) == 2
    assert arrays.term(None) is None


@pytest.mark.parametrize("kind", ["sum", "mean"])
@pytest.mark.parametrize("axis", [None, (0,), (0, 1), ()])
def test_a_sum_is_sent_with_its_axes(kind, axis):
    whole = Term("a", np.eye(2))
    found = Arrays().term(Term("a.sum()", np.array(2.0), kind, (whole,), axis))
    assert json.loads(json.dumps(found))["axis"] == (None if axis is None else list(axis))
    assert "axis" not in Arrays().term(Term("-a", np.eye(2), "negative", (whole,)))


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(None, None), (1.5, 1.5), (-0.0, -0.0), (0, 0), (math.inf, "inf"), (-math.inf, "-inf"),
     (math.nan, "nan"), (np.float64(2), 2.0), (np.float64("inf"), "inf")],
)  # fmt: skip
def test_a_number_is_one_for_json_too(value, wanted):
    found = number(value)
    assert found == wanted
    assert json.loads(json.dumps(found, allow_nan=False)) == wanted


@given(st.lists(st.floats() | st.floats(width=32).map(np.float32)))
def test_numbers_are_for_json(values):
    found = json.loads(json.dumps([number(float(value)) for value in values], allow_nan=False))
    assert len(found) == len(values)
    for ours, value in zip(found, values, strict=True):
        again = float(ours)
        assert again == value or (math.isnan(again) and math.isnan(value))


@given(st.floats(), st.integers(0, 9), st.sampled_from(["", "shape (2,), wanted (3,)"]))
def test_a_distance_is_for_json(radii, undecided, problem):
    distance = Distance(radii, (0, 1), radii, undecided, problem)
    found = json.loads(json.dumps(far(distance), allow_nan=False))
    assert found.keys() == {"radii", "problem", "undecided", "ok"}
    assert found["ok"] is distance.ok
    assert (found["problem"], found["undecided"]) == (problem, undecided)
    assert (found["radii"] in ("nan", "inf", "-inf")) is not math.isfinite(radii)


def test_no_distance_is_none():
    assert far(None) is None


# --- equations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial L}{\partial W_{2}} = \mathit{hidden}^{\top} \, W",
        r"\underset{4 \times 3}{a} = \sum_{i} \mathbf{1}[X > 0] \odot X",
        r"a < b \leq c",
    ],
)
def test_an_equation_brings_no_style(latex):
    found = equation(latex)
    assert found.startswith("<math")
    assert "style=" not in found
    assert "<script" not in found
