"""What the assertions let pass, what they do not, and what they say then."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.numeric.report import GradientError
from micrograd_np.testing import (
    Disagreement,
    assert_backward_correct,
    assert_gradients_agree,
    gradcheck,
    strategies,
)

X, W = np.arange(6.0).reshape(3, 2) / 4, np.array([0.5, -0.25])


def loss(x, w):
    return np.sum(np.tanh(x @ w) ** 2)


def by_hand(x, w):
    t = np.tanh(x @ w)
    dz = 2 * t * (1 - t**2)
    return {"dx": np.outer(dz, w), "dw": x.T @ dz}


def without_a_factor(x, w):
    """Return the gradients as they are after somebody forgot the inner derivative of ``dw``."""
    t = np.tanh(x @ w)
    return {**by_hand(x, w), "dw": x.T @ (2 * t)}


def wanted(x, w):
    return dict(zip(["dx", "dw"], mg.grad(loss, argnums=(0, 1))(x, w), strict=True))


def told(assertion, *args, **options):
    with pytest.raises(AssertionError) as caught:
        assertion(*args, **options)
    return str(caught.value)


# --- gradients that agree -----------------------------------------------------------------------


def test_functions_agree_on_inputs():
    assert_gradients_agree(by_hand, wanted, X, W)


def test_values_agree_with_a_function():
    assert_gradients_agree(by_hand(X, W), wanted, X, W)


def test_values_agree_with_leaves_and_arrays():
    x, w = mg.tensor(X, requires_grad=True), mg.tensor(W, requires_grad=True)
    loss(x, w).backward()
    assert_gradients_agree(by_hand(X, W), {"dx": x, "dw": w})
    assert_gradients_agree(by_hand(X, W), {"dx": x.grad, "dw": w.grad})


def test_containers_may_be_nested_or_none():
    g = np.ones(2)
    assert_gradients_agree(g, g)
    assert_gradients_agree([g, (g, {"b": g})], [g, (g, {"b": g})])


def test_gradients_of_pytorch_agree():
    torch = pytest.importorskip("torch", reason="PyTorch's tensors are given")
    x, w = torch.tensor(X, requires_grad=True), torch.tensor(W, requires_grad=True)
    ((x @ w).tanh() ** 2).sum().backward()
    assert_gradients_agree({"dx": x.grad, "dw": w.grad}, wanted, X, W)
    assert_gradients_agree(by_hand(X, W), {"dx": x, "dw": w})


def test_single_precision_stays_single():
    x, w = X.astype(np.float32), W.astype(np.float32)
    assert_gradients_agree(by_hand, wanted, x, w)
    text = told(assert_gradients_agree, by_hand(X, W), wanted, x, w)
    assert "given has dtype float64, wanted float32" in text


# --- gradients that do not ----------------------------------------------------------------------


def test_the_first_and_the_worst_place_are_told_with_both_values_and_radii():
    text = told(assert_gradients_agree, without_a_factor, wanted, X, W)
    first, *rest = text.splitlines()
    assert first == "dw: given and wanted disagree"
    right, wrong = by_hand(X, W)["dw"], without_a_factor(X, W)["dw"]
    places = re.findall(r"(first|most) at \[(\d)\]: given (\S+), wanted (\S+), (\S+) radii", text)
    assert [where for where, *_ in places] == ["first", "most"]
    for _, index, given_value, wanted_value, radii in places:
        assert float(given_value) == wrong[int(index)]
        assert float(wanted_value) == pytest.approx(right[int(index)], rel=1e-14)
        assert float(radii) > 1e6
    assert "inputs:" in rest
    assert "array([ 0.5 , -0.25])" in text


def test_only_what_is_wrong_is_told():
    assert "dx" not in told(assert_gradients_agree, without_a_factor, wanted, X, W)


def test_one_wrong_element_far_below_the_largest_is_seen():
    right = wanted(X, W)["dw"]
    given_dw = right * (1, 1 + 1e-12)
    text = told(assert_gradients_agree, {**by_hand(X, W), "dw": given_dw}, wanted, X, W)
    assert "first at [1]" in text
    assert "most at" not in text


def test_nothing_is_broadcast():
    text = told(assert_gradients_agree, np.ones((1, 2)), np.ones(2))
    assert text == "gradient: given and wanted disagree: given has shape (1, 2), wanted (2,)"


def test_a_nan_is_no_gradient():
    text = told(assert_gradients_agree, np.array([1.0, np.nan]), np.ones(2))
    assert "first at [1]: given nan, wanted 1.0, inf radii apart" in text


def test_a_disagreement_is_an_assertion_error():
    with pytest.raises(Disagreement):
        assert_gradients_agree(np.zeros(2), np.ones(2))


@pytest.mark.parametrize(
    ("given_ones", "wanted_ones", "message"),
    [
        ({"dw": W}, {"db": W}, "given are dw; wanted are db"),
        ({}, {"db": W}, "given are none; wanted are db"),
        ([W, W], [W], r"given are \[0\], \[1\]; wanted are \[0\]"),
    ],
)
def test_other_names_disagree(given_ones, wanted_ones, message):
    with pytest.raises(Disagreement, match=message):
        assert_gradients_agree(given_ones, wanted_ones)


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="no gradients to compare"):
        assert_gradients_agree({}, {})


def test_a_leaf_without_a_gradient_is_an_error():
    with pytest.raises(ValueError, match="call backward"):
        assert_gradients_agree({"dw": W}, {"dw": mg.tensor(W, requires_grad=True)})


# --- what Hypothesis draws ----------------------------------------------------------------------

DRAWS = strategies.arrays((3, 2)), strategies.arrays((2,), margin=1 / 32)


def test_functions_agree_on_what_is_drawn():
    seen = []

    def noted(x, w):
        seen.append((x.shape, w.shape))
        return by_hand(x, w)

    assert_gradients_agree(noted, wanted, *DRAWS, max_examples=7)
    assert set(seen) == {((3, 2), (2,))}
    assert len(seen) == 7


def test_the_smallest_example_is_told():
    """That is, ones without a reason to be large: all elements as near 0 as they are drawn."""
    text = told(assert_gradients_agree, without_a_factor, wanted, *DRAWS)
    assert "dw: given and wanted disagree" in text
    smallest = text[text.index("smallest example:") :]
    elements = [float(x) for x in re.findall(r"\d\.\d+", smallest)]
    assert len(elements) == 6 + 2
    assert max(elements) <= 1


def test_a_strategy_may_stand_beside_an_array():
    text = told(assert_gradients_agree, without_a_factor, wanted, DRAWS[0], W)
    assert "1: array([ 0.5 , -0.25])" in text


def test_large_inputs_are_told_by_their_shape():
    text = told(
        assert_gradients_agree, lambda x: 2 * x, mg.elementwise_grad(np.sin), np.ones((30, 30))
    )
    assert "0: float64 array of shape (30, 30)" in text
    assert len(text) < 400


def test_no_examples_are_an_error():
    with pytest.raises(ValueError, match="max_examples must be at least 1, got 0"):
        assert_gradients_agree(by_hand, wanted, *DRAWS, max_examples=0)


def test_another_error_than_a_disagreement_stays_what_it_is():
    with pytest.raises(ZeroDivisionError):
        assert_gradients_agree(lambda x, w: 1 / 0, wanted, *DRAWS)


@settings(max_examples=5)
@given(x=DRAWS[0], w=DRAWS[1])
def test_it_can_be_used_under_hypothesis(x, w):
    assert_gradients_agree(by_hand, wanted, x, w)


# --- backward passes and functions --------------------------------------------------------------


def forward(x, w):
    h = np.tanh(x @ w)
    loss = np.sum(h**2)
    return loss  # noqa: RET504  # a name for what is meant


def right_backward(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h**2))  # noqa: F841  # it is found by its name


def wrong_backward(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h))  # noqa: F841


def test_a_right_backward_pass_passes():
    assert_backward_correct(forward, right_backward, X, W)
    assert_backward_correct(forward, right_backward, *DRAWS, max_examples=3)


def test_a_wrong_line_is_told_with_the_smallest_example():
    text = told(assert_backward_correct, forward, wrong_backward, *DRAWS, max_examples=3)
    assert "dw = x.T @ (dh * (1 - h))" in text
    assert "1 - h * h" in text or "1 - h**2" in text or "1 - h ** 2" in text
    assert "smallest example:" in text


PLACE = r"(first|most) at \[(\d)\]: (?:by hand|given) (\S+), (?:automatic|expected) (\S+), (\S+) "


def places(text):
    """Return what is told of each place: how, the index, both values and the radii between."""
    found = re.findall(PLACE, text)
    return [(how, int(index), *map(float, numbers)) for how, index, *numbers in found]


@pytest.mark.parametrize("inputs", [(X, W), DRAWS])
def test_a_wrong_gradient_is_told_where_it_is_so_first_and_most(inputs):
    text = told(assert_backward_correct, forward, wrong_backward, *inputs)
    found = places(text)
    first, most = found[0], found[-1]
    assert first[:2] == ("first", 0)
    assert [how for how, *_ in found] == ["first", "most"][: len(found)]
    assert most[4] >= first[4] > 1e3
    if inputs[0] is X:
        right, wrong = mg.grad(forward, 1)(X, W), X.T @ (2 * (h := np.tanh(X @ W)) * (1 - h))
        for _, index, by_hand, automatic, _ in found:
            assert by_hand == wrong[index]
            assert automatic == pytest.approx(right[index], rel=1e-14)


def test_a_gradient_that_is_no_slope_is_told_where_it_is_so_first_and_most():
    x = np.array([1.0, 2.0, 0.5])
    summed = places(told(gradcheck, lambda x: np.sum(cube(x)), x))
    assert [how for how, *_ in summed] == ["first", "most"]
    for _, index, given_value, expected, _ in summed:
        assert (given_value, expected) == (2 * x[index] ** 2, 3 * x[index] ** 2)
    text = told(gradcheck, cube, x)
    assert places(text)[0][:2] == ("first", 0)
    assert text.count("of the weighted sum of all results") == len(places(text))
    (only,) = places(told(gradcheck, lambda x: np.sum(cube(x)), np.ones(1)))
    assert only[:4] == ("first", 0, 2, 3)


@pytest.mark.parametrize(
    "test",
    [
        lambda: assert_gradients_agree(without_a_factor, wanted, *DRAWS),
        lambda: assert_backward_correct(forward, wrong_backward, *DRAWS),
        lambda: gradcheck(cube, strategies.arrays((2,))),
    ],
)
def test_what_was_drawn_is_told_once(test):
    with pytest.raises(AssertionError) as found:
        test()
    assert str(found.value).count("0: array(") == 1
    assert not found.value.__notes__


def test_options_of_compare_are_passed_on():
    assert_backward_correct(forward, right_backward, X, w=W, seconds=0.5)


@mg.primitive
def cube(x):
    return x**3


mg.defvjp(cube, lambda g, _out, x: g * 2 * x**2)


def test_gradcheck_passes_and_fails():
    gradcheck(np.hypot, *DRAWS[:1], np.array([1.0, 2.0]))
    with pytest.raises(GradientError, match=r"(?s)expected.*smallest example:"):
        gradcheck(cube, strategies.arrays((2,)))
    with pytest.raises(GradientError, match="expected"):
        gradcheck(cube, np.ones(2))


def test_gradcheck_takes_options():
    gradcheck(lambda x, n: x**n, np.ones(2), 2, argnums=0)
    gradcheck(lambda x, n: x**n, strategies.arrays((2,), low=1), st.integers(1, 3), argnums=0)


def test_a_function_that_writes_into_its_input_is_refused_and_hides_nothing():
    def wrong(x):
        x *= 0
        return np.zeros(2)

    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="writes into its input 0"):
        assert_gradients_agree(wrong, mg.grad(lambda x: np.sum(x * x)), x)
    np.testing.assert_array_equal(x, [1, 2])


def test_what_the_right_side_writes_stays_with_it_in_each_call():
    def right(x, p):
        p["w"] += 1
        return 2 * x * p["w"]

    p = {"w": np.zeros(2)}
    assert_gradients_agree(lambda x, p: (x + x) * (p["w"] + 1), right, strategies.arrays((2,)), p)
    np.testing.assert_array_equal(p["w"], [0, 0])


def test_writing_into_a_part_of_an_input_is_refused_too():
    def wrong(p):
        p["w"] *= 0
        return p["w"]

    with pytest.raises(ValueError, match="writes into its input 0"):
        assert_gradients_agree(wrong, lambda p: p["w"] * 0, {"w": np.ones(2)})


def test_of_a_leaf_on_either_side_the_gradient_is_meant():
    w = mg.tensor([1.0, 1.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"given.* holds no gradient yet"):
        assert_gradients_agree(w, np.ones(2))
    (w * 5).sum().backward()
    assert_gradients_agree(w, np.array([5.0, 5.0]))
    with pytest.raises(AssertionError):
        assert_gradients_agree(w, np.ones(2))
    assert_gradients_agree(w * 2, np.array([2.0, 2.0]))
