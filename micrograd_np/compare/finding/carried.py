"""What a loop is to carry on, and carries nothing: ``dh_next`` that is zeros all the time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.repair import MOST_OF_ONE, Search
from micrograd_np.compare.running.code import Code, names_read, names_written, simple


@dataclass(frozen=True, eq=False)
class Carried:
    """A variable that is read in a loop, and is zeros whenever it is.

    Attributes
    ----------
    name
        The variable.
    node
        The last statement of the loop that writes it; without one, the last statement there.
    is_written
        Whether that writes it.
    code
        The function.
    """

    name: str
    node: ast.stmt
    is_written: bool
    code: Code

    @property
    def note(self) -> str:
        """What is wrong, in words."""
        return f"The loop reads {self.name}, which is zeros each time: nothing is carried on in it."


def carried(look: Look) -> Iterator[Carried]:
    """Yield what a loop begins with zeros, reads, and never writes anything else to."""
    given = {wanted.path for wanted in look.case.wanted}
    for target in look.targets:
        name = target.path
        is_zeros = target.is_start and target.values[0].dtype.kind == "f"
        if not is_zeros or not name.isidentifier() or name in given or target.steps[0].iteration:
            continue
        if any(value.any() for one in look.targets if one.path == name for value in one.values):
            continue
        code = target.steps[0].code
        for loop in (one for one in code.body if isinstance(one, (ast.For, ast.While))):
            inside = list(simple(loop.body))
            readers = [i for i, one in enumerate(inside) if name in names_read(one)]
            writers = [i for i, one in enumerate(inside) if name in names_written(one)]
            if inside and any(i not in writers for i in readers):
                yield Carried(name, inside[writers[-1] if writers else -1], bool(writers), code)


def by_carried(look: Look, search: Search) -> Finding | None:
    """Return the line that is to carry something on, with the edit by which it does."""
    for one in carried(look):
        if not one.is_written:
            continue
        for repair in search.repairs(one.code, one.node, most=MOST_OF_ONE)[:1]:
            target = look.target_of(one.node)
            return Finding(
                one.node, one.code, repair.edit.kind, target, None, repair, note=one.note
            )
    return None


def lost(look: Look) -> Finding | None:
    """Return the line where a loop should have carried something on, without an edit."""
    for one in carried(look):
        return Finding(one.node, one.code, "missing term", note=one.note)
    return None
