"""Edits that come to nothing, such as x / x: right by value, and never what was meant."""

import ast

import pytest

from compare.written import cases_of, normal, with_line
from micrograd_np.compare.finding import repair
from micrograd_np.compare.finding.repair import Search, _is_vacuous
from micrograd_np.compare.finding.timebox import TimeBox

SHIFT = """\
import numpy as np


def forward(x, y):
    loss = np.sum(x + np.sin(y))
    return loss


def backward(x, y):
    dx = np.ones_like(x)
    dy = np.cos(y)
    return dx, dy
"""

NOTHING = ["d = x / x", "d = x - x", "d = (a + b) / (a + b)", "d = c + f(x) / f(x)", "d -= y - y",
           "d = 0 * x", "d = x * 0", "d = x * 0.0 / N", "a = b\nd = x[0] - x[0]"]  # fmt: skip
SOMETHING = ["d = x / y", "d = x - y", "d = x * x", "d = x + x", "d = x[0] - x[1]", "d -= d",
             "d = f(x) / f(y)", "d = (a - b) / (b - a)", "d = x * 1", "d = x + 0",
             "d = x - x.mean()"]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING)
def test_it_comes_to_nothing(text):
    assert _is_vacuous(ast.parse(text).body)


@pytest.mark.parametrize("text", SOMETHING)
def test_it_comes_to_something(text):
    assert not _is_vacuous(ast.parse(text).body)


def repairs_of(load, wrong):
    """Return the edits of a line that make the gradient of the sum's first part right."""
    cases = cases_of(load, with_line(SHIFT, "dx = np.ones_like(x)", wrong),
                     {"x": normal(4), "y": normal(4)})  # fmt: skip
    code = cases[0].subject.backward
    found = Search(cases, TimeBox(30)).repairs(code, code.body[0], most=400)
    return [one.edit.text for one in found]


@pytest.mark.parametrize(
    ("wrong", "vacuous"), [("dx = x / y", "dx = x / x"), ("dx = x", "dx = x / x")]
)
def test_what_comes_to_nothing_is_not_offered(load, monkeypatch, wrong, vacuous):
    assert vacuous not in repairs_of(load, wrong)
    monkeypatch.setattr(repair, "_is_vacuous", lambda statements: False)
    assert vacuous in repairs_of(load, wrong)


def test_where_the_line_itself_divides_so_its_edits_may(load):
    assert "dx = x / x" in repairs_of(load, "dx = (x / x) * 2")
