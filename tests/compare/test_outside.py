"""Functions that keep things outside of themselves are run as if each run were the first."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import random

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.outside import Outside, alike
from micrograd_np.compare.running.subject import Subject

RNG = np.random.default_rng(7)
x, W = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 3))

CALLS = 0
CACHE = {}
HISTORY = []
GENERATOR = np.random.default_rng(5)
SHIFT = 1.0
hidden = None


def compared(forward, backward):
    """Compare a right pass, and return the names of the gradients."""
    before = dict(CACHE), list(HISTORY), CALLS, hidden
    drawn = random.getstate(), np.random.get_state()[1].tolist()
    generator = GENERATOR.bit_generator.state
    report = mg.compare(forward, backward, x, W)
    assert report.ok, str(report)
    assert (dict(CACHE), list(HISTORY), CALLS, hidden) == before
    assert (random.getstate(), np.random.get_state()[1].tolist()) == drawn
    assert GENERATOR.bit_generator.state == generator
    return [g.name for g in report.gradients]


# --- variables of the module ---------------------------------------------------------------------


def test_a_counter_is_counted_from_the_same_number():
    def forward(x, W):
        global CALLS
        CALLS += 1
        loss = np.sum(CALLS * np.tanh(x @ W))
        return loss

    def backward(x, W):
        assert CALLS == 1
        dW = x.T @ (CALLS * (1 - np.tanh(x @ W) ** 2))

    assert compared(forward, backward) == ["dW"]


def test_what_forward_keeps_in_a_dict_of_its_module_backward_finds():
    def forward(x, W):
        CACHE["h"] = np.tanh(x @ W)
        return np.sum(CACHE["h"] ** 2)

    def backward(x):
        h = CACHE["h"]
        dW = x.T @ (2 * h * (1 - h**2))

    assert compared(forward, backward) == ["dW"]


def test_so_does_it_find_variables_declared_global():
    def forward(x, W):
        global hidden
        hidden = np.tanh(x @ W)
        return np.sum(hidden**2)

    def backward(x):
        dW = x.T @ (2 * hidden * (1 - hidden**2))

    assert compared(forward, backward) == ["dW"]


def remember(value):
    global CALLS, hidden
    CALLS += 1
    hidden = value
    HISTORY.append(value)
    return value


def recalled():
    return HISTORY.pop()


def test_helpers_may_keep_things_too():
    def forward(x, W):
        h = remember(np.tanh(x @ W))
        again = remember(h)
        loss = np.sum(again * CALLS)
        assert CALLS == len(HISTORY) == 2
        return loss

    def backward(x):
        one, two = recalled(), recalled()
        assert not HISTORY
        assert hidden is not None
        dW = x.T @ (2 * (1 - two**2))

    assert compared(forward, backward) == ["dW"]


def test_variables_of_enclosing_functions_are_looked_after():
    count, kept = 0, []

    def forward(x, W):
        nonlocal count
        count += 1
        kept.append(np.tanh(x @ W))
        loss = np.sum(kept[-1]) * count * len(kept)
        return loss

    def backward(x):
        assert count == len(kept) == 1
        dW = x.T @ (1 - kept[0] ** 2)

    assert compared(forward, backward) == ["dW"]
    assert (count, kept) == (0, [])


def test_a_layer_that_keeps_its_values_is_not_changed():
    class Layer:
        def forward(self, x, W):
            self.h = np.tanh(x @ W)
            return np.sum(self.h**2)

        def backward(self, x):
            self.dW = x.T @ (2 * self.h * (1 - self.h**2))

    layer = Layer()
    report = mg.compare(layer.forward, layer.backward, x, W)
    assert report.ok, str(report)
    assert vars(layer) == {}

    def forward(x, W):
        return layer.forward(x, W)

    def backward(x):
        layer.backward(x)
        dW = layer.dW

    assert compared(forward, backward) == ["dW"]
    assert vars(layer) == {}


# --- random numbers ------------------------------------------------------------------------------


def mask_of_numpy(shape):
    return np.random.rand(*shape) < 0.6


def mask_of_a_seed(shape):
    np.random.seed(3)
    return np.random.uniform(size=shape) < 0.6


def mask_of_a_generator(shape):
    return GENERATOR.random(shape) < 0.6


def mask_of_python(shape):
    numbers = [random.random() for _ in range(shape[0] * shape[1])]
    return np.array(numbers).reshape(shape) < 0.6


@pytest.mark.parametrize(
    "mask_of", [mask_of_numpy, mask_of_a_seed, mask_of_a_generator, mask_of_python]
)
def test_dropout_drops_the_same_on_both_sides(mask_of):
    def forward(x, W):
        h = np.tanh(x @ W)
        mask = mask_of(h.shape)
        loss = np.sum((h * mask / 0.6) ** 2)
        return loss

    def backward(x, h, mask):
        dh = 2 * h * mask / 0.36
        dW = x.T @ (dh * (1 - h**2))

    def wrong(x, h, mask):
        dh = 2 * h / 0.36
        dW = x.T @ (dh * (1 - h**2))

    assert compared(forward, backward) == ["dW"]
    report = mg.compare(forward, wrong, x, W)
    assert report.first_wrong is not None
    assert report.first_wrong.source == "dh = 2 * h / 0.36"


def test_a_generator_may_be_an_input():
    def forward(x, W, rng):
        mask = rng.random(W.shape) < 0.6
        loss = np.sum(np.tanh(x @ (W * mask)))
        return loss

    def backward(x, W, mask):
        dW = x.T @ (1 - np.tanh(x @ (W * mask)) ** 2) * mask

    rng = np.random.default_rng(2)
    assert mg.compare(forward, backward, x, W, rng).ok
    assert rng.random() == np.random.default_rng(2).random()


def test_a_backward_pass_goes_on_drawing_where_forward_has_stopped():
    np.random.seed(0)
    expected = np.random.rand(2)
    np.random.seed(0)

    def forward(x, W):
        first = np.random.rand()
        return np.sum(x @ W) * first

    def backward(x, W, first):
        second = np.random.rand()
        assert [first, second] == expected.tolist()
        dW = x.T @ np.full((len(x), W.shape[1]), first)

    assert compared(forward, backward) == ["dW"]
    assert np.random.rand() == expected[0]


# --- in detail -----------------------------------------------------------------------------------


def test_only_what_changes_is_looked_after_later():
    table = {"a": 1}
    untouched = np.zeros(3)

    def f():
        table["b"] = untouched[0] + SHIFT

    outside = Outside([f])
    before = untouched
    for _ in range(3):
        with outside.run("f") as left:
            assert table == {"a": 1}
            f()
        assert table == {"a": 1}
    assert [place.name for place in left] == ["table"]
    assert untouched is before


def test_it_is_put_back_after_an_error():
    table = {}

    def f():
        table["b"] = 1
        raise KeyError

    outside = Outside([f])
    for _ in range(2):
        with pytest.raises(KeyError), outside.run("f"):
            f()
        assert table == {}


def test_a_variable_that_did_not_exist_is_gone_again():
    def f():
        global NEW_ONE
        NEW_ONE = 1

    with Outside([f]).run("f") as left:
        f()
    assert "NEW_ONE" not in globals()
    assert [left[p] for p in left if getattr(p, "name", "") == "NEW_ONE"] == [1]


NOTHING = type("Nothing", (), {})()


def test_marks_are_not_copied():
    def f(x=NOTHING):
        return x is NOTHING

    with Outside([f]).run("f"):
        assert f()


class Thing:
    def __init__(self, value):
        self.value = value


def test_alike_compares_what_things_hold():
    nan = np.array([1.0, np.nan])
    assert alike({"a": [nan, (1, "b")]}, {"a": [nan.copy(), (1, "b")]})
    assert not alike({"a": [nan]}, {"a": [nan + 1]})
    assert not alike({"a": 1}, {"b": 1})
    assert not alike([1, 2], [1])
    assert not alike(1, True)
    assert alike(Thing([1]), Thing([1]))
    assert not alike(Thing([1]), Thing([2]))
    assert alike(float("nan"), float("nan"))
    assert not alike(random.Random(1), random.Random(2))
    assert not alike(np.random.RandomState(1), np.random.RandomState(2))
    circle: list = []
    circle.append(circle)
    other: list = []
    other.append(other)
    assert alike(circle, other)


def test_a_subject_finds_the_functions_that_are_called():
    def forward(x, W):
        return np.sum(remember(x @ W))

    subject = Subject(forward, recalled)
    names = {getattr(place, "name", "") for place in subject.outside.places}
    assert {"CALLS", "hidden", "HISTORY"} <= names
    assert "CACHE" not in names
