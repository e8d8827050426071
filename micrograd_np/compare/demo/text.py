"""The main job as plain text, at most 100 columns wide."""

import math
from collections.abc import Iterator

from micrograd_np.compare.demo.job import Job, PrintedFigure
from micrograd_np.compare.demo.lines import NOTHING, STEPPED, Checked
from micrograd_np.compare.demo.training import Training
from micrograd_np.rounding import Distance

WIDTH = 100
"""The width of the page."""

CODE = 46
"""The width of the column of code."""


def report(job: Job, colour: bool = False) -> str:
    """Return the whole report.

    Parameters
    ----------
    job
        What was found.
    colour
        Whether verdicts are coloured with escape sequences.
    """
    parts = [_network(job), *_lines(job)]
    if job.figures:
        parts += ["", *_figures(job.figures)]
    if job.training:
        parts += ["", *_training(job.training, job.options.lr)]
    elif job.training_error and not job.error:
        parts += ["", f"Training by hand stopped: {_one_line(job.training_error)}"[:WIDTH]]
    parts += ["", _verdict(job)]
    text = "\n".join(parts)
    if colour:
        for word, code in (("ok", 32), ("same", 32), ("WRONG", 31), ("off", 31)):
            text = text.replace(f"  {word}", f"  \x1b[{code}m{word}\x1b[0m")
    return text


def _network(job: Job) -> str:
    N, D = job.problem.X.shape
    H, K = job.options.hidden, len(job.problem.classes)
    reg = job.options.reg
    return f"""\
The network of the post, in {job.options.dtype}, on {job.problem.source}

  X                        [{N}x{D}]
  pre = X W1 + b1          [{N}x{H}]
  hidden = relu(pre)       [{N}x{H}]
  scores = hidden W2 + b2  [{N}x{K}]

  probs = softmax(scores), an example e at a time
  A = sum_e log sum_k exp(scores[e, k])
  D = (A - sum_e scores[e, y[e]]) / N = mean_e -log probs[e, y[e]]    the data loss, N = {N}
  L = D + reg/2 (|W1|^2 + |W2|^2)                                     the loss, reg = {reg:g}

The backward pass line by line. Under each line stands the gradient that it is, and why; the same
gradient is computed automatically, and compared. (x) is the outer product, ' the transpose."""


def _lines(job: Job) -> Iterator[str]:
    yield ""
    yield f" line  {'by hand':{CODE}} {'shape':>8} {'auto':>7} {'torch':>7} {'step':>7}"
    wrong = [number for number, checked in enumerate(job.lines, start=1) if not checked.ok]
    for number, checked in enumerate(job.lines, start=1):
        shape = "x".join(map(str, checked.shape)) if checked.shape is not None else "-"
        columns = " ".join(
            f"{_radii(d):>7}" for d in (checked.by_hand, checked.by_torch, checked.by_step)
        )
        ran = checked.shape is not None or number not in wrong[1:]
        verdict = "ok" if checked.ok else "WRONG" if ran else "not run"
        yield f"{number:>5}  {_fit(checked.code):{CODE}} {shape:>8} {columns}  {verdict}"
        yield f"         {checked.line.equation}"
        yield f"         {checked.line.why}"
        if not checked.ok:
            yield from _what_is_wrong(checked, job.error, number not in wrong[1:])
    yield ""
    yield " auto: by hand against automatic.  torch: by hand against PyTorch" + (
        "." if job.torch else " (not installed)."
    )
    yield " step: automatic against complex step" + _sampled(job.lines)
    yield " Errors in rounding radii: how far apart, in units of what rounding alone can explain on"
    yield " these numbers, measured. Correct lines are within a few; a bug is thousands away."
    if any(job.lines[number - 1].shape is not None for number in wrong[1:]):
        yield ""
        yield f" Lines after line {wrong[0]} use what it computed, and may be wrong for that alone."
    if job.error and all(checked.shape is not None for checked in job.lines):
        yield ""
        yield f" After the last line: {_one_line(job.error)}"[:WIDTH]
    for name in job.overwritten:
        yield ""
        yield f" The backward pass changed {name!r}, which it was given: WRONG. A line writes"
        yield " into an array that it should have copied: x = y makes a second name, not a copy."


def _fit(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) <= CODE else code[: CODE - 3] + "..."


def _radii(distance: Distance | None) -> str:
    if (
        distance is None
        or distance.problem == NOTHING
        or (distance.undecided and not distance.index)
    ):
        return "-"
    if distance.problem:
        return "!"
    return _number(distance.radii)


def _number(radii: float, digits: int = 1) -> str:
    if 1e99 < radii < math.inf:  # where the gradient is exactly zero
        return ">1e99"
    return f"{radii:.{digits}f}" if radii < 1000 else f"{radii:.0e}"


def _sampled(lines: list[Checked]) -> str:
    sizes = [math.prod(checked.shape or ()) for checked in lines]
    return f" (on {STEPPED} elements of larger arrays)." if max(sizes) > STEPPED else "."


def _what_is_wrong(checked: Checked, error: str, first: bool) -> Iterator[str]:
    if checked.shape is None:
        if first:
            why = f"stopped here: {_one_line(error)}" if error else "what it computes is not kept"
            yield f"     --> {why}"[:WIDTH]
        return
    distance = next(
        d
        for d in (checked.by_hand, checked.by_torch, checked.by_step)
        if d is not None and not d.ok
    )
    what = distance.problem
    if not what and distance.index is not None:
        what = f"off by {distance.error:.3g} at {list(distance.index)}"
    yield f"     --> {'the first wrong line: ' if first else ''}{what}"


def _one_line(error: str) -> str:
    return " ".join(error.split())


def _figures(figures: list[PrintedFigure]) -> Iterator[str]:
    yield "The figures that the post prints, and ours (in float64, as R computes)"
    yield ""
    for figure in figures:
        printed = " ".join(figure.printed)
        if figure.here is None:
            yield f" {figure.label:12}{printed:41} (a sum over the 90 rows it drew)"
        else:
            here = " ".join(figure.here)
            same = "same" if figure.ok else "off"
            yield f" {figure.label:12}{printed:41} {here:40} {same}"
    yield ""
    yield (
        " Its examples 1 to 3 are rows 77, 78 and 73 of iris; minus 1 is after line 2, / 90 after "
        "line\n 3, dW2 after line 4. Which 90 rows it drew it does not say; row 63 was one of them."
    )


def _training(training: Training, lr: float) -> Iterator[str]:
    yield "Training from the same weights, with the hand-written and with the automatic gradients"
    yield ""
    yield f" {'step':>6}  {'loss by hand':>14} {'automatic':>14}   difference of the weights"
    for moment in training.moments:
        yield (
            f" {moment.step:>6}  {moment.by_hand:>14.7f} {moment.automatic:>14.7f}"
            f"   {_number(moment.radii, 2)} radii"
        )
    if training.diverged is not None:
        yield f" ended at step {training.diverged}: no loss is finite (lr = {lr:g}; try less)"
        return
    n = training.tests
    by_hand = f"{training.test_by_hand}/{n} = {training.test_by_hand / n:.4f}"
    automatic = f"{training.test_automatic}/{n} = {training.test_automatic / n:.4f}"
    yield f" test accuracy: {by_hand} by hand, {automatic} automatic"
    yield f" largest difference on the way: {_number(training.largest, 2)} radii"


def _verdict(job: Job) -> str:
    wrong = [str(number) for number, line in enumerate(job.lines, start=1) if not line.ok]
    if job.ok and job.training:
        figures = " and the figures of the post" if job.figures else ""
        steps = job.training.moments[-1].step if job.training.moments else 0
        return f"All {len(job.lines)} lines{figures} agree, and so do {steps} steps of training."
    what = []
    if job.error:
        what.append("the hand-written pass does not run")
    elif wrong:
        what.append(f"line{'s' if len(wrong) > 1 else ''} {', '.join(wrong)}")
    if job.overwritten:
        what.append(f"{', '.join(job.overwritten)} overwritten")
    if not all(figure.ok for figure in job.figures):
        what.append("figures of the post")
    if job.training and job.training.diverged is not None:
        what.append("training, which diverged before it could be compared")
    elif not (job.error or (job.training and job.training.ok)):
        what.append("training")
    return f"Does NOT agree: {'; '.join(what)}."
