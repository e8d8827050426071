"""Lengths that depend on values, and were looked at: the program is one for those lengths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from micrograd_np.program.jit.folding import Folded
from micrograd_np.program.numbers import Axis, Number, of
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import Traced

if TYPE_CHECKING:
    from micrograd_np.program.jit.forms import Forms


class Lengths:
    """Finds what has to hold of lengths.

    Attributes
    ----------
    arrays
        Those whose lengths have to be known.
    """

    def __init__(self, trace: Trace, folded: Folded) -> None:
        fixed = [it for it in trace.fixed if it.array not in folded.static]
        self._fixed = [(it, it.number) for it in fixed]
        self._ties = [tie for tie in trace.ties if _arrays(tie)]
        self._folded = folded
        self._seen: set[Traced] = set()
        self._told: set[int] = set()
        tied = [x for tie in self._ties for x in _arrays(tie)]
        self.arrays = [folded.of(x) for x in (*(it.array for it in fixed), *tied)]

    def after(self, value: Traced, forms: Forms) -> Iterator[str]:
        """Yield the lines that say so where the lengths known after a value are others."""
        self._seen.add(value)
        for it, number in self._fixed:
            if self._folded.of(it.array) is value:
                text = forms.text(it.array)
                length = f"{text}.shape[{it.axis}]" if isinstance(it, Axis) else text
                yield f"if {length} != {number!r}: return MISS"
        for i, tie in enumerate(self._ties):
            if i not in self._told and all(self._is_known(x) for x in _arrays(tie)):
                self._told.add(i)
                # As they are: written in the lengths that stand for all, they would be the same.
                one, other = (forms.number(of(n)) for n in tie)
                yield f"if {one} != {other}: return MISS"

    def _is_known(self, array: Traced) -> bool:
        array = self._folded.of(array)
        return array in self._seen or array in self._folded.static


def _arrays(tie: tuple[object, object]) -> list[Traced]:
    return [it.array for n in tie if isinstance(n, Number) for it in n.atoms()]
