"""The mistakes that are offered: each is one, the line is named, and nothing else is taken."""

from dataclasses import replace

import pytest

from micrograd_np.compare.demo.network import SLOPE
from micrograd_np.explorer import code, judging, knobs, mistakes
from micrograd_np.explorer.built import FILE
from micrograd_np.explorer.knobs import Knobs, Refused
from micrograd_np.explorer.message import Arrays
from micrograd_np.explorer.walk import as_message, walk

POST = Knobs()
LARGER = {"hidden": 8, "rows": 40, "seed": 5, "scale": 0.7, "reg": 0.1}
"""A choice for which no line is small against another, whatever the activation."""

OTHERS = [(2, "relu"), (4, "relu"), (3, "leaky_relu"), (2, "tanh"), (3, "sigmoid")]
NETWORKS = [(d, a) for d in range(1, knobs.MOST_DEPTH + 1) for a in knobs.ACTIVATIONS]


def of(depth, activation):
    return [
        pytest.param(depth, activation, one, id=f"{depth} {activation} {one.line} {one.name}")
        for one in mistakes.alternatives(depth, activation)
    ]


def made(chosen, one):
    """Return the walk with a mistake, and the names of the lines that are not "ok"."""
    instead = mistakes.chosen({one.line: one.name}, chosen.depth, chosen.activation)
    assert instead == {one.line: one.code}
    found = walk(chosen, instead)
    return found, [row.written.line.name for row in found.rows if row.verdict != "ok"]


def verdict(found, name):
    (row,) = [row for row in found.rows if row.written.line.name == name]
    return row.verdict


# --- every one is a mistake --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "activation", "one"),
    [*of(1, "relu"), *(case for network in OTHERS for case in of(*network)[::6])],
)
def test_the_edited_line_is_the_first_that_is_not_ok(depth, activation, one):
    chosen = replace(POST, depth=depth, activation=activation)
    if (depth, activation) != (1, "relu"):
        chosen = replace(chosen, **LARGER)
    found, not_ok = made(chosen, one)
    assert not_ok
    assert not_ok[0] == one.line
    message = as_message(chosen, found, Arrays())
    assert not message["ok"]
    (edited,) = [line for line in message["lines"] if line["edited"]]
    assert edited["name"] == one.line
    assert edited["code"] == one.code
    assert edited["verdict"] == verdict(found, one.line) != "ok"
    after = [line["verdict"] for line in message["lines"] if line["name"] in not_ok[1:]]
    assert set(after) <= {"follows", "not run"}
    assert ("not run" in after) <= bool(message["error"])


def test_a_second_name_overwrites_though_every_gradient_is_right():
    (alias,) = [one for one in mistakes.alternatives(1, "relu") if one.name == "alias"]
    found, not_ok = made(POST, alias)
    assert not_ok == [alias.line] == ["dscores_probs"]
    assert verdict(found, alias.line) == "overwrites"
    assert found.rows[0].overwrites == ("probs",)
    assert all(row.by_hand.ok for row in found.rows)


@pytest.mark.parametrize("role", ["onehot", "mean", "mask", "reg"])
def test_a_line_that_is_left_out_is_named(role):
    for written in code.backward(1, "relu"):
        if written.role == role:
            found = walk(POST, {written.line.name: ""})
            assert verdict(found, written.line.name) == "left out"
            assert [row.verdict for row in found.rows].index("left out") == next(
                i for i, row in enumerate(found.rows) if row.verdict != "ok"
            )


def test_two_mistakes_are_both_wrong_and_what_comes_between_follows():
    instead = {"dscores": "dscores /= dscores.size", "db1": "db1 = dhidden.sum(keepdims=True)"}
    lines = as_message(POST, walk(POST, instead), Arrays())["lines"]
    verdicts = {line["name"]: line["verdict"] for line in lines}
    assert verdicts["dscores_minus_onehot"] == "ok"
    assert verdicts["dscores"] == verdicts["db1"] == "wrong"
    assert verdicts["dW2_data"] == verdicts["dhidden"] == verdicts["dW1"] == "follows"


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
def test_an_alternative_is_another_statement_under_a_name_of_its_own(depth, activation):
    offered = mistakes.alternatives(depth, activation)
    right = {written.line.name: written.code for written in code.backward(depth, activation)}
    assert {one.line for one in offered} == set(right)
    assert len({(one.line, one.name) for one in offered}) == len(offered)
    assert len({(one.line, one.code) for one in offered}) == len(offered)
    for one in offered:
        assert one.code != right[one.line]
        assert one.label
        compile(one.code, "<alternative>", "exec")


# --- the menu ----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", mistakes.MENU, ids=lambda entry: f"{entry[0]} {entry[1]}")
def test_every_entry_of_the_menu_can_be_made_somewhere(entry):
    role, name, label = entry
    found = [
        one
        for network in NETWORKS
        for one in mistakes.menu(*network)
        if (one.name, one.label) == (name, label)
    ]
    assert found, entry
    roles = {w.line.name: w.role for n in NETWORKS for w in code.backward(*n)}
    assert {roles[one.line] for one in found} == {role}


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
def test_the_menu_is_some_of_the_alternatives(depth, activation):
    offered = {(one.line, one.name): one.code for one in mistakes.alternatives(depth, activation)}
    found = mistakes.menu(depth, activation)
    assert len(found) >= 10
    assert {(one.line, one.name) for one in found} <= offered.keys()
    assert all(offered[one.line, one.name] == one.code for one in found)


REPORTED = [(1, "relu"), (1, "leaky_relu"), (2, "tanh")]


@pytest.mark.parametrize(
    ("depth", "activation", "one"),
    [(*network, one) for network in REPORTED for one in mistakes.menu(*network)],
    ids=lambda given: f"{given.line} {given.name}" if hasattr(given, "line") else str(given),
)
def test_the_report_names_the_line_of_a_mistake(depth, activation, one):
    chosen = replace(POST, depth=depth, activation=activation)
    found = judging.message(chosen, {one.line: one.code})
    assert found["ok"] is False
    assert found["first"] in {w.line.name for w in code.backward(depth, activation)}
    if one.code:
        assert found["first"] == one.line
    said = [*found["sentences"], *(row for part in found["unseen"] for row in part["rows"])]
    assert said
    assert not any(FILE in sentence for sentence in said)


@pytest.mark.parametrize("name", ["missing", "derivative"])
def test_the_report_mends_the_mask_of_a_leaky_relu(name):
    (one,) = (
        one
        for one in mistakes.alternatives(1, "leaky_relu")
        if (one.line, one.name) == ("dhidden", name)
    )
    found = judging.message(replace(POST, activation="leaky_relu"), {one.line: one.code})
    assert str(SLOPE) in found["repair"][-1]
    assert found["mended"]


def test_the_report_on_the_right_pass_is_ok():
    found = judging.message(POST, {})
    assert found["ok"] is True
    assert (found["first"], found["repair"]) == (None, None)
    assert not any(FILE in sentence for sentence in found["sentences"])


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("edits", [None, [], "dscores", 3, [["dscores", "twice"]]], ids=repr)
def test_what_is_no_object_is_refused(edits):
    with pytest.raises(Refused, match="give an object of lines and alternatives"):
        mistakes.chosen(edits, 1, "relu")


@pytest.mark.parametrize("line", ["dhidden2", "dW3", "", "loss", None, 3, "dscores "])
def test_an_unknown_line_is_refused(line):
    with pytest.raises(Refused, match="there is no line of that name in this network"):
        mistakes.chosen({line: "missing"}, 1, "relu")


@pytest.mark.parametrize(
    "name",
    ["", "strict", "dscores /= 2", "Twice", None, True, 3, ["twice"], {"twice": 1}, ("twice",)],
    ids=repr,
)
def test_an_unknown_alternative_is_refused(name):
    with pytest.raises(Refused, match="dscores has no alternative of that name"):
        mistakes.chosen({"dscores": name}, 1, "relu")


def test_an_alternative_of_another_network_is_refused():
    assert mistakes.chosen({"dhidden": "again"}, 1, "tanh")
    with pytest.raises(Refused, match="dhidden has no alternative"):
        mistakes.chosen({"dhidden": "again"}, 1, "relu")


def test_nothing_chosen_is_the_right_pass():
    assert mistakes.chosen({}, 1, "relu") == {}
    assert walk(POST, {}).error == ""
