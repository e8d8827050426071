"""Code of the user's own on the page, and the page as one file."""

import json
import re

import pytest

from explorer.browser import choose, command, go, marks, until, visit
from micrograd_np.cli import main

RIGHT = """
import numpy as np


def forward(X, y, W1, b1, W2):
    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(len(y)), y]).mean()
    return loss


def backward(X, y, W2, hidden, probs):
    dscores = probs.copy()
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    dW2 = hidden.T @ dscores
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0  # not "<script>alert(1)</script>" & <img src=x onerror=alert(1)>
    dW1 = X.T @ dhidden
    db1 = dhidden.sum(axis=0)


def example_inputs():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 4)), rng.integers(3, size=20)
    return X, y, rng.normal(size=(4, 6)), np.zeros(6), rng.normal(size=(6, 3))
"""
WRONG = RIGHT.replace("hidden <= 0", "hidden < 0")


@pytest.fixture
def homework(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(WRONG, encoding="utf-8")
    return path


def test_the_users_own_pass_has_the_same_views(chromium, homework):
    with command(homework) as url, visit(chromium, "own") as found:
        page = found.open(url)
        assert page.locator("#knobs label").count() == 1  # the learning rate
        tabs = page.locator("[role=tab]").all_inner_texts()
        assert tabs == ["Walk", "Report", "Train", "Derivation"]
        assert marks(page) == ["✓"] * 5 + ["✗", "↓", "↓"]
        assert page.inner_text("#code") == "dhidden[hidden < 0] = 0"  # the first wrong line
        assert "wrong mask" in page.inner_text("#verdict")
        assert page.locator("#net rect").count() == 8
        assert page.locator("#net rect.lit").count() == 1

        go(page, 4)
        assert "∂" in page.locator("#equation math").first.text_content()
        assert page.inner_text("#why") == "dL/dW2"
        canvas = page.locator('#maps figure[data-name="automatic"] canvas')
        canvas.click(position={"x": 3, "y": 3})
        assert page.locator("#terms li").count() == 20
        lit = page.locator('#made figure[data-name="hidden.T"] canvas').get_attribute("data-lit")
        assert lit == "[[0,0,1,20]]"

        page.click("#tab-break")
        assert page.inner_text("#report .plus").startswith("+    dhidden[hidden <= 0] = 0")
        assert "<img src=x" in page.inner_text("#report .plus")  # as text
        assert page.is_hidden("#menu")
        page.click("#report button")
        assert page.inner_text("#code") == "dhidden[hidden < 0] = 0"

        page.click("#tab-derivation")
        page.wait_for_selector("#program math")
        links = page.locator("#program .link").all_inner_texts()
        assert {"line 16", "line 17", "line 18", "line 19 ✗", "line 20 ✗"} <= set(links)


def test_the_users_own_pass_is_trained_by_hand_and_automatically(chromium, homework):
    with command(homework) as url, visit(chromium, "own-train") as found:
        page = found.open(url)
        page.click("#tab-train")
        until(page, "training.steps === 1")
        page.click("#run")
        until(page, "training.steps >= 40")
        page.click("#run")
        until(page, "!training.asking")
        hand, automatic = page.evaluate("[training.hand.losses, training.automatic.losses]")
        assert hand[-1] < hand[0]
        assert hand != automatic  # the mask is wrong
        assert page.locator("#weights figcaption b").all_inner_texts() == ["W2", "W1", "b1"]
        titles = page.locator("#charts svg > text:nth-of-type(1)").all_text_contents()
        assert titles == ["loss", "weights apart, in rounding radii"]
        homework.write_text(RIGHT, encoding="utf-8")
        until(page, "state.walk.ok")
        until(page, "training.network === networkKey() && training.steps >= 1")
        page.click("#one")
        until(page, "training.steps >= 2 && !training.asking")
        assert page.evaluate("Math.max(...training.radii)") < 8


def test_empty_arrays_can_be_pointed_at(chromium, homework):
    homework.write_text(RIGHT.replace("size=(20, 4)), rng.integers(3, size=20)",
                                      "size=(0, 4)), rng.integers(3, size=0)")
                        .replace(".mean()", ".sum()"), encoding="utf-8")  # fmt: skip
    with command(homework) as url, visit(chromium, "own-empty") as found:
        page = found.open(url)
        for place in range(1, page.locator("#lines li").count() + 1):
            go(page, place)
            for canvas in page.locator("#maps canvas").all():
                canvas.dispatch_event("pointermove", {"clientX": 1, "clientY": 1})


def test_the_page_follows_the_file(chromium, homework):
    with command(homework) as url, visit(chromium, "own-saved") as found:
        page = found.open(url)
        assert "✗" in marks(page)
        homework.write_text(RIGHT, encoding="utf-8")
        until(page, "state.walk.ok")
        assert marks(page) == ["✓"] * 8

        homework.write_text(RIGHT.replace("dscores /= len(y)", "dscores /="), encoding="utf-8")
        page.wait_for_selector("#problem:not([hidden])")
        assert page.inner_text("#problem").startswith("homework.py:16: SyntaxError")
        assert marks(page) == ["✓"] * 8  # what there was stays

        homework.write_text(WRONG, encoding="utf-8")
        until(page, "!state.walk.ok")
        assert page.is_hidden("#problem")
        homework.unlink()
        page.wait_for_selector("#problem:not([hidden])")
        assert "cannot be read" in page.inner_text("#problem")


def test_a_file_that_cannot_be_run_yet_is_waited_for(chromium, homework):
    homework.write_text("def forward(", encoding="utf-8")
    with command(homework) as url, visit(chromium, "own-broken") as found:
        found.page.goto(url)
        found.page.wait_for_selector("#problem:not([hidden])")
        assert found.page.inner_text("#problem").startswith("homework.py:1: SyntaxError")
        homework.write_text(RIGHT, encoding="utf-8")
        found.page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
        assert marks(found.page) == ["✓"] * 8


def test_pytorch_is_a_third_opinion_on_every_gradient(chromium, homework):
    pytest.importorskip("torch")
    homework.write_text(RIGHT, encoding="utf-8")
    with command(homework) as url, visit(chromium, "own-torch") as found:
        page = found.open(url)
        until(page, "state.torch === 'here' && state.walk.lines[7].torch !== null")
        for place in range(3, 9):
            go(page, place)
            apart = page.evaluate(
                "(() => { const [a, b] = [array(current().torch), array(current().hand)];"
                "return Math.max(...a.data.map((x, i) => Math.abs(x - b.data[i]))); })()"
            )
            assert apart < 1e-12, place


# --- the page as one file ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "page.html"
    assert main(["explore", "--export", str(path)]) == 0
    return path


def test_an_exported_page_needs_nobody(chromium, exported):
    with visit(chromium, "exported", offline=True) as found:
        page = found.open(exported.as_uri())
        assert marks(page) == ["✓"] * 11
        go(page, 4)
        page.locator('#maps figure[data-name="by hand"] canvas').click(position={"x": 3, "y": 3})
        assert page.locator("#terms li").count() == 90
        knobs = page.locator("#knobs input, #knobs select").all()
        assert len(knobs) == 9
        assert all(knob.is_disabled() for knob in knobs)
        assert "micrograd-np explore" in page.inner_text("#frozen")

        page.click("#tab-break")
        choose(page, "no mask")
        assert page.locator("#lines li.bad").count() == 1
        assert "missing mask" in page.inner_text("#report p.head")
        until(page, "race.steps >= 100")

        page.click("#tab-train")
        until(page, "training.steps >= 1")
        page.click("#run")
        until(page, "training.steps >= 600")
        assert page.locator("#weights canvas").count() == 4

        page.click("#tab-derivation")
        page.wait_for_selector("#program math")
        assert page.locator("#program .link[data-place]").count() == 11
        assert {url for url in found.asked if not url.startswith("data:")} == {exported.as_uri()}


def test_an_exported_page_is_held_to_a_policy_too(exported):
    text = exported.read_text(encoding="utf-8")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert "default-src &#x27;none&#x27;" in policy
    assert "connect-src &#x27;none&#x27;" in policy
    assert "unsafe" not in policy
    (record,) = re.findall(r'<script type="application/json" id="record">(.*?)</script>', text)
    assert len(json.loads(record)["walks"]) >= 14


def test_the_users_own_pass_is_exported_as_it_stands(chromium, homework, tmp_path):
    path = tmp_path / "own.html"
    assert main(["explore", str(homework), "--export", str(path)]) == 0
    with visit(chromium, "exported-own", offline=True) as found:
        page = found.open(path.as_uri())
        assert marks(page) == ["✓"] * 5 + ["✗", "↓", "↓"]
        page.click("#tab-break")
        assert "wrong mask" in page.inner_text("#report p.head")
        assert page.is_disabled("#knob-lr")
        assert "This page is a record" in page.inner_text("#frozen")
        page.click("#tab-train")
        until(page, "training.steps >= 1")
        page.click("#run")
        until(page, "training.steps >= training.most")
        assert "The record ends here" in page.inner_text("#numbers")
        assert page.is_disabled("#one")
        assert page.locator("#weights canvas").count() == 3
        page.click("#tab-derivation")
        page.wait_for_selector("#program math")
