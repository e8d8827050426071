"""Where several edits make everything right, the one that is likelier to undo the mistake.

``di = g`` and then ``dgates = di * i * (1 - i)``: a factor ``dc`` is missing, which either line may
be given. What takes something over as it is, under the name of something else, is rather the one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.nearby import Nearby
from micrograd_np.compare.finding.repair import MOST_BLIND, MOST_OF_ONE, Intended, Repair
from micrograd_np.compare.finding.target import Target, adds, is_taken_over
from micrograd_np.compare.running.code import Code, names_read, names_written, simple
from micrograd_np.compare.running.meanings import same
from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.wanted import stems

Array = NDArray[Any]

MOST_BEFORE = 6
"""How many of the lines that a repaired line goes back to are looked at."""

MOST_UNKNOWN = 2
"""How many lines that are not recognised are looked at for those that they read."""

_BARE = 0.4
"""How much less likely an edit may be in a line that only takes something over."""

_MISNAMED = 0.4
"""How much less likely it may be in a line that is not what it is called for."""

_SHORTER = 0.1
"""How much less likely an edit may be that takes something away where another adds something."""


_TURNED = 0.25
"""How much less likely another sign may be in a line before one that only adds to a gradient."""


class Rather:
    """Looks for a likelier place than one where an edit makes everything right.

    Parameters
    ----------
    nearby
        Tells what a line of the run may write, and tries edits.
    """

    def __init__(self, nearby: Nearby) -> None:
        self.nearby = nearby
        self.look = nearby.look
        self.search = nearby.search

    def than(self, target: Target, repair: Repair) -> tuple[Target, Repair] | None:
        """Return a likelier place with its edit, None if there is none.

        Parameters
        ----------
        target, repair
            The line that is repaired, and how.
        """
        turned = self.turned(repair)
        if turned is not None:
            return turned
        is_gone = repair.edit.text == "pass"
        odd = self._twin(target, repair.code) if is_gone else self._begun(target, repair)
        if odd is not None:
            return odd
        is_longer = len(repair.edit.text) > len(repair.code.span(target.node))
        is_scaled = is_longer and repair.edit.kind == "scale"
        for one, run in self._before(target):
            code, cost = one.steps[run].code, repair.edit.cost
            if self._is_bare(one, run, target) and is_taken_over(one.node):
                found = self._repairs(one, run, cost + _BARE, MOST_OF_ONE)
            elif is_scaled and (target.is_as_named or not one.is_as_named):
                no_longer = _no_longer(code, one.node)
                made = self.search.repairs(code, one.node, None, cost + _SHORTER, fits=no_longer)
                found = [other for other in made if other.edit.kind == "scale"]
            elif repair.edit.kind == "sign" and _turns_sum(target.node, one) and not one.is_known:
                made = self.search.repairs(code, one.node, None, cost + _TURNED, most=MOST_OF_ONE)
                found = [other for other in made if _takes_minus(other, code.span(one.node))]
            elif one.meant_values(self.look.case, run):
                found = self._as_called(one, run, cost + _MISNAMED)
            elif one.misses_zero(self.look.case, run) or one.is_misnamed(self.look.case, run):
                intended = self._as_named(one, run)
                found = self.search.repairs(code, one.node, intended, cost + _MISNAMED)
            else:
                continue
            if found:
                return one, found[0]
        return None

    def turned(self, repair: Repair) -> tuple[Target, Repair] | None:
        """Return the line that writes the transpose of a gradient, if an edit turns that back.

        Parameters
        ----------
        repair
            The edit that turns it back where it is read.
        """
        if repair.edit.kind != "transposed":
            return None
        for one in self.look.targets:
            if one.node is not repair.node and one.is_turned(0):
                code, limit = one.steps[0].code, repair.edit.cost + _MISNAMED
                for other in self.search.repairs(code, one.node, _as_transpose(one), limit)[:1]:
                    return one, other
        return None

    def bare(self, limit: float) -> tuple[Target, Repair] | None:
        """Return the edit of a line that takes something over under the name of something else.

        Parameters
        ----------
        limit
            What it costs at most.
        """
        for one in self.look.targets:
            for repair in self._as_called(one, 0, limit):
                return one, repair
        done: set[Target] = set()
        for _, unknown, _ in self.look.unknown()[:MOST_UNKNOWN]:
            for one, run in self._before(unknown):
                if one not in done and self._is_bare(one, run, unknown):
                    done.add(one)
                    for repair in self._repairs(one, run, limit):
                        return one, repair
        return None

    def origin(self, target: Target) -> tuple[Target, str] | None:
        """Return the line that wrote what a line reads, if no gradient is in either, with a note.

        Or if it is another gradient than it is called for, taken over as it is.
        """
        run = target.first_unknown or 0
        known: set[str] = set()
        for one, its_run in self.look.writers(target, self.look.place[target.steps[run]]):
            if one.path in known:
                continue  # whatever it began with, a later line made a gradient of it
            if one.is_gradient(its_run):
                known.add(one.path)
            is_whole = not adds(one.node) and not one.is_benign and one.is_gradient(its_run)
            if is_whole and is_taken_over(one.node) and one.is_misnamed(self.look.case, its_run):
                return one, "It takes over as it is what is the gradient of something else."
            if one.path == target.path or _is_zeros(one, its_run):
                continue
            is_of_gradient = any(map(stems, names_read(one.node)))
            if not is_of_gradient and self._is_bare(one, its_run, target):
                return one, "What it is made of is no gradient."
        return None

    def _repairs(
        self, target: Target, run: int, limit: float, most: int = MOST_BLIND
    ) -> list[Repair]:
        """Return the edits of a line that is bare, first those by which it is what it is called."""
        code = target.steps[run].code
        intended = None
        if target.values[run].dtype.kind == "f":
            accepts = self.nearby.meant.is_read(target, run)
            intended = Intended(target.paths[run], run, target.values[run], accepts)
        found = self.search.repairs(code, target.node, intended, limit)
        return found or self.search.repairs(code, target.node, None, limit, most=most)

    def _as_called(self, target: Target, run: int, limit: float) -> list[Repair]:
        """Return the edits by which a line takes over the value that it is called for."""
        named = target.meant_values(self.look.case, run)
        if not named:
            return []

        def accepts(value: Array) -> bool:
            return any(np.array_equal(value, one) for one in named)

        intended = Intended(target.paths[run], run, target.values[run], accepts)
        return self.search.repairs(target.steps[run].code, target.node, intended, limit)

    def _before(self, target: Target) -> Iterator[tuple[Target, int]]:
        """Yield the lines that wrote what a line reads, and what they read, the last first."""
        unknown = target.first_unknown or 0
        found: dict[Target, tuple[int, int]] = {}
        queue = [(target, self.look.place[target.steps[unknown]])]
        while queue and len(found) < MOST_BEFORE:
            one, at = queue.pop(0)
            for writer, run in self.look.writers(one, at):
                place = self.look.place[writer.steps[run]]
                if writer not in found and writer is not target and place >= self.look.begin:
                    found[writer] = place, run
                    queue.append((writer, place))
        ordered = sorted(found.items(), key=lambda item: -item[1][0])
        for writer, (_, run) in ordered:
            if not _is_zeros(writer, run):
                yield writer, run

    def _is_bare(self, target: Target, run: int, reader: Target) -> bool:
        """Whether a line is called for a gradient, and takes something else over as it is.

        Or it is made of no gradient at all, though there are some, nor is what it is read for.
        """
        node = target.node
        if not isinstance(node, ast.Assign) or not target.values[run].shape:
            return False
        is_misnamed = target.is_misnamed(self.look.case, run)
        if is_taken_over(node.value) and (is_misnamed or self._is_carried(target, run)):
            return True
        read = names_read(node)
        if not is_misnamed:
            reading = target.reading(run)
            if reading is not None or not names_written(node) & names_read(reader.node):
                return False
            read |= names_read(reader.node) - names_written(reader.node) - names_written(node)
        at = self.look.place[target.steps[run]]
        gradients = {
            stem(earlier.paths[i])
            for earlier in self.look.targets
            for i, step in enumerate(earlier.steps)
            if self.look.place[step] < at and _may_be_gradient(earlier, i)
        }
        is_made_of_any = bool(read & gradients) or any(stems(name) for name in read)
        return bool(gradients) and not is_made_of_any

    def _is_carried(self, target: Target, run: int) -> bool:
        """Whether a line is called for the gradient of nothing, as what is carried on in a loop."""
        is_named = bool(self.nearby.meant.named(target, run))
        is_of_loop = bool(target.steps[run].iteration)
        return bool(stems(target.called[run])) and not is_named and is_of_loop

    def _as_named(self, target: Target, run: int) -> Intended:
        """Return by what an edit is told that makes a line write what it is called for."""
        case = self.look.case
        named = [one.array for one in self.nearby.meant.named(target, run) if one.kind == "adjoint"]
        is_zero = target.misses_zero(case, run)

        def accepts(value: Array) -> bool:
            if is_zero:
                return case.meanings.is_zero(value)
            return any(value.shape == one.shape and same(value, one) for one in named)

        return Intended(target.paths[run], run, target.values[run], accepts)

    def _begun(self, target: Target, repair: Repair) -> tuple[Target, Repair] | None:
        """Return the zeros to which a line adds what lacks a term, if it is the only one to add.

        One begins with zeros where several terms are to come.
        """
        is_sum = repair.edit.kind == "missing term" and isinstance(target.node, ast.AugAssign)
        same_path = [one for one in self.look.targets if one.path == target.path]
        if not is_sum or len(same_path) != 2 or target.steps[0].iteration:
            return None
        begun, code = same_path[0], same_path[0].steps[0].code
        if not _is_zeros(begun, 0):
            return None
        limit = repair.edit.cost + _BARE
        found = self.search.repairs(code, begun.node, None, limit, most=MOST_OF_ONE)
        return (begun, found[0]) if found else None  # no term is lost there

    def _twin(self, target: Target, code: Code) -> tuple[Target, Repair] | None:
        """Return the line that adds the same as one that is too many, if it is the odd one.

        That is where other variables are added to as the one is that is too many.
        """
        node = target.node
        if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add):
            return None
        added = ast.unparse(node.value)
        for one in self.look.targets:
            if one.node is node or one.path != target.path or one.steps[0].code is not code:
                continue
            if not isinstance(one.node, (ast.Assign, ast.AugAssign)):
                continue
            value = ast.unparse(one.node.value)
            if added not in value or added == value:
                continue
            if _is_added_inside(code, node, one.node):
                return None
            for repair in self.search.repairs(code, one.node, fits=_no_longer(code, one.node)):
                if repair.edit.text != "pass":
                    return one, repair
        return None


def _as_transpose(target: Target) -> Intended:
    """Return by what an edit is told that makes a line write the transpose of what it wrote."""
    written = target.values[0]
    turned = written.swapaxes(-1, -2)

    def accepts(value: Array) -> bool:
        return value.shape == turned.shape and same(value, turned)

    return Intended(target.paths[0], 0, written, accepts)


def _no_longer(code: Code, node: ast.stmt) -> Callable[[str], bool]:
    """Return what tells of the text of an edit that it makes a statement no longer."""
    length = len(code.span(node))
    return lambda text: len(text) <= length


def _is_zeros(target: Target, run: int) -> bool:
    return target.is_start and target.values[run].dtype.kind == "f"


def _turns_sum(node: ast.stmt, earlier: Target) -> bool:
    """Whether a line adds, or one before it subtracts.

    One rarely writes ``dx +=`` where ``dx -=`` is meant, and rarely subtracts a gradient.
    """
    is_sum = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
    before = earlier.node
    return is_sum or (isinstance(before, ast.AugAssign) and isinstance(before.op, ast.Sub))


def _takes_minus(repair: Repair, old: str) -> bool:
    """Whether an edit mends a sign without another minus."""
    return repair.edit.kind == "sign" and repair.edit.text.count("-") <= old.count("-")


def _may_be_gradient(target: Target, run: int) -> bool:
    reading = target.reading(run)
    is_value = reading is not None and reading.known.kind == "value"
    return target.values[run].dtype.kind == "f" and not is_value


def _is_added_inside(code: Code, own: ast.AugAssign, inside: ast.stmt) -> bool:
    """Whether the other variables are given a term in the line that makes them, not in its own.

    Parameters
    ----------
    code
        The function.
    own, inside
        The line that adds the term, and the one that makes the variable and adds it, too.
    """
    others = [one for one in simple(code.body) if one is not own and one is not inside]
    if any(_form(one) == _form(own) for one in others):
        return False
    term = f"+ {_form(own.value)}"
    return any(isinstance(one, ast.Assign) and term in _form(one.value) for one in others)


def _form(node: ast.AST) -> str:
    """Return a statement or expression without its names and numbers."""
    return re.sub(r"\w+", "#", ast.unparse(node))
