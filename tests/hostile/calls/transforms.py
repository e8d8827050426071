"""The functions of functions, and the functions that they return."""

from dataclasses import replace

import numpy as np

import micrograd_np as mg
from hostile.call import (
    array,
    call,
    fixed,
    flag,
    function,
    given,
    lengths,
    operand,
    tensor,
    text,
    whole,
)
from hostile.calls.functions import maybe
from hostile.values import NOTHING, inside, plain_of
from micrograd_np.operation import OPERATIONS

X = [0.5, -1.5, 2.0]


def declared(f, rule):
    """Give a function a rule, and take it back."""
    before = dict(OPERATIONS)
    try:
        mg.defvjp(f, rule)
    finally:
        OPERATIONS.clear()
        OPERATIONS.update(before)


def loss(x, y=2.0):
    return (x**2 * y).sum()


def clipped(x):
    return mg.relu(x) ** 2  # it says what is no array


def square(x):
    return x * x


def tree_loss(tree):
    return (tree["a"] ** 2).sum()


def _positions(value):
    return given(lambda: value, lambda x: whole(0).accepts(x) or lengths(0).accepts(x))


def _is_tree(value):
    """Whether a value holds arrays of numbers."""
    is_container = isinstance(value, (dict, list, tuple))
    return is_container or any(plain_of(x) is not NOTHING for x in [value, *inside(value)])


def _tree(make):
    return given(make, _is_tree)


def _of_function(name, *options, f=loss):
    """Return the calls of a transform: of another function, and of its result on other numbers."""
    transform = getattr(mg, name)
    values = [option.make() for option in options]
    yield call(
        f"mg.{name}", lambda f, *args: transform(f, *args)(np.array(X)), function(f), *options,
        constant=True,
    )  # fmt: skip
    yield call(f"mg.{name}", lambda x: transform(f, *values)(x), array(X), constant=True)


SHAPED = array([1.0, 0.0, 2.0])
PRIMAL, TANGENT = replace(array(X), is_array=False), replace(SHAPED, is_array=False)
"""A list of them is one of several arguments."""

CALLS = [
    *_of_function("grad", _positions(0), flag(False)),
    *_of_function("value_and_grad", _positions(0), flag(False)),
    *_of_function("elementwise_grad", whole(0), f=square),
    *_of_function("jacobian", _positions(0), text("auto"), f=square),
    *_of_function("hessian", _positions(0)),
    call("mg.grad", lambda x: mg.grad(tree_loss)({"a": x})["a"], array(X), constant=True),
    call("mg.grad", lambda x: mg.grad(tree_loss)(x), given(lambda: {"a": np.array(X)},
         lambda x: isinstance(x, dict)), constant=True),
    call("mg.vjp", lambda f, x: mg.vjp(f, x)[0], function(square), array(X), constant=True),
    call("mg.vjp", lambda v: mg.vjp(square, np.array(X))[1](v), SHAPED, constant=True),
    call("mg.jvp", mg.jvp, function(square), PRIMAL, TANGENT, flag(False), constant=True),
    call("mg.linearize", lambda f, x: mg.linearize(f, x)[0], function(square), array(X),
         constant=True),
    call("mg.linearize", lambda v: mg.linearize(square, np.array(X))[1](v), SHAPED, constant=True),
    call("mg.hvp", mg.hvp, function(loss), PRIMAL, TANGENT, constant=True),
    call("mg.vhp", mg.vhp, function(loss), PRIMAL, TANGENT, constant=True),
    call("mg.checkpoint", lambda f, x: mg.checkpoint(f)(x), function(clipped), operand(X)),
    call("mg.stop_gradient", lambda x: str(type(mg.stop_gradient(x))),
         given(lambda: np.array(X)), constant=True),
    call("mg.stop_gradient", lambda x: mg.stop_gradient([x])[0], tensor(X), constant=True),
    call("mg.ravel", lambda tree: mg.ravel(tree)[0], _tree(lambda: {"a": np.array(X)})),
    call("mg.ravel", lambda v: mg.ravel({"a": np.array(X)})[1](v), operand(X)),
    call("mg.no_grad", lambda f: bool(mg.no_grad(f)), maybe(function(loss)), constant=True),
    call("mg.custom_vjp", lambda f: mg.custom_vjp(f)(2.0), function(square), constant=True),
    call("mg.custom_vjp.defvjp", lambda *rules: mg.custom_vjp(square).defvjp(*rules),
         function(square), function(square), constant=True),
    call("mg.custom_vjp.__call__", lambda x: own()(x), operand(X)),
    call("mg.custom_vjp.__call__", lambda out, x: str(type(giving(out)(x))),
         given(lambda: np.array(X)), fixed(lambda: mg.tensor(X, requires_grad=True)),
         constant=True),
    call("mg.custom_vjp.__call__", lambda g: mg.grad(lambda x: pulling(g)(x).sum())(np.array(X)),
         given(lambda: (np.array(X),)), constant=True),
    call("mg.primitive", lambda f: bool(mg.primitive(f)), maybe(function(loss)), constant=True),
    call("mg.defvjp", declared, function(square), maybe(function(lambda g, out, x: g)),
         constant=True),
    call("mg.defvjp", lambda g: mg.grad(lambda x: with_rule(g)(x).sum())(np.array(X)),
         array(X), constant=True),
]  # fmt: skip


def own():
    own = mg.custom_vjp(clipped)
    own.defvjp(lambda x: (np.maximum(x, 0) ** 2, x), lambda x, g: (2 * np.maximum(x, 0) * g,))
    return own


def giving(out):
    own = mg.custom_vjp(square)
    own.defvjp(lambda x: (out, None), lambda _, g: (g,))
    return own


def pulling(g):
    own = mg.custom_vjp(square)
    own.defvjp(lambda x: (x, None), lambda _x, _g: g)
    return own


def with_rule(g):
    made = mg.primitive(square)
    mg.defvjp(made, lambda _g, _out, _x: g)
    return made
