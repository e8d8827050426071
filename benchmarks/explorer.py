"""The explorer: how soon it is there, how soon the page is drawn, how soon it follows a knob.

The command is started in turns with a Python that imports NumPy and nothing else: what it takes
beyond that is its own. The page is opened in the system's Chromium, where that and Playwright are
installed.
"""

import contextlib
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from micrograd_np.explorer.page import FILE

COMMAND = [sys.executable, "-m", "micrograd_np", "explore", "--no-browser"]
TURNS = 20

KNOB = """async ([name, values]) => {
  const knob = document.getElementById(`knob-${name}`), times = [];
  for (const value of values) {
    const begun = performance.now(), before = document.querySelector("#maps canvas");
    knob.value = value;
    knob.dispatchEvent(new Event("input", { bubbles: true }));
    while (document.querySelector("#maps canvas") === before)
      await new Promise((done) => setTimeout(done));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - begun);
  }
  return times;
}"""
"""Sets a slider again and again; returns after how many milliseconds all was drawn."""


@contextlib.contextmanager
def _started() -> Iterator[str]:
    run = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    try:
        found = re.search(r"http://\S+", run.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        run.terminate()
        run.communicate()


def _seconds(rounds: int) -> tuple[list[float], list[float]]:
    """Return how long NumPy alone took to start, and the command until it gave its address."""
    alone, ready = [], []
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import numpy; print()"], capture_output=True)
        alone.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        with _started():
            ready.append(time.perf_counter() - begun)
    return alone, ready


def _in_browser(chromium: str, rounds: int) -> tuple[list[float], list[float]]:
    """Return after how many milliseconds the page was drawn, and followed a knob."""
    from playwright.sync_api import sync_playwright

    drawn: list[float] = []
    turned: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for i in range(rounds + 1):
            with _started() as url:
                page: Any = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(url)
                page.wait_for_selector("body[data-ready=yes]")
                marks = page.evaluate("performance.getEntriesByName('drawn').map(m => m.startTime)")
                drawn += marks if i else []  # the first page is that of a browser that starts, too
                while page.evaluate("state.torch") == "coming":
                    time.sleep(0.1)
                turned += page.evaluate(KNOB, ["hidden", [2 + i % 8 for i in range(TURNS)]])
                page.close()
        browser.close()
    return drawn, turned


def _row(name: str, values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{name:48}{middle:8.0f} ms   ({low:.0f} to {high:.0f})"


def report(_threads: int, rounds: int, _block: int) -> str:
    """Start it, open it and turn a knob, and say how long each took.

    Parameters
    ----------
    rounds
        How often it is started; a quarter of that, and at least twice, in the browser.

    Returns
    -------
    str
        A table of medians and quartiles.
    """
    alone, ready = ([1000 * s for s in seconds] for seconds in _seconds(rounds))
    own = [b - a for a, b in zip(alone, ready, strict=True)]
    rows = [
        "explorer: medians, and quartiles in brackets",
        f"{'the page':48}{FILE.stat().st_size / 1000:8.1f} kB",
        _row("Python and NumPy start", alone),
        _row("the server is ready, beyond that", own),
    ]
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or find_spec("playwright") is None:
        return "\n".join([*rows, "no browser: Chromium and playwright are needed for the page"])
    drawn, turned = _in_browser(chromium, max(2, rounds // 4))
    rows += [
        _row("the first picture, from the start of loading", drawn),
        _row("a knob to new pictures", turned),
    ]
    return "\n".join(rows)
