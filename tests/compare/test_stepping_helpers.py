"""Helper functions, errors and time: how statements are run where they are not that simple."""

# ruff: noqa: F841, RET504  (variables are what is looked at)

import contextlib
import itertools
import time

import numpy as np
import pytest

from compare.stepped import lines_of, stepped
from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.stepping import RETURNED, OutOfTime, UserError

NOTHING = None

# --- helper functions ----------------------------------------------------------------------------


def helper(x, *more, by=2):
    y = x * by
    for one in more:
        y += one
    return y, x


def calls_helpers(n):
    (a, b), c = helper(n), 0
    d, c = helper(n, 10, *range(3), by=3)
    helper(n)
    return helper(a + d + b + c)


class Counter:
    def __init__(self):
        self.count = 0

    def add(self, n):
        self.count += n
        return self.count

    def twice(self, n):
        self.add(n)
        total = self.add(n)
        return total


def test_a_helper_is_stepped_into_where_a_statement_is_a_call_of_it():
    expected = [
        ("calls_helpers", "(a, b), c = helper(n), 0", ()),
        *[("helper", "y = x * by", ()), *[("helper", "y += one", (i,)) for i in range(4)]],
        ("helper", "return y, x", ()),
        ("calls_helpers", "d, c = helper(n, 10, *range(3), by=3)", ()),
        *[("helper", "y = x * by", ()), ("helper", "return y, x", ())],
        ("calls_helpers", "helper(n)", ()),
        *[("helper", "y = x * by", ()), ("helper", "return y, x", ())],
        ("calls_helpers", "return helper(a + d + b + c)", ()),
    ]
    assert lines_of(calls_helpers, 4, into=[helper]) == expected


def test_what_a_helper_returns_is_assigned_and_returned():
    codes = {helper: Code(helper)}
    found = stepped(calls_helpers, 4, into=codes.get)
    assert found[RETURNED] == calls_helpers(4)
    assert (found["a"], found["b"], found["c"], found["d"]) == (8, 4, 4, 25)


def test_methods_are_stepped_into_with_their_object():
    def f(counter):
        total = counter.twice(5)
        return total

    counter = Counter()
    codes = {Counter.twice: Code(Counter.twice), Counter.add: Code(Counter.add)}
    seen = lines_of(f, counter, into=codes)
    assert counter.count == 10
    names = [name for name, _, _ in seen]
    assert names == ["add", "add", "twice", "add", "add", "twice", "twice", "f", "f"]


def test_a_helper_in_a_loop_keeps_its_iteration_and_its_variables_to_itself():
    def f(n):
        y = -1
        for i in range(2):
            z, _ = helper(n, i)
        return y, z

    seen = [at for name, _, at in lines_of(f, 5, into=[helper]) if name == "helper"]
    assert seen == [(0,), (0, 0), (0,), (1,), (1, 0), (1,)]
    assert stepped(f, 5, into={helper: Code(helper)}.get)[RETURNED] == f(5)


def test_a_helper_may_call_itself():
    def countdown(n):
        if n == 0:
            return ["end"]
        rest = countdown(n - 1)
        return [n, *rest]

    def f():
        return countdown(3)

    code = Code(countdown)
    found = stepped(f, into=lambda g: code if g is countdown else None)
    assert found[RETURNED] == [3, 2, 1, "end"]


def test_begin_is_told_where_a_helper_is_called():
    def f(n):
        a, b = helper(n)
        return a + b

    begun = []
    stepped(
        f,
        2,
        into={helper: Code(helper)}.get,
        begin=lambda code, inner, caller: begun.append(
            (code.name, inner["x"], inner["by"], caller.code.source(caller.node),
             caller.namespace["n"], caller.inside)
        ),
    )  # fmt: skip
    assert begun == [("helper", 2, 2, "a, b = helper(n)", 2, None)]


# --- calls inside of statements ------------------------------------------------------------------


def inner(x, by=1):
    y = x + by
    return y


class Holder:
    def held(self, x):
        z = 2 * x
        return z


def lines_inside(f, *args):
    """Return the lines run, calls inside of statements stepped into, and what is returned."""
    seen = []
    codes = {g: Code(g) for g in (inner, Holder.held)}
    variables = stepped(
        f,
        *args,
        nested=True,
        into=lambda function: codes.get(getattr(function, "__func__", function)),
        after=lambda node, code, _iteration, _namespace: seen.append(code.source(node)),
    )
    return seen, variables[RETURNED]


def test_calls_in_arguments_are_stepped_into_first():
    def f(x):
        return inner(inner(x, by=3))

    assert lines_inside(f, 1) == (
        ["y = x + by", "return y", "y = x + by", "return y", "return inner(inner(x, by=3))"],
        5,
    )


def test_operands_are_run_from_left_to_right():
    def f(x):
        holder = Holder()
        a = x * holder.held(x) - inner(*[x])
        return a

    assert lines_inside(f, 3) == (
        ["holder = Holder()", "z = 2 * x", "return z", "y = x + by", "return y",
         "a = x * holder.held(x) - inner(*[x])", "return a"],
        14,
    )  # fmt: skip


def test_calls_of_functions_inside_and_of_builtins_are_run_as_they_are():
    def f(x):
        g = lambda v: inner(v)
        return sum(inner(v) for v in [g(x), abs(-x)]) + sum([inner(v) for v in (x,)])

    lines, result = lines_inside(f, 1)
    assert result == 3 + 2 + 2
    assert lines.count("y = x + by") == 1


def test_conditions_step_into_what_they_call():
    def f(x):
        if inner(x) > 3:
            return inner(x)
        return x

    assert lines_inside(f, 1) == (["y = x + by", "return y", "return x"], 1)


def test_the_caller_is_told_which_call_inside_of_its_statement_it_is():
    def f(x):
        a = 1 + inner(x)
        return a

    begun = []
    code = Code(inner)
    stepped(
        f,
        2,
        nested=True,
        into=lambda function: code if function is inner else None,
        begin=lambda _code, _inner, caller: begun.append(
            (caller.code.source(caller.node), caller.code.source(caller.inside))
        ),
    )
    assert begun == [("a = 1 + inner(x)", "inner(x)")]


def test_an_error_in_a_call_inside_names_the_line_of_the_helper():
    def f(x):
        return 1 + inner(x, by="1")

    with pytest.raises(UserError) as caught:
        lines_inside(f, 1)
    assert "y = x + by" in str(caught.value)


# --- errors --------------------------------------------------------------------------------------


def divides(n):
    x = 1
    for i in range(3):
        x = x / (n - i)
    return x


def test_an_error_names_the_file_the_line_and_its_text():
    with pytest.raises(UserError) as caught:
        stepped(divides, 1)
    error = caught.value
    line = divides.__code__.co_firstlineno + 3
    assert (error.lineno, error.text) == (line, "x = x / (n - i)")
    assert error.file == __file__
    assert isinstance(error.error, ZeroDivisionError)
    place = f"test_stepping_helpers.py:{line}: `x = x / (n - i)`"
    assert str(error) == f"{place}: ZeroDivisionError: float division by zero"


def test_an_error_in_a_helper_names_the_line_of_the_helper():
    def f(n):
        y = divides(n)
        return y

    with pytest.raises(UserError, match=r"`x = x / \(n - i\)`: ZeroDivisionError"):
        stepped(f, 1, into={divides: Code(divides)}.get)
    with pytest.raises(UserError, match=r"`y = divides\(n\)`: ZeroDivisionError"):
        stepped(f, 1)


@pytest.mark.parametrize("where", ["for", "while", "if", "with", "return", "unpacking", "exit"])
def test_an_error_is_told_wherever_it_is_raised(where):
    def f(which):
        for _ in 5 if which == "for" else [1]:
            pass
        while (1 / 0) if which == "while" else 0:
            pass
        if which == "if" and missing:  # noqa: F821
            pass
        with contextlib.nullcontext() if which != "with" else NOTHING[0]:
            pass
        if which == "unpacking":
            a, b = 1, 2, 3
        if which == "exit":
            raise SystemExit(3)
        return {}["key"]

    with pytest.raises(UserError) as caught:
        stepped(f, where)
    offset = {"for": 1, "while": 3, "if": 5, "with": 7, "unpacking": 10, "exit": 12, "return": 13}
    assert caught.value.lineno == f.__code__.co_firstlineno + offset[where]


@pytest.mark.parametrize("way", ["while", "for", "helper"])
def test_an_endless_loop_ends_at_the_deadline(way):
    def forever():
        while True:
            pass

    def f():
        if way == "helper":
            forever()
        for _ in itertools.count() if way == "for" else ():
            x = 1
        while True:
            pass

    codes = {forever: Code(forever)}
    began = time.monotonic()
    with pytest.raises(OutOfTime, match=r"^test_stepping_helpers.py:\d+: still running"):
        stepped(f, deadline=began + 0.2, into=codes.get)
    assert 0.2 <= time.monotonic() - began < 2


# --- code that cannot be run so ------------------------------------------------------------------


def generates():
    yield 1


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (len, "len is not a function written in Python"),
        (lambda x: x, "is no function made by def"),
        (generates, "generates is a generator"),
        (np.add, "add is not a function written in Python"),
        (eval(compile("lambda x: x", "<nowhere>", "eval")), "source of <lambda> is not to be had"),
    ],
    ids=["builtin", "lambda", "generator", "ufunc", "source"],
)
def test_what_cannot_be_read_is_refused(f, why):
    with pytest.raises(CannotRead, match=why):
        Code(f)
