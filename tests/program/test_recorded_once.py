"""The same operation on the same operands is one line of a program, and one node where it can be.

Operands that are the same numbers, but of which others need a gradient, make two nodes of one line;
so does a line whose node a backward pass has freed.
"""

from functools import cache

import numpy as np
import pytest

import micrograd_np as mg
from program.derived import assert_run_is_right, wanted_of

X, Y = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.25, 4.0, -1.5, 2.0])


def passed_back_before(x, y):
    np.sum(np.exp(x) * y).backward()
    return np.sum(np.exp(x) * y)


def parts(x, y):
    a, b = np.split(x, 2)
    c, d = np.split(x.detach(), 2)
    e, f = np.split(x, 2)
    return np.sum(a * b * c * d) + np.sum(e * f) + np.sum(y)


def other_parts(x, y):
    a, b = np.split(x, 2)
    c, d = np.array_split(x, 2)
    e, f = np.split(y, 2)
    (g,), (h,) = np.split(y, 1), np.split(y, 1)
    return np.sum(a * d + b * c + a * e + d * f) + np.sum(g * h)


@cache  # made when a test runs: other tests ask of all operations that there are when they begin
def seven():
    other = mg.primitive(lambda x: np.exp(x))
    mg.defvjp(other, lambda g, _out, _x: 7 * g)
    return other


@cache
def of_two_results(function, factor):
    both = mg.primitive(lambda x, y: function(x, y))
    rule = lambda g, _out, x, y: factor * g[0] + g[1]
    mg.defvjp(both, rule, lambda g, *_: 5 * g[0], results=2)
    return both


def with_parts(function):
    def f(x, y):
        both, other = of_two_results(function, 7), of_two_results(function, 3)
        before = np.exp(x) * y
        a, b = both(x, y)
        c, _ = both(x, y)
        d, _ = both(x, y.detach())
        e, _ = other(x, y)
        return np.sum(before + a * b + c + d * d + e**3) + np.sum(np.exp(x) * y)

    return f


SAME_NUMBERS = {
    "one constant": lambda x, y: np.sum(x * y) + 2 * np.sum(x * y.detach()),
    "one constant before": lambda x, y: 2 * np.sum(x * y.detach()) + np.sum(x * y),
    "either constant": lambda x, y: np.sum((x * y.detach()) ** 2) + 3 * np.sum(x.detach() * y),
    "twice": lambda x, y: np.sum(x * y) * np.sum(x * y),
    "the very array": lambda x, y: np.sum(np.real(x) * x + np.real(np.squeeze(y)) * x),
    "parts of one and of its constant": parts,
    "parts by two names": other_parts,
    "a pass back before": passed_back_before,
    "another rule": lambda x, y: np.sum(seven()(x)) + np.sum(np.exp(x) * y),
    "another rule after": lambda x, y: np.sum(np.exp(x) * y) + np.sum(seven()(x) * y),
    "parts of which one is a line already": with_parts(lambda x, y: (np.exp(x) * y, x + y)),
    "parts in the other order": with_parts(lambda x, y: (x + y, np.exp(x) * y)),
}


@pytest.mark.parametrize("f", SAME_NUMBERS.values(), ids=SAME_NUMBERS)
def test_the_program_has_the_gradients_of_eager_code(f):
    program = mg.derive(f, X, Y)
    assert_run_is_right(program, (X, Y), wanted_of(f, (0, 1), (X, Y)))


def test_it_is_computed_once():
    f = lambda x, y: np.sum(np.exp(x) * y) + 2 * np.sum(np.exp(x) * y.detach())
    assert mg.derive(f, X, Y).source().count("np.exp") == 1


def test_it_is_passed_back_once():
    f = lambda x, y: np.sum(np.exp(x) * y) + np.sum(np.exp(x) ** 3)
    assert "dx = (3 * t1 ** 2 + y) * t1 " in mg.derive(f, X, Y).source()


def test_parts_are_passed_back_once():
    def f(x):
        a, _ = np.split(x, 2)
        b, c = np.split(x, 2)
        return np.sum(a * np.exp(b) * c)

    assert mg.derive(f, X).source().count("np.concatenate") == 1


def test_what_changes_nothing_is_not_passed_back():
    source = lambda f: mg.derive(f, X, Y).source()
    once = source(lambda x, y: np.sum(x**1 * y))
    assert once == source(lambda x, y: np.sum(x * y))
