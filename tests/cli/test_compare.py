"""``micrograd-np compare``: a file with a forward and a backward pass, checked line by line."""

import json
import textwrap

import pytest

from micrograd_np.cli import main

RIGHT = """
    import numpy as np

    def forward(x, y, W, b):
        h = np.tanh(x @ W + b)
        error = h - y
        loss = np.mean(error**2)
        return loss

    def backward(x, h, error):
        dh = 2 * error / error.size
        da = dh * (1 - h**2)
        dW = x.T @ da
        db = da.sum(axis=0)
        return dW, db

    def example_inputs():
        rng = np.random.default_rng(0)
        sizes = (6, 3), (6, 4), (3, 4), (4,)
        return tuple(rng.normal(size=size) for size in sizes)
    """

WRONG = RIGHT.replace("(1 - h**2)", "(1 - h)")

LONG = WRONG.replace("error.size", f"(error.size{' * 1' * 30})").replace("h)", f"h{' * 1' * 30})")

STEP = """
    import numpy as np

    def train(x, w):
        loss = np.sum(np.sin(x @ w))
        dw = x.T @ np.cos(x @ w)
        return loss, dw

    def example_inputs():
        return {"x": np.arange(12.0).reshape(4, 3), "w": np.array([0.5, -1, 2])}
    """


@pytest.fixture
def command(tmp_path, capsys):
    """Return a function from a file's content and arguments to status, output and errors."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(content, *arguments):
        path = folder / "homework.py"
        path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        before = path.read_bytes()
        try:
            status = main(["compare", str(path), *arguments])
        except SystemExit as left:  # how argparse leaves
            status = left.code
        out, err = capsys.readouterr()
        assert path.read_bytes() == before
        assert [one.name for one in folder.iterdir()] == ["homework.py"]
        return status, out, err.replace(str(path), "homework.py")

    return run


@pytest.fixture
def refused(command):
    """Return a function from a file's content and arguments to the one line of the refusal."""

    def why(content, *arguments):
        status, out, err = command(content, *arguments)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        beginning = "micrograd-np compare: error: "
        assert err.startswith(beginning)
        return err.removeprefix(beginning).rstrip("\n")

    return why


# --- reports -------------------------------------------------------------------------------------


def test_a_right_pass_gives_status_0(command):
    status, out, err = command(RIGHT)
    assert (status, err) == (0, "")
    assert "All 4 lines and 2 gradients are right" in out
    assert [row.split()[0] for row in out.split("\n")[1:5]] == ["10", "11", "12", "13"]


def test_a_wrong_pass_gives_status_1_and_names_the_line(command):
    status, out, err = command(WRONG)
    assert (status, err) == (1, "")
    (row,) = (row for row in out.split("\n") if row.endswith("<-- wrong"))
    assert row.split()[0] == "11"
    assert "homework.py:11: wrong derivative." in out
    assert " +    da = dh * (1 - h**2)" in out.split("\n")


def test_hints_tell_as_much_as_is_asked_for(command):
    told = {hint: command(WRONG, "--hint", hint)[1] for hint in ("line", "kind", "fix")}
    assert all("11  da = dh * (1 - h)" in out for out in told.values())
    assert "homework.py:11 is the first wrong line." in told["line"]
    assert "wrong derivative" not in told["line"]
    assert "homework.py:11: wrong derivative" in told["kind"]
    for hint in ("line", "kind"):
        assert "1 - h**2" not in told[hint]
        assert "With this edit" not in told[hint]
    assert told["fix"] == command(WRONG)[1]


@pytest.mark.parametrize("content", [RIGHT, WRONG, LONG], ids=["right", "wrong", "long"])
def test_the_report_is_at_most_100_columns_wide(content, command):
    status, out, err = command(content)
    assert status in (0, 1), err
    assert max(map(len, out.split("\n"))) <= 100


def test_json(command):
    status, out, _ = command(WRONG, "--json")
    found = json.loads(out)
    assert (status, found["ok"]) == (1, False)
    assert found["first_wrong"]["lineno"] == 11
    assert found["first_wrong"]["kind"] == "wrong derivative"
    assert "+    da = dh * (1 - h**2)" in found["repair"]
    assert [line["lineno"] for line in found["lines"]] == [10, 11, 12, 13]
    status, out, _ = command(RIGHT, "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)


def test_html_is_written_where_it_is_asked_for(command, tmp_path):
    page = tmp_path / "report.html"
    status, out, _ = command(WRONG, "--html", str(page))
    assert (status, out) == command(WRONG)[:2]
    text = page.read_text(encoding="utf-8")
    assert "da = dh * (1 - h)" in text
    assert "http" not in text


def test_the_hint_holds_for_the_page_too(command, tmp_path):
    page = tmp_path / "report.html"
    command(WRONG, "--html", str(page), "--hint", "line")
    text = page.read_text(encoding="utf-8")
    assert "da = dh * (1 - h)" in text
    assert "wrong derivative" not in text
    assert "1 - h**2" not in text


@pytest.mark.parametrize(("hint", "kind"), [("line", ""), ("kind", "wrong derivative")])
def test_the_hint_holds_for_json_too(hint, kind, command):
    _, out, _ = command(WRONG, "--json", "--hint", hint)
    found = json.loads(out)
    assert found["first_wrong"]["kind"] == kind
    assert (found["repair"], found["alternative"]) == (None, None)
    assert "1 - h**2" not in out


def test_a_source_is_not_overwritten_by_a_page(command, refused, tmp_path):
    other = tmp_path / "other.py"
    why = refused(WRONG, "--html", str(other))
    assert "no source is overwritten" in why
    assert not other.exists()


def test_the_same_file_prints_the_same(command):
    assert command(WRONG) == command(WRONG)


# --- which functions -----------------------------------------------------------------------------


def test_the_only_function_of_a_file_is_found(command):
    status, out, _ = command(STEP)
    assert (status, "1 line and 1 gradient are right" in out) == (0, True)


def test_one_of_several_functions_is_named(command, refused):
    several = STEP + "\n    def other(x):\n        return x\n"
    assert command(several, "--function", "train")[0] == 0
    assert command(several.replace("np.cos", "np.sin"), "--function=train")[0] == 1
    why = refused(several)
    assert why.startswith("homework.py: has no function forward; it has train, other. Call them")
    assert "--function" in why
    assert refused(several, "--function=no").startswith("homework.py: has no function 'no'")


def test_a_single_function_may_be_called_forward(command):
    assert command(STEP.replace("train", "forward"))[0] == 0


def test_helper_functions_may_be_named(command, refused):
    content = WRONG.replace("x.T @ da", "product(x, da)").replace(
        "    def example", "    def product(a, b):\n        return a.T @ b\n\n    def example"
    )
    assert command(content, "--into", "product")[0] == 1
    right = content.replace("(1 - h)", "(1 - h**2)")
    assert "return a.T @ b" not in command(right)[1]
    assert "return a.T @ b" in command(right, "--into", "product")[1]
    assert refused(content, "--into=no").startswith("homework.py: has no function 'no'; it has ")


# --- refusals ------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path, capsys):
    path = tmp_path / "no.py"
    assert main(["compare", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"micrograd-np compare: error: {path}: cannot be read (No such file")


def with_bodies(
    forward="loss = np.sum(x @ W)\n    return loss", backward="dW = x.T @ x", takes="x"
):
    """Return a file whose functions have these bodies."""
    return (
        f"import numpy as np\n\ndef forward(x, W):\n    {forward}\n\n"
        f"def backward({takes}):\n    {backward}\n\n"
        "def example_inputs():\n    return np.ones((4, 3)), np.full((3, 2), 0.5)\n"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("x = = 1\n", "homework.py:1: SyntaxError: invalid syntax"),
        ("1 / 0\n", "homework.py:1: `1 / 0`: ZeroDivisionError"),
        ("", "homework.py: has no function forward; it defines no function."),
        (
            "def forward(x):\n    return x\n\ndef backward(x):\n    dx = 1\n",
            "homework.py: write a function example_inputs that returns the inputs of forward",
        ),
        (
            with_bodies().replace("return np.ones((4, 3)), ", "return "),
            "homework.py: example_inputs() returned something that is of type ndarray",
        ),
        (
            with_bodies().replace(", np.full((3, 2), 0.5)", ","),
            "homework.py: forward: missing a required argument: 'W'",
        ),
        (
            with_bodies(takes="x, hidden, scores"),
            "homework.py:7: backward takes hidden, scores, which forward does not leave: its "
            "inputs and variables are W, loss, x",
        ),
        (
            with_bodies("loss = np.sum(np.histogram(x)[0] @ W)\n    return loss"),
            "homework.py:4: `loss = np.sum(np.histogram(x)[0] @ W)`: ",
        ),
        (with_bodies("return 3.0"), "homework.py:3: forward: the loss does not depend on any"),
        (with_bodies(backward="dW = x @ x"), "homework.py:8: `dW = x @ x`: ValueError: matmul"),
        (with_bodies(backward="dW = y"), "homework.py:8: `dW = y`: NameError: name 'y' is not"),
        (with_bodies(backward="pass"), "homework.py:7: backward gives no gradient of x, W: "),
    ],
)
def test_what_is_not_understood_is_told_in_one_line(content, why, refused):
    assert refused(content).startswith(why)


def test_a_loop_that_does_not_end_is_named(refused):
    why = refused(with_bodies(backward="dW = x.T @ x\n    while True:\n        pass"))
    assert why.startswith("homework.py:9: still running after the time allowed: is there a loop")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--hint=all"], "argument --hint: invalid choice: 'all'"),
        (["--seconds=-1"], "argument --seconds: must be a number at least 0, got '-1'"),
        (["--depth"], "unrecognized arguments: --depth"),
        (["--html=no/such/folder.html"], "--html no/such/folder.html: No such file or directory"),
    ],
)
def test_options_that_are_not_understood(arguments, why, refused):
    assert refused(RIGHT, *arguments).startswith(why)


def test_no_file_at_all(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["compare"])
    assert "the following arguments are required: FILE.py" in capsys.readouterr().err


def test_help_says_what_it_does(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["compare", "--help"])
    out = capsys.readouterr().out
    assert "Exit status: 0 if everything is right, 1 if a line is wrong" in out
    assert max(map(len, out.split("\n"))) <= 100


# --- other inputs --------------------------------------------------------------------------------

PENALTY = RIGHT.replace("W, b):", "W, b, reg=0):", 1).replace(
    "loss = np.mean(error**2)", "loss = np.mean(error**2) + reg * np.sum(W**2)"
)


def test_a_number_that_hides_a_mistake_is_named_and_can_be_set(command):
    status, out, _ = command(PENALTY)
    assert status == 0
    assert "  - reg is 0; with reg=0.1, dW is wrong" in out.split("\n")
    status, out, _ = command(PENALTY, "--set", "reg=0.1")
    assert status == 1
    assert "wrong gradients: dW; right: db" in out.split("\n")


def test_inputs_are_set_one_after_the_other(command):
    given = "--set", "reg = 4; W[0] = 2", "--set", "reg = reg - int(W[0, 2] ** 2)"
    status, out, _ = command(PENALTY, *given)
    assert status == 0
    assert "  - reg is 0; with reg=0.1, dW is wrong" in out.split("\n")


def test_inputs_are_set_by_name_where_they_are_given_so(command):
    status, out, _ = command(STEP, "--set", "x = -x")
    assert status == 0
    assert "1 gradient are right" in out


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("rug=0.1", "forward has no input rug; it has x, y, W, b"),
        ("x=1/0", "ZeroDivisionError: division by zero"),
        ("x=", "SyntaxError: invalid syntax (<string>, line 1)"),
    ],
)
def test_what_cannot_be_set_is_refused(statement, reason, refused):
    assert refused(RIGHT, "--set", statement) == f"--set {statement}: {reason}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def forward(x):\n    loss = (x**2).sum()\n    return loss\n", "has no function backward"),
        ("def backward(x):\n    dx = 2 * x\n", "has no function forward"),
    ],
)
def test_the_function_that_is_not_there_is_named(tmp_path, capsys, text, said):
    path = tmp_path / "half.py"
    path.write_text(f"import numpy as np\n\n{text}\n\ndef example_inputs():\n    return [1.0]\n")
    assert main(["compare", str(path)]) == 2
    assert said in capsys.readouterr().err
