"""What lines write: which local variables are returned as which gradients, and zeros."""

import numpy as np
import pytest

from compare.written import cases_of, compared, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.finding.targets import targets

LAYER = """\
import numpy as np


def of_bias(dout):
    first = dout.sum(axis=0)
    return first


def forward(x, W, b):
    h = np.tanh(x @ W)
    out = h + b
    loss = np.sum(np.sin(out))
    return loss


def backward(x, W, b, h, out):
    dout = np.cos(out)
    {}
"""

OF_W, OF_B = "x.T @ (dout * (1 - h**2))", "dout.sum(axis=0)"
GIVEN = {"x": normal(6, 4), "W": normal(4, 3), "b": normal(3)}

NAMED = {
    "a dict of variables": (
        [f"first = {OF_W}", f"second = {OF_B}", "return {'W': first, 'b': second}"],
        {"first": "dW", "second": "db"},
    ),
    "a dict in a variable": (
        ["grads = {}", f"grads['W'] = {OF_W}", f"grads['b'] = {OF_B}", "return grads"],
        {"grads['W']": "dW", "grads['b']": "db"},
    ),
    "a dict that is made at once": (
        [f"grads = {{'W': {OF_W}, 'b': {OF_B}}}", "return grads"],
        {"grads['W']": "dW", "grads['b']": "db"},
    ),
    "a dict with items of another": (
        ["g = {}", f"g['first'] = {OF_W}", f"second = {OF_B}",
         "return {'W': g['first'], 'b': second}"],
        {"g['first']": "dW", "second": "db"},
    ),
    "a tuple": (
        [f"dW = {OF_W}", f"db = {OF_B}", "return dW, db"],
        {"dW": "dW", "db": "db"},
    ),
    "a list": (
        [f"dW = {OF_W}", f"db = {OF_B}", "return [dW, db]"],
        {"dW": "dW", "db": "db"},
    ),
    "nothing": (
        [f"dW = {OF_W}", f"db = {OF_B}"],
        {"dW": "dW", "db": "db"},
    ),
}  # fmt: skip


def body(lines):
    return LAYER.format("\n    ".join(lines))


def found_in(load, text, inputs=GIVEN):
    """Return what the lines of a backward pass write, by what they write first."""
    case = cases_of(load, text, inputs)[0]
    steps, _ = case.record()
    return {target.path: target for target in targets(case, steps)}


@pytest.mark.parametrize(("lines", "names"), NAMED.values(), ids=NAMED)
def test_local_variables_are_called_as_what_is_returned_of_them(load, lines, names):
    found = found_in(load, body(lines))
    assert {path: one.called for path, one in found.items() if path != "dout"} == {
        path: [name] for path, name in names.items()
    }


@pytest.mark.parametrize("returned", ["first, second", "[first, second]"])
def test_what_is_returned_in_order_is_called_as_its_names_say(load, returned):
    text = body([f"first = {OF_W}", f"second = {OF_B}", f"return {returned}"])
    case = cases_of(load, text, GIVEN, ["W", "b"])[0]
    steps, _ = case.record()
    found = {one.path: one.called for one in targets(case, steps)}
    assert [found["first"], found["second"]] == [[one.name] for one in case.wanted]


NESTED = """\
import numpy as np


def forward(x, params):
    h = np.tanh(x @ params["layer"]["W"])
    loss = np.sum(np.sin(h + params["layer"]["b"]))
    return loss


def backward(x, params, h):
    dout = np.cos(h + params["layer"]["b"])
    inner = {}
    inner["W"] = x.T @ (dout * (1 - h**2))
    second = dout.sum(axis=0)
    return {"layer": {"W": inner["W"], "b": second}}
"""


def test_what_is_returned_inside_of_another_dict_is_known(load):
    params = {"layer": {"W": GIVEN["W"], "b": GIVEN["b"]}}
    inputs = {"x": GIVEN["x"], "params": params}
    wanted = [one.name for one in cases_of(load, NESTED, inputs)[0].wanted]
    found = found_in(load, NESTED, inputs=inputs)
    assert [found[path].called for path in ("inner['W']", "second")] == [[one] for one in wanted]


def test_a_variable_of_a_helper_is_not_the_one_of_the_same_name_that_is_returned(load):
    lines = ["second = of_bias(dout)", f"first = {OF_W}", "return {'W': first, 'b': second}"]
    case = cases_of(load, body(lines), GIVEN)[0]
    steps, _ = case.record()
    found = {one.steps[0].code.source(one.node): one.called for one in targets(case, steps)}
    assert found[f"first = {OF_W}"] == ["dW"]
    assert found["second = of_bias(dout)"] == ["db"]
    assert "dW" not in found["first = dout.sum(axis=0)"]


@pytest.mark.parametrize("wrong", [set(), {"dW"}, {"dW", "db"}])
def test_the_last_line_that_writes_a_wrong_gradient_is_its_result(load, wrong):
    lines = [f"first = {OF_W}", f"second = {OF_B}", "first = first * 1",
             "return {'W': first, 'b': second}"]  # fmt: skip
    case = cases_of(load, body(lines), GIVEN)[0]
    steps, _ = case.record()
    results = {
        one.steps[0].code.source(one.node): one.is_result for one in targets(case, steps, wrong)
    }
    assert results[f"first = {OF_W}"] is False
    assert results["first = first * 1"] is ("dW" in wrong)
    assert results[f"second = {OF_B}"] is ("db" in wrong)


@pytest.mark.parametrize("lines", [lines for lines, _ in NAMED.values()], ids=NAMED)
def test_a_mistake_is_found_whatever_the_variables_are_called(load, lines):
    assert compared(load, body(lines), GIVEN).ok
    text = body(lines).replace("(1 - h**2)", "(1 - h)")
    report = compared(load, text, GIVEN)
    ((source, kind),) = wrong_lines(report)
    assert "(1 - h)" in source
    assert kind == "wrong derivative"
    assert "(1 - h**2)" in replaced(report)[1]


# --- zeros that rounding leaves ------------------------------------------------------------------

NORM = """\
import numpy as np


def forward(x, W, b, gamma):
    pre = x @ W + b
    centred = pre - pre.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + 1e-5)
    norm = centred / std
    out = gamma * norm
    loss = np.sum(np.sin(out))
    return loss


def backward(x, W, b, gamma, centred, std, norm, out):
    dout = np.cos(out)
    dgamma = (dout * norm).sum(axis=0)
    dnorm = dout * gamma
    inner = (dnorm * norm).mean(axis=0)
    dpre = (dnorm - dnorm.mean(axis=0) - norm * inner) / std
    db = dpre.sum(axis=0)
    dW = x.T @ dpre
    return dW, db, dgamma
"""

BATCH = {"x": normal(7, 4), "W": normal(4, 3), "b": normal(3), "gamma": normal(3) + 1}


def test_zeros_but_for_rounding_are_recognised_as_zeros(load):
    found = found_in(load, NORM, inputs=BATCH)
    db = found["db"]
    assert 0 < np.abs(db.values[0]).max() < 1e-12
    assert db.zeros == {0}
    assert db.vanishing == {0}
    assert db.is_known
    assert not found["dW"].zeros


@pytest.mark.parametrize("zeros", ["dout - dout", "dout - dout.mean(axis=-2)"])
def test_zeros_in_the_place_of_a_gradient_are_not_recognised(load, zeros):
    lines = [f"dW = {OF_W}", f"db = ({zeros}).T.sum(axis=-1)", "return dW, db"]
    db = found_in(load, body(lines))["db"]
    assert db.lost == {0}
    assert not db.is_known


def test_a_bias_before_a_normalisation_is_right_where_another_line_is_wrong(load):
    assert compared(load, NORM, BATCH).ok
    right = "dgamma = (dout * norm).sum(axis=0)"
    wrong = "dgamma = (dout * norm).mean(axis=0)"
    report = compared(load, with_line(NORM, right, wrong), BATCH)
    assert wrong_lines(report) == [(wrong, "mean for sum")]
    verdicts = {line.source: line.verdict for line in report.lines}
    assert verdicts["db = dpre.sum(axis=0)"] == "ok"


def test_zeros_that_are_added_to_are_a_start(load):
    lines = ["dW, db = np.zeros_like(W), np.zeros_like(b)", f"dW += {OF_W}", f"db += {OF_B}",
             "return dW, db"]  # fmt: skip
    case = cases_of(load, body(lines), GIVEN)[0]
    steps, _ = case.record()
    for one in targets(case, steps):
        starts = one.steps[0].code.source(one.node).startswith("dW, db =")
        assert one.is_start is starts
        assert one.is_known
