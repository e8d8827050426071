"""A repair: the one edit that makes every gradient right on fresh data."""

from __future__ import annotations

import ast
import copy
import difflib
import linecache
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits import Edit, Text, by_value, edits, of_head
from micrograd_np.compare.finding.snapshot import Snapshot
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, Header, simple
from micrograd_np.compare.running.paths import value_at

Array = NDArray[Any]

MOST_HEADER = 60
"""How many edits of the head of a loop or branch are tried."""

MOST_BLIND = 60
"""How many edits are tried of a line of which it is not known what it should write."""

MOST_OF_ONE = 400
"""How many they are if it is the only line that is not recognised."""

MARGIN = 0.35
"""How much more unlikely than the likeliest repair another may be to be kept."""


@dataclass(frozen=True, eq=False)
class Repair:
    """An edit that was found to make everything right.

    Attributes
    ----------
    code
        The function that it changes.
    node
        The statement, or what a loop goes over.
    edit
        The change.
    is_block
        Whether several statements take the place of one, each in a row of its own.
    """

    code: Code
    node: ast.stmt | ast.expr
    edit: Edit
    is_block: bool = False

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements that take the place of the old one."""
        return parsed(self.edit.text)

    @property
    def diff(self) -> str:
        """The change as a unified diff of the file."""
        return diff_of([self])

    def applied(self, old: list[str]) -> list[str]:
        """Return the lines of the file with the change."""
        code, node = self.code, self.node
        first, last = node.lineno, node.end_lineno or node.lineno
        text = Text(code, node).data.decode()
        before = old[first - 1].encode()[: node.col_offset + code.indent].decode()
        tail = old[last - 1].encode()[(node.end_col_offset or 0) + code.indent :].decode()
        margin = " " * (len(before) - len(before.lstrip()))
        if self.is_block:
            rows = (f"{margin}{row}\n" for row in self.edit.text.split("\n"))
            return [*old[: first - 1], *rows, *old[last:]]
        if self.edit.text.startswith(text + "\n"):
            extra = self.edit.text[len(text) + 1 :].split("\n")
            return [*old[:last], *(f"{margin}{row}\n" for row in extra), *old[last:]]
        body = f"{before}{self.edit.text}{tail}"
        return [*old[: first - 1], *body.splitlines(keepends=True), *old[last:]]


def diff_of(repairs: Sequence[Repair]) -> str:
    """Return several changes as a unified diff of each file."""
    diffs = []
    for file in dict.fromkeys(one.code.file for one in repairs):
        here = [one for one in repairs if one.code.file == file]
        old = new = file_lines(here[0].code)
        for one in sorted(here, key=lambda one: -one.node.lineno):  # the last first
            new = one.applied(new)
        name = file.rpartition("/")[2]
        diffs.append("".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", n=1)))
    return "".join(diffs)


def file_lines(code: Code) -> list[str]:
    """Return the lines of the file in which a function stands."""
    lines = linecache.getlines(code.file)
    if not lines:
        lines = [*["\n"] * (code.start - 1), *code.lines]
    return [line if line.endswith("\n") else line + "\n" for line in lines]


def parsed(text: str) -> list[ast.stmt]:
    """Return the statements of an edit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an edit may be nonsense, such as 1[0]
        return ast.parse(text).body


def _is_vacuous(statements: Sequence[ast.stmt]) -> bool:
    """Whether something is divided by itself, subtracted from itself, or multiplied by 0."""
    return any(
        isinstance(part, ast.BinOp) and _comes_to_nothing(part)
        for node in statements
        for part in ast.walk(node)
    )


def _comes_to_nothing(part: ast.BinOp) -> bool:
    if isinstance(part.op, ast.Mult):
        return any(isinstance(x, ast.Constant) and x.value == 0 for x in (part.left, part.right))
    is_same = ast.dump(part.left) == ast.dump(part.right)
    return is_same and isinstance(part.op, (ast.Div, ast.Sub))


Wrong = Sequence[set[str] | None]

Accepts = Callable[[Array], bool]
"""Whether a statement may write this the first time that it is run."""


@dataclass(frozen=True, eq=False)
class Intended:
    """What a statement should write.

    Attributes
    ----------
    path
        The variable, or the item of a container, at a run of the statement.
    run
        Which run that is, counted from 0.
    written
        What it wrote then.
    accepts
        Whether it may write this.
    wanted
        What it may have been meant to write, as far as that is known.
    is_added
        Whether that is told by what it has added to what was there.
    then
        The statements after it of which the last writes that, if it is not its own value.
    """

    path: str
    run: int
    written: Array
    accepts: Accepts
    wanted: Sequence[Array] = ()
    is_added: bool = False
    then: str = ""


class Search:
    """Looks for the edit of a statement that makes everything right.

    Parameters
    ----------
    cases
        Fresh inputs: the first finds candidates, the others confirm.
    box
        The time that there is.
    wrong
        The gradients that are wrong in each case, if an edit need only put some of them right.
    """

    def __init__(self, cases: Sequence[Case], box: TimeBox, wrong: Wrong | None = None) -> None:
        self.cases = cases
        self.box = box
        self.wrong = wrong
        self._snapshots: dict[tuple[ast.stmt, int], Snapshot | None] = {}
        self._edits: dict[tuple[ast.stmt, int], list[Edit]] = {}

    def _before(self, code: Code, node: ast.stmt, run: int) -> tuple[Snapshot | None, list[Edit]]:
        """Return what there is before a run of a statement, and its edits."""
        key = node, run
        if key not in self._snapshots:
            snapshot = self._snapshots[key] = Snapshot.before(self.cases[0], node, code, run)
            self._edits[key] = edits(code, node, snapshot.context) if snapshot is not None else []
        return self._snapshots[key], self._edits[key]

    def repairs(
        self,
        code: Code,
        node: ast.stmt,
        intended: Intended | None = None,
        limit: float = 2.0,
        least: float = 0.0,
        most: int = MOST_BLIND,
        fits: Callable[[str], object] = bool,
    ) -> list[Repair]:
        """Return the edits of a statement that make every gradient right, the likeliest first.

        Parameters
        ----------
        code, node
            The statement.
        intended
            What it should write, if that is known.
        limit, least
            What an edit costs at most, and at least.
        most
            How many edits are tried if it is not known what it should write.
        fits
            Tells of the text of an edit whether it is among those that are tried.
        """
        found: list[Repair] = []
        for edit in self.candidates(code, node, intended, limit, least, most, fits):
            if found and edit.cost > found[0].edit.cost + MARGIN:
                break
            statements = parsed(edit.text)
            if _is_vacuous(statements) and not _is_vacuous([node]):
                continue
            if self._is_right({node: statements}):
                found.append(Repair(code, node, _as_quoted(code, edit)))
                if len(found) == 3:
                    break
        return found

    def _is_right(self, instead: Mapping[ast.stmt, Sequence[ast.stmt]]) -> bool:
        """Whether an edit makes every gradient right, or some of several wrong ones."""
        if self.wrong is None:
            return all(case.try_with(instead) == set() for case in self.cases)
        left = [case.try_with(instead) for case in self.cases]
        pairs = zip(left, self.wrong, strict=True)
        return all(now is not None and before is not None and now < before for now, before in pairs)

    def of_header(self, code: Code, node: Header) -> list[Repair]:
        """Return the edits of what a loop goes over, or of a condition, that make all right."""
        inside = simple([*node.body, *node.orelse])
        before = (Snapshot.before(self.cases[0], part, code) for part in inside)
        snapshot = next((one for one in before if one is not None), None)
        if snapshot is None:
            return []
        field = "iter" if isinstance(node, ast.For) else "test"
        head: ast.expr = getattr(node, field)
        found: list[Repair] = []
        made = [*of_head(code, head), *edits(code, head, snapshot.context)]
        made = [edit for edit in made if edit.kind != "wrong derivative"]  # nothing is multiplied
        for edit in made[:MOST_HEADER]:
            if self.box.is_over or found:
                break
            try:
                changed = copy.copy(node)
                setattr(changed, field, ast.parse(edit.text, mode="eval").body)
            except SyntaxError:
                continue
            if self._is_right({node: [changed]}):
                found.append(Repair(code, head, edit))
        return found

    def hoisted(self, code: Code, node: ast.For) -> tuple[ast.stmt, Repair] | None:
        """Return the statement of a loop that makes all right where it stands before the loop."""
        for one in node.body:
            if not isinstance(one, ast.Assign) or len(node.body) == 1 or self.box.is_over:
                continue
            changed = copy.copy(node)
            changed.body = [other for other in node.body if other is not one]
            if self._is_right({node: [one, changed]}):
                rows = code.span(node).split("\n")
                first, last = one.lineno - node.lineno, (one.end_lineno or 0) - node.lineno
                del rows[first : last + 1]
                inside = [row[node.col_offset :] for row in rows[1:]]
                text = "\n".join([code.span(one), rows[0], *inside])
                return one, Repair(code, node, Edit(text, "missing term", 1.0), is_block=True)
        return None

    def candidates(
        self,
        code: Code,
        node: ast.stmt,
        intended: Intended | None,
        limit: float,
        least: float = 0.0,
        most: int = MOST_BLIND,
        fits: Callable[[str], object] = bool,
    ) -> Iterator[Edit]:
        """Yield the edits by which a statement writes what it should, the likeliest first."""
        run = intended.run if intended is not None else 0
        snapshot, made = self._before(code, node, run)
        if snapshot is None:
            return
        if intended is not None:
            found = {edit.text: edit for edit in made}
            text, item = Text(code, node), _item(node, intended.path)
            for wanted in intended.wanted:
                for edit in by_value(text, node, snapshot.context, intended.written, wanted, item):
                    known = found.get(edit.text)
                    if known is None or edit.cost < known.cost:
                        found[edit.text] = edit
            made = sorted(found.values(), key=lambda edit: edit.cost)
        tried = 0
        for edit in made:
            if edit.cost <= least or not fits(edit.text):
                continue
            if edit.cost > limit or tried >= most or self.box.is_over:
                return
            shows_later = edit.kind in ("aliasing", "= for +=") or edit.text == "pass"
            then = intended.then if intended is not None else ""
            namespace = snapshot.run(edit.text + then)
            if namespace is None:
                continue
            if intended is None or shows_later or _writes(snapshot, namespace, intended):
                tried += intended is None
                yield edit


def _as_quoted(code: Code, edit: Edit) -> Edit:
    """Return an edit with its keys in the quotes that the function writes them in."""
    if '["' not in code.text or "['" in code.text:
        return edit
    return edit._replace(text=re.sub(r"\['(\w+)'\]", r'["\1"]', edit.text))


def _item(node: ast.stmt, path: str) -> int:
    """Return which of several values that a statement assigns or returns stands at a path."""
    if isinstance(node, ast.Return):
        index = path.partition("[")[2].rstrip("]")
        return int(index) if index.isdigit() else 0
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    places = [ast.unparse(one) for one in target.elts] if isinstance(target, ast.Tuple) else []
    return places.index(path) if path in places else 0


def _writes(snapshot: Snapshot, namespace: dict[str, Any], intended: Intended) -> bool:
    """Whether an edited statement has written what it should, the first time."""
    value = value_at(namespace, intended.path)
    if value is None or value.dtype.kind not in "fiub":
        return False
    if value.dtype.kind == "b":
        return intended.written.dtype.kind == "b" and intended.accepts(value)
    before = value_at(snapshot.namespace, intended.path) if intended.is_added else None
    if before is not None and before.shape == value.shape:
        value = value - before
    return intended.accepts(np.asarray(value, float))
