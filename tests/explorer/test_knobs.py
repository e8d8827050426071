"""The knobs: what is taken, what is refused, and what the page is told of them."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from micrograd_np.explorer import knobs
from micrograd_np.explorer.knobs import KNOBS, Knobs, Refused, described, read

WHOLE = [knob for knob in KNOBS if knob.whole and not knob.choices]
BROKEN = [knob for knob in KNOBS if not knob.whole]
NAMED = [knob for knob in KNOBS if knob.choices]
NOT_NUMBERS = [
    True, False, None, "1", "", [], [1], {}, {"value": 1}, (1,), 1j, math.nan, math.inf, -math.inf
]  # fmt: skip
NOT_NAMES = [
    True,
    None,
    0,
    1.0,
    [],
    ["relu"],
    {"relu": 1},
    "",
    "Relu",
    "relu ",
    "float16",
    "x" * 99,
]


def refused(name, value):
    with pytest.raises(Refused) as raised:
        read({name: value})
    return str(raised.value)


def named(knob):
    return knob.name


@pytest.mark.parametrize("knob", WHOLE + BROKEN, ids=named)
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(knob, value):
    kind = "a whole number" if knob.whole else "a number"
    wanted = f"{knob.name}: give {kind} from {knob.least:g} to {knob.most:g}"
    assert refused(knob.name, value) == wanted


@pytest.mark.parametrize("knob", WHOLE + BROKEN, ids=named)
def test_what_is_out_of_range_is_refused(knob):
    near = 1 if knob.whole else 1e-9
    beyond = (knob.least - near, knob.most + near, -1, 10**6, 10**30, -(10**30))
    assert all(f"from {knob.least:g}" in refused(knob.name, value) for value in beyond)


@pytest.mark.parametrize("knob", WHOLE + BROKEN, ids=named)
@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["huge", "minus huge"])
def test_a_number_too_large_for_a_float_is_refused(knob, value):
    assert f"from {knob.least:g}" in refused(knob.name, value)


@pytest.mark.parametrize("knob", WHOLE, ids=named)
@pytest.mark.parametrize("value", [1.0, 1.5, np.float64(1), np.array(1), np.int64(1)], ids=repr)
def test_a_whole_number_is_an_int(knob, value):
    assert "give a whole number" in refused(knob.name, value)


@pytest.mark.parametrize("knob", NAMED, ids=named)
@pytest.mark.parametrize("value", NOT_NAMES, ids=repr)
def test_a_name_that_is_not_offered_is_refused(knob, value):
    assert refused(knob.name, value) == f"{knob.name}: choose one of {', '.join(knob.choices)}"


@pytest.mark.parametrize("name", ["width", "", "Hidden", "hidden ", "__class__", 3, None, ("a",)])
def test_an_unknown_knob_is_refused(name):
    assert refused(name, 1).startswith("knobs: there is none of that name; there are hidden, ")


@pytest.mark.parametrize("given", [None, [], [["hidden", 3]], "hidden", 3, {"hidden"}], ids=repr)
def test_what_is_no_object_is_refused(given):
    with pytest.raises(Refused, match="give an object of names and values"):
        read(given)


def test_one_wrong_choice_among_right_ones_is_refused():
    with pytest.raises(Refused, match=r"^rows: "):
        read({"hidden": 3, "rows": 0, "dtype": "float32"})


def test_what_is_refused_is_not_repeated():
    assert "<script>" not in refused("<script>", 1) + refused("activation", "<script>")


# --- taken -------------------------------------------------------------------------------------


def test_what_is_not_told_stays_as_in_the_post():
    assert read({}) == Knobs()
    assert read({"depth": 3}) == Knobs(depth=3)


@pytest.mark.parametrize("knob", KNOBS, ids=named)
def test_every_stop_and_every_choice_is_taken(knob):
    for value in [*knob.stops, *knob.choices]:
        found = getattr(read({knob.name: value}), knob.name)
        assert found == value
        kind = str if knob.choices else int if knob.whole else float
        assert type(found) is kind


@pytest.mark.parametrize("knob", WHOLE + BROKEN, ids=named)
def test_the_range_is_that_of_the_stops_and_belongs_to_it(knob):
    assert (min(knob.stops), max(knob.stops)) == (knob.least, knob.most)
    assert list(knob.stops) == sorted(set(knob.stops))
    for value in (knob.least, knob.most):
        assert getattr(read({knob.name: value}), knob.name) == value


@pytest.mark.parametrize("knob", BROKEN, ids=named)
def test_a_number_between_the_stops_is_taken_as_a_float(knob):
    between = (knob.stops[1] + knob.stops[2]) / 2
    assert getattr(read({knob.name: between}), knob.name) == between
    found = getattr(read({knob.name: 1}), knob.name)
    assert (found, type(found)) == (1, float)


def test_all_of_them_together_are_taken():
    chosen = Knobs(16, 4, "tanh", 1, 99, 10.0, 1.0, 1e-4, "float32")
    assert read(asdict(chosen)) == chosen


def test_equal_choices_are_one_key():
    assert hash(read({"reg": 1})) == hash(read({"reg": 1.0}))
    assert repr(read({"reg": 1})) == repr(read({"reg": 1.0}))


# --- told --------------------------------------------------------------------------------------


def test_what_the_page_is_told_agrees_with_the_first_choice():
    told = json.loads(json.dumps(described(), allow_nan=False))
    assert {one["name"]: one["value"] for one in told} == asdict(Knobs())
    for one in told:
        offered = one["choices"] or one["stops"]
        assert one["value"] in offered, one["name"]
        assert bool(one["choices"]) is not bool(one["stops"])
        assert one["label"]


def test_the_page_can_send_back_what_it_was_told():
    told = json.loads(json.dumps(described()))
    assert read({one["name"]: one["value"] for one in told}) == Knobs()
    assert {one["name"] for one in told if one["choices"]} == {"activation", "dtype"}
    assert tuple(told[2]["choices"]) == knobs.ACTIVATIONS


def test_a_whole_number_sent_as_a_stop_is_still_whole():
    for knob in WHOLE:
        assert {type(stop) for stop in json.loads(json.dumps(list(knob.stops)))} == {int}
