"""The main job: every line is explained and checked, and a wrong one is named."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from compare.networks import draw, edited_in_a_file, inputs
from micrograd_np.compare.demo import job, lines, problem, text, training
from micrograd_np.making import tensor
from micrograd_np.rounding import LIMIT, distance, estimated_radius
from reference import figures, post

EDITS = {
    1: ("dscores = probs.copy()", "dscores = 2 * probs"),
    2: ("dscores[rows, y] -= 1", "dscores[rows, y] += 1"),
    3: ("dscores /= N", "dscores /= N - 1"),
    4: ("dW2 = hidden.T @ dscores", "dW2 = (X @ W1 + b1).T @ dscores"),
    5: ("db2 = dscores.sum(axis=0, keepdims=True)", "db2 = dscores.mean(axis=0, keepdims=True)"),
    6: ("dhidden = dscores @ W2.T", "dhidden = -dscores @ W2.T"),
    7: ("dhidden[hidden <= 0] = 0", "dhidden[hidden > 0] = 0"),
    8: ("dW1 = X.T @ dhidden", "dW1 = X.T @ (dscores @ W2.T)"),
    9: ("db1 = dhidden.sum(axis=0, keepdims=True)", "db1 = dhidden.mean(axis=0, keepdims=True)"),
    10: ("dW2 = dW2 + reg * W2", "dW2 = dW2 + 2 * reg * W2"),
    11: ("dW1 = dW1 + reg * W1", "dW1 = dW1 - reg * W1"),
}
STATEMENTS = [old for old, _ in EDITS.values()]
"""The statements of the eleven lines."""


def run(own_data=False, **options):
    """Run the main job on iris, for a few steps."""
    options = job.Options(**{"steps": 3, **options})
    data = problem.from_iris()
    return job.run(data, options, own_data=own_data, progress=lambda step: None)


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Return a function that replaces a statement of the hand-written backward pass."""

    def replace_statement(old, new):
        monkeypatch.setattr(post, "backward", edited_in_a_file(tmp_path, old, new))

    return replace_statement


@pytest.fixture
def no_torch(monkeypatch):
    """Make every import of torch fail, as where it is not installed."""
    monkeypatch.setitem(sys.modules, "torch", None)


def wrong(found):
    return [number for number, line in enumerate(found.lines, start=1) if not line.ok]


# --- as it should be ---------------------------------------------------------------------------


def test_every_line_is_found_in_the_source():
    found = lines.statements(post.backward)
    assert list(found) == [line.name for line in lines.LINES]
    assert list(found.values()) == STATEMENTS


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_line_agrees_with_every_oracle(dtype):
    pytest.importorskip("torch")
    found = run(dtype=dtype)
    assert found.ok
    assert found.torch
    assert [line.code for line in found.lines] == STATEMENTS
    for line in found.lines:
        assert line.ok
        for far in (line.by_hand, line.by_torch, line.by_step):
            assert far.ok
            assert far.radii <= LIMIT
            assert far.undecided == 0
        assert 0 < line.stepped <= lines.STEPPED
        assert line.shape == post.backward(**network_inputs(dtype))[line.line.name].shape


def network_inputs(dtype):
    data = problem.from_iris()
    return inputs(data.X, data.y, post.init(), 1e-3, dtype)


@pytest.mark.parametrize("seed", range(6))
def test_the_lines_agree_on_random_networks(seed):
    given = draw(seed, ("float32", "float64")[seed % 2], 7, 3, 5, 4, logits=10.0 ** (seed - 1))
    for line in lines.check_lines(given, post.backward(**given), post.backward):
        assert line.ok, line


def test_a_sample_of_a_large_array_is_stepped():
    found = {line.line.name: line.stepped for line in run().lines}
    assert found["dscores"] == 270
    assert found["dhidden"] == lines.STEPPED < 540


def test_training_agrees():
    calls = []
    data, options = problem.from_iris(), job.Options(steps=250)
    found = job.run(data, options, own_data=False, progress=calls.append).training
    assert calls == [100, 200, 250]
    assert [moment.step for moment in found.moments] == calls
    assert found.ok
    assert found.largest <= LIMIT
    assert (found.diverged, found.tests) == (None, 60)
    assert found.test_by_hand == found.test_automatic
    *_, losses = post.train(data.X, data.y, *post.init(), steps=250)
    assert [moment.by_hand for moment in found.moments] == [losses[step - 1] for step in calls]


def test_the_figures_of_the_post_are_the_same():
    found = run().figures
    assert [figure.label for figure in found] == [figure.label for figure in figures.FIGURES]
    for figure, source in zip(found, figures.FIGURES, strict=True):
        assert figure.ok
        assert figure.here == (source.printed if source.reproducible else None)


def test_figures_belong_to_the_network_of_the_post_alone():
    for found in (run(own_data=True), run(hidden=5), run(seed=1)):
        assert found.ok
        assert found.figures == []


def test_without_torch_everything_else_works(no_torch):
    found = run()
    assert found.ok
    assert not found.torch
    assert all(line.by_torch is None for line in found.lines)
    report = text.report(found)
    assert "torch: by hand against PyTorch (not installed)." in report
    for number, code in enumerate(STATEMENTS, start=1):
        (row,) = [line for line in report.split("\n") if f"{number:>5}  {code} " in line]
        auto, torch, step, verdict = row.split()[-4:]
        assert (torch, verdict) == ("-", "ok")
        assert float(auto) <= LIMIT
        assert float(step) <= LIMIT
    assert json.dumps(job.as_json(found)["lines"][0]["radii_torch"]) == "null"


# --- an edited line ----------------------------------------------------------------------------


@pytest.mark.parametrize("number", EDITS)
def test_an_edited_line_is_the_first_wrong_one(number, edit):
    edit(*EDITS[number])
    found = run()
    assert wrong(found)[0] == number
    assert not found.ok
    assert found.lines[number - 1].code == EDITS[number][1]
    rows = text.report(found).split("\n")
    (arrow,) = [place for place, row in enumerate(rows) if "the first wrong line" in row]
    assert rows[arrow - 3].startswith(f"{number:>5}  {EDITS[number][1]} ")
    assert rows[arrow - 3].endswith("  WRONG")
    assert rows[-1].startswith("Does NOT agree: line")


@pytest.mark.parametrize("number", EDITS)
def test_a_wrong_line_can_be_written_as_json(number, edit):
    edit(*EDITS[number])
    found = json.loads(json.dumps(job.as_json(run()), allow_nan=False))
    assert found["ok"] is False
    assert found["training"]["ok"] is False
    assert [line["ok"] for line in found["lines"]].index(False) == number - 1
    assert found["lines"][number - 1]["code"] == EDITS[number][1]
    assert found["lines"][number - 1]["radii_automatic"] > 1000


def test_an_alias_of_the_forward_pass_is_named_though_the_gradients_are_right(edit):
    edit("dscores = probs.copy()", "dscores = probs")
    found = run(own_data=True)
    assert wrong(found) == []
    assert found.training.ok
    assert found.overwritten == ["probs"]
    assert not found.ok
    report = text.report(found)
    assert "The backward pass changed 'probs', which it was given: WRONG." in report
    assert report.endswith("Does NOT agree: probs overwritten.")
    assert job.as_json(found)["overwritten"] == ["probs"]


@pytest.mark.parametrize(
    ("number", "new", "message"),
    [
        (8, "dW1 = X @ dhidden", "ValueError: matmul"),
        (3, "dscores /= M", "NameError: name 'M' is not defined"),
        (4, "raise RuntimeError('two\\nlines')", "RuntimeError: two"),
        (1, "raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_line_that_raises_is_reported(number, new, message, edit):
    edit(STATEMENTS[number - 1], new)
    found = run()
    assert found.error.startswith(message)
    assert not found.ok
    assert found.training is None
    assert found.figures == []
    report = text.report(found)
    assert report.count(f"     --> stopped here: {message}") == report.count("-->") == 1
    assert report.endswith("Does NOT agree: the hand-written pass does not run.")
    assert max(map(len, report.split("\n"))) <= text.WIDTH
    for place, code in enumerate(STATEMENTS, start=1):
        code = new if place == number else code
        (row,) = [line for line in report.split("\n") if line.startswith(f"{place:>5}  {code} ")]
        shape, auto, torch = row.removeprefix(f"{place:>5}  {code} ").split()[:3]
        if place < number:
            assert row.endswith("  ok")
            assert float(auto) <= LIMIT
        else:
            assert row.endswith("  WRONG" if place == number else "  not run")
            assert shape == auto == torch == "-"
    assert json.loads(json.dumps(job.as_json(found), allow_nan=False))["training"] is None


@pytest.mark.parametrize("value", ["np.nan", "np.inf"])
def test_values_that_are_not_finite_are_wrong_and_can_be_written_as_json(value, edit):
    edit("dhidden = dscores @ W2.T", f"dhidden = dscores @ W2.T + {value}")
    found = run()
    assert wrong(found)[0] == 6
    assert found.lines[5].by_hand.radii == np.inf
    as_read = json.loads(json.dumps(job.as_json(found), allow_nan=False))
    assert as_read["lines"][5]["radii_automatic"] is None
    assert as_read["training"]["largest_radii"] is None


@pytest.mark.parametrize(
    ("new", "named"),
    [
        ("db1 = dhidden.sum(axis=0)", "shape (6,), wanted (1, 6)"),
        ("db1 = np.float32(dhidden.sum(axis=0, keepdims=True))", "dtype float32, wanted float64"),
    ],
)
def test_a_gradient_of_another_shape_or_dtype_is_named(new, named, edit):
    edit("db1 = dhidden.sum(axis=0, keepdims=True)", new)
    found = run()
    assert wrong(found) == [9]
    assert found.lines[8].by_hand.problem == named
    assert f"     --> the first wrong line: {named}" in text.report(found)


STOPS = {
    "db2 not summed": (
        STATEMENTS[4], "db2 = dscores", 5,
        "Training by hand stopped: ValueError: operands could not be broadcast together",
    ),
    "dW1 transposed": (
        STATEMENTS[10], "dW1 = (dW1 + reg * W1).T", 11,
        "Training by hand stopped: ValueError: operands could not be broadcast together",
    ),
    "a number": (STATEMENTS[8], "db1 = 0", 9, "--> stopped here: AttributeError: 'int' object"),
    "None": (STATEMENTS[8], "db1 = None", 9, "--> stopped here: AttributeError: 'NoneType'"),
    "line not kept": ('lines["dW2_data"] = dW2.copy()', "pass", 4, "Does NOT agree: line 4."),
    "gradient not kept": (
        'lines["dW1"] = dW1.copy()', "pass", 11, "Training by hand stopped: KeyError: 'dW1'",
    ),
    "nothing returned": (
        "return lines", "pass", 1, "--> stopped here: backward returned NoneType, not the dict",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_what_other_code_stumbles_over_is_reported_too(name, edit):
    old, new, number, said = STOPS[name]
    edit(old, new)
    found = run(steps=2)
    assert wrong(found)[0] == number
    assert not found.ok
    report = text.report(found)
    assert f"\n{said}" in report or f"\n     {said}" in report
    assert (found.training is None) is ("stopped" in said)
    assert max(map(len, report.split("\n"))) <= text.WIDTH
    as_read = json.loads(json.dumps(job.as_json(found), allow_nan=False))
    assert as_read["training_error"] == found.training_error
    assert bool(found.training_error) is ("stopped" in said)


def test_an_update_in_place_of_line_10_is_right(edit):
    edit("dW2 = dW2 + reg * W2", "dW2 += reg * W2")
    assert run().ok


def test_a_line_that_writes_into_a_weight_is_named_though_the_gradients_are_right(edit):
    edit("dW2 = dW2 + reg * W2", "W2 *= reg; dW2 = dW2 + W2")
    found = run()
    assert wrong(found) == []
    assert found.overwritten == ["W2"]
    assert not found.ok
    report = text.report(found)
    assert "The backward pass changed 'W2', which it was given: WRONG." in report
    assert report.endswith("Does NOT agree: W2 overwritten; training.")


# --- training ----------------------------------------------------------------------------------


def one_problem(seed=0, **changes):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(20, 3)), np.arange(20) % 2
    return replace(
        problem.Problem(X[:12], y[:12], X[12:], y[12:], ("a", "b"), "numbers"), **changes
    )


def trained(data, steps, lr=0.1):
    weights = list(post.init(1, data.X.shape[1], 4, 2, data.X.dtype))
    return training.train(data, weights, 1e-3, lr, steps, lambda step: None)


def test_a_wrong_gradient_is_seen_in_training(edit):
    assert trained(one_problem(), 20).ok
    edit("dscores /= N", "dscores /= N - 1")
    found = trained(one_problem(), 20)
    assert not found.ok
    assert found.largest > 1000


DIVERGES = {"float32": 1e30, "float64": 1e200}


@pytest.mark.parametrize("dtype", DIVERGES)
def test_a_loss_that_is_not_finite_stops_both(dtype):
    found = trained(one_problem().astype(dtype), 20, lr=DIVERGES[dtype])
    assert found.diverged is not None
    assert found.diverged <= 4
    assert found.moments == []
    assert not found.ok


@pytest.mark.parametrize("steps", [1, 20])
def test_weights_by_hand_that_are_nan_do_not_agree(steps, edit):
    """The loss is finite before the first step, and not before the second."""
    edit("dhidden = dscores @ W2.T", "dhidden = dscores @ W2.T * np.nan")
    found = trained(one_problem(), steps)
    (moment,) = found.moments
    assert moment.step == min(steps, 2)
    assert np.isfinite(moment.automatic)
    assert moment.radii == found.largest == np.inf
    assert (found.ok, found.diverged) == (False, None)


def test_automatic_weights_that_are_nan_do_not_agree(edit):
    edit("return lines", "return {name: 0 * line for name, line in lines.items()}")
    found = trained(one_problem(), 20, lr=1e200)
    assert np.isfinite(found.moments[-1].by_hand)
    assert found.largest == np.inf
    assert (found.ok, found.diverged) == (False, None)


def test_radii_decide_and_not_how_many_test_rows_are_right():
    moments = [training.Moment(100, 1.0, 1.0, LIMIT), training.Moment(150, 0.5, 0.5, 0.1)]
    found = training.Training(moments, 58, 59, 60, None)
    assert found.ok
    assert found.largest == LIMIT
    assert not replace(found, diverged=120).ok
    assert not replace(found, moments=[replace(moments[0], radii=LIMIT * 1.01), moments[1]]).ok


def test_copies_side_by_side_are_trained_as_each_alone():
    data = one_problem()
    given, copies = {"X": data.X, "y": data.y, "reg": 0.1}, range(training.COPIES)
    start = [post.init(seed, 3, 4, 2) for seed in copies]
    stacked = [tensor(np.stack(arrays), requires_grad=True) for arrays in zip(*start, strict=True)]
    labels = np.stack([data.y for _ in copies])
    alone = [[tensor(w, requires_grad=True) for w in weights] for weights in start]
    for _ in range(5):
        losses = [training.automatic_step(given, weights, 0.1) for weights in alone]
        loss = training.automatic_step({**given, "y": labels}, stacked, 0.1)
        assert distance(np.array(loss), estimated_radius(np.array(sum(losses)))).ok
    for together, *apart in zip(stacked, *alone, strict=True):
        assert distance(together.data, estimated_radius(np.stack([w.data for w in apart]))).ok


def test_a_training_in_float32_can_be_written_as_json():
    json.dumps(job.as_json(run(dtype="float32")), allow_nan=False)


def test_an_example_of_zeros_is_no_error():
    """Its units stand at their kink: by hand they are compared, by complex step they are not."""
    data = one_problem()
    data.X[0] = 0
    found = job.run(data, job.Options(steps=2), own_data=True, progress=lambda step: None)
    assert found.ok
    assert all(line.by_hand.undecided == 0 for line in found.lines)
    left_out = {line.line.name: line.by_step.undecided for line in found.lines}
    assert (left_out["dhidden"], left_out["db1"], left_out["dW1"]) == (6, 6, 0)


def test_the_same_gradients_agree_whatever_rounding_makes_of_them():
    found = run(hidden=10, seed=887, lr=0.06473447487517929, steps=224, dtype="float32")
    assert wrong(found) == []
    assert found.ok
