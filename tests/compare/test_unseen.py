"""What a check could not have seen: the mistakes do pass it, and are seen on what is offered."""

import importlib
import importlib.util
import json
import textwrap

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare import comparing
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.unseen.gaps import gaps
from micrograd_np.compare.unseen.rows import OWN
from micrograd_np.compare.unseen.variations import changed

NETWORK = """
    import numpy as np

    def forward(X, y, W1, b1, W2, reg):
        N = len(X)
        hidden = np.maximum(X @ W1 + b1, 0)
        scores = hidden @ W2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(N), y]).mean()
        loss = loss + 0.5 * reg * (np.sum(W1**2) + np.sum(W2**2))
        return loss

    def backward(X, y, W1, W2, reg, N, hidden, probs):
        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        dW2 = hidden.T @ dscores
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        dW1 = X.T @ dhidden
        db1 = dhidden.sum(axis=0)
        dW2 += reg * W2
        dW1 += reg * W1
        return {"W1": dW1, "b1": db1, "W2": dW2}
    """

BRANCH = NETWORK.replace(
    "        dW2 += reg * W2\n        dW1 += reg * W1\n",
    "        if reg > 0:\n            dW2 += reg * W2\n            dW1 += reg * W1\n",
)

FLAGS = """
    import numpy as np

    def forward(X, y, w, b, intercept, reduction):
        z = X @ w
        if intercept:
            z = z + b
        r = z - y
        loss = np.mean(r**2) if reduction == "mean" else np.sum(r**2)
        return loss

    def backward(X, b, r, intercept, reduction):
        print("backward")
        dr = 2 * r
        if reduction == "mean":
            dr = dr / len(r)
        dw = X.T @ dr
        db = np.zeros_like(b)
        if intercept:
            db += dr.sum()
        return {"w": dw, "b": db}
    """

EMBEDDING = """
    import numpy as np

    def forward(tokens, E, W):
        v = E[tokens]
        s = np.tanh(v @ W)
        return np.sum(s**2)

    def backward(tokens, E, W, v, s):
        ds = 2 * s * (1 - s**2)
        dW = v.T @ ds
        dv = ds @ W.T
        dE = np.zeros_like(E)
        np.add.at(dE, tokens, dv)
        return {"E": dE, "W": dW}
    """

DROPOUT = """
    import numpy as np

    def forward(x, W, mask):
        a = x @ W
        h = np.maximum(a, 0) * mask
        return np.sum(h**2), (x, a, h, mask)

    def backward(cache):
        x, a, h, mask = cache
        da = 2 * h * mask
        da[a <= 0] = 0
        dW = x.T @ da
        return {"W": dW}
    """


HUBER = """
    import numpy as np

    def forward(x, y, w):
        r = x @ w - y
        small = np.abs(r) <= 1
        return np.where(small, 0.5 * r**2, np.abs(r) - 0.5).mean()

    def backward(x, r, small):
        dr = np.where(small, r, np.sign(r)) / len(r)
        dw = x.T @ dr
        return {"w": dw}
    """


def normal(*shape, seed=5):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def network(n=40, **others):
    inputs = {
        "X": normal(n, 4),
        "y": np.arange(n) % 3,
        "W1": normal(4, 5),
        "b1": 0.1 * normal(5),
        "W2": normal(5, 3),
        "reg": 0.1,
    }
    return inputs | others


def flags(**others):
    return {"X": normal(9, 4), "y": normal(9), "w": normal(4), "b": normal(1),
            "intercept": True, "reduction": "mean"} | others  # fmt: skip


MASK = "dhidden[hidden <= 0] = 0"
PENALTY = {"dW2 += reg * W2", "dW1 += reg * W1"}
DEAD = np.array([0.1, -50, 0.2, 0.1, -60])

SCENARIOS = {
    "a whole number that is 0": (NETWORK, network(reg=0), "reg is 0", "reg=0.1", PENALTY),
    "a number that is 0": (NETWORK, network(reg=0.0), f"{OWN}reg is 0", "reg=0.1", PENALTY),
    "a number that is almost 0": (
        NETWORK, network(reg=1e-13), f"{OWN}reg is 1e-13", "reg=0.1", PENALTY,
    ),
    "a branch that is not taken": (BRANCH, network(reg=0), "reg is 0", "reg=0.1", PENALTY),
    "one example": (
        NETWORK, network(1), "N is 1", "X, y = np.repeat(X, 3, 0), np.repeat(y, 3, 0)",
        {"dscores /= N", "db1 = dhidden.sum(axis=0)"},
    ),
    "nothing is negative": (
        NETWORK, network(b1=30 + normal(5)), f"{OWN}hidden is positive throughout", "b1 = -b1",
        {MASK},
    ),
    "nothing is negative by its weights": (
        NETWORK, network(X=np.abs(normal(40, 4)), W1=np.abs(normal(4, 5)), b1=np.zeros(5)),
        f"{OWN}hidden is positive throughout", None, {MASK},
    ),
    "nothing is positive": (
        NETWORK, network(b1=np.full(5, -50.0)), "hidden is 0 throughout", "b1 = -b1",
        {"dscores[np.arange(N), y] -= 1", "dscores /= N", "dW2 = hidden.T @ dscores",
         "dhidden = dscores @ W2.T", "dW1 = X.T @ dhidden"},
    ),
    "weights that begin at 0": (
        NETWORK, network(W2=np.zeros((5, 3))), f"{OWN}W2 is 0 throughout",
        "W2 = np.random.default_rng(0).normal(size=(5, 3))",
        {MASK, "dhidden = dscores @ W2.T", "dW1 = X.T @ dhidden", "db1 = dhidden.sum(axis=0)",
         *PENALTY},
    ),
    "dead units": (
        NETWORK, network(b1=DEAD), f"{OWN}units 1 and 4 of hidden are dead (hidden[:, 1] is 0)",
        "b1[[1, 4]] = 1",
        {"dW2 = hidden.T @ dscores", MASK, "dW1 = X.T @ dhidden", "db1 = dhidden.sum(axis=0)"},
    ),
    "a flag": (
        FLAGS, flags(intercept=False), "intercept is False", "intercept=True",
        {"db += dr.sum()"},
    ),
    "a text": (
        FLAGS, flags(reduction="sum"), "reduction is 'sum'", "reduction='mean'",
        {"dr = dr / len(r)"},
    ),
    "indices without repetition": (
        EMBEDDING, {"tokens": np.array([0, 3, 2]), "E": normal(5, 3), "W": normal(3, 2)},
        f"{OWN}no value in tokens occurs twice", "tokens[0] = tokens[1]",
        {"np.add.at(dE, tokens, dv)"},
    ),
    "errors that are all small": (
        HUBER, {"x": normal(9, 3), "y": 0.1 * normal(9), "w": 0.1 * normal(3)},
        f"{OWN}small is True throughout", "x = 10 * x",
        {"dr = np.where(small, r, np.sign(r)) / len(r)"},
    ),
    "a mask that keeps everything": (
        DROPOUT, {"x": normal(9, 3), "W": normal(3, 4), "mask": np.ones((9, 4), bool)},
        f"{OWN}mask is True throughout",
        "mask = np.random.default_rng(0).random(mask.shape) < 0.5", {"da = 2 * h * mask"},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def enough_time(monkeypatch):
    monkeypatch.setattr(comparing, "ADEQUACY", 300.0)


def found_in(made, inputs):
    """Return the gaps of a module's check, with the mistakes."""
    subject = Subject(made.forward, made.backward)
    comparison = comparing.Comparison(subject, subject.bind((), inputs), None, 2.0)
    return gaps(comparison.own, comparison.cases, {}, TimeBox(300))


def with_mistake(text, mutant):
    """Return a text with a mistake in one of its lines."""
    lines = textwrap.dedent(text).split("\n")
    row = lines[mutant.node.lineno - 1]
    margin = row[: len(row) - len(row.lstrip())]
    lines[mutant.node.lineno - 1] = textwrap.indent(mutant.text, margin)
    return "\n".join(lines)


def gradients(made, inputs):
    """Run a backward pass as Python does."""
    subject = Subject(made.forward, made.backward)
    with np.errstate(all="ignore"):
        state = subject.run_forward(changed(inputs, "pass"))
        return made.backward(**subject.arguments(state))


def agree(one, other):
    return all(
        np.shape(one[k]) == np.shape(v) and np.allclose(one[k], v, rtol=1e-7, atol=1e-10)
        for k, v in other.items()
    )


# --- what is said, and that it is so --------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_reason_the_lines_and_the_offer_are_told(name, load):
    text, inputs, cause, offer, sources = SCENARIOS[name]
    made = load(text)
    report = mg.compare(made.forward, made.backward, **inputs)
    assert report.ok
    (row,) = (row for row in report.unseen if row.startswith(cause))
    assert offer is None or row.endswith(f"(try {offer})")
    (gap,) = (gap for gap in found_in(made, inputs) if str(gap) == row)
    lines = textwrap.dedent(text).split("\n")
    assert {lines[m.node.lineno - 1].strip() for m in gap.mutants} == sources


@pytest.mark.parametrize("name", SCENARIOS)
def test_mistakes_that_are_said_to_be_unseen_are(name, load):
    text, inputs, *_ = SCENARIOS[name]
    right = load(text)
    found = found_in(right, inputs)
    assert found
    for gap in found:
        assert gap.mutants
        offered = changed(inputs, gap.offer)
        assert mg.compare(right.forward, right.backward, **offered).ok
        for mutant in gap.mutants:
            wrong = load(with_mistake(text, mutant))
            assert agree(gradients(right, inputs), gradients(wrong, inputs)), mutant.text
            if not gap.is_own:
                assert mg.compare(wrong.forward, wrong.backward, **inputs).ok, mutant.text
            try:
                new = gradients(wrong, offered)
            except (ValueError, TypeError, IndexError):
                continue  # seen: it raises an error
            assert not agree(gradients(right, offered), new), (str(gap), mutant.text)


@pytest.mark.parametrize("name", ["a whole number that is 0", "one example", "a flag", "a text"])
def test_on_what_is_offered_the_check_sees_the_mistakes(name, load):
    text, inputs, *_ = SCENARIOS[name]
    for gap in found_in(load(text), inputs):
        offered = changed(inputs, gap.offer)
        for mutant in gap.mutants:
            wrong = load(with_mistake(text, mutant))
            try:
                report = mg.compare(wrong.forward, wrong.backward, seconds=0.0, **offered)
            except RuntimeError:
                continue  # seen: it raises an error
            assert not report.ok, (str(gap), mutant.text)


@pytest.mark.parametrize(
    ("old", "inputs", "row"),
    [
        (
            "        dW2 += reg * W2\n        dW1 += reg * W1\n", network(reg=0),
            "reg is 0; with reg=0.1, dW1 and dW2 are wrong",
        ),
        (
            "        dscores /= N\n", network(1, reg=0.1),
            "N is 1; with X, y = np.repeat(X, 3, 0), np.repeat(y, 3, 0), dW1, dW2 and db1 are "
            "wrong",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_on_other_inputs_is_told(old, inputs, row, load):
    made = load(NETWORK.replace(old, ""))
    report = mg.compare(made.forward, made.backward, **inputs)
    assert report.ok
    assert row in [one.replace("['", "").replace("']", "") for one in report.unseen]
    offered = changed(inputs, row.partition("with ")[2].rpartition(", dW1")[0])
    assert not mg.compare(made.forward, made.backward, **offered).ok


# --- what is not said -----------------------------------------------------------------------------


def test_generic_inputs_leave_nothing_unseen(load):
    for text, inputs in ((NETWORK, network()), (BRANCH, network(60)), (FLAGS, flags())):
        made = load(text)
        report = mg.compare(made.forward, made.backward, **inputs)
        assert report.ok
        assert [row for row in report.unseen if "dead" in row or row.startswith(OWN)] == []
    assert mg.compare(load(NETWORK).forward, load(NETWORK).backward, **network()).unseen == ()


PASSES = ("attention", "convolution", "embedding_batchnorm", "factorization", "layers_list",
          "lstm", "rnn")  # fmt: skip


@pytest.mark.parametrize("name", PASSES)
def test_passes_on_generic_inputs_have_no_gaps(name):
    made = importlib.import_module(f"benchmarks.localise.passes.{name}")
    given = made.example_inputs()
    args, kwargs = (given, {}) if isinstance(given, tuple) else ((), given)
    assert mg.compare(made.forward, made.backward, *args, **kwargs).unseen == ()


@pytest.mark.parametrize(
    ("name", "units"),
    [("post", "unit 3 of hidden is dead (hidden[:, 3] is 0)"),
     ("three_layer", "units 2 and 5 of h1 are dead (h1[:, 2] is 0)"),
     ("vae", "unit 3 of g is dead (g[:, 3] is 0)"),
     ("hinge", "unit 5 of dropped is dead (dropped[:, 5] is 0)")],
)  # fmt: skip
def test_passes_on_inputs_with_dead_units_name_them(name, units):
    made = importlib.import_module(f"benchmarks.localise.passes.{name}")
    given = made.example_inputs()
    (row,) = mg.compare(made.forward, made.backward, **given).unseen
    assert row.startswith(f"{OWN}{units}, so what line")
    path, number = units.split("(")[1].split("[")[0], int(units.split("[:, ")[1].split("]")[0])
    variables = Subject(made.forward, made.backward).run_forward(given).variables
    hidden = variables[path] if path in variables else variables["cache"][path]
    assert not hidden[:, number].any()


def test_a_wrong_pass_without_a_repair_says_nothing_of_what_is_unseen(load):
    made = load(NETWORK.replace("dhidden = dscores @ W2.T", "dhidden = np.cos(hidden) * reg**3"))
    report = mg.compare(made.forward, made.backward, seconds=0.3, **network(reg=0.0))
    assert not report.ok
    assert report.repair is None
    assert report.unseen == ()


def test_what_a_repaired_pass_leaves_unseen_is_told(load):
    made = load(NETWORK.replace("hidden <= 0", "hidden < 0"))
    report = mg.compare(made.forward, made.backward, seconds=20.0, **network(reg=0))
    assert report.first_wrong.source == "dhidden[hidden < 0] = 0"
    (row,) = report.unseen
    assert row.startswith("reg is 0, so a mistake in lines 23-24 does not show")


# --- how it is shown ------------------------------------------------------------------------------


def test_rows_are_shown_as_text_html_and_json(load):
    made = load(NETWORK)
    report = mg.compare(made.forward, made.backward, **network(reg=0, b1=DEAD))
    always, own = report.unseen
    text = str(report)
    assert max(map(len, text.split("\n"))) <= 100
    joined = " ".join(text.split())
    assert f"this check could not see: - {always}" in joined
    assert f"{OWN}- {own.removeprefix(OWN)}" in joined
    assert f"<li>{always}</li>" in report._repr_html_()
    assert f"<li>{own.removeprefix(OWN)}</li>" in report._repr_html_()
    assert json.loads(report.to_json())["unseen"] == [always, own]


def test_what_the_code_prints_is_not_printed_for_every_mistake(load, capsys):
    made = load(FLAGS)
    mg.compare(made.forward, made.backward, **flags())
    assert capsys.readouterr().out.count("backward") < 12


def test_inputs_stay_as_they_are(load):
    made = load(NETWORK)
    given = network(1, reg=0, W2=np.zeros((5, 3)))
    before = {name: np.copy(value) for name, value in given.items()}
    assert mg.compare(made.forward, made.backward, **given).unseen
    assert all(np.array_equal(given[name], value) for name, value in before.items())


def test_where_the_time_is_over_at_once_nothing_is_refused(load, monkeypatch):
    """A machine may stall for seconds, and then the pass itself must not be taken for a loop."""
    monkeypatch.setattr(comparing, "TimeBox", lambda seconds: TimeBox(-1.0))
    made = load(NETWORK)
    report = mg.compare(made.forward, made.backward, **network())
    assert report.ok
    assert report.unseen == ()
