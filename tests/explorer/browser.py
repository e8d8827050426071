"""A real browser on the page: what every test of it shares."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--no-first-run", "--disable-quic")  # fmt: skip
SHOTS = os.environ.get("SCREENSHOTS")
"""Where screenshots are kept; nowhere if it is not set."""


def playwright_or_skip():
    """Return Playwright's entry, or skip: a browser is no part of the library."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: install the system's package chromium")
    return pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@contextlib.contextmanager
def browser():
    api = playwright_or_skip()
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@contextlib.contextmanager
def command(*arguments, folder=ROOT):
    """Run ``micrograd-np explore`` and yield the address that it prints."""
    run = subprocess.Popen(
        [sys.executable, "-m", "micrograd_np", "explore", "--no-browser", *map(str, arguments)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        first = run.stdout.readline()
        yield re.search(r"http://\S+", first)[0]
    finally:
        run.terminate()
        run.communicate(timeout=20)


class Visit:
    """One page, which must log no error and ask nobody but this computer."""

    def __init__(self, context):
        self.page = context.new_page()
        self.problems = []
        self.asked = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def open(self, url):
        self.page.goto(url)
        self.page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
        return self.page

    def check(self):
        assert not self.problems
        hosts = {urlsplit(url).hostname for url in self.asked if not url.startswith("data:")}
        assert hosts <= {"127.0.0.1", None}, hosts  # a file has none

    def keep(self, name):
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@contextlib.contextmanager
def visit(chromium, name, **options):
    """Open an empty page; at the end nothing may have been wrong, and a screenshot is kept."""
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    found = Visit(context)
    try:
        yield found
        found.keep(name)
        found.check()
    finally:
        context.close()


def until(page, condition, seconds=60):
    """Wait until an expression is true: the page's policy lets Playwright evaluate none in it."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(10)


def go(page, number):
    """Choose a line in the list."""
    page.click(f"#lines li:nth-child({number}) > button .place")


def turn(page, name, value):
    """Set a knob as a hand would, and wait until everything shows it."""
    with page.expect_response("**/api/walk"):
        page.evaluate(
            """([name, value]) => {
              const knob = document.getElementById(`knob-${name}`);
              knob.value = value;
              knob.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            [name, str(value)],
        )
    until(page, "!asking")


def choose(page, label):
    """Make a mistake of the menu, and wait for the report on it."""
    page.click(f'#menu button:text-is("{label}")')
    reported = "$('report').dataset.of === JSON.stringify(state.edits)"
    until(page, f"!asking && {reported} && $('report').ariaBusy === 'false'")


def marks(page):
    return page.locator("#lines .mark").all_inner_texts()
