"""The walk through the backward pass of the built-in network: every line in every opinion."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.lines import by_torch, measured
from micrograd_np.compare.finding.aliases import named
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.shaken import changes
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import State, Subject
from micrograd_np.explorer import built, code
from micrograd_np.explorer.code import Written
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.message import Arrays, equation, far, number
from micrograd_np.explorer.pytorch import torch_is_here
from micrograd_np.explorer.taken import Taken, take
from micrograd_np.pictures import BAD, GOOD, table
from micrograd_np.rounding import Distance, Radius, distance

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the backward pass, and what it came to.

    Attributes
    ----------
    written
        The line as it should be.
    code
        As it is; "" if it is left out.
    taken
        What it did; None if it was not run.
    wanted
        Its automatic counterpart, with how far rounding may move it.
    torch
        The same by PyTorch, None where it was not asked.
    overwrites
        The values of the forward pass that are overwritten by the name that it gives them.
    """

    written: Written
    code: str
    taken: Taken | None
    wanted: Radius
    torch: Array | None
    overwrites: tuple[str, ...] = ()

    @property
    def value(self) -> Array | None:
        """What it computed by hand."""
        return None if self.taken is None else self.taken.value

    @property
    def by_hand(self) -> Distance | None:
        """How far the hand-written line is from the automatic gradient."""
        return None if self.value is None else distance(self.value, self.wanted)

    @property
    def by_torch(self) -> Distance | None:
        """How far it is from PyTorch's."""
        if self.value is None or self.torch is None:
            return None
        return distance(self.value, replace(self.wanted, value=self.torch))

    @property
    def verdict(self) -> str:
        """``"ok"``, ``"wrong"``, ``"overwrites"``, ``"left out"`` or ``"not run"``."""
        if not self.code:
            return "left out"
        if self.taken is None or self.by_hand is None:
            return "not run"
        if self.overwrites:
            return "overwrites"
        return "ok" if self.by_hand.ok else "wrong"


@dataclass(frozen=True, eq=False)
class Walk:
    """All lines.

    Attributes
    ----------
    rows
        In the order in which they are run.
    values
        What the forward pass left, by name.
    error
        What has stopped the backward pass, or "".
    """

    rows: list[Row]
    values: dict[str, Array]
    error: str


def walk(knobs: Knobs, instead: Mapping[str, str]) -> Walk:
    """Run the hand-written pass, the automatic one and PyTorch's, and set them side by side."""
    made = built.build(knobs, instead)
    inputs = built.inputs(knobs)
    with np.errstate(all="ignore"):
        state = made.subject.run_forward(inputs)
        taken, error = take(made.subject, state)
        wanted = measured(inputs, knobs.activation)
        third = by_torch(inputs, knobs.activation) if torch_is_here() else {}
    by_line = {one.step.node.lineno: one for one in taken}
    spoiled = _overwritten([one.step for one in taken])
    wanted = _widened(wanted, knobs, inputs)
    rows = []
    lineno = _first_line(made)
    for written in code.backward(knobs.depth, knobs.activation):
        name = written.line.name
        text = instead.get(name, written.code)
        lineno += bool(text)
        one = by_line.get(lineno) if text else None
        lost = spoiled.get(lineno, ()) if one else ()
        rows.append(Row(written, text, one, wanted[name], third.get(name), lost))
    values = {k: np.asarray(v) for k, v in state.variables.items()}
    return Walk(rows, values, _told(error))


def _told(error: UserError | OutOfTime | None) -> str:
    """Return what has stopped a pass; the line is the one that is marked."""
    if isinstance(error, UserError):
        return f"{type(error.error).__name__}: {str(error.error).strip()}"
    return "" if error is None else str(error)


def _overwritten(steps: Sequence[Step]) -> dict[int, tuple[str, ...]]:
    """Return which values are overwritten, by the line that gave them another name."""
    return {
        named(steps[: i + 1]).node.lineno: tuple(step.overwrites)
        for i, step in enumerate(steps)
        if step.overwrites
    }


def _widened(
    wanted: Mapping[str, Radius], knobs: Knobs, inputs: Mapping[str, Any]
) -> dict[str, Radius]:
    """Return the radii, wider where the right pass loses other digits: as in 1 - p, p near 1."""
    right = built.build(knobs)
    with np.errstate(all="ignore"):
        state = right.subject.run_forward(dict(inputs))
        taken, _ = take(right.subject, state)
        names = [written.line.name for written in code.backward(knobs.depth, knobs.activation)]
        lines = {_first_line(right) + i: name for i, name in enumerate(names, start=1)}
        values = {lines.get(one.step.node.lineno): one.value for one in taken}
        off = [n for n in names if not distance(np.asarray(values[n]), wanted[n]).ok]
        moved = _moved(right.subject, state) if off else {}
    found = dict(wanted)
    for lineno, name in lines.items():
        if name in off and lineno in moved:
            radius = wanted[name]
            found[name] = replace(radius, radius=radius.radius + moved[lineno])
    return found


def _moved(subject: Subject, state: State) -> dict[int, Array]:
    """Return by how much rounding moves what the lines themselves write, by their numbers."""

    def values(variables: Any, returned: Any) -> dict[str, Array]:
        taken, _ = take(subject, State(variables, returned))
        written = ((one.step.node.lineno, one.value) for one in taken)
        return {str(n): value for n, value in written if value is not None}

    found = changes(values, state.variables, state.returned)
    return {int(n): change for n, change in found.items()}


def _first_line(made: built.Built) -> int:
    """Return the number of the line before the first line of the backward pass."""
    return made.subject.backward.body[0].lineno


def as_html(walk: Walk) -> str:
    """Return the lines as a table, for notebooks."""
    rows = (
        (
            (str(i), row.code or row.written.code, row.written.line.equation, row.verdict),
            _colour(row),
        )
        for i, row in enumerate(walk.rows, start=1)
    )
    return table(("line", "by hand", "what it is", "verdict"), rows, [])


def _colour(row: Row) -> str:
    return GOOD if row.verdict == "ok" else BAD


# --- as the page reads it ---------------------------------------------------------------------


def as_message(knobs: Knobs, walk: Walk, arrays: Arrays) -> dict[str, Any]:
    """Return a walk for the page; its arrays are added to those of the message."""
    first = next((i for i, row in enumerate(walk.rows) if row.verdict != "ok"), None)
    lines = [_line(row, arrays) for row in walk.rows]
    for i, line in enumerate(lines):
        if line["verdict"] == "wrong" and first is not None and i > first:
            line["verdict"] = "follows" if not line["edited"] else "wrong"
    hidden = code.hidden_names(knobs.depth)
    layers = ["X", *hidden, "scores"]
    return {
        "lines": lines,
        "forward": [
            {"name": name, "array": arrays.add(walk.values[name])}
            for name in ("X", *code.weights(knobs.depth), *hidden, "scores", "probs")
        ],
        "forward_code": [
            {"label": label, "code": statement}
            for label, statement in code.labelled(knobs.depth, knobs.activation).items()
        ],
        "network": {
            "sizes": [walk.values[name].shape[1] for name in layers],
            "names": layers,
            "weights": [arrays.add(walk.values[f"W{k}"]) for k in range(1, knobs.depth + 2)],
        },
        "loss": number(float(walk.values["loss"])),
        "accuracy": float((walk.values["scores"].argmax(axis=1) == walk.values["y"]).mean()),
        "error": walk.error,
        "ok": all(row.verdict == "ok" for row in walk.rows),
    }


def _line(row: Row, arrays: Arrays) -> dict[str, Any]:
    line = row.written.line
    wanted = row.wanted
    return {
        "name": line.name,
        "code": row.code,
        "right": row.written.code,
        "edited": row.code != row.written.code,
        "equations": [equation(line.latex)],
        "why": line.why,
        "layer": row.written.layer,
        "shape": None if row.value is None else row.value.shape,
        "wanted_shape": wanted.value.shape,
        "hand": arrays.add(row.value),
        "automatic": arrays.add(wanted.value),
        "torch": arrays.add(row.torch),
        "radius": arrays.add(wanted.radius),
        "undecided": arrays.add(wanted.undecided) if wanted.undecided.any() else None,
        "far": {"automatic": far(row.by_hand), "torch": far(row.by_torch)},
        "verdict": row.verdict,
        "overwrites": list(row.overwrites),
        "made": arrays.term(row.taken.term if row.taken else None),
        "touches": sorted(_names(row.code or row.written.code)),
    }


def _names(statement: str) -> set[str]:
    """Return the variables of a statement."""
    return {node.id for node in ast.walk(ast.parse(statement)) if isinstance(node, ast.Name)}
