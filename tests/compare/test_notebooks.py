"""Where functions come from: notebook cells, prompts, decorators, classes; and what cannot be."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import functools
import importlib.util
import linecache
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.sources import place_name

X, W = np.random.default_rng(2).normal(size=(4, 3)), np.ones(3)

FORWARD = """# a comment first

def forward(x, w):
    h = np.tanh(x @ w)
    loss = np.sum(h**2)
    return loss
"""

BACKWARD = """
def backward(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h))
"""

WRONG = "dw = x.T @ (dh * (1 - h))"


class Notebook:
    """Runs cells as IPython does: the source is kept under the name that a cell is compiled by."""

    def __init__(self, pattern):
        self.pattern = pattern
        self.names = {"__name__": "__main__", "np": np}
        self.numbers = {}

    def run(self, text):
        file = self.pattern.format(len(self.numbers) + 1)
        self.numbers[file] = len(self.numbers) + 1
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), self.names)
        return file

    def compare(self):
        return mg.compare(self.names["forward"], self.names["backward"], X, W)


@pytest.fixture(params=["kernels/ipykernel_77/10{}.py", "<ipython-input-{}-0a1b2c>"])
def notebook(request, monkeypatch):
    made = Notebook(request.param)
    shell = SimpleNamespace(compile=SimpleNamespace(_filename_map=made.numbers))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    yield made
    for file in made.numbers:
        linecache.cache.pop(file, None)


def test_functions_of_two_cells(notebook):
    notebook.run(FORWARD)
    notebook.run(BACKWARD)
    report = notebook.compare()
    assert (report.first_wrong.lineno, report.first_wrong.source) == (4, WRONG)
    assert "In [2]:4: wrong derivative." in str(report)
    assert "+    dw = x.T @ (dh * (1 - h**2))" in report.repair
    assert "In [2]:4: wrong derivative." in report._repr_html_()


def test_functions_of_one_cell(notebook):
    notebook.run(FORWARD + BACKWARD)
    assert notebook.compare().first_wrong.lineno == 10


def test_a_cell_that_is_run_again_defines_another_function(notebook):
    notebook.run(FORWARD)
    notebook.run(BACKWARD)
    old = notebook.names["backward"]
    notebook.run("\n\n" + BACKWARD.replace("(1 - h)", "(1 - h**2)"))
    report = notebook.compare()
    assert report.ok
    assert [line.lineno for line in report.lines] == [5, 6]
    assert mg.compare(notebook.names["forward"], old, X, W).first_wrong.lineno == 4


def test_errors_name_the_cell(notebook):
    notebook.run(FORWARD)
    notebook.run("def backward(x, h):\n    dw = x.T @ missing\n")
    with pytest.raises(RuntimeError, match=r"In \[2\]:2: `dw = x.T @ missing`: NameError"):
        notebook.compare()


def test_a_source_that_has_changed_is_not_taken_for_the_old_one(notebook):
    notebook.run(FORWARD)
    file = notebook.run(BACKWARD)
    text = BACKWARD.replace("1 - h", "3 - h")
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    with pytest.raises(ValueError, match=r"In \[2\]:2: the source has changed since backward was"):
        notebook.compare()


def test_a_module_that_was_edited_after_the_import_is_refused(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(f"import numpy as np\n{FORWARD}{BACKWARD}", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("homework", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert mg.compare(module.forward, module.backward, X, W).first_wrong.source == WRONG
    path.write_text(f"import numpy as np\n\n\n{FORWARD}{BACKWARD}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"homework.py:\d+: the source has changed since forward"):
        mg.compare(module.forward, module.backward, X, W)


def test_cells_without_a_number():
    assert place_name("kernels/ipykernel_77/1234.py") == "cell"
    assert place_name("<ipython-input-12-0a1b>") == "In [12]"
    assert place_name("some/folder/homework.py") == "homework.py"


# --- not from a cell -----------------------------------------------------------------------------


def forward(x, w):
    h = np.tanh(x @ w)
    loss = np.sum(h**2)
    return loss


def backward(x, h):
    assert x.ndim == 2  # pytest rewrites this
    dw = x.T @ (2 * h * (1 - h**2))


def test_modules_that_pytest_rewrites():
    report = mg.compare(forward, backward, X, W)
    assert report.ok
    assert report.lines[-1].lineno == backward.__code__.co_firstlineno + 2


def test_decorated_functions():
    def logged(f):
        @functools.wraps(f)
        def call(*args, **kwargs):
            return f(*args, **kwargs)

        return call

    assert mg.compare(logged(forward), logged(backward), X, W).ok
    assert mg.compare(functools.lru_cache(forward), backward, X, W).ok


def test_functions_inside_functions():
    def make(scale):
        def inner(x, w):
            h = scale * np.tanh(x @ w)
            loss = np.sum(h**2)
            return loss

        def back(x, h):
            dw = x.T @ (2 * h * scale * (1 - (h / scale) ** 2))

        return inner, back

    assert mg.compare(*make(3.0), X, W).ok


class Layer:
    @staticmethod
    def forward(x, w):
        h = np.tanh(x @ w)
        loss = np.sum(h**2)
        return loss

    @classmethod
    def backward(cls, x, h):
        dw = x.T @ (2 * h * (1 - h**2))
        return dw

    def __call__(self, x, w):
        return np.sum(x @ w)


def test_static_methods_and_methods_of_classes():
    assert mg.compare(Layer.forward, Layer.backward, X, W).ok
    assert mg.compare(Layer().forward, Layer().backward, X, W).ok


def test_a_function_without_source():
    names = {"np": np}
    exec(FORWARD, names)
    with pytest.raises(ValueError, match="the source of forward is not to be had: write it in a"):
        mg.compare(names["forward"], backward, X, W)


async def later(x, w):
    return np.sum(x @ w)


def bit_by_bit(x, w):
    yield np.sum(x @ w)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda x, w: np.sum(x @ w), "<lambda> is no function made by def: its lines cannot be"),
        (later, "later is asynchronous: its lines cannot be run one by one"),
        (bit_by_bit, "bit_by_bit is a generator: its lines cannot be run one by one"),
        (functools.partial(forward, w=W), "an object of type partial is not a function written in"),
        (Layer(), "an object of type Layer is not a function written in Python: give a function"),
        (Layer, "Layer is not a function written in Python: give a function made by def, or a"),
        (np.exp, "exp is not a function written in Python"),
        (None, "an object of type NoneType is not a function written in Python"),
    ],
)
def test_what_cannot_be_run_line_by_line(given, why):
    with pytest.raises(ValueError, match=why):
        mg.compare(given, backward, X, W)
