"""A property of the library that examples are drawn for, and how it is tried."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import seed as with_seed
from hypothesis import strategies as st

from micrograd_np.testing.agreement import Agreement
from micrograd_np.testing.evidence import Evidence
from micrograd_np.testing.operations.in_torch import absent, torch

Check = Callable[[Agreement], None]
Explore = Callable[[Check, int, int], None]
"""Draws so many examples from a seed, and has each checked."""


@dataclass(frozen=True)
class Property:
    """That all sides agree, whatever is drawn.

    Attributes
    ----------
    name
        What the sides compute.
    group
        Which table it belongs to: ``"networks"``, ``"layers"``, ``"operations"``, ``"programs"``
        or ``"training"``.
    sides
        Which sides there are; ``"torch"`` is left out where PyTorch is not installed.
    explore
        Draws examples, computes each by all sides, and has it checked how they agree.
    family
        Of an operation: under which heading it is told together with others.
    weight
        How many examples it gets beside others.
    needs_torch
        Whether nothing is tried where PyTorch is not installed, whatever other sides there are.
    """

    name: str
    group: str
    sides: tuple[str, ...]
    explore: Explore
    family: str = ""
    weight: float = 1.0
    needs_torch: bool = False

    def __str__(self) -> str:
        return self.name

    def try_out(
        self, examples: int, seed: int, progress: Callable[[], object] = lambda: None
    ) -> Evidence:
        """Draw examples and compare the sides; return what was seen.

        Parameters
        ----------
        examples
            How many.
        seed
            The same draws the same.
        progress
            Is called after each example.
        """
        here = tuple(side for side in self.sides if side != "torch" or torch is not None)
        evidence = Evidence(self.name, self.group, self.family, here)
        if len(here) < 2 or (self.needs_torch and torch is None):
            evidence.left_out = absent
            return evidence

        has_failed = False

        def check(agreement: Agreement) -> None:
            nonlocal has_failed
            if not has_failed:  # what comes after that is the same failure, made smaller
                evidence.add(agreement)
            has_failed = has_failed or not agreement.ok
            agreement.raise_if_apart()
            target(agreement.radii)  # Hypothesis looks where the sides are furthest apart
            progress()

        begin = time.perf_counter()
        try:
            with np.errstate(all="ignore"):
                self.explore(check, examples, seed)
        except Exception as error:  # whatever it is, it belongs into the evidence
            notes = [note for note in getattr(error, "__notes__", []) if "target score" not in note]
            evidence.failure = "\n".join([f"{type(error).__name__}: {error}", *notes])
        evidence.seconds = time.perf_counter() - begin
        return evidence


def over(draw: st.SearchStrategy[Any], compare: Callable[[Any], Agreement]) -> Explore:
    """Return what has Hypothesis draw examples, and shrink one that fails."""

    def explore(check: Check, examples: int, seed: int) -> None:
        @with_seed(seed)
        @chosen(examples)
        @given(example=draw)
        def sides_agree(example: Any) -> None:
            check(compare(example))

        sides_agree()

    return explore


def chosen(examples: int, **others: Any) -> settings:
    """Return settings that draw the same wherever they are used."""
    return settings(
        max_examples=examples,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        **others,
    )
