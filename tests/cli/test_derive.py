"""``micrograd-np derive``: the backward pass of a function in a file."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.cli import main
from micrograd_np.cli_inputs import Call, Draw
from micrograd_np.rounding import distance, rounding_radius

NET = """\
import numpy as np


def loss(x, y, W1, b1, W2, b2, decay=0.5):
    hidden = np.tanh(x @ W1 + b1)
    error = hidden @ W2 + b2 - y
    loss = (error**2).mean() + decay * (W1**2).sum()
    return loss


def example_inputs():
    draw = np.random.default_rng(0).normal
    W1, W2 = draw(size=(3, 8)), draw(size=(8, 2))
    return draw(size=(20, 3)), draw(size=(20, 2)), W1, draw(size=8), W2, draw(size=2)


if __name__ == "__main__":
    raise SystemExit("this file has been run as a program")
"""

WEIGHTS = ("--wrt", "W1,b1,W2,b2")


@pytest.fixture
def derived(tmp_path, capsys):
    """Return a function that derives a function of a file, and returns what is printed."""

    def run(content, name, *arguments, err=""):
        path = tmp_path / "net.py"
        path.write_text(textwrap.dedent(content), encoding="utf-8")
        assert main(["derive", f"{path}:{name}", *arguments]) == 0
        found = capsys.readouterr()
        assert found.err == err
        return found.out

    return run


def functions(source):
    names = {}
    exec(compile(source, "printed", "exec", dont_inherit=True), names)
    return {name: value for name, value in names.items() if callable(value)}


def only_function(source):
    (found,) = functions(source).values()
    return found


def parameters(function):
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def assert_gradients_are(found, f, args, argnums):
    """Assert that a result and its gradients are those of f, but for rounding."""

    def eager(*values):
        value, gradients = mg.value_and_grad(f, argnums=argnums)(*values)
        return {str(i): each for i, each in enumerate([value, *gradients])}

    wanted = rounding_radius(eager, *args)
    assert len(found) == len(wanted)
    for given, radius in zip(found, wanted.values(), strict=True):
        assert distance(given, radius).ok


# --- what is printed ----------------------------------------------------------------------------


def test_the_source_gives_the_gradients_of_the_function(derived):
    net = functions(NET)
    args = net["example_inputs"]()
    run = only_function(derived(NET, "loss", *WEIGHTS))
    assert parameters(run) == ("x", "y", "W1", "b1", "W2", "b2")
    assert_gradients_are(run(*args), net["loss"], args, (2, 3, 4, 5))
    rng = np.random.default_rng(1)
    others = [rng.normal(size=s) for s in [(7, 2), (7, 3), (2, 5), (5,), (5, 3), (3,)]]
    assert_gradients_are(run(*others), net["loss"], others, (2, 3, 4, 5))


def test_nothing_but_the_source_is_printed(derived):
    noisy = "print('loading')\n" + NET.replace("    error =", "    print('running')\n    error =")
    plain = derived(NET, "loss")
    assert plain.startswith("import numpy as np\n\n\ndef loss_and_gradients(x, y, ")
    assert plain.endswith("\n")
    assert not plain.endswith("\n\n")
    # It is run twice: to see whether it computes the same.
    assert derived(noisy, "loss", err="loading\nrunning\nrunning\n") == plain


def test_a_scalar_network_of_drawn_inputs(derived):
    content = """
        import micrograd_np as mg

        def risk(X, y, W, reg):
            scores = X @ W
            risk = mg.cross_entropy(scores, y) + reg * (W * W).sum()
            return risk
        """
    shapes = ("--shape", "W=4,3", "--shape", "X=90,4", "--shape", "y=90:int")
    source = derived(content, "risk", *shapes, "--value", "reg=0.001", "--wrt", "W")
    run = only_function(source)
    assert parameters(run) == ("X", "y", "W", "reg")
    rng = np.random.default_rng(2)
    args = rng.normal(size=(10, 2)), rng.integers(3, size=10), rng.normal(size=(2, 3)), 0.25
    assert_gradients_are(run(*args), functions(textwrap.dedent(content))["risk"], args, (2,))


def test_by_default_every_floating_point_input_is_differentiated_by(derived):
    content = """
        def f(x, i, s):
            out = (x[i] * s).sum()
            return out
        """
    given = ("--shape=x=5", "--shape=i=3:int", "--value=s=0.5")
    found = json.loads(derived(content, "f", *given, "--json"))
    assert found["outputs"] == ["out", "dx", "ds"]
    found = json.loads(derived(content, "f", *given, "--json", "--wrt=s"))
    assert found["outputs"] == ["out", "ds"]


def test_everything_as_json(derived):
    found = json.loads(derived(NET, "loss", "--json", *WEIGHTS))
    assert [item["name"] for item in found["inputs"]] == ["x", "y", "W1", "b1", "W2", "b2"]
    assert found["inputs"][0] == {"name": "x", "shape": [20, 3], "dtype": "float64"}
    assert found["outputs"] == ["loss", "dW1", "db1", "dW2", "db2"]
    statements = {item["name"]: item for item in found["statements"]}
    assert set(found["outputs"]) <= set(statements)
    hidden = statements["hidden"]
    assert (hidden["shape"], hidden["dtype"]) == ([20, 8], "float64")
    assert (hidden["line"], hidden["phase"]) == (5, "forward")
    assert hidden["text"].startswith("np.tanh(")
    assert (statements["dW2"]["line"], statements["dW2"]["phase"]) == (None, "backward")
    assert found["source"] == derived(NET, "loss", *WEIGHTS)
    assert found["latex"] == derived(NET, "loss", *WEIGHTS, "--latex")
    assert found["torch"] == derived(NET, "loss", *WEIGHTS, "--torch")
    assert found["missing"] == {}


def test_what_torch_does_not_have_is_null(derived):
    content = """
        def f(x):
            out = (x * x.astype("uint32")).sum()
            return out
        """
    found = json.loads(derived(content, "f", "--shape", "x=3", "--json"))
    assert found["torch"] is None
    assert found["missing"]["torch"].startswith("torch has no dtype uint32; it has ")
    assert "uint32" in found["source"]


def test_the_forward_pass_in_torch(derived):
    torch = pytest.importorskip("torch", reason="torch runs what is printed")
    run = only_function(derived(NET, "loss", "--torch"))
    net = functions(NET)
    args = net["example_inputs"]()
    value = run(*(torch.tensor(arg) for arg in args))
    wanted = rounding_radius(lambda *given: {"loss": net["loss"](*given)}, *args)["loss"]
    assert distance(value.numpy(), wanted).ok


def test_code_and_mathematics(derived):
    code, mathematics = derived(NET, "loss"), derived(NET, "loss", "--latex")
    assert r"\tanh" in mathematics
    assert "import" not in mathematics
    assert derived(NET, "loss", "--latex", "--numpy") == f"{code}\n{mathematics}"
    assert derived(NET, "loss", "--numpy") == code


def test_the_table_fits_the_width(derived):
    table = derived(NET, "loss", "--table")
    assert max(map(len, table.splitlines())) <= 100
    assert "hidden" in table


# --- the inputs ---------------------------------------------------------------------------------


def test_inputs_by_name_and_options_before_them(derived):
    content = """
        import numpy as np

        def f(x, *, w, bias=2.0):
            out = (x * w + bias).sum()
            return out

        def example_inputs():
            return {"w": np.ones(3), "x": np.ones((4, 3))}
        """
    found = json.loads(derived(content, "f", "--shape", "x=7,3", "--json"))
    assert [(it["name"], it["shape"]) for it in found["inputs"]] == [("x", [7, 3]), ("w", [3])]
    run = only_function(found["source"])
    out, dx, dw = run(np.ones((5, 3)), np.full(3, 0.5))
    assert out == 5 * 3 * 2.5
    np.testing.assert_array_equal(dx, np.full((5, 3), 0.5))
    np.testing.assert_array_equal(dw, [5.0, 5.0, 5.0])


def test_a_default_may_be_given(derived):
    found = json.loads(derived(NET, "loss", "--value", "decay=0.25", "--json"))
    assert [it["name"] for it in found["inputs"]][-1] == "decay"
    assert found["outputs"][-1] == "ddecay"


def test_a_default_before_a_given_one_stays(derived):
    content = """
        def f(x, scale=3.0, shift=0.0):
            out = (scale * x + shift).sum()
            return out
        """
    run = only_function(derived(content, "f", "--shape", "x=4", "--value", "shift=1.5"))
    assert parameters(run) == ("x", "shift")
    assert run(np.ones(4), 0.5)[0] == 14.0


def test_any_number_of_arguments(derived):
    content = """
        import numpy as np

        def f(x, *weights, power=2):
            for w in weights:
                x = x @ w
            out = (x**power).sum()
            return out

        def example_inputs():
            return np.ones((5, 4)), np.ones((4, 3)), np.ones((3, 2))
        """
    run = only_function(derived(content, "f", "--wrt", "x"))
    args = [np.random.default_rng(i).normal(size=s) for i, s in enumerate([(5, 4), (4, 3), (3, 2)])]
    assert_gradients_are(run(*args), functions(textwrap.dedent(content))["f"], args, (0,))


def test_example_inputs_are_not_called_if_nothing_is_missing(derived):
    content = """
        def f(x, reg=1.0):
            out = reg * x.sum()
            return out

        def example_inputs():
            raise RuntimeError("called")
        """
    assert parameters(only_function(derived(content, "f", "--shape", "x=3"))) == ("x",)


def test_what_is_drawn_is_told_by_the_seed_alone():
    def drawn(seed, *names):
        call = Call(lambda x, y, z: x, "net.py:f")
        draws = {"x": Draw((50,), "float64"), "y": Draw((50,), "int64"), "z": 2.0}
        call.give({name: draws[name] for name in names}, seed)
        assert call.names == ["x", "y", "z"]
        return call.values

    (x, y, z), others = drawn(3, "x", "y", "z"), drawn(3, "z", "y", "x")
    np.testing.assert_array_equal(x, others[0])
    np.testing.assert_array_equal(y, others[1])
    assert set(y.tolist()) == {0, 1}
    assert z == others[2] == 2.0
    assert not np.array_equal(x, drawn(4, "x", "y", "z")[0])


def test_float32_is_kept(derived):
    content = "def f(x):\n    out = (x * x).sum()\n    return out\n"
    found = json.loads(derived(content, "f", "--shape", "x=3:float32", "--json"))
    assert {it["dtype"] for it in found["inputs"] + found["statements"]} == {"float32"}


def test_values_can_be_called_otherwise(derived):
    renamed = ("--name", "x=features", "--name", "hidden=h")
    found = json.loads(derived(NET, "loss", *renamed, "--json"))
    assert "h" in {it["name"] for it in found["statements"]}
    assert parameters(only_function(found["source"]))[0] == "features"


def test_undefined_for_some_numbers_is_no_warning(derived):
    content = "import numpy as np\ndef f(x):\n    out = np.log(x).sum()\n    return out\n"
    assert "np.log(x)" in derived(content, "f", "--shape", "x=50")


# --- the file -----------------------------------------------------------------------------------


def test_what_stands_beside_the_file_can_be_imported(derived, tmp_path):
    (tmp_path / "beside_the_file.py").write_text("def twice(x):\n    return 2 * x\n")
    before = list(sys.path)
    content = """
        def f(x):
            from beside_the_file import twice
            out = twice(x).sum()
            return out
        """
    assert "2 * x" in derived(content, "f", "--shape", "x=3")
    assert sys.path == before
    assert "beside_the_file" not in sys.modules


def test_a_file_may_have_the_name_of_a_module(tmp_path, capsys):
    for name in ("numpy.py", "micrograd_np.py", "json.py", "numpy.linalg.py"):
        path = tmp_path / name
        path.write_text(NET, encoding="utf-8")
        assert main(["derive", f"{path}:loss"]) == 0
        out, err = capsys.readouterr()
        assert (out.count("hidden = np.tanh(x @ W1 + b1)"), err) == (1, "")
    assert not list(tmp_path.glob("__pycache__"))


def test_dataclasses_work_in_the_file(derived):
    content = """
        from __future__ import annotations
        from dataclasses import dataclass

        @dataclass
        class Scale:
            factor: float = 2.0

        def f(x):
            out = Scale().factor * x.sum()
            return out
        """
    assert "2.0 * x.sum()" in derived(content, "f", "--shape", "x=3")


def test_as_a_process(tmp_path):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    command = [sys.executable, "-m", "micrograd_np", "derive", "net.py:loss", *WEIGHTS]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stderr) == (0, "")
    # Written to a file, it runs without the library.
    (tmp_path / "written.py").write_text(found.stdout, encoding="utf-8")
    check = (
        "import sys; from net import example_inputs; from written import loss_and_gradients as f; "
        "print(*(g.shape for g in f(*example_inputs())), 'micrograd_np' in sys.modules)"
    )
    command = [sys.executable, "-c", check]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert found.stdout == "() (3, 8) (8,) (8, 2) (2,) False\n", found.stderr


def test_help_imports_nothing_of_programs():
    check = (
        "import sys; from micrograd_np.cli import main\n"
        "try: main(['derive', '--help'])\n"
        "except SystemExit as left: print(left.code, 'micrograd_np.program' in sys.modules)"
    )
    command = [sys.executable, "-c", check]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert found.stdout.startswith("usage: micrograd-np derive ")
    assert found.stdout.endswith("\n0 False\n")


def test_the_help_of_the_command_names_it(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "micrograd-np derive FILE.py:function" in capsys.readouterr().out
