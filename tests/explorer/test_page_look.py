"""What the page is like to use: narrow and wide, light and dark, by keyboard, by ear."""

import pytest

from explorer.browser import choose, go, marks, turn, until, visit

TABS = ("walk", "break", "train", "derivation")


def opened(page, tab):
    page.click(f"#tab-{tab}")
    if tab == "break":
        page.wait_for_selector("#report p.head")
    if tab == "train":
        until(page, "training.steps === 1")
    if tab == "derivation":
        page.wait_for_selector("#program math")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_the_screen(chromium, address, width, scheme):
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with visit(chromium, f"look-{width}-{scheme}-derivation", **options) as found:
        page = found.open(address)
        for tab in TABS:
            opened(page, tab)
            wide = page.evaluate("document.scrollingElement.scrollWidth")
            assert wide <= width, tab
            found.keep(f"look-{width}-{scheme}-{tab}")
        assert page.evaluate("document.scrollingElement.scrollLeft") == 0


def lightness(page, selector, what):
    return page.evaluate(
        """([selector, what]) => {
          const found = getComputedStyle(document.querySelector(selector))[what];
          const [r, g, b] = found.match(/[\\d.]+/g).map(Number).map((part) => {
            part /= 255; return part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b; }""",
        [selector, what],
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(chromium, address, scheme):
    with visit(chromium, f"contrast-{scheme}", color_scheme=scheme) as found:
        page = found.open(address)
        page.click("#tab-break")
        page.click('#menu button:text-is("no 1/N")')
        page.wait_for_selector("#lines li.bad")
        ground = lightness(page, "body", "backgroundColor")
        assert (ground < 0.1) == (scheme == "dark")
        bad = lightness(page, "#lines li.bad > button", "backgroundColor")
        for selector, behind in (("body", ground), ("#about", ground), (".legend", ground),
                                 ("#lines li.bad .mark", bad), ("h2", ground)):  # fmt: skip
            pair = sorted([lightness(page, selector, "color") + 0.05, behind + 0.05])
            assert pair[1] / pair[0] >= 4.5, selector  # what WCAG asks of text


def test_right_and_wrong_are_told_by_more_than_colour(page):
    page.click("#tab-break")
    page.click('#menu button:text-is("no 1/N")')
    page.wait_for_selector("#lines li.bad")
    assert marks(page)[:3] == ["✓", "✓", "✗"]
    labels = [one.get_attribute("aria-label") for one in page.locator("#lines li > button").all()]
    assert labels[0] == "line 1: dscores = probs.copy(), right"
    assert labels[2] == "line 3: dscores /= N, left out"
    assert labels[3].endswith("wrong because of a line above")


UNNAMED = """() => [...document.querySelectorAll(
    "button, select, input, canvas, svg[role], [tabindex]")]
  .filter((one) => one.offsetParent !== null || one.tagName === "svg")
  .filter((one) => {
    const labels = one.labels ? [...one.labels].map((label) => label.textContent).join("") : "";
    const referred = one.getAttribute("aria-labelledby");
    const name = one.getAttribute("aria-label") || labels || one.textContent
      || (referred && document.getElementById(referred).textContent);
    return !name || !name.trim();
  }).map((one) => one.outerHTML.slice(0, 200))"""


def test_everything_has_a_name(page):
    for tab in TABS:
        opened(page, tab)
        assert page.evaluate(UNNAMED) == []
    assert page.locator("#lines select").count() == 0  # in other views there is nothing to choose


def test_tabs_are_walked_with_the_arrow_keys(page):
    page.focus("#tab-walk")
    for tab in ("break", "train", "derivation", "walk"):
        page.keyboard.press("ArrowRight")
        assert page.get_attribute(f"#tab-{tab}", "aria-selected") == "true"
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
        assert page.is_visible(f"#{tab}")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "tab-derivation"
    assert page.locator('[role="tabpanel"]:visible').count() == 1


def test_the_page_can_be_used_without_a_mouse(page):
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "document.activeElement.id || (document.activeElement.closest('#lines li, figure') || "
            "document.activeElement).dataset.place || document.activeElement.tagName"
        ))  # fmt: skip
    knobs = {f"knob-{name}" for name in ("hidden", "depth", "activation", "seed", "lr", "dtype")}
    assert knobs | {"tab-walk", "next"} <= set(reached)
    assert {str(place) for place in range(11)} <= set(reached)
    go(page, 1)
    page.focus("#next")
    page.keyboard.press("Enter")
    assert page.inner_text("#where") == "2 of 11"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_list_of_lines_stays_where_it_is_from_view_to_view(page):
    def places():
        return [one.bounding_box()["y"] for one in page.locator("#lines li > button").all()]

    first = places()
    for tab in TABS:
        opened(page, tab)
        assert places() == first, tab


def test_charts_stay_where_they_are_whatever_the_report_says(page):
    page.click("#tab-break")
    seen = set()
    for label in ("nothing: as it should be", "no mask", "transposed"):
        choose(page, label)
        seen.add(page.locator("#race").bounding_box()["y"])
    assert len(seen) == 1


def test_a_server_that_has_ended_is_told(chromium):
    from explorer.browser import command

    with visit(chromium, "ended") as found:
        with command() as url:
            page = found.open(url)
        page.evaluate("turn('hidden', 4)")
        page.wait_for_selector("#problem:not([hidden])")
        said = page.inner_text("#problem")
        assert said == "The server does not answer: has the command ended?"
        found.problems.clear()  # the browser logs that nobody answers


def test_what_the_page_asks_is_answered_by_this_computer_alone(chromium, address):
    with visit(chromium, "requests") as found:
        page = found.open(address)
        for tab in TABS:
            opened(page, tab)
        turn(page, "hidden", 3)
        asked = {url.split("#")[0] for url in found.asked}
        base = address.split("#")[0]
        questions = {f"{base}api/{name}" for name in ("start", "walk", "report", "train",
                                                      "derivation")}  # fmt: skip
        assert asked - {"data:,"} == {base, *questions}
