"""``mg.compare`` from end to end: right passes are right, and what is reported can be used."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

import micrograd_np as mg
from compare import right_passes as passes
from micrograd_np.compare import BackwardIsWrong
from micrograd_np.compare.running.paths import leaves

RNG = np.random.default_rng(17)


def normal(*shape):
    return RNG.normal(size=shape)


Y = np.eye(3)[[0, 1, 2, 2, 1]]
LABELS = np.array([0, 2, 1, 2, 0, 1])
SIGNS = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
PARAMS = {"W1": normal(3, 4), "W2": normal(4, 2)}
HALF = RNG.random((4, 5)) < 0.5
CAUSAL = np.tril(np.ones((5, 5), bool))
AFFINE = passes.Affine(normal(3, 4), normal(4))

RIGHT = {
    "linear": (passes.linear, passes.linear_back, (normal(6, 3), normal(6), normal(3), 0.5)),
    "logistic": (passes.logistic, passes.logistic_back, (normal(5, 3), SIGNS, normal(3), 0.1)),
    "one_hot": (passes.one_hot, passes.one_hot_back, (normal(5, 4), Y, normal(4, 3))),
    "hinge": (passes.hinge, passes.hinge_back, (normal(6, 4), LABELS, normal(4, 3), 0.01)),
    "lasso": (passes.lasso, passes.lasso_back, (normal(5, 3), normal(5), normal(3), 0.1)),
    "factors": (
        passes.factors,
        passes.factors_back,
        (normal(4, 5), HALF, normal(4, 2), normal(5, 2)),
    ),
    "dropout": (passes.dropout, passes.dropout_back, (normal(4, 3), normal(3, 5), HALF, 0.5)),
    "batchnorm": (passes.batchnorm, passes.batchnorm_back, (normal(7, 3), normal(3), normal(3))),
    "layernorm": (passes.layernorm, passes.layernorm_back, (normal(4, 6), normal(6))),
    "layers": (
        passes.layers,
        passes.layers_back,
        (normal(5, 3), [normal(3, 4), normal(4, 2)], [normal(4), normal(2)]),
    ),
    "recurrent": (
        passes.recurrent,
        passes.recurrent_back,
        (normal(4, 3), normal(3, 5), normal(5, 5)),
    ),
    "convolution": (passes.convolution, passes.convolution_back, (normal(9), normal(3))),
    "embedding": (
        passes.embedding,
        passes.embedding_back,
        (LABELS.reshape(2, 3), normal(4, 3), normal(3, 2)),
    ),
    "attention": (
        passes.attention,
        passes.attention_back,
        (normal(5, 3), normal(5, 3), normal(5, 4), CAUSAL),
    ),
    "with_helpers": (passes.with_helpers, passes.with_helpers_back, (normal(6, 3), PARAMS)),
    "step": (passes.step, None, (normal(6, 4), LABELS, normal(4, 3))),
    "methods": (AFFINE.forward, AFFINE.backward, (normal(6, 3),)),
}

SAME = 8
"""Up to so many radii two gradients count as equal."""


def compared(name, change=lambda value: value):
    forward, backward, inputs = RIGHT[name]
    return mg.compare(forward, backward, *(change(value) for value in inputs))


# --- right passes --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_pass_is_right(name):
    report = compared(name)
    assert report.ok, str(report)
    assert report.first_wrong is None
    assert report.repair is None
    assert {line.verdict for line in report.lines} <= {"ok", "-"}
    assert report.gradients
    assert all(0 <= one.radii <= SAME for one in report.gradients)
    assert "are right: at most" in str(report)
    report.raise_if_wrong()


@pytest.mark.parametrize("name", sorted(RIGHT.keys() - {"recurrent"}))
def test_every_line_of_a_right_pass_is_within_rounding(name):
    for line in compared(name).lines:
        assert line.radii is None or 0 <= line.radii <= SAME, line


@pytest.mark.parametrize("name", ["linear", "logistic", "dropout", "embedding", "with_helpers"])
def test_a_right_pass_is_right_in_single_precision(name):
    def single(value):
        is_floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return value.astype(np.float32) if is_floating else value

    report = compared(name, single)
    assert report.ok, str(report)
    assert all(one.radii <= SAME for one in report.gradients)


@pytest.mark.parametrize("name", ["linear", "hinge", "attention", "embedding", "convolution"])
def test_every_line_of_a_backward_pass_is_in_the_report(name):
    _, backward, _ = RIGHT[name]
    report = compared(name)
    first = backward.__code__.co_firstlineno
    assert all(line.lineno > first and line.function == backward.__name__ for line in report.lines)
    assert [line.lineno for line in report.lines] == sorted(line.lineno for line in report.lines)
    assert all(line.source in str(report) for line in report.lines if len(line.source) <= 40)


def test_labels_that_are_all_the_last_class_are_drawn_anew():
    labels = np.full(1, 3)
    assert mg.compare(passes.step, None, normal(1, 6), labels, normal(6, 4)).ok
    assert mg.compare(passes.step, None, normal(5, 6), labels.repeat(5), normal(6, 4)).ok


def test_a_number_may_be_an_array_without_axes():
    inputs = normal(6, 3), normal(6), normal(3), np.array(0.5)
    report = mg.compare(passes.linear, passes.linear_back, *inputs)
    assert report.ok
    assert {gradient.name for gradient in report.gradients} == {"dw", "db"}


def test_lines_say_what_they_compute():
    meanings = {line.target: line.meaning for line in compared("linear").lines}
    assert meanings == {"derror": "dL/derror", "dw": "dL/dw", "db": "dL/db"}


def test_inputs_are_not_changed():
    for name, (_, _, inputs) in RIGHT.items():
        before = {path: np.copy(value) for path, value in leaves(list(inputs), "inputs")}
        compared(name)
        for path, value in leaves(list(inputs), "inputs"):
            assert np.array_equal(value, before[path]), (name, path)


# --- a wrong one ---------------------------------------------------------------------------------


def forward(X, y, W):
    scores = X @ W
    probs = passes.softmax(scores)
    N = len(y)
    return -np.log(probs[np.arange(N), y]).mean()


def backward(X, y, N, probs):
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dW = X.T @ dscores
    return dW  # noqa: RET504  (it has a name)


@pytest.fixture(scope="module")
def wrong():
    return mg.compare(forward, backward, normal(6, 4), LABELS, normal(4, 3))


def test_a_wrong_pass_names_its_line(wrong):
    assert not wrong.ok
    assert wrong.first_wrong.source in (
        "dscores[np.arange(N), y] -= 1",
        "dW = X.T @ dscores",
    )
    assert wrong.first_wrong.verdict == "wrong"
    assert wrong.first_wrong.kind == "scale"
    assert "test_compare.py:" in str(wrong)
    assert "wrong gradients: dW" in str(wrong)
    assert [(one.name, one.ok) for one in wrong.gradients] == [("dW", False)]


def test_the_text_is_at_most_100_columns_wide(wrong):
    for report in (wrong, *map(compared, ("batchnorm", "embedding", "attention"))):
        assert max(map(len, str(report).split("\n"))) <= 100
        assert repr(report) == str(report)


def test_a_wrong_pass_raises_an_assertion_error_with_the_report(wrong):
    with pytest.raises(BackwardIsWrong) as caught:
        wrong.raise_if_wrong()
    assert isinstance(caught.value, AssertionError)
    assert str(wrong) in str(caught.value)


def test_assert_backward_correct_is_for_tests():
    given = normal(6, 4), LABELS, normal(4, 3)
    with pytest.raises(AssertionError, match="wrong gradients: dW"):
        mg.compare.assert_backward_correct(forward, backward, *given)
    good, back, inputs = RIGHT["linear"]
    assert mg.compare.assert_backward_correct(good, back, *inputs) is None


def test_json_holds_everything(wrong):
    def no_constant(name):
        raise AssertionError(f"{name} is no JSON")

    data = json.loads(wrong.to_json(), parse_constant=no_constant)
    assert (data["ok"], data["repair"]) == (False, wrong.repair)
    assert data["first_wrong"]["lineno"] == wrong.first_wrong.lineno
    assert data["first_wrong"]["radii"] is None
    assert [line["source"] for line in data["lines"]] == [line.source for line in wrong.lines]
    assert [one["name"] for one in data["gradients"]] == ["dW"]
    assert data["explanation"]
    good = json.loads(compared("linear").to_json(), parse_constant=no_constant)
    assert (good["ok"], good["first_wrong"]) == (True, None)


class Page(HTMLParser):
    """Checks that tags are closed in order, and keeps what they hold."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text, self.addresses = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_html_is_a_page_of_its_own(wrong, tmp_path):
    path = tmp_path / "report.html"
    wrong.to_html(path)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.addresses == []
    assert "script" not in page.tags
    assert "http" not in text
    assert text.startswith("<!doctype html>")
    shown = "".join(page.text)
    assert all(line.source in shown for line in wrong.lines)
    assert wrong.repair in shown
    assert "svg" in page.tags


def test_html_in_a_notebook_is_an_element(wrong):
    page = Page(wrong._repr_html_())
    assert page.open == []
    assert page.tags[0] == "div"
    assert {"html", "body", "head"}.isdisjoint(page.tags)


def compares(X, w):
    small = X @ w < 0.5
    loss = np.sum((X @ w) ** 2 * small)
    return loss  # noqa: RET504  (it has a name)


def compares_back(X, w, small):
    dz = 2 * (X @ w) * small if X.size < 1e9 and w.size > 0 else None
    dw = X.T @ dz
    return dw  # noqa: RET504


def test_html_shows_signs_as_they_are_written():
    report = mg.compare(compares, compares_back, normal(5, 3), normal(3))
    text = report._repr_html_()
    assert report.ok
    assert "X.size &lt; 1e9 and w.size &gt; 0" in text
    assert "X.size < 1e9" in "".join(Page(text).text)


def test_no_file_is_written(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = compared("linear")
    assert report.to_json()
    assert str(report)
    assert list(tmp_path.iterdir()) == []
