"""Everything that Python's functions can hold does, statement by statement, what it does there."""

# ruff: noqa: A001, B012, B018, C416, F841, RET503, RUF059
# ruff: noqa: SIM105 (what stands here is what is tested)

import contextlib

import numpy as np
import pytest

from compare.stepped import both_ways, functions_of

TOTAL = 3
LOG = []


# --- names ---------------------------------------------------------------------------------------


def nonlocal_in_a_function_inside(n):
    count, found = 0, []

    def add(k):
        nonlocal count, found
        count += k
        found = [*found, k]

        def deeper():
            nonlocal k, count
            k, count = k + 1, count + 100

        deeper()
        return k

    return [add(i) for i in range(n)], count, found


def global_in_a_function(n):
    global CHANGED
    CHANGED = 1
    CHANGED += n
    return CHANGED


def a_name_that_the_module_has_too(n):
    if n > 3:
        TOTAL = n
    return TOTAL


def a_builtin_name_not_yet_bound(n):
    if n > 3:
        max = n
    return max


def comprehension_names_are_their_own(n):
    TOTALS = [TOTAL for TOTAL in range(n)]
    return TOTALS, TOTAL * 2  # not in another one: there Python 3.12.1 takes it for a local


def names_seen_from_inside(n):
    k = 1
    functions = [lambda x: x * k, lambda x, k=k: x * k]

    def later():
        yield from (k * i for i in range(n))

    lazy = (k + i for i in range(n))
    k = 7
    return [f(2) for f in functions], list(later()), list(lazy)


def deleted(n):
    x = [1, 2, 3]
    del x[0]
    y = {"a": x}
    del y["a"], x
    if n > 3:
        x = 0
    return y, x


def walrus(n):
    if (half := n // 2) and (left := n - half) > 1:
        return half, left, [last := i for i in range(n)], last
    return half


def annotated(n):
    total: NotDefined = 3  # noqa: F821
    items: list[int]
    pair: tuple = n, total
    items = [*pair]
    table: dict = {}
    table[n]: int = 4
    return items, table


def imports(n):
    import math
    from math import floor as down

    return down(n / 2) + math.ceil(n / 2)


# --- assignment ----------------------------------------------------------------------------------


def unpacked(n):
    first, *rest = range(n)
    (a, (b, *c)), [d] = (first, (1, 2, 3)), [rest]
    x = y = [first]
    y.append(a)
    a, b = b, a
    for i, (j, *k) in enumerate([(1, 2, 3), "ab"]):
        c += [i, j, k]
    return x, y, a, b, c, d, *rest, {"n": n}


class Once:
    def __init__(self):
        self.asked, self.items = 0, {0: 1, 1: [2]}

    @property
    def inner(self):
        self.asked += 1
        return self

    def index(self):
        self.asked += 10
        return 0


def augmented(n):
    o = Once()
    o.inner.items[o.index()] += n
    o.inner.items[1] *= 2
    o.inner.items[1] += [o.asked]
    a = np.arange(4.0)
    view = a[1:]
    view *= n
    a[[0, 0]] += 1
    a -= 1
    return o.asked, o.items, a.tolist()


def in_a_chain(n):
    a = b = c = []
    b += [n]
    a = {}
    a["x"] = a["y"] = n
    return a, b, c


# --- control flow --------------------------------------------------------------------------------


def matched(n):
    log = []
    for value in (n, [n, 1, 2], {"k": n, "m": 1}, Once(), "text", None, (1, n)):
        match value:
            case int(k) if k > 3:
                return log, k
            case 0 | 1:
                log.append("few")
                continue
            case [first, 1, *rest]:
                log += [first, rest]
            case {"k": k, **rest}:
                log += [k, rest]
            case Once(asked=asked):
                log.append(asked)
            case str() as text:
                log.append(text)
            case None:
                break
    else:
        log.append("else")
    return log


def matched_by_nothing(n):
    match n:
        case -1:
            return "never"
    return k  # noqa: F821


def finally_wins(n):
    log = []
    for i in range(n):
        try:
            if i == 2:
                return log
            1 / (i - 1)
        except ZeroDivisionError:
            log.append("zero")
            continue
        else:
            log.append("else")
        finally:
            log.append(i)
            if i == 2:
                break
    log.append("end")
    return log


def a_return_that_is_stopped(n):
    while True:
        try:
            return n
        finally:
            break


def unbound_after_except(n):
    e = "before"
    try:
        1 / n
    except ZeroDivisionError as e:
        pass
    return e


def raised_again(n):
    try:
        try:
            [][n]
        except LookupError:
            raise
        finally:
            n += 1
    except IndexError as error:
        if n > 3:
            raise
        if n > 2:
            raise ValueError(n) from error
        return type(error.__context__)


def raised_while_handling(n):
    try:
        try:
            1 / 0
        except ZeroDivisionError as first:
            assert n, "no n"
            int("x")
    except ValueError as second:
        return type(second.__context__).__name__, second.__traceback__ is not None


def not_caught(n):
    try:
        {}[n]
    except (TypeError, ValueError):
        return 1
    finally:
        n += 1


def wrong_to_catch(n):
    try:
        1 / 0
    except n:
        return 1


class Context:
    def __init__(self, log, swallows=False):
        self.log, self.swallows = log, swallows

    def __enter__(self):
        self.log.append("in")
        return self, [1, 2]

    def __exit__(self, kind, error, traceback):
        self.log.append((kind, str(error)))
        return self.swallows


@contextlib.contextmanager
def generated(log):
    try:
        yield log
    except KeyError:
        log.append("swallowed")
    finally:
        log.append("left")


def within(n):
    log = []
    for i in range(n):
        with Context(log, swallows=True) as (c, [a, b]), generated(log) as inner:
            if i == 0:
                continue
            if i == 1:
                {}["k"]
            if i == 2:
                1 / 0
            if i == 3:
                return log
            inner.append(a + b)
        log.append("after")
    return log


def left_by_return(n):
    with np.errstate(divide="ignore"):
        return np.log(np.zeros(n)).sum() * 0 == 0


def no_context(n):
    with n:
        pass


def context_that_fails(n):
    log = []
    with Context(log), contextlib.suppress(ValueError):
        int("x")
    with Context(log):
        int("x")
    return log


def not_true(n):
    while np.ones(n) > 0:
        n -= 1
    if np.ones(n):
        return n


def else_of_loops(n):
    log = []
    for i in range(n):
        while i:
            i -= 1
            if i == 4:
                log.append("break")
                break
        else:
            log.append("while")
            continue
        break
    else:
        log.append("for")
    return log


# --- both ways -----------------------------------------------------------------------------------

FUNCTIONS = functions_of(globals())


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("helpers", [False, True], ids=["as they are", "stepped into"])
def test_it_does_what_python_does(f, n, helpers):
    native, by_lines = both_ways(f, n, into=helpers)
    assert by_lines == native
