"""Running a function statement by statement gives what Python gives."""

# ruff: noqa: F841  (variables are what is looked at)

import contextlib

import numpy as np
import pytest

from compare.stepped import lines_of, stepped
from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.stepping import RETURNED, Stepper

SCALE = 3


# --- statements ----------------------------------------------------------------------------------


def for_else(n):
    total = 0
    for i in range(n):
        total += i
        if total > 10:
            break
    else:
        total = -total
    return total


def while_else(n):
    steps = []
    while n > 1:
        n = 3 * n + 1 if n % 2 else n // 2
        if n == 4:
            break
        if n % 5 == 0:
            continue
        steps.append(n)
    else:
        steps.append("else")
    return steps


def nested_loops(n):
    found = []
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            if j == 1:
                continue
            found.append((i, j))
        else:
            found.append("all")
    return found


def early_return(n):
    for i in range(5):
        while True:
            if i == n:
                return "early", i
            break
    return "late"


def branches(n):
    if n < 2:
        name = "few"
    elif n < 4:
        name = "some"
    else:
        name = "many"
    return name


def with_a_context(n):
    log = []
    with np.errstate(divide="ignore"), contextlib.nullcontext((n, [n])) as (a, [b]):
        log.append(np.log(np.array(0.0)) + a)
        log.append(b)
    return log


def try_in_all_its_forms(n):
    log = []
    for divisor in (n, 0, "x"):
        try:
            log.append(1 / divisor)
        except ZeroDivisionError as error:
            log.append(str(error))
        except (TypeError, ValueError):
            log.append("type")
            continue
        else:
            log.append("else")
        finally:
            log.append("finally")
    return log


def returns_in_try(n):
    log = []
    try:
        try:
            return log
        finally:
            log.append("left")
    except ValueError:
        log.append("never")


def raises_again(n):
    try:
        try:
            raise KeyError(n)
        except KeyError:
            raise
    except LookupError as error:
        return type(error).__name__, error.args


def nested_functions(n):
    k = n + 1

    def power(x, to=2):
        if to == 0:
            return 1
        return x * power(x, to - 1)

    double = lambda x: k * x
    return power(n), double(n), sorted([3, 1, 2], key=lambda v: -v * k)


def comprehensions(n):
    k = n + 1
    return (
        [k * i for i in range(n)],
        {i: k * i for i in range(n)},
        {(i, j) for i in range(n) for j in range(i) if i != k},
        sum(k * i for i in range(n)),
    )


def unpacking(n):
    first, *middle, last = range(n + 2)
    (a, b), c = (n, 2), [3]
    a, b = b, a
    x = y = [first]
    x += [last]
    return first, middle, last, a, b, c, y


def other_statements(n):
    assert n is not None
    total: int = SCALE
    table = {"a": 1, "b": [n]}
    del table["a"]
    table["b"][0] -= 5
    if (m := n * 2) > 4:
        total += m
    import math

    return total, table, math.floor(2.5)


def says_nothing(n):
    """Only this."""


STATEMENTS = (
    for_else, while_else, nested_loops, early_return, branches, with_a_context,
    try_in_all_its_forms, returns_in_try, raises_again, nested_functions, comprehensions,
    unpacking, other_statements, says_nothing,
)  # fmt: skip


@pytest.mark.parametrize("f", STATEMENTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [0, 1, 3, 6, 7])
def test_statements_do_what_they_do_in_python(f, n):
    assert stepped(f, n).get(RETURNED) == f(n)


def test_functions_see_what_encloses_them():
    factor = 7

    def inner(x):
        return factor * x * SCALE

    assert stepped(inner, 2)[RETURNED] == 42


def test_arguments_may_be_of_any_kind():
    def f(a, *more, b=2, **rest):
        return a, more, b, rest

    assert stepped(f, 1, 5, 6)[RETURNED] == (1, (5, 6), 2, {})


# --- what is reported ----------------------------------------------------------------------------


def test_iterations_are_counted_for_each_loop_around_a_line():
    def f():
        n = 0
        for _ in range(2):
            while n < 2:
                n += 1
            n = 0
        return n

    assert [(text, at) for _, text, at in lines_of(f)] == [
        ("n = 0", ()),
        ("n += 1", (0, 0)),
        ("n += 1", (0, 1)),
        ("n = 0", (0,)),
        ("n += 1", (1, 0)),
        ("n += 1", (1, 1)),
        ("n = 0", (1,)),
        ("return n", ()),
    ]


def test_a_line_is_reported_before_and_after_it_has_run():
    def f():
        x = 1
        x = 2

    seen = []
    stepped(
        f,
        before=lambda node, _c, _i, names: seen.append(("before", names.get("x"))),
        after=lambda node, _c, _i, names: seen.append(("after", names.get("x"))),
    )
    assert seen == [("before", None), ("after", 1), ("before", 1), ("after", 2)]


def test_a_statement_may_be_replaced_by_others():
    def f(x):
        for _ in range(3):
            x = x + 1
        return x

    def others(x):
        x = x * 2
        x = x + 5

    code = Code(f)
    wrong = code.body[0].body[0]
    seen = []
    namespace = code.namespace() | {"x": 1}
    stepper = Stepper(
        code,
        namespace,
        instead={wrong: Code(others).body},
        after=lambda node, _c, _i, names: seen.append((code.source(node), names["x"])),
    )
    assert stepper.run(code.body)
    assert namespace[RETURNED] == 2 * (2 * (2 * 1 + 5) + 5) + 5
    assert seen == [("x = x + 1", 7), ("x = x + 1", 19), ("x = x + 1", 43), ("return x", 43)]


def test_a_whole_loop_may_be_replaced():
    def f():
        x = 0
        for _ in range(3):
            x += 1
        return x

    code = Code(f)
    instead = {code.body[1]: [code.body[1].body[0]]}
    assert stepped(f, instead={}).get(RETURNED) == 3
    namespace = code.namespace()
    Stepper(code, namespace, instead=instead).run(code.body)
    assert namespace[RETURNED] == 1


def test_run_tells_whether_the_function_has_returned():
    code = Code(early_return)
    assert Stepper(code, code.namespace() | {"n": 2}).run(code.body)
    assert not Stepper(code, code.namespace() | {"n": 9}).run(code.body[:1])
