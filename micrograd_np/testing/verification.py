"""The equivalence suite as something to run: a budget, a seed, and what was seen."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from micrograd_np.testing.evidence import Evidence
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.property import Property


@dataclass(frozen=True)
class Budget:
    """How many examples there are of each property.

    Attributes
    ----------
    name
        What it is called.
    examples
        By the group of a property: how many for one of weight 1. Or how many for each of all.
    """

    name: str
    examples: Mapping[str, int] | int

    def of(self, prop: Property) -> int:
        """Return how many examples a property gets: at least one."""
        if isinstance(self.examples, int):
            return self.examples
        return max(1, round(self.examples[prop.group] * prop.weight))


DEFAULT = Budget(
    "default", {"networks": 40, "layers": 40, "training": 40, "programs": 40, "operations": 3}
)
THOROUGH = Budget(
    "thorough",
    {"networks": 7200, "layers": 7200, "training": 4000, "programs": 4000, "operations": 40},
)


@dataclass(frozen=True)
class Verification:
    """What a run of the suite has seen.

    Attributes
    ----------
    seed, budget
        What draws the same examples again.
    evidence
        Of each property.
    seconds
        How long it took.
    versions
        Of what took part.
    command
        What does all of it again, or "".
    """

    seed: int
    budget: str
    evidence: tuple[Evidence, ...]
    seconds: float
    versions: Mapping[str, str]
    command: str = ""

    @property
    def ok(self) -> bool:
        """Whether all sides agreed in every example."""
        return not self.disagreements

    @property
    def disagreements(self) -> int:
        """In how many properties sides disagree."""
        return sum(not one.ok for one in self.evidence)

    @property
    def examples(self) -> int:
        """How many examples were tried."""
        return sum(one.examples for one in self.evidence)

    @property
    def three_way(self) -> int:
        """In how many of them three sides or more were compared."""
        return sum(one.three_way for one in self.evidence)


def verify(
    properties: Iterable[Property],
    budget: Budget,
    seed: int,
    progress: Callable[[int, str], object] = lambda done, what: None,
    command: str = "",
) -> Verification:
    """Try out properties.

    Parameters
    ----------
    properties
        Which.
    budget
        How many examples each gets.
    seed
        The same draws the same examples, whatever else is tried.
    progress
        Is called with how many examples are done, of `total`, and what is tried now.
    command
        What does all of it again, to be told.
    """
    begin, done = time.perf_counter(), 0
    found = []
    for prop in properties:
        examples = budget.of(prop)
        tried = 0

        def one_more(prop: Property = prop, examples: int = examples, before: int = done) -> None:
            nonlocal tried
            tried += 1
            progress(before + min(tried, examples), prop.name)

        progress(done, prop.name)
        found.append(prop.try_out(examples, seed, one_more))
        done += examples
    seconds = time.perf_counter() - begin
    return Verification(seed, budget.name, tuple(found), seconds, versions(), command)


def total(properties: Iterable[Property], budget: Budget) -> int:
    """Return how many examples there will be, unless one disagrees."""
    return sum(budget.of(prop) for prop in properties)


_ABSENT = "not installed"


def versions() -> dict[str, str]:
    """Return the version of everything that takes part."""
    found = {"micrograd_np": _version("micrograd-np"), "python": platform.python_version()}
    for name in ("numpy", "torch", "hypothesis", "mpmath"):
        found[name] = _version(name)
    if torch is None and found["torch"] != _ABSENT:
        found["torch"] += " (cannot be imported)"
    return {**found, "BLAS": _blas(), "machine": f"{platform.machine()}, {platform.system()}"}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _ABSENT


def _blas() -> str:
    config = np.show_config(mode="dicts")
    built = config["Build Dependencies"]["blas"] if isinstance(config, dict) else {}
    return f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()
