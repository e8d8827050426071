"""Which mutants are made of which lines, and what is left alone."""

import ast
from pathlib import Path

import pytest

from benchmarks.adequacy.equivalent import EQUIVALENT, Equivalent, reasons
from benchmarks.adequacy.mutants import mutants

ROOT = Path(__file__).parents[2]


def made(line, operator=None):
    """Return what is made of one line of a function, as lines."""
    text = f"def f(a, b, i, n, x, out):\n    {line}\n    return a\n"
    return [
        it.new
        for it in mutants(text, "made.py")
        if it.lineno == 2 and operator in (None, it.operator)
    ]


@pytest.mark.parametrize(
    ("operator", "line", "expected"),
    [
        ("sign", "a = a + b", ["a = a - b"]),
        ("sign", "a = -b", ["a = b"]),
        ("sign", "a = x[-1]", []),
        ("sign", "a = 'x' + b", []),
        ("operand swap", "a = (a + b) @ x", ["a = x @ (a + b)"]),
        ("operand swap", "a = a ** -b", ["a = (-b) ** a"]),
        ("operand swap", "a = a * b", []),
        ("operand swap", "a = f(a, b, n)", ["a = f(a, n, b)"]),
        ("operand swap", "a = np.maximum(a, b)", []),
        ("operand swap", "a = f(a, 1)", []),
        ("drop term", "a = x * (a + b)", ["a = a + b", "a = x", "a = x * (a)", "a = x * (b)"]),
        ("drop term", "a = a - b", ["a = a", "a = -b"]),
        ("drop term", "a = b / n", ["a = b"]),
        ("drop term", "a = b or i or n", ["a = b or n", "a = b or i", "a = i or n"]),
        ("wrong axis", "a.sum(axis=1, keepdims=True)", ["a.sum(axis=1)", "a.sum(keepdims=True)"]),
        ("wrong axis", "a = b.sum(-1)", ["a = b.sum(0)"]),
        ("transpose", "a = f(b.T)", ["a = f(b)"]),
        ("transpose", "a = np.swapaxes(b, -1, -2)", ["a = b"]),
        ("transpose", "a = b.swapaxes(-1, -2)", ["a = b"]),
        ("transpose", "a = a @ b.T", ["a = a @ b", "a = a.T @ b.T"]),
        ("conjugate", "a = conj(b + a)", ["a = b + a"]),
        ("off by one", "a = x[i:]", ["a = x[i + 1:]", "a = x[i - 1:]"]),
        ("off by one", "a = range(1, n)", ["a = range(1, n + 1)", "a = range(1, n - 1)"]),
        ("off by one", "a = x[1:]", []),
        ("comparison", "a = b < n", ["a = b <= n", "a = b >= n"]),
        ("comparison", "a = b is not None", ["a = b is None"]),
        ("comparison", "a = b and n", ["a = b or n"]),
        ("comparison", "a = not b", ["a = b"]),
        ("comparison", "a = b if i else n", ["a = b if not i else n"]),
        ("= for +=", "a += b", ["a = b", "a -= b"]),
        ("= for +=", "a = b[0]", ["a += b[0]"]),
        ("= for +=", "out[i] = b", ["out[i] += b"]),
        ("= for +=", "new = b", []),
        ("constant", "a = f(0, True, None)", ["a = f(1, True, None)", "a = f(0, False, None)"]),
        ("constant", "a = 1.5 * b", ["a = 2.5 * b"]),
        ("delete statement", "out[i] = b", [""]),
        ("delete statement", "new = b", []),
        ("delete statement", "f(a)", [""]),
    ],
)
def test_operator(operator, line, expected):
    assert sorted(made(line, operator)) == sorted(expected)


@pytest.mark.parametrize(
    "line",
    [
        "raise ValueError(f'{1 + n}')",
        "assert n == 1",
        "import math",
        '"""One text + 1."""',
        "a: tuple[int, 3] = b",
    ],
)
def test_what_is_not_computed_is_left_alone(line):
    assert made(line) == []


def test_types_and_lists_of_names_are_left_alone():
    text = '__all__ = ["f"]\n\n\ndef f(a: Literal[1]) -> Literal[2]:\n    return a\n'
    assert mutants(text, "made.py") == []


def test_a_statement_that_stands_alone_becomes_pass():
    text = "def f(a):\n    if a > 0:\n        g(\n            a)\n    return a\n"
    gone = [it.new for it in mutants(text, "made.py") if it.operator == "delete statement"]
    assert sorted(gone) == ["", "pass"]


LINES = """
from x import y

defvjp(
    f,
    lambda g: g - 1,
    exact=True,
)


@defines(f)
def h(a, n=1):
    return a[
        n:
    ]
"""


def test_mutants_know_where_they_run():
    found = {it.new: it for it in mutants(LINES, "made.py")}
    rule = found["lambda g: g + 1,"]
    assert (rule.function, rule.lines, rule.statement) == ((6, "<lambda>"), (6, 6), (4, 8))
    fact = found["exact=False,"]
    assert (fact.function, fact.statement) == (None, (4, 8))
    default = found["def h(a, n=2):"]
    assert (default.function, default.statement) == (None, (11, 15))
    body = found["n + 1:"]
    assert (body.function, body.lines) == ((11, "h"), (13, 15))


def test_each_mutant_compiles_is_made_once_and_has_a_key_of_its_own():
    found = mutants(LINES, "made.py")
    assert len({it.text for it in found}) == len({it.key for it in found}) == len(found)
    for it in found:
        assert it.text != LINES
        ast.parse(it.text)


def test_a_key_outlasts_changes_elsewhere():
    before, after = (
        {it.key for it in mutants(text, "made.py")} for text in (LINES, "\n# a comment\n" + LINES)
    )
    assert before == after


def test_the_diff_makes_the_mutant():
    (mutant,) = (it for it in mutants(LINES, "made.py") if it.new == "exact=False,")
    diff = mutant.diff(LINES)
    assert diff.startswith("--- a/made.py\n+++ b/made.py\n")
    assert "\n-    exact=True,\n+    exact=False,\n" in diff


def test_what_is_equivalent_is_found_by_its_text():
    found = {"made.py": mutants(LINES, "made.py")}
    known = [Equivalent("made.py", "exact=True,", "exact=False,", "nobody asks")]
    assert list(reasons(found, known).values()) == ["nobody asks"]


@pytest.mark.parametrize(
    "known",
    [
        Equivalent("made.py", "exact=True,", "exact=None,", "no such mutant"),
        Equivalent("gone.py", "exact=True,", "exact=False,", "no such file"),
    ],
)
def test_what_is_said_to_be_equivalent_must_be_a_mutant(known):
    with pytest.raises(ValueError, match="no mutant of"):
        reasons({"made.py": mutants(LINES, "made.py")}, [known])


@pytest.mark.parametrize("file", sorted({it.file for it in EQUIVALENT}))
def test_what_is_listed_as_equivalent_is_a_mutant_and_has_a_reason(file):
    listed = [it for it in EQUIVALENT if it.file == file]
    found = mutants((ROOT / file).read_text(encoding="utf-8"), file)
    known = reasons({file: found}, listed)
    assert len(known) >= len(listed)
    assert all(reason.strip() for reason in known.values())
