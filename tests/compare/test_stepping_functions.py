"""Classes and functions inside functions do, statement by statement, what they do in Python."""

# ruff: noqa: F841, F842, RET504  (what stands here is what is tested)
# ruff: noqa: B007, C416, C417, F401, RUF059

import functools
from dataclasses import dataclass

import pytest

from compare.stepped import both_ways, functions_of, lines_of, stepped
from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.stepping import RETURNED, Stepper

# --- classes -------------------------------------------------------------------------------------


class Base:
    def __init__(self, w):
        self.__w = w
        self._Layer__w = "mine"

    def run(self, n):
        return self.__w * n


class Layer(Base):
    __scale = 2

    def run(self, n):
        below = super().run(n)
        same = super().run(n)

        def inside(me):
            return super().run(n), len(self.__w)

        return below, same, inside(self), self.__w, __class__.__name__, self.__private(n)

    def __private(self, __n):
        self.__w = self.__w[:__n]
        __x = self.__scale * __n
        return __x, vars(self)


def method(n):
    return Layer("abc").run(n)


def class_inside(n):
    @dataclass
    class Pair:
        x: int
        y: int = n

        def __post_init__(self):
            super().__init__()
            self.__z = self.x

        def total(self):
            return self.x + self.y + n

    return Pair(1).total(), vars(Pair(2, 3))


# --- functions -----------------------------------------------------------------------------------


def parameters_of_every_kind(n):
    def f(a, /, b, *more, c=n, d, **rest):
        return a, b, more, c, d, rest

    return f(1, 2, 3, d=4, e=5), f(*[1, 2], d=n)


def recursive(n):
    def power(k):
        if k == 0:
            return 1
        rest = power(k - 1)
        return 2 * rest

    result = power(40 * n)
    return result


def endless(n):
    def again(k):
        k = again(k + 1)
        return k

    return again(n)


def pops(n):
    stack = [functools.partial(max, n), lambda k: (k, n), str]
    first = stack.pop()(n)
    second = stack.pop()(n)
    return first, second, len(stack)


def generators(n):
    def numbers():
        got = yield n
        while got:
            got = yield got + n

    def delegating():
        return (yield from numbers())

    g = delegating()
    return next(g), g.send(2), [*map(lambda i: i * n, range(3))]


def asynchronous_inside(n):
    async def f(k):
        return k + n

    def run(coroutine):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value

    return run(f(2))


def doubled(f):
    @functools.wraps(f)
    def g(*args):
        return 2 * f(*args)

    return g


@doubled
def twice(n):
    return n + 1


def decorated_helper(n):
    m = twice(n)
    return m


FUNCTIONS = functions_of(globals())


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("helpers", [False, True], ids=["as they are", "stepped into"])
def test_they_do_what_python_does(f, n, helpers):
    native, by_lines = both_ways(f, n, into=helpers)
    assert by_lines == native


# --- methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 2])
def test_methods_know_their_class(n):
    code = Code(Layer.run)
    me = Layer("abc")
    namespace = code.namespace() | {"self": me, "n": n}
    Stepper(code, namespace).run(code.body)
    assert namespace[RETURNED] == Layer("abc").run(n)


def test_the_text_of_a_private_name_is_what_the_file_has():
    code = Code(Layer._Layer__private)
    assert code.source(code.body[0]) == "self.__w = self.__w[:__n]"


# --- decorators ----------------------------------------------------------------------------------


def marked(*_):
    return lambda f: f


@marked(lambda x: x, lambda f: (f, [1]))
@marked(
    lambda x: x
)  # fmt: skip
def with_lambdas_above(n):
    return [n, n + 1]


def test_a_lambda_on_a_decorators_line_is_not_the_function():
    assert stepped(with_lambdas_above, 2)[RETURNED] == [2, 3]
    assert lines_of(with_lambdas_above, 2) == [("with_lambdas_above", "return [n, n + 1]", ())]


def test_what_cannot_be_run_by_lines_is_refused_with_a_reason():
    async def waits(n):
        return n

    def yields(n):
        yield n

    with pytest.raises(CannotRead, match=r"waits is asynchronous: .* write it with def alone"):
        Code(waits)
    with pytest.raises(CannotRead, match="yields is a generator"):
        Code(yields)
    assert Code(generators).name == "generators"


def test_names_that_a_function_binds():
    def f(n):
        import os.path
        from math import floor as down

        with n as (a, [b]):
            c = [d for d in n if (e := d)]
        try:
            for g, *h in n:
                i: int
        except ValueError as j:
            del k  # noqa: F821
        match n:
            case [l, *m] | {"x": l, **m}:
                global TOTAL

        def inside(o):
            p = 1

        q = lambda r: (r, [s for s in r])
        n.t, n[0], (u) = 1, 2, 3

    expected = {"n", "os", "down", *"abceghijklm", "inside", "q", "u"}
    assert Code(f).local_names == expected
    assert Code(f).declared == {"TOTAL"}
