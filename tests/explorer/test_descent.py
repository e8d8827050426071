"""A pass of the user's own is trained with its gradients and with the automatic ones."""

import numpy as np
import pytest

from explorer.serving import ask, serving
from micrograd_np.cli_explore import _own
from micrograd_np.explorer.knobs import Refused
from micrograd_np.explorer.questions import OwnQuestions

PASS = """
import numpy as np


def forward(x, params):
    h = np.tanh(x @ params["W"])
    loss = (h * h).mean()
    return loss


def backward(x, params, h):
    grads = {}
    dh = 2 * h / h.size
    grads["W"] = x.T @ (dh * (1 - h * h))
    return grads


def example_inputs():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 3)), {"W": rng.normal(size=(3, 2))}
"""
WRONG = PASS.replace("(1 - h * h)", "(1 - h)")


@pytest.fixture
def own(tmp_path):
    def make(text):
        path = tmp_path / "homework.py"
        path.write_text(text, encoding="utf-8")
        made = _own(path)
        made.message(0)
        return made

    return make


def trained(own, steps, lr=0.1):
    found = own.train(lr, 0, steps)
    while found["steps"] < steps:
        found = own.train(lr, 0, steps)
    return found


def test_both_go_the_same_way_where_the_pass_is_right(own):
    found = trained(own(PASS), 30)
    assert found["names"] == ["params['W']"]
    assert len(found["hand"]["losses"]) == len(found["automatic"]["losses"]) == 30
    assert found["hand"]["losses"][-1] < found["hand"]["losses"][0]
    assert max(found["radii"]) < 8
    assert np.allclose(found["hand"]["losses"], found["automatic"]["losses"], rtol=1e-12)


def test_it_is_gradient_descent(own):
    found = trained(own(PASS), 20, lr=0.5)
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(6, 3)), rng.normal(size=(3, 2))
    for loss in found["hand"]["losses"]:
        h = np.tanh(x @ W)
        assert loss == (h * h).mean()
        W = W - 0.5 * (x.T @ ((2 * h / h.size) * (1 - h * h)))


def test_they_part_where_it_is_wrong(own):
    found = trained(own(WRONG), 10)
    assert found["radii"][0] == 0
    assert found["radii"][-1] > 1e6


def test_it_goes_on_where_it_stood_and_begins_anew_at_another_rate(own):
    made = own(PASS)
    whole = trained(made, 12)
    assert made.train(0.1, 8, 12)["hand"]["losses"] == whole["hand"]["losses"][8:]
    other = trained(made, 12, lr=0.2)
    assert other["hand"]["losses"][0] == whole["hand"]["losses"][0]
    assert other["hand"]["losses"][-1] < whole["hand"]["losses"][-1]


def test_the_users_inputs_are_left_as_they_are(own):
    made = own(PASS)
    before = {
        name: np.array(value) for name, value in made._views.comparison.inputs["params"].items()
    }
    trained(made, 5)
    assert np.array_equal(made._views.comparison.inputs["params"]["W"], before["W"])


def test_what_cannot_be_run_is_not_trained(own):
    with pytest.raises(Refused, match="cannot be run yet"):
        own("def forward(").train(0.1, 0, 5)


def test_questions_about_it_are_checked(own):
    questions = OwnQuestions(own(PASS))
    with serving(questions.answers()) as server:
        assert ask(server, "train", {"since": 0, "steps": 3})[1]["steps"] >= 1
        for wrong in ({"steps": -1}, {"steps": 10**9}, {"since": 5, "steps": 1}, {"edits": {}},
                      {"knobs": {"lr": "1"}}, {"knobs": {"lr": 10}}):  # fmt: skip
            assert ask(server, "train", wrong)[0] == 400
