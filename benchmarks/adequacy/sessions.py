"""Sessions of pytest: one that has collected every test, and small ones for a few files."""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.runner import runtestprotocol

from benchmarks.adequacy.children import Say, limit_time

PROFILE = "adequacy"
HEAVY = (
    "numpy",
    "numpy.ma",
    "torch",
    "scipy.special",
    "mpmath",
    "pytest",
    "hypothesis.extra.numpy",
)
"""What tests import that takes long: it is done once, before processes are forked."""

LEAST_LIMIT = 10.0
"""A test may always take so many seconds."""
MOST_TIMES = 4.0
"""And so many times as long as it takes without a mutant; after that, it hangs."""

_OPTIONS = ("-q", "-s", "--tb=native", "-p", "no:cacheprovider")
_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # before pytest looks for asserts


class Broken(Exception):
    """The tests cannot be collected."""


def prepare(temporary: Path) -> None:
    """Import what is heavy, and make Hypothesis draw the same examples in every process.

    A test that fails has killed a mutant: the example is neither shrunk nor explained nor kept.
    """
    os.environ["CI"] = "true"
    os.environ["HYPOTHESIS_PROFILE"] = PROFILE
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(temporary)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # which looks at all there are
    sys.dont_write_bytecode = True  # of a mutant
    for name in HEAVY:
        with suppress(ImportError):
            import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    hypothesis.settings.register_profile(
        PROFILE,
        max_examples=100,
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
        self.raised: BaseException | None = None
        self.errors: list[str] = []

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longrepr}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        _read_constants()
        try:
            if not self.errors:
                self.use(session.items)
        except BaseException as error:  # pytest would print it
            self.raised = error
        return True


def collect(root: Path, files: Iterable[str], use: Callable[[list[Any]], None]) -> None:
    """Collect the tests of files, of all there are if none are given, and call `use` with them.

    Raises
    ------
    Broken
        If a file with tests, or what it imports, cannot be imported.
    """
    os.chdir(root)
    plugin = _Plugin(use)
    plugins = [f"-p{name}" for name in ("_hypothesis_pytestplugin", *_own_plugins(root))]
    options = [*_OPTIONS, *_IMPORTED, *plugins, f"--rootdir={root}"]
    status = pytest.main([*options, *files], [plugin])
    if plugin.raised is not None:
        raise plugin.raised
    if plugin.errors or status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise Broken("\n".join(plugin.errors) or f"pytest ended with {status!r}")


def _own_plugins(root: Path) -> list[str]:
    """Return the plugins for pytest that the project brings along."""
    file = root / "pyproject.toml"
    facts = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    points = facts.get("project", {}).get("entry-points", {})
    return list(points.get("pytest11", {}).values())


def passes(item: Any, following: Any, seconds: float) -> bool:
    """Run a test, and tell whether it passes; this process ends if it takes too long.

    Parameters
    ----------
    item, following
        The test as collected by pytest, and the next one or None.
    seconds
        How long it takes without a mutant.
    """
    limit_time(max(LEAST_LIMIT, MOST_TIMES * seconds))
    reports = runtestprotocol(item, log=False, nextitem=following)
    limit_time(0)
    return not any(report.failed for report in reports)


def run(items: Sequence[Any], seconds: Mapping[str, float], until: float, say: Say) -> bool:
    """Run tests up to the first that fails.

    Parameters
    ----------
    items
        As collected by pytest.
    seconds
        How long each takes.
    until
        The time by ``time.monotonic`` after which no other test is begun.
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
        if time.monotonic() > until:
            say(["late", test])
            return False
        say(["begins", test])
        if not passes(item, following, seconds[test]):
            say(["killed", test])
            return False
    return True
