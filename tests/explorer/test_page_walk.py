"""The walk through the backward pass, in a real browser."""

import re

import numpy as np
import pytest

from explorer.browser import go, marks, until, visit
from reference import iris, post

X, Y, _, _ = iris.split()
LINES = post.backward(X, Y, *post.init(), reg=1e-3)
CODE = [
    "dscores = probs.copy()", "dscores[rows, y] -= 1", "dscores /= N", "dW2 = hidden.T @ dscores",
    "db2 = dscores.sum(axis=0, keepdims=True)", "dhidden = dscores @ W2.T",
    "dhidden[hidden <= 0] = 0", "dW1 = X.T @ dhidden", "db1 = dhidden.sum(axis=0, keepdims=True)",
    "dW2 = dW2 + reg * W2", "dW1 = dW1 + reg * W1",
]  # fmt: skip


def number(text):
    return float(text.replace("−", "-"))


def element(page):
    """Return the values that are shown of the element, by opinion."""
    rows = page.locator("#values tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {name: number(value) for name, value in cells}


def test_the_posts_network_is_shown_at_once(page):
    assert page.locator("#lines code").all_inner_texts() == CODE
    assert marks(page) == ["✓"] * 11
    assert "4–6–3 network on 90 rows of iris · loss 1.09843" in page.inner_text("#about")
    assert page.locator("#maps canvas").count() >= 3
    assert page.is_hidden("#problem")


def test_buttons_go_forwards_and_backwards(page):
    assert page.is_disabled("#back")
    for place in range(1, 11):
        page.click("#next")
        assert page.inner_text("#where") == f"{place + 1} of 11"
        assert page.inner_text("#code") == CODE[place]
    assert page.is_disabled("#next")
    page.click("#back")
    assert page.inner_text("#code") == CODE[9]


def test_arrow_keys_go_forwards_and_backwards(page):
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#code") == CODE[3]
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#code") == CODE[2]
    go(page, 5)
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#code") == CODE[5]
    assert page.evaluate("document.activeElement.closest('li').dataset.place") == "5"


def test_every_line_has_its_equation_shape_and_heat_maps(page):
    for place, (name, value) in enumerate(LINES.items(), start=1):
        go(page, place)
        (equation,) = page.locator("#equation math").all()
        space = equation.evaluate("one => one.namespaceURI")
        assert space == "http://www.w3.org/1998/Math/MathML"
        assert "∂" in equation.text_content()
        shape = " × ".join(map(str, value.shape))
        said = page.inner_text("#shape")
        assert said.startswith(f"{name.partition('_')[0]}: {shape} from ")
        titles = page.locator("#maps figcaption b").all_inner_texts()
        assert titles == ["by hand", "automatic", "PyTorch", "difference"]
        assert page.inner_text("#verdict").startswith("Right: 0.")
        assert page.locator("#why").inner_text()


def hover(page, row, column, title="by hand"):
    canvas = page.locator(f'#maps figure[data-name="{title}"] canvas')
    width, height = canvas.evaluate("one => one.cell")
    at = {"x": (column + 0.5) * width, "y": (row + 0.5) * height}
    canvas.hover(position=at)
    return canvas, at


ELEMENTS = [
    (1, "dscores_probs", 7, 2), (2, "dscores_minus_onehot", 0, 1), (4, "dW2_data", 0, 1),
    (6, "dhidden_before_mask", 40, 5), (7, "dhidden", 89, 0), (9, "db1", 0, 2), (11, "dW1", 3, 5),
]  # fmt: skip


def test_an_element_has_its_value_in_every_opinion(page):
    pytest.importorskip("torch")
    until(page, "state.torch === 'here'")
    for place, name, row, column in ELEMENTS:
        go(page, place)
        hover(page, row, column)
        shown = element(page)
        for opinion in ("by hand", "automatic", "PyTorch"):
            assert shown[opinion] == pytest.approx(LINES[name][row, column], rel=1e-10)
        assert abs(shown["difference, radii"]) < 8
        assert f"[{row}, {column}]" in page.inner_text("#values code")


def test_the_terms_of_a_product_sum_to_the_element(page):
    go(page, 4)
    hover(page, 0, 1)
    hidden = post.forward(X, Y, *post.init(), 1e-3)["hidden"]
    items = page.locator("#terms li")
    assert items.count() == 90
    values = [number(text) for text in items.locator("span:nth-child(3)").all_inner_texts()]
    assert np.allclose(values, hidden[:, 0] * LINES["dscores"][:, 1], rtol=1e-4)
    assert sum(values) == pytest.approx(LINES["dW2_data"][0, 1], rel=1e-4)
    assert "90 terms" in page.inner_text("#terms")


def test_the_terms_of_the_other_lines_are_written_out(page):
    said = {}
    for place in range(1, 12):
        go(page, place)
        hover(page, 0, 0)
        said[place] = page.inner_text("#terms .formula")
    assert said[2].startswith("= (dscores before)[0, 0] + what the line adds")
    assert said[3].startswith("= dscores[0, 0] / N = ")
    assert "Σ dscores[…]" in said[5]
    assert "since hidden <= 0 does not hold" in said[7]
    assert said[10].startswith("= dW2[0, 0] + (reg · W2[0, 0])")


def lit(page, name):
    return page.locator(f'#made figure[data-name="{name}"] canvas').get_attribute("data-lit")


def test_a_click_keeps_an_element_and_shows_its_row_and_column(page):
    go(page, 4)
    canvas, at = hover(page, 2, 1)
    canvas.click(position=at)
    assert "kept" in page.inner_text("#values")
    assert lit(page, "hidden.T") == "[[2,0,1,90]]"  # row 2 of the left factor
    assert lit(page, "dscores") == "[[0,1,90,1]]"  # column 1 of the right one
    hover(page, 5, 0)
    assert "[2, 1]" in page.inner_text("#values code")
    page.keyboard.press("Escape")
    assert lit(page, "hidden.T") is None


def test_a_sum_shows_the_column_that_it_came_from(page):
    go(page, 5)
    canvas, at = hover(page, 0, 2)
    canvas.click(position=at)
    assert lit(page, "dscores") == "[[0,2,90,1]]"


def parts(page):
    return {one.get_attribute("data-part") for one in page.locator("#net g.lit").all()}


TOUCHED = {
    1: {"scores"}, 3: {"scores"}, 4: {"hidden", "scores", "W2"}, 5: {"scores", "b2"},
    6: {"scores", "hidden", "W2"}, 7: {"hidden"}, 8: {"X", "hidden", "W1"},
    9: {"hidden", "b1"}, 10: {"W2"}, 11: {"W1"},
}  # fmt: skip


def test_the_network_lights_up_what_a_line_touches(page):
    for place, touched in TOUCHED.items():
        go(page, place)
        assert parts(page) == touched


def test_an_element_of_weights_lights_up_its_edge(page):
    go(page, 8)
    hover(page, 3, 5)
    assert page.locator("#net line.picked").count() == 1
    assert page.locator('#net g[data-part="W1"] line.picked').count() == 1


def test_a_heat_map_is_walked_with_the_arrow_keys(page):
    go(page, 4)
    page.locator('#maps figure[data-name="automatic"] canvas').focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert "[1, 2]" in page.inner_text("#values code")  # the first key is at the first element
    assert page.evaluate("document.activeElement.closest('figure').dataset.name") == "automatic"
    assert page.inner_text("#where") == "4 of 11"


def test_the_edge_of_a_heat_map_keeps_its_element(page):
    go(page, 4)
    page.locator('#maps figure[data-name="automatic"] canvas').focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
        assert "[0, 0]" in page.inner_text("#values code")
        assert "kept" in page.inner_text("#values")


@pytest.mark.parametrize("height", [648, 720, 900])
def test_every_row_of_a_heat_map_can_be_pointed_at(page, height):
    page.set_viewport_size({"width": 1280, "height": height})
    go(page, 1)
    canvas = page.locator('#maps figure[data-name="by hand"] canvas')
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for row in (0, 44, 89):
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] * (row + 0.5) / 90)
        assert f"[{row}, 0]" in page.inner_text("#values code")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_nothing_jumps_while_walking(page):
    def places():
        return page.evaluate(
            "['equation', 'why', 'verdict', 'maps', 'element', 'made', 'lines', 'net'].map("
            "id => document.getElementById(id).getBoundingClientRect().top)"
        )

    go(page, 1)
    first = places()
    for place in range(2, 12):
        go(page, place)
        assert places() == first, place


def test_the_forward_pass_can_be_unfolded(page):
    page.click("#forward summary")
    rows = page.locator("#forward li").all_inner_texts()
    assert re.sub(r"\s+", " ", rows[1]) == "F2 hidden = np.maximum(X @ W1 + b1, 0)"


def test_an_address_without_the_token_says_what_to_do(chromium, address):
    with visit(chromium, "no-token") as found:
        found.page.goto(address.split("#")[0])
        found.page.wait_for_selector("#problem:not([hidden])")
        said = found.page.inner_text("#problem")
        assert said == "open the address that the command has printed"
        found.problems.clear()  # the browser logs that it was refused
