"""A mistake, and the text of the file that has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PASSES = Path(__file__).parent.parent / "passes"


@dataclass(frozen=True)
class Mistake:
    """A line of a backward pass as somebody gets it wrong.

    Attributes
    ----------
    file
        The name of the pass.
    old
        The line as it is there, stripped. Where it occurs more than once: the line before it, a
        line break, and the line.
    new
        The line as it is written by mistake; "" if it is forgotten.
    kind
        One of ``kinds.KINDS``.
    story
        What has been thought, or not been thought of.
    """

    file: str
    old: str
    new: str
    kind: str
    story: str


def source(mistake: Mistake) -> tuple[str, int]:
    """Return the text of the file with the mistake in it, and the number of its line.

    Of a line that is gone it is the number of the one that now stands in its place.
    """
    lines = (PASSES / f"{mistake.file}.py").read_text().splitlines(keepends=True)
    wanted = mistake.old.split("\n")
    n = len(wanted)
    ends = [
        i + n
        for i in range(len(lines) - n + 1)
        if [line.strip() for line in lines[i : i + n]] == wanted
    ]
    if len(ends) != 1:
        raise ValueError(f"{mistake.file} has {mistake.old!r} {len(ends)} times, not once")
    lineno = ends[0]
    line = lines[lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    lines[lineno - 1] = f"{indent}{mistake.new}\n" if mistake.new else ""
    return "".join(lines), lineno
