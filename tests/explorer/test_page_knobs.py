"""Knobs, mistakes, training and the derivation, in a real browser."""

import re

import numpy as np
import pytest

from explorer.browser import choose, go, marks, turn, until, visit
from micrograd_np.explorer.knobs import ACTIVATIONS, KNOBS
from micrograd_np.explorer.mistakes import menu
from reference import iris, post


def stop(name, value):
    """Return the position of a slider at a value."""
    return next(list(knob.stops).index(value) for knob in KNOBS if knob.name == name)


def shape(page):
    return page.inner_text("#shape").partition(" from ")[0]


# --- knobs -------------------------------------------------------------------------------------


def test_a_knob_changes_every_picture(page):
    go(page, 8)
    for hidden in (1, 9, 16):
        turn(page, "hidden", stop("hidden", hidden))
        assert shape(page) == f"dW1: 4 × {hidden}"
        assert page.locator('#net g[data-part="hidden"] circle').count() == hidden
        assert page.inner_text('label[for="knob-hidden"] .value') == str(hidden)
        assert f"4–{hidden}–3 network" in page.inner_text("#about")


def test_depth_makes_more_lines(page):
    for depth in (2, 3, 4):
        turn(page, "depth", stop("depth", depth))
        assert page.locator("#lines li").count() == 5 + 4 * depth + depth + 1
        assert marks(page) == ["✓"] * (6 + 5 * depth)
        assert page.locator("#net g[data-part^=hidden]").count() == depth


def test_activations_have_their_own_line(page):
    lines = set()
    for activation in ACTIVATIONS:
        turn(page, "activation", activation)
        go(page, 7)
        lines.add(page.inner_text("#code"))
        assert page.inner_text("#verdict").startswith("Right")
    assert len(lines) == len(ACTIVATIONS)


def test_rows_seed_scale_and_reg_are_taken(page):
    go(page, 1)
    turn(page, "rows", stop("rows", 7))
    assert shape(page) == "dscores: 7 × 3"
    seen = {page.inner_text("#about")}
    for name, value in (("seed", 5), ("scale", 1.0), ("reg", 0.1)):
        turn(page, name, stop(name, value))
        seen.add(page.inner_text("#about"))
        assert set(marks(page)) == {"✓"}
    assert len(seen) == 4  # each with a loss of its own


def test_single_precision_is_judged_by_its_own_rounding(page):
    turn(page, "dtype", "float32")
    assert page.evaluate("state.arrays[current().hand].dtype") == "float32"
    assert set(marks(page)) == {"✓"}


def test_a_slider_is_turned_by_the_keyboard(page):
    page.focus("#knob-hidden")
    with page.expect_response("**/api/walk"):
        page.keyboard.press("ArrowRight")
    until(page, "!asking")
    assert page.inner_text('label[for="knob-hidden"] .value') == "7"
    assert page.inner_text("#where") == "1 of 11"  # the keys did not walk, too


def test_dragging_ends_where_the_hand_ends(page):
    page.evaluate(
        """() => { const knob = document.getElementById("knob-hidden");
          for (const at of [0, 3, 7, 12, 9, 4]) {
            knob.value = at; knob.dispatchEvent(new Event("input", { bubbles: true })); } }"""
    )
    until(page, "!asking && state.walk.network.sizes[1] === 5")


# --- mistakes ----------------------------------------------------------------------------------


def test_every_mistake_of_the_menu_is_found(page):
    page.click("#tab-break")
    for one in menu(1, "relu"):
        choose(page, one.label)
        bad = page.locator("#lines li.bad")
        assert bad.count() >= 1, one.label
        assert bad.first.get_attribute("data-place") == str(page.evaluate("state.line"))
        assert page.inner_text("#report p.head").startswith("✗ line "), one.label
        assert page.locator("#report button").inner_text().startswith("look at line ")
    choose(page, "nothing: as it should be")
    assert marks(page) == ["✓"] * 11
    assert page.inner_text("#report p.head").startswith("✓ All 11 lines")


def test_the_report_shows_the_edit_that_repairs_it_and_leads_to_the_line(page):
    page.click("#tab-break")
    choose(page, "mask that never holds")
    assert page.inner_text("#report .minus").strip() == "-    dhidden[hidden < 0] = 0"
    assert page.inner_text("#report .plus").strip() == "+    dhidden[hidden <= 0] = 0"
    page.click("#report button")
    assert page.get_attribute("#tab-walk", "aria-selected") == "true"
    assert page.inner_text("#code") == "dhidden[hidden < 0] = 0"
    assert page.inner_text("#instead") == "it should be: dhidden[hidden <= 0] = 0"
    assert page.inner_text("#verdict").startswith("Wrong: ")


def test_any_line_can_be_edited_among_what_is_offered(page):
    page.click("#tab-break")
    with page.expect_response("**/api/walk"):
        page.select_option("#lines li:nth-child(5) select", "mean")
    page.wait_for_selector("#lines li:nth-child(5).bad")
    assert marks(page)[4] == "✗"
    with page.expect_response("**/api/walk"):
        page.select_option("#lines li:nth-child(3) select", "times")
    page.wait_for_selector("#lines li:nth-child(3).bad")
    assert page.evaluate("state.edits") == {"db2": "mean", "dscores": "times"}
    assert marks(page)[2] == "✗"
    with page.expect_response("**/api/walk"):
        page.select_option("#lines li:nth-child(3) select", "")
    page.wait_for_selector("#lines li:nth-child(3):not(.bad)")
    options = page.locator("#lines li").all()
    assert all(item.locator("select option").count() >= 3 for item in options)


def test_what_a_later_line_suffers_is_told_apart(page):
    page.click("#tab-break")
    choose(page, "no 1/N")
    assert marks(page)[2] == "✗"
    assert set(marks(page)[3:]) == {"↓"}


def test_right_and_broken_train_side_by_side(page):
    page.click("#tab-break")
    choose(page, "no mask")
    until(page, "race.steps >= 400 && !race.running && !race.asking")  # it begins by itself
    hand, right = page.evaluate("[race.hand.losses, race.automatic.losses]")
    assert len(hand) == len(right) >= 400
    assert hand[-1] < hand[0]  # subtly wrong, it still trains
    assert hand != right
    assert page.locator("#race-charts path.hand").count() == 2
    assert re.match(r"step \d+: loss 0\.\d+ by hand, 0\.\d+ right", page.inner_text("#raced"))


def test_the_race_begins_though_its_first_step_takes_longer_than_the_report(chromium, address):
    with visit(chromium, "slow-race") as found:
        page = found.open(address)
        until(page, "document.body.dataset.ready === 'yes'")
        page.evaluate(
            "() => { const asked = ask; ask = async (name, question) => {"
            " if (name !== 'train') return asked(name, question);"
            " const answer = await asked(name, question);"
            " while (!race.running) await pause(20);"
            " return answer; }; }"
        )
        page.click("#tab-break")
        choose(page, "no mask")
        until(page, "race.steps >= 5")


def test_a_step_while_another_is_taken_is_one_step_more(page):
    page.click("#tab-train")
    until(page, "training.steps >= 1 && !training.asking")
    before = page.evaluate("training.steps")
    page.evaluate("() => { for (let i = 0; i < 5; i++) document.getElementById('one').click(); }")
    until(page, f"training.steps >= {before + 5} && !training.asking")
    assert page.evaluate("training.steps") == before + 5
    losses = page.evaluate("training.hand.losses")
    assert len(losses) == before + 5
    assert len(set(losses)) == len(losses)


def test_another_network_begins_without_mistakes(page):
    page.click("#tab-break")
    choose(page, "no mask")
    turn(page, "depth", 1)
    assert set(marks(page)) == {"✓"}
    assert page.evaluate("state.edits") == {}


def test_a_mistake_that_a_network_does_not_have_is_taken_back(chromium, address):
    with visit(chromium, "taken-back") as found:
        page = found.open(address)
        page.evaluate("state.edits = { dhidden: 'none such' }; refresh()")
        until(page, "!asking && Object.keys(state.edits).length === 0")
        assert marks(page) == ["✓"] * 11
        turn(page, "hidden", 3)
        assert set(marks(page)) == {"✓"}
        found.problems.clear()  # the browser logs that it was refused


def test_a_line_that_is_left_out_is_named_by_the_report(page):
    page.click("#tab-break")
    choose(page, "no 1/N")
    assert page.inner_text("#report p.head").startswith("✗ line 3 is left out. line 2: scale.")
    assert page.inner_text("#report button") == "look at line 3"


# --- training ----------------------------------------------------------------------------------


def test_training_runs_pauses_and_steps(page):
    page.click("#tab-train")
    until(page, "training.steps === 1")
    page.click("#one")
    until(page, "training.steps === 2 && !training.asking")
    page.click("#run")
    assert page.inner_text("#run") == "pause"
    until(page, "training.steps >= 60")
    page.click("#run")
    until(page, "!training.asking")
    steps = page.evaluate("training.steps")
    page.wait_for_timeout(300)
    assert page.evaluate("training.steps") == steps
    X, y, _, _ = iris.split()
    *_, losses = post.train(X, y, *post.init(), steps=steps)
    assert page.evaluate("training.hand.losses") == losses.tolist()
    assert page.evaluate("Math.max(...training.radii)") < 8
    page.click("#again")
    until(page, "training.steps === 1")


def test_training_shows_curves_weights_and_the_disagreement(page):
    page.click("#tab-train")
    until(page, "training.steps === 1")
    for _ in range(2):
        page.click("#one")
        until(page, "!training.asking")
    titles = page.locator("#charts svg > text:nth-of-type(1)").all_text_contents()
    assert titles == ["loss", "accuracy on the other rows", "weights apart, in rounding radii"]
    names = page.locator("#weights figcaption b").all_inner_texts()
    assert names == ["W1", "b1", "W2", "b2"]
    assert "by hand" in page.inner_text("#numbers")
    assert (
        page.locator("#charts path.hand").count() == page.locator("#charts path.automatic").count()
    )


def test_training_rests_while_other_views_are_open_and_is_kept(page):
    page.click("#tab-train")
    until(page, "training.steps === 1")
    page.click("#run")
    until(page, "training.steps >= 20")
    turn(page, "hidden", 4)
    page.click("#tab-walk")
    page.wait_for_timeout(400)
    until(page, "!training.asking")
    steps = page.evaluate("training.steps")
    page.wait_for_timeout(400)
    assert page.evaluate("[training.running, training.steps]") == [False, steps]
    page.click("#tab-train")
    until(page, "training.network === networkKey()")
    until(page, "!training.asking && training.steps === 1")  # of the network as it is by now
    page.click("#run")
    until(page, "training.steps >= 20")
    page.click("#run")
    until(page, "!training.asking")
    steps = page.evaluate("training.steps")
    page.click("#tab-derivation")
    page.click("#tab-train")
    page.wait_for_timeout(400)
    assert page.evaluate("training.steps") == steps


def test_the_learning_rate_is_taken(page):
    page.click("#tab-train")
    until(page, "training.steps === 1")
    with page.expect_response("**/api/train"):  # it begins anew
        turn(page, "lr", stop("lr", 1.0))
    until(page, "training.steps === 1 && !training.asking")
    page.click("#one")
    until(page, "training.steps === 2")
    X, y, _, _ = iris.split()
    *_, losses = post.train(X, y, *post.init(), lr=1.0, steps=2)
    assert np.array_equal(page.evaluate("training.hand.losses"), losses)


# --- the derivation ----------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_statement_is_linked_to_the_line_that_does_the_same(page, activation):
    turn(page, "activation", activation)
    page.click("#tab-derivation")
    page.wait_for_selector("#program math")
    links = page.locator("#program .link").all_inner_texts()
    forward = [text for text in links if text.startswith("F")]
    lines = [text for text in links if text not in forward]
    assert sorted(lines, key=lambda text: int(text[5:])) == [f"line {n}" for n in range(1, 12)]
    assert {"F2", "F3"} <= set(forward)
    page.click('#program .link:text-is("F3")')
    (shown,) = page.locator("#forward li.current").all_inner_texts()
    assert " ".join(shown.split()) == "F3 scores = hidden @ W2 + b2"
    rows = page.locator("#program tr:has(.link)").all()
    assert all(row.locator("math").count() >= 1 for row in rows)
    page.click('#program .link:text-is("line 6")')
    assert page.evaluate("state.line") == 5
    (lit,) = page.locator("#program .statement.lit pre").all_inner_texts()
    assert lit == "dhidden = dscores @ W2.T"
