"""The report of a comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray


class BackwardIsWrong(AssertionError):
    """A hand-written backward pass is wrong; the message is the report."""


@dataclass(frozen=True)
class Line:
    """One line of a backward pass.

    Attributes
    ----------
    lineno
        Its number in the file, as tracebacks count.
    source
        Its text.
    target
        What it assigns.
    meaning
        What the value is.
    verdict
        ``"ok"``; ``"wrong"``; ``"follows"``: wrong because of an earlier line; ``"overwrites"``: it
        destroys a value of the forward pass; ``"-"``: it computes no gradient.
    radii
        How far it is from that, in rounding radii; inf if it matches nothing, None if there is
        nothing to compare.
    kind
        What kind of mistake it is, "" if none or not known.
    function
        The function in which it stands.
    shape
        Of the value.
    times
        How often it was run.
    """

    lineno: int
    source: str
    target: str
    meaning: str
    verdict: str
    radii: float | None
    kind: str = ""
    function: str = ""
    shape: tuple[int, ...] = ()
    times: int = 1

    def _repr_html_(self) -> str:
        """Return the line as a table of one row, for notebooks."""
        from micrograd_np.compare.report.html import single

        return single(self)


@dataclass(frozen=True)
class Gradient:
    """One gradient at the end.

    Attributes
    ----------
    name
        What the backward pass calls it.
    of
        The input it belongs to.
    ok
        Whether it is right.
    radii
        How far it is from the automatic one on the inputs given, in rounding radii.
    problem
        What makes the two incomparable, or "".
    torch
        How far PyTorch's is from the automatic one; None if it was not asked.
    places
        Of one that is wrong: where it is so first and most on the inputs given, with both values.
    """

    name: str
    of: str
    ok: bool
    radii: float
    problem: str = ""
    torch: float | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """The values of one line on the user's inputs.

    Attributes
    ----------
    lineno
        The line.
    hand, automatic
        What it wrote, and what it should have written; None if that is not known.
    """

    lineno: int
    hand: NDArray[Any]
    automatic: NDArray[Any] | None

    def _repr_html_(self) -> str:
        """Return heat maps for notebooks: by hand, automatic, and their difference."""
        from micrograd_np.compare.report.html import drawn

        return f"<div>{drawn(self)}</div>"


@dataclass(frozen=True)
class Report:
    """What :func:`compare` found: print it, or ask ``ok``.

    Attributes
    ----------
    ok
        Whether every gradient and every line is right.
    lines
        The lines of the backward pass, in the order in which they run.
    first_wrong
        The first of them that is wrong, or None.
    repair
        A unified diff that makes every gradient right, or None.
    alternative
        A diff that changes another line instead, as the loss where that and the backward pass do
        not belong together. None if there is none.
    otherwise
        When that would be the right one, in a sentence.
    unseen
        What this check could not have seen: each with the reason, the lines, and a statement that
        changes the inputs so that it is. What only the inputs given would have hidden, and random
        ones like them do not, begins with "on your inputs alone".
    gradients
        The gradients at the end.
    explanation
        What is wrong, in a sentence or two.
    notes
        What else there is to say.
    file
        Where the backward pass stands.
    pictures
        The values of the lines, to be drawn.
    hint
        How much the report tells when it is printed: ``"line"``, ``"kind"`` or ``"fix"``.
    search
        Looks for the smallest inputs that show the mistake; None if there is none.
    """

    ok: bool
    lines: tuple[Line, ...]
    first_wrong: Line | None
    repair: str | None
    unseen: tuple[str, ...]
    gradients: tuple[Gradient, ...]
    explanation: str = ""
    alternative: str | None = None
    otherwise: str = ""
    notes: tuple[str, ...] = ()
    file: str = ""
    pictures: tuple[Picture, ...] = field(default=(), repr=False, compare=False)
    hint: str = field(default="fix", compare=False)
    search: Callable[[float], Any] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the functions that were compared, which cannot be pickled."""
        return self.__dict__ | {"search": None}

    def __str__(self) -> str:
        from micrograd_np.compare.report.text import text

        return text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from micrograd_np.compare.report.html import fragment

        return fragment(self)

    def to_html(self, path: str | Path) -> None:
        """Write the report as a page that needs nothing else.

        Parameters
        ----------
        path
            The file to write.
        """
        from micrograd_np.compare.report.html import page

        Path(path).write_text(page(self), encoding="utf-8")

    def to_json(self) -> str:
        """Return the report as JSON; a number that is infinite is null.

        What ``hint`` keeps back is null or empty there, too.
        """
        shown = replace(self, pictures=(), search=None)
        if self.hint != "fix":
            shown = replace(shown, repair=None, alternative=None, otherwise="")
        if self.hint == "line":
            lines = tuple(replace(line, kind="") for line in self.lines)
            first = replace(self.first_wrong, kind="") if self.first_wrong is not None else None
            shown = replace(shown, lines=lines, first_wrong=first, explanation="")
        data = asdict(shown)
        del data["hint"], data["pictures"], data["search"]
        return json.dumps(_finite(data), indent=1, allow_nan=False)

    def counterexample(self, seconds: float = 10.0) -> Any:
        """Look for the smallest network and the simplest numbers that show the mistake.

        Parameters
        ----------
        seconds
            How long to look.

        Returns
        -------
        Exercise or None
            Prints as an exercise for pencil and paper; ``inputs`` are the inputs. None if nothing
            is wrong, or nothing small is found in time.

        Raises
        ------
        ModuleNotFoundError
            If Hypothesis is not installed: ``pip install micrograd-np[test]``.
        RuntimeError
            If the report was copied or pickled: the functions to run are no longer there.
        """
        if self.search is None and self.first_wrong is not None:
            raise RuntimeError(
                "a report that was copied or pickled has no functions to run: compare again"
            )
        return None if self.search is None else self.search(seconds)

    def raise_if_wrong(self) -> None:
        """Raise an error with the report if something is wrong.

        Raises
        ------
        BackwardIsWrong
            An AssertionError.
        """
        if not self.ok:
            places = [f"{g.name} {place}" for g in self.gradients for place in g.places]
            raise BackwardIsWrong("\n".join(["", str(self), *places]))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
