"""``micrograd-np derive`` refuses: exit status 2, one line that says what and where."""

import textwrap

import pytest

from micrograd_np.cli import main


@pytest.fixture
def refused(tmp_path, capsys):
    """Return a function from a file and arguments to the one line that is printed."""

    def why(content, name, *arguments):
        path = tmp_path / "net.py"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        try:
            status = main(["derive", f"{path}{name}", *arguments])
        except SystemExit as left:  # how argparse leaves
            status = left.code
        out, err = capsys.readouterr()
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert err.startswith("micrograd-np derive: error: ")
        line = err.removeprefix("micrograd-np derive: error: ").rstrip("\n")
        return line.replace(str(path), "net.py")

    return why


# --- the function -------------------------------------------------------------------------------

BODIES = {
    "a branch": (
        "if x.sum() > 0:\n        x = -x\n    return x",
        "net.py:5: `if x.sum() > 0:`: a branch on a traced value",
        "Use np.where(condition, a, b)",
    ),
    "a float": (
        "return x * float(x[0])",
        "net.py:5: `return x * float(x[0])`: float() of a traced value",
        "Use NumPy functions of it",
    ),
    "an untraceable value": (
        "return np.asarray(x).sum()",
        "net.py:5: `return np.asarray(x).sum()`: np.asarray of a traced value",
        "the tensor itself",
    ),
    "an unsupported call": (
        "return np.histogram(x)[0]",
        "net.py:5: `return np.histogram(x)[0]`: np.histogram of a Tensor: counts do not change",
        "give it the value",
    ),
    "no result": ("np.sum(x)", "net.py:4: `def f(x, y=1.0):`: f returned None", "to return one"),
    "two results": ("return x, x", "net.py:4: `def f(x, y=1.0):`: f returned a tuple", "one array"),
    "no dependence": (
        "return np.ones(3)",
        "net.py:4: `def f(x, y=1.0):`: f: the result does not depend on any",
        "",
    ),
    "a random array": (
        "return x * np.random.normal(size=3)",
        "net.py:",
        "pass it as an argument",
    ),
    "a large constant": (
        "return x[0] * LARGE",
        "net.py:5: `return x[0] * LARGE`: the program holds a constant array of shape (500,)",
        "pass it to the function as an argument",
    ),
    "shapes": (
        "return x @ np.ones((7, 2))",
        "net.py:5: `return x @ np.ones((7, 2))`: np.matmul of shapes",
        "size 7 is different from 3",
    ),
    "a mistake": (
        "return x * z",
        "net.py:5: `return x * z`: NameError: name 'z' is not defined",
        "",
    ),
    "a message of two lines": (
        "raise KeyError('one\\ntwo')",
        "net.py:5: `raise KeyError('one\\ntwo')`: KeyError: ",
        "two",
    ),
    "an exit": ("raise SystemExit(0)", "net.py:5: `raise SystemExit(0)`: SystemExit: 0", ""),
    "no message": ("assert not len(x)", "net.py:5: `assert not len(x)`: AssertionError", ""),
    # With all its arguments: without, Python 3.13.0 itself knows no end.
    "no end": ("return f(x, y)", "net.py:5: `return f(x, y)`: RecursionError: ", ""),
}


@pytest.mark.parametrize("case", BODIES)
def test_what_cannot_be_derived_is_named_by_its_line(case, refused):
    body, beginning, advice = BODIES[case]
    content = f"import numpy as np\nLARGE = np.arange(500.0)\n\ndef f(x, y=1.0):\n    {body}\n"
    line = refused(content, ":f", "--shape", "x=3")
    assert line.startswith(beginning)
    assert advice in line


@pytest.mark.parametrize("more", [(), ("--value", "scale=2.0")])
def test_the_line_is_named_whichever_arguments_are_given(more, refused):
    content = "def f(x, *, shift=0.0, scale=1.0):\n    return None\n"
    line = refused(content, ":f", "--shape", "x=3", *more)
    assert line.startswith("net.py:1: `def f(x, *, shift=0.0, scale=1.0):`: f returned None")


def test_what_torch_does_not_have(refused):
    content = "def f(x):\n    return (x * x.astype('uint32')).sum()\n"
    line = refused(content, ":f", "--shape", "x=3", "--torch")
    assert line.startswith("net.py: torch has no dtype uint32; it has bool, ")


# --- the file -----------------------------------------------------------------------------------

TWO = """
    import numpy as np

    def cost(x):
        return x.sum()

    def other(x):
        return x

    def example_inputs():
        return (np.ones(3),)

    class Net:
        pass

    rate = 0.5
    """


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (":los", "net.py: has no function 'los'; it has cost, other"),
        (":", "net.py: which function? Write net.py:cost; it has cost, other"),
        ("", "net.py: which function? Write net.py:cost; it has cost, other"),
        (":Net", "net.py: 'Net' is not a function but a class; it has cost, other"),
        (":rate", "net.py: 'rate' is not a function but of type float; it has cost, other"),
    ],
)
def test_the_functions_that_there_are_are_named(name, why, refused):
    assert refused(TWO, name) == why


def test_a_file_without_functions(refused):
    assert (
        refused("import numpy as np\n", ":f")
        == "net.py: has no function 'f'; it defines no function"
    )
    assert refused("", "") == "net.py: which function? Write net.py:loss; it defines no function"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("x = 1\ny = = 2\n", "net.py:2: SyntaxError: invalid syntax"),
        ("def f(x):\nreturn x\n", "net.py:2: IndentationError: expected an indented block"),
        (
            "x = 1\nimport no_such_module\n",
            "net.py:2: `import no_such_module`: ModuleNotFoundError",
        ),
        ("def g():\n    return 1 / 0\n\ng()\n", "net.py:2: `return 1 / 0`: ZeroDivisionError: "),
        ("raise SystemExit\n", "net.py:1: `raise SystemExit`: SystemExit"),
        (b"x = '\xff'\n", "net.py"),
        (b"\x00\x01", "net.py: "),
    ],
)
def test_a_file_that_does_not_run_is_named_with_its_line(content, why, refused):
    assert refused(content, ":f", "--shape", "x=3").startswith(why)


def test_a_file_that_cannot_be_read(tmp_path, capsys):
    for path, why in ((tmp_path / "no.py", "No such file"), (tmp_path, "")):
        assert main(["derive", f"{path}:f"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith(f"micrograd-np derive: error: {path}: cannot be read ({why}")


# --- the inputs ---------------------------------------------------------------------------------

F = "def f(x, w, reg=0.0):\n    return (x * w).sum() + reg\n"


def with_examples(body):
    return F + f"\ndef example_inputs():\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "return 1.0, 2.0, 3.0, 4.0",
            "net.py:f: example_inputs() returned 4 arguments in order; f takes x, w, reg, some of "
            "them perhaps by name only: return a dict",
        ),
        (
            "return {'x': 1.0, 'W': 2.0}",
            "net.py:f: example_inputs() has 'W', which is no parameter; f takes x, w, reg",
        ),
        (
            "return 1.0",
            "net.py: example_inputs() returned something that is of type float; return the "
            "arguments as a tuple, or as a dict by their names",
        ),
        ("return 1 / 0", "net.py:5: `return 1 / 0`: ZeroDivisionError: division by zero"),
        (
            "return [1.0]",
            "net.py:f: no input for w: write a function example_inputs that returns the arguments "
            "of f, or give --shape w=90,4 or --value w=0.5",
        ),
    ],
)
def test_example_inputs_that_do_not_fit(body, why, refused):
    assert refused(with_examples(body), ":f") == why


def test_an_input_that_is_no_array_is_refused(refused):
    line = refused(with_examples("return 1.0, {'a': 2.0}"), ":f")
    assert line.startswith("net.py: argument 1 is a dict; pass its arrays as arguments")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "net.py:f: no input for x, w: write a function example_inputs"),
        (["--shape=x=3"], "net.py:f: no input for w: write"),
        (["--shape=z=3"], "--shape z: f has no such parameter; f takes x, w, reg"),
        (["--value=z=3"], "--value z: f has no such parameter; f takes x, w, reg"),
        (["--shape=x=3", "--value=x=3"], "--value x: that input is given twice"),
        (["--shape=x=3", "--shape=x=4"], "--shape x: that input is given twice"),
        (["--shape=x"], "argument --shape: must be NAME=LENGTHS such as X=90,4 or y=90:int"),
        (["--shape=x="], "argument --shape: must be NAME=LENGTHS such as X=90,4 or y=90:int (a "),
        (["--shape=x=3,a"], "argument --shape: must be NAME=LENGTHS"),
        (["--shape=1=3"], "argument --shape: must be NAME=LENGTHS"),
        (["--shape=x=3,0"], "argument --shape: must have lengths from 1 on and at most 10,000,000"),
        (["--shape=x=99999,99999"], "argument --shape: must have lengths from 1 on and at most 10"),
        (["--shape=x=3:bool"], "argument --shape: must end in nothing or one of :int, :float32, "),
        (["--value=x"], "argument --value: must be NAME=NUMBER such as reg=0.001, got 'x'"),
        (["--value=x=nan"], "argument --value: must be NAME=NUMBER such as reg=0.001, got 'x=nan'"),
        (["--value=x=3,4"], "argument --value: must be NAME=NUMBER"),
        (["--seed=-1"], "argument --seed: must be a whole number of at least 0, got '-1'"),
        (["--name=x"], "argument --name: must be OLD=NEW such as t1=centred, got 'x'"),
        (["--depth"], "unrecognized arguments: --depth"),
    ],
)
def test_options_that_are_not_understood(arguments, why, refused):
    assert refused(F, ":f", *arguments).startswith(why)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--wrt=z"], "--wrt: there is no input 'z'; there are x, w"),
        (["--wrt="], "--wrt: there is no input ''; there are x, w"),
        (["--wrt=w"], "--wrt w: it is int64, and only floating-point arrays and numbers have a "),
        (["--name=z=v"], "--name: no value is called 'z'; there are "),
        (["--name=x=w"], "--name: 'w' is given twice; each value needs a name of its own"),
        (["--name=x=1"], "--name: '1' is not an identifier"),
        (["--name=x=for"], "--name: 'for' is not an identifier"),
        (["--name=x=np"], "--name: 'np' has a meaning of its own in the printed source"),
        (["--name=x=a", "--name=x=b"], "--name x: it is renamed twice"),
    ],
)
def test_names_that_there_are_not(arguments, why, refused):
    assert refused(F, ":f", "--shape=x=3", "--shape=w=3:int", *arguments).startswith(why)


def test_a_function_of_no_inputs(refused):
    line = refused("def f():\n    return 1.0\n", ":f")
    assert line == "net.py:f: takes no inputs, so there is nothing to derive by"


def test_a_function_whose_parameters_are_not_known(refused):
    line = refused("f = max\n", ":f", "--shape=x=3")
    assert line.startswith("net.py:f: the names of its parameters are not known; write a function")


def test_no_function_at_all(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["derive"])
    err = capsys.readouterr().err
    wanted = (
        "the following arguments are required: FILE.py:function (see micrograd-np derive --help)"
    )
    assert err == f"micrograd-np derive: error: {wanted}\n"
