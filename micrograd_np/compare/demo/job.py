"""Run the main job: check the lines, the figures and the training, and say whether all agrees."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.lines import Checked, check_lines
from micrograd_np.compare.demo.network import network, torch_functions
from micrograd_np.compare.demo.problem import BadInput, Problem
from micrograd_np.compare.demo.training import Training, train
from reference import figures, post

Array = NDArray[Any]


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    hidden: int = 6
    seed: int = 0
    lr: float = 1e-2
    reg: float = 1e-3
    steps: int = 2000
    dtype: str = "float64"


@dataclass(frozen=True)
class PrintedFigure:
    """A row of numbers as the post prints it, and ours in the same format.

    `here` is None where the post does not say enough to compute it; `why` says what is missing.
    """

    label: str
    printed: tuple[str, ...]
    here: tuple[str, ...] | None
    why: str

    @property
    def ok(self) -> bool:
        """Whether ours is the same to the last printed digit, where it can be computed."""
        return self.here is None or self.here == self.printed


@dataclass(frozen=True)
class Job:
    """All that the main job found.

    Attributes
    ----------
    problem, options
        What it worked on.
    lines
        The eleven lines.
    error
        What stopped the hand-written pass, or "".
    overwritten
        The inputs and forward values that the hand-written backward pass changed.
    figures
        The figures of the post, where the network is the post's; else empty.
    training
        Both trainings; None where the hand-written one does not run.
    training_error
        What stopped it, or "".
    torch
        Whether PyTorch was there to be compared with.
    """

    problem: Problem
    options: Options
    lines: list[Checked]
    error: str
    overwritten: list[str]
    figures: list[PrintedFigure]
    training: Training | None
    training_error: str
    torch: bool

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return (
            not self.error
            and not self.overwritten
            and all(line.ok for line in self.lines)
            and all(figure.ok for figure in self.figures)
            and self.training is not None
            and self.training.ok
        )


def run(
    problem: Problem, options: Options, *, own_data: bool, progress: Callable[[int], None]
) -> Job:
    """Run the main job.

    Parameters
    ----------
    problem
        The data.
    options
        The network and how to train it.
    own_data
        Whether the data is the user's, so that the figures of the post do not belong to it.
    progress
        Called with the number of training steps taken.

    Raises
    ------
    BadInput
        If a number is too large for the dtype, or the loss is.
    """
    problem = problem.astype(options.dtype)
    D, K = problem.X.shape[1], len(problem.classes)
    weights = post.init(options.seed, D, options.hidden, K, np.dtype(options.dtype))
    inputs: dict[str, Any] = {"X": problem.X, "y": problem.y, "reg": options.reg}
    inputs.update(zip(("W1", "b1", "W2", "b2"), weights, strict=True))
    _refuse_overflow(inputs)
    by_hand, error, overwritten = _run_by_hand(inputs)
    lines = check_lines(inputs, by_hand, post.backward)
    is_the_posts = not own_data and options.hidden == 6 and options.seed == 0

    def both() -> Training:
        return train(problem, list(weights), options.reg, options.lr, options.steps, progress)

    training, training_error = (None, error) if error else _attempt(both)
    figures, _ = _attempt(printed_figures) if is_the_posts else (None, "")
    torch = torch_functions() is not None
    return Job(
        problem, options, lines, error, overwritten, figures or [], training, training_error, torch
    )


def _refuse_overflow(inputs: dict[str, Any]) -> None:
    with np.errstate(all="ignore"):
        values = network(inputs)
        finite = np.isfinite(values["loss"]) and np.isfinite(values["scores"]).all()
        finite = finite and np.isfinite(inputs["reg"] * np.abs(inputs["W1"]).max())
    if not finite:
        raise BadInput(
            f"the loss is not finite in {inputs['X'].dtype}: scale the columns of the data, or "
            f"choose a smaller --reg (it is {inputs['reg']:g})"
        )


def _attempt(f: Callable[[], Any]) -> tuple[Any, str]:
    """Return what `f` gives, or what it raises: the hand-written code may have been edited."""
    try:
        return f(), ""
    except (Exception, SystemExit) as raised:
        return None, f"{type(raised).__name__}: {raised}"


def _run_by_hand(inputs: dict[str, Any]) -> tuple[dict[str, Any], str, list[str]]:
    """Run the hand-written pass on copies; return its lines, its error and what it overwrote."""
    mine: dict[str, Any] = {
        name: np.array(v) if isinstance(v, np.ndarray) else v for name, v in inputs.items()
    }
    values = post.forward(**mine)
    before = {name: np.array(value) for name, value in (inputs | values).items()}
    lines: Any
    error = ""
    try:
        with np.errstate(all="ignore"):
            lines = post.backward(**mine, values=values)
    except (Exception, SystemExit) as raised:  # whatever an edited line raises is shown
        lines = _lines_so_far(raised)
        error = f"{type(raised).__name__}: {raised}"
    if not isinstance(lines, dict):
        lines, error = {}, f"backward returned {type(lines).__name__}, not the dict of its lines"
    after = mine | values
    changed = [n for n in after if not np.array_equal(after[n], before[n], equal_nan=True)]
    return lines, error, changed


def _lines_so_far(raised: BaseException) -> dict[str, Array]:
    """Return the lines that `reference.post.backward` had computed when it raised."""
    for frame, _ in traceback.walk_tb(raised.__traceback__):
        if frame.f_code is post.backward.__code__:
            return dict(frame.f_locals.get("lines", {}))
    return {}


def printed_figures() -> list[PrintedFigure]:
    """Set the figures of the post beside ours."""
    ours = figures.ours()
    return [
        PrintedFigure(
            figure.label,
            figure.printed,
            tuple(map(figures.as_printed, ours[figure.label], figure.printed))
            if figure.reproducible
            else None,
            figure.why,
        )
        for figure in figures.FIGURES
    ]


def as_json(job: Job) -> dict[str, Any]:
    """Return all that the main job found as what ``json.dumps`` takes.

    Errors are in rounding radii; None stands for what could not be compared.
    """
    return {
        "ok": job.ok,
        "source": job.problem.source,
        "options": vars(job.options),
        "torch": job.torch,
        "error": job.error,
        "overwritten": job.overwritten,
        "lines": [_line_as_json(number, line) for number, line in enumerate(job.lines, start=1)],
        "figures": [vars(figure) | {"ok": figure.ok} for figure in job.figures],
        "training": _training_as_json(job.training) if job.training else None,
        "training_error": job.training_error,
    }


def _finite(number: float) -> float | None:
    """JSON has no nan and no infinity."""
    return number if np.isfinite(number) else None


def _line_as_json(number: int, checked: Checked) -> dict[str, Any]:
    def radii(distance: Any) -> float | None:
        return None if distance is None else _finite(distance.radii)

    return {
        "line": number,
        "name": checked.line.name,
        "code": checked.code,
        "equation": checked.line.equation,
        "gradient_of": checked.line.of,
        "with_respect_to": checked.line.wrt,
        "shape": checked.shape,
        "radii_automatic": radii(checked.by_hand),
        "radii_torch": radii(checked.by_torch),
        "radii_complex_step": radii(checked.by_step),
        "elements_by_complex_step": checked.stepped,
        "undecided": checked.by_hand.undecided,
        "problem": checked.by_hand.problem,
        "ok": checked.ok,
    }


def _training_as_json(training: Training) -> dict[str, Any]:
    return {
        "ok": training.ok,
        "moments": [
            {name: _finite(number) for name, number in vars(moment).items()}
            for moment in training.moments
        ],
        "largest_radii": _finite(training.largest),
        "test_accuracy_by_hand": training.test_by_hand / training.tests,
        "test_accuracy_automatic": training.test_automatic / training.tests,
        "diverged_at_step": training.diverged,
    }
