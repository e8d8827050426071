"""An exercise for pencil and paper: small inputs, the line to work out, and the answer."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, names_written
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.paths import RETURNED, array_of, leaves, stem, value_at
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.wanted import Wanted
from micrograd_np.pictures import text as preformatted

Array = NDArray[Any]

WIDTH = 100

MOST_ROWS = 30
"""How many lines of a pass are shown."""


@dataclass(frozen=True, eq=False)
class Exercise:
    """The smallest inputs that show a mistake.

    Attributes
    ----------
    inputs
        By name.
    question, answer
        What to work out, and what comes out.
    """

    inputs: dict[str, Any]
    question: str
    answer: str

    def __str__(self) -> str:
        return f"{self.question}\n\n{self.answer}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the question for notebooks, and the answer folded up under it."""
        answer = f"<details><summary>the answer</summary>{preformatted(self.answer)}</details>"
        return f"<div>{preformatted(self.question)}{answer}</div>"


def exercise(case: Case, finding: Finding) -> Exercise:
    """Write an exercise about a wrong line.

    Parameters
    ----------
    case
        The smallest inputs.
    finding
        What is wrong.
    """
    steps, found = case.record()
    runs = [i for i, step in enumerate(steps) if step.node is finding.node]
    right = _repaired(case, finding)
    pairs = zip(runs, right, strict=False)
    first = next((i for i, writes in pairs if _differ(steps[i].writes, writes)), None)
    until = first if first is not None else _begin(finding, steps)
    wrong = next((w for w in case.wanted if not case.agrees(w, found)), None)
    rows = ["The smallest inputs that show it:", *_given(case.inputs)]
    rows += ["", "Forward:", *_cut(list(_forward(case)))]
    if until:
        rows += ["", "Backward, until there:", *_cut(list(_backward(steps[:until])))]
    text = finding.code.source(finding.node)
    question = _question(finding, runs, until) if runs or wrong is None else _of_gradient(wrong)
    rows += ["", question, "", f"    {text}" if runs else f"Line {finding.node.lineno} is wrong:"]
    rows += [""] if runs else [f"    {text}", ""]
    rows += ["Work it out with pencil and paper before you read on."]
    answer = ["Answer:"]
    if first is not None:
        for path, value in right[runs.index(first)].items():
            wrote = steps[first].writes.get(path)
            if wrote is None or not _same(wrote, value):
                answer += _pair(path, wrote, value, f"line {finding.node.lineno}")
    for wanted in case.wanted:
        if not case.agrees(wanted, found):
            hand, right_one = value_at(found, wanted.path), case.right[wanted.source].gradient
            answer += _pair(wanted.name, hand, right_one, "in the end")
    return Exercise(dict(case.inputs), "\n".join(rows), "\n".join(answer))


def _begin(finding: Finding, steps: Sequence[Step]) -> int:
    """Return the first step of a wrong line, or of a wrong loop or branch."""
    inside = set(ast.walk(finding.node))
    return next((i for i, step in enumerate(steps) if step.node in inside), len(steps))


def _of_gradient(wanted: Wanted) -> str:
    """Return what is asked where the wrong line gives no value: the head of a loop, or the loss."""
    return f"What is {wanted.name}, the gradient of the loss with respect to {wanted.source}?"


def _question(finding: Finding, runs: Sequence[int], until: int) -> str:
    place = f"line {finding.node.lineno}"
    if finding.is_omission:
        return f"What is still missing after {place}?"
    if len(runs) > 1 and until in runs:
        return f"What does {place} have to give when it is run for time {runs.index(until) + 1}?"
    return f"What does {place} have to give?"


def _given(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in inputs.items():
        for path, leaf in list(leaves(value, name)) or [(name, value)]:
            yield from _row(f"  {path} = ", number(leaf))


def _forward(case: Case) -> Iterator[str]:
    """Yield the lines of the forward pass with what they assign."""
    rows: list[str] = []
    code = case.subject.forward
    held: dict[str, bytes] = {}
    seen = _Seen()

    def after(
        node: ast.stmt, its: Code, _iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        if its is not code:
            return
        for name in sorted(names_written(node)):
            for path, leaf in leaves(namespace.get(name), name):
                array = np.asarray(array_of(leaf))
                if held.get(path) != array.tobytes():
                    held[path] = array.tobytes()
                    if seen.is_new(node, path, array):
                        rows.extend(_line(code, node, path, array))

    with np.errstate(all="ignore"):
        case.subject.run_forward(copied(case.inputs), after=after)
    yield from rows


class _Seen:
    """Tells what is worth a row: no zeros to be added to, nothing that only gets another name."""

    def __init__(self) -> None:
        self.paths: dict[tuple[bytes, tuple[int, ...]], str] = {}

    def is_new(self, node: ast.stmt, path: str, value: Array) -> bool:
        """Whether a line computes what it assigns."""
        first = self.paths.setdefault((value.tobytes(), value.shape), path)
        computes = (ast.BinOp, ast.Call, ast.UnaryOp)
        in_value = getattr(node, "value", node)
        is_one = isinstance(in_value, computes) or isinstance(node, ast.AugAssign)
        is_held = isinstance(in_value, (ast.Tuple, ast.List, ast.Dict))
        if is_held and not any(isinstance(part, computes) for part in ast.walk(in_value)):
            return False  # a cache holds what was computed before
        makes_zeros = not np.any(value) and "zeros" in ast.unparse(node)
        return (is_one or first == path) and not makes_zeros


def _backward(steps: Sequence[Step]) -> Iterator[str]:
    seen = _Seen()
    for step in steps:
        for path, value in step.writes.items():
            if value.dtype.kind != "f" or stem(path) == RETURNED:
                continue
            if seen.is_new(step.node, path, value) and not _is_unpacking(step):
                yield from _line(step.code, step.node, path, value)


def _is_unpacking(step: Step) -> bool:
    """Whether a line only takes apart what it was given."""
    node = step.node
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
        return False
    return len(step.writes) > 1 and not isinstance(node.value, ast.Call)


def _repaired(case: Case, finding: Finding) -> list[dict[str, Array]]:
    """Return what a line writes, time after time, once it is repaired."""
    repair, node = finding.repair, finding.node
    if repair is None or repair.node is not node or not isinstance(node, ast.stmt):
        return []
    steps, _ = case.record(instead={node: repair.statements})
    return [step.writes for step in steps if step.node is node]


def _differ(wrote: Mapping[str, Array], right: Mapping[str, Array]) -> bool:
    return any(path not in wrote or not _same(wrote[path], value) for path, value in right.items())


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def _cut(rows: list[str]) -> list[str]:
    return rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS - 1], "  ..."]


def _line(code: Code, node: ast.stmt, path: str, value: Array) -> list[str]:
    """Return a line of code, and what it assigns."""
    text = code.source(node)
    if not text.startswith(path):
        text = f"{text}  # {path}"
    return _row(f"{node.lineno:>4}  {textwrap.shorten(text, 60):<46} -> ", number(value))


def _pair(name: str, wrote: Array | None, right: Array, place: str) -> list[str]:
    """Return what was written, and what is right."""
    given = "nothing" if wrote is None else number(wrote)
    head = f"  {place}: {name} is "
    return [*_row(head, given), *_row(f"{'it should be ':>{len(head)}}", number(right))]


def _row(head: str, text: str) -> list[str]:
    rows = textwrap.wrap(text, max(WIDTH - len(head), 30), break_long_words=False)
    return [head + rows[0], *(" " * len(head) + row for row in rows[1:])]


def number(value: Any) -> str:
    """Return a number or an array as one writes it: four digits where it is not whole.

    Examples
    --------
    >>> number(np.array([[1.0, -2.0], [0.33333333, 0.0]]))
    '[[1, -2], [0.3333, 0]]'
    """
    if isinstance(value, str):
        return value
    array = array_of(value)
    if array.ndim == 0:
        item = array.item()
        if isinstance(item, float):
            return f"{item:.4g}" if abs(item) < 1e4 else f"{item:.4e}"
        return str(item)
    return f"[{', '.join(number(one) for one in array)}]"
