"""Edits that follow from what a line should have written: the term or factor that it lacks."""

import numpy as np
import pytest

from compare.written import compared, last_line, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.edits import by_value
from micrograd_np.compare.edits.by_value import coefficient_of, coefficients
from micrograd_np.compare.finding.nearby import LIKELY

NAMES = ("g", "W", "dx", "h")
GIVEN = {
    **{name: normal(3, 4, seed=i) for i, name in enumerate(NAMES)},
    "A": normal(5, 3),
    "dB": normal(5, 4),
    "row": normal(4),
    "turned": normal(4, 3),
    "reg": 0.3,
    "N": 7.0,
}
g, W, dx, h = (GIVEN[name] for name in NAMES)
A, dB, row, turned = (GIVEN[name] for name in ("A", "dB", "row", "turned"))

TERMS = {
    "dx": g + dx,
    "row": g + row,
    "turned.T": g + turned.T,
    "A.T @ dB": g + A.T @ dB,
    "2 * A.T @ dB": g + 2 * A.T @ dB,
    "A.T @ dB / N": g + A.T @ dB / 7,
    "dx * W": g + dx * W,
    "dx * row": g + dx * row,
    "0.5 * dx * W": g + 0.5 * dx * W,
    "W / N": g + W / 7,
    "2 / N * W": g + 2 * W / 7,
    "2 * W": g + 2 * W,
    "N * W": g + 7 * W,
    "2 * N * W": g + 14 * W,
}
REGULARISED = {
    "reg * W": g + 0.3 * W,
    "2 * reg * W": g + 0.6 * W,
    "reg / N * W": g + 0.3 / 7 * W,
    "2 * reg / N * W": g + 0.6 / 7 * W,
    "0.5 * reg / N * W": g + 0.15 / 7 * W,
    "reg * N * W": g + 2.1 * W,
}
FACTORS = {
    "* W": (g * W, "wrong derivative"),
    "* row": (g * row, "wrong derivative"),
    "* turned.T": (g * turned.T, "wrong derivative"),
    "* (W > 0)": (g * (W > 0), "missing mask"),
    "* (1 - W)": (g * (1 - W), "wrong derivative"),
    "* (1 - W**2)": (g * (1 - W**2), "wrong derivative"),
    "* W * (1 - W)": (g * W * (1 - W), "wrong derivative"),
    "* np.exp(W)": (g * np.exp(W), "wrong derivative"),
    "/ W": (g / W, "wrong derivative"),
}


def proposed(load, line, wanted, **given):
    """Return the edits of a line that should have written something else."""
    given = {**GIVEN, **given}
    text, node, context = last_line(load, line, **given)
    namespace = {"np": np} | {name: np.copy(value) for name, value in given.items()}
    exec(line, namespace)
    return {edit.text: edit for edit in by_value(text, node, context, namespace["d"], wanted)}


@pytest.mark.parametrize(("term", "wanted"), TERMS.items())
def test_the_term_that_makes_up_the_difference_is_added(load, term, wanted):
    found = proposed(load, "d = g", wanted)
    assert found[f"d = g + {term}"].kind == "missing term"


@pytest.mark.parametrize(("term", "wanted"), REGULARISED.items())
def test_the_strength_of_a_regularisation_is_told(load, term, wanted):
    found = proposed(load, "d = g", wanted)
    assert found[f"d = g + {term}"].kind == "missing regularisation"


@pytest.mark.parametrize("term", ["dx", "reg * W", "A.T @ dB", "dx * W"])
def test_a_term_is_subtracted_where_the_difference_is_negative(load, term):
    wanted = 2 * g - {**TERMS, **REGULARISED}[term]
    assert f"d = g - {term}" in proposed(load, "d = g", wanted)


@pytest.mark.parametrize(("factor", "told"), FACTORS.items())
def test_the_factor_that_makes_up_the_quotient_is_multiplied_by(load, factor, told):
    wanted, kind = told
    assert proposed(load, "d = g", wanted)[f"d = g {factor}"].kind == kind


def test_a_factor_stands_behind_the_whole(load):
    assert "d = (g + W) * h" in proposed(load, "d = g + W", (g + W) * h)


@pytest.mark.parametrize("times", [0.5, 2])
def test_half_or_twice_an_array_may_be_the_factor(load, times):
    assert f"d = {times} * g * W" in proposed(load, "d = g", times * g * W)
    assert not proposed(load, "d = g", 5 * g * W)


def test_zeros_hide_a_factor_only_where_both_have_them(load):
    mask = np.where(np.arange(12).reshape(3, 4) % 3 > 0, 1.0, 0.0)
    assert "d = m * W" in proposed(load, "d = m", mask * W, m=mask)
    assert not proposed(load, "d = m", W * h, m=mask)


IN_PLACE = {
    "d += W": ("d += W + reg * dx", g + W + 0.3 * dx),
    "d -= W": ("d -= W + reg * dx", g - W - 0.3 * dx),
}


@pytest.mark.parametrize(("line", "told"), IN_PLACE.items())
def test_what_is_added_or_subtracted_gets_the_term_with_its_sign(load, line, told):
    right, wanted = told
    assert right in proposed(load, line, wanted, d=g)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("d = g", g + normal(3, 4, seed=9)),
        ("d = g", turned),
        ("d *= W", g * W + dx),
        ("d /= W", g / W * h),
        ("d += W", (g + W) * h),
    ],
    ids=[
        "nothing there",
        "another shape",
        "multiplied in place",
        "divided in place",
        "a factor of what is added to",
    ],
)
def test_nothing_is_proposed(load, line, wanted):
    assert not proposed(load, line, wanted, d=g)


def test_a_row_that_should_have_been_an_array_is_looked_at_as_one(load):
    found = proposed(load, "d = r", np.broadcast_to(GIVEN["row"], (1, 4)) * W, r=row[None])
    assert "d = r * W" in found


def test_a_term_is_likely_and_a_product_or_factor_less_so(load):
    (term,) = [e for e in proposed(load, "d = g", g + dx).values() if e.text == "d = g + dx"]
    product = proposed(load, "d = g", g + A.T @ dB)["d = g + A.T @ dB"]
    factor = proposed(load, "d = g", g * W)["d = g * W"]
    assert term.cost < LIKELY < product.cost
    assert term.cost < LIKELY < factor.cost


def test_only_products_with_a_gradient_are_looked_at(load):
    assert not proposed(load, "d = g", g + A.T @ normal(5, 4, seed=8), B=normal(5, 4, seed=8))
    assert not proposed(load, "d = g", g + W * h)


# --- coefficients --------------------------------------------------------------------------------


def test_coefficients_are_made_of_the_numbers_that_are_there():
    made = coefficients({"reg": 0.3, "N": 7.0})
    assert made["reg / N"] == pytest.approx(0.3 / 7)
    assert made["2 * reg / N"] == pytest.approx(0.6 / 7)
    assert made["reg * N"] == pytest.approx(2.1)
    assert made["0.5 * N / reg"] == pytest.approx(7 / 0.6)


@pytest.mark.parametrize("number", [0.0, 1.0, -1.0])
def test_numbers_that_change_nothing_are_left_out(number):
    assert coefficients({"one": number}) == coefficients({})


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, ""), (0.3, "reg"), (0.6, "2 * reg"), (-0.3, "reg"), (2.0, "2"), (0.123, None),
     (1 / 7, None), (2 / 7, "2 / N")],
)  # fmt: skip
def test_the_shortest_text_for_a_number_is_what_may_stand_before_a_term(load, value, text):
    context = last_line(load, "d = g", strength=0.3, **GIVEN)[2]
    assert coefficient_of(value, context) == text


# --- end to end ----------------------------------------------------------------------------------

TIED = """\
import numpy as np


def forward(x, W, V, reg):
    N = len(x)
    h = np.tanh(x @ W)
    scale = np.exp(h @ W.T)
    out = scale @ V
    loss = np.sum(out**2) / N + reg * np.sum(V**2)
    return loss


def backward(x, W, V, reg, N, h, scale, out):
    dout = 2 * out / N
    dV = scale.T @ dout + 2 * reg * V
    dscale = dout @ V.T
    ds = dscale * scale
    dh = ds @ W
    da = dh * (1 - h**2)
    dW = x.T @ da + ds.T @ h
    return dW, dV
"""

SHAPES = {"x": normal(6, 4), "W": normal(4, 3) / 4, "V": normal(4, 2), "reg": 0.1}


def test_the_pass_is_right_without_a_mistake(load):
    assert compared(load, TIED, SHAPES).ok


@pytest.mark.parametrize(
    ("right", "wrong", "kind"),
    [
        ("dW = x.T @ da + ds.T @ h", "dW = x.T @ da", "missing term"),
        ("dV = scale.T @ dout + 2 * reg * V", "dV = scale.T @ dout", "missing regularisation"),
        ("ds = dscale * scale", "ds = dscale", "wrong derivative"),
    ],
)
def test_what_a_line_lacks_is_its_repair(load, right, wrong, kind):
    report = compared(load, with_line(TIED, right, wrong), SHAPES)
    assert wrong_lines(report) == [(wrong, kind)]
    assert replaced(report) == (wrong, right)
