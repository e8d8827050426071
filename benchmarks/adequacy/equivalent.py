"""Mutants that compute the same as the original: they cannot be killed, and do not count.

They stand in ``equivalent.toml``, each with the reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.adequacy.mutants import Mutant


class Equivalent(NamedTuple):
    """Mutants that need not be killed.

    Attributes
    ----------
    file
        The path of the file, as in the project.
    old, new
        The lines that are different, without the spaces around them, joined by newlines: as they
        are, and as they are in the mutant. Every mutant of the file with these lines is meant.
    reason
        Why no test could tell.
    """

    file: str
    old: str
    new: str
    reason: str


def _read(file: Path) -> tuple[Equivalent, ...]:
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(
        Equivalent(path, it["old"], it["new"], it["reason"])
        for path, mutants in written.items()
        for it in mutants
    )


EQUIVALENT = _read(Path(__file__).with_name("equivalent.toml"))


def reasons(
    mutants: Mapping[str, Sequence[Mutant]], known: Iterable[Equivalent] = EQUIVALENT
) -> dict[tuple[str, str], str]:
    """Return the reasons by path and key of the mutants that are equivalent.

    Parameters
    ----------
    mutants
        Of every file that there is.
    known
        What is equivalent.

    Raises
    ------
    ValueError
        If something in `known` is no mutant: the file has changed, or there is a slip in it.
    """
    found: dict[tuple[str, str], str] = {}
    for file, old, new, reason in known:
        alike = [it for it in mutants.get(file, ()) if (it.old, it.new) == (old, new)]
        if not alike:
            raise ValueError(f"no mutant of {file} has {new!r} in the place of {old!r}")
        found.update({(file, it.key): reason for it in alike})
    return found
