"""Sessions of pytest: one that has collected every test, and small ones for a few files."""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from benchmarks.adequacy.children import Say, limit_time

PROFILE = "adequacy"
HEAVY = (
    "numpy",
    "numpy.ma",
    "torch",
    "torch.fx.experimental.symbolic_shapes",  # with the first gradient
    "scipy.special",
    "mpmath",
    "pytest",
    "hypothesis.extra.numpy",
)
"""What tests import that takes long: it is done once, before processes are forked."""

APART = (
    "tests/adequacy", "tests/cli", "tests/compare", "tests/explorer", "tests/repository",
    "tests/saving",
)  # fmt: skip
"""What looks at the project from another process, at its files, or at other parts of it: it is
slow, and sees no mutant, or hardly one that others do not. It is left out unless asked for."""

LEAST_LIMIT = 10.0
"""A test may always take so many seconds."""
MOST_TIMES = 4.0
"""And so many times as long as it takes without a mutant; after that, it hangs."""

_OPTIONS = ("-q", "-s", "--tb=native", "-p", "no:cacheprovider")
_FOR_COLLECTING = {
    "HYPOTHESIS_PROFILE": PROFILE,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # which looks at all that is installed
}
_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # before pytest looks for asserts


class Broken(Exception):
    """The tests cannot be collected."""


def prepare(temporary: Path) -> None:
    """Import what is heavy, and make Hypothesis draw the same examples in every process.

    A test that fails has killed a mutant: the example is neither shrunk nor explained nor kept.
    """
    os.environ["CI"] = "true"
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(temporary)
    for name in HEAVY:
        with suppress(ImportError):
            import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    hypothesis.settings.register_profile(
        PROFILE,
        max_examples=60,  # as many as by the command of the README
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],  # that is for a machine at rest
    )


class FewExamples:
    """Lets no property be tried more than a few times in this process.

    Parameters
    ----------
    most
        How often.

    Attributes
    ----------
    has_mattered
        Whether a property would have been tried more often, since this was last set to False.
    """

    def __init__(self, most: int) -> None:
        self.has_mattered = False
        settings: Any = hypothesis.settings
        wanted = settings.max_examples.fget

        def few(one: hypothesis.settings) -> int:
            asked: int = wanted(one)
            self.has_mattered = self.has_mattered or asked > most
            return min(asked, most)

        # A test may ask for a number of its own, whatever the profile says.
        type.__setattr__(settings, "max_examples", property(few))


def _read_constants() -> None:
    """Let Hypothesis read the constants in all modules now, not again in each process."""
    with suppress(ImportError, AttributeError):
        from hypothesis.internal.conjecture import providers

        providers._get_local_constants()


class _Plugin:
    """Has a function called in place of running the tests that are collected."""

    def __init__(self, use: Callable[[list[Any]], None]) -> None:
        self.use = use
        self.used = False
        self.raised: BaseException | None = None
        self.errors: list[str] = []

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longrepr}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        for name in _FOR_COLLECTING:  # not for what a test runs in a process of its own
            del os.environ[name]
        _read_constants()
        try:
            if not self.errors:
                self.use(session.items)
                self.used = True
        except BaseException as error:  # pytest would print it
            self.raised = error
        return True


def collect(root: Path, files: Sequence[str], use: Callable[[list[Any]], None]) -> None:
    """Collect the tests of files, of all but `APART` if none are given, and call `use` with them.

    Raises
    ------
    Broken
        If a file with tests, or what it imports, cannot be imported.
    """
    os.chdir(root)
    os.environ.update(_FOR_COLLECTING)
    plugin = _Plugin(use)
    plugins = [f"-p{name}" for name in ("_hypothesis_pytestplugin", *_own_plugins(root))]
    options = [*_OPTIONS, *_IMPORTED, *plugins, f"--rootdir={root}"]
    if not files:
        options += [f"--ignore={root / folder}" for folder in APART]
    try:
        status = pytest.main([*options, *files], [plugin])
    finally:
        if plugin.raised is not None:  # what pytest says after that comes of it
            raise plugin.raised
    if not plugin.used:
        raise Broken("\n".join(plugin.errors) or f"pytest ended with {status!r}")


def _own_plugins(root: Path) -> list[str]:
    """Return the plugins for pytest that the project brings along."""
    file = root / "pyproject.toml"
    facts = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    points = facts.get("project", {}).get("entry-points", {})
    return list(points.get("pytest11", {}).values())


class _Watcher:
    """Sees whether a test fails."""

    failed = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or report.failed


def passes(item: Any, following: Any, seconds: float) -> bool:
    """Run a test, and tell whether it passes; this process ends if it takes too long.

    Parameters
    ----------
    item, following
        The test as collected by pytest, and the next one or None.
    seconds
        How long it takes without a mutant.
    """
    watcher = _Watcher()
    item.config.pluginmanager.register(watcher)
    limit_time(max(LEAST_LIMIT, MOST_TIMES * seconds))
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    limit_time(0)
    item.config.pluginmanager.unregister(watcher)
    return not watcher.failed


def run(items: Sequence[Any], seconds: Mapping[str, float], most: float, say: Say) -> bool:
    """Run tests up to the first that fails.

    Parameters
    ----------
    items
        As collected by pytest.
    seconds
        How long each takes.
    most
        After how many seconds of its processor's time this process begins no other test. So as many
        are run where others use the machine.
    say
        Told ``["begins", test]``, ``["killed", test]`` and, if there was no time for it,
        ``["late", test]``.

    Returns
    -------
    bool
        Whether all tests have run and passed.
    """
    for item, following in zip(items, [*items[1:], None], strict=True):
        test = item.nodeid
        if time.process_time() > most:
            say(["late", test])
            return False
        say(["begins", test])
        if not passes(item, following, seconds[test]):
            say(["killed", test])
            return False
    return True
