"""What looks at functions: derive, trace, jit, compare, check, gradcheck, explore; and torch."""

import numpy as np

import micrograd_np as mg
from hostile.call import (
    array,
    call,
    fixed,
    flag,
    function,
    given,
    number,
    operand,
    seed,
    text,
    whole,
)
from hostile.calls.functions import maybe
from hostile.calls.transforms import _positions as positions
from hostile.calls.transforms import loss, square

X = np.array([0.5, -1.5, 2.0])


def _derived(f, x, argnums=None):
    program = mg.derive(f, x, argnums=argnums)
    found = program.run(x, *[1.0] * (len(program.inputs) - 1))
    return [found[name] for name in program.outputs]


def _program():
    return mg.derive(loss, X)


def _traced(x):
    t = mg.tensor(x)
    with mg.trace() as program:
        y = np.exp(t)
    return y, [item.text for item in program.forward]


def forward(x, w):
    h = np.tanh(x @ w)
    return np.sum(h**2)


def backward(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h**2))  # noqa: F841  # it is found by its name


def _compared(*args, **options):
    return mg.compare(*args, seconds=0.01, torch=False, **options).ok


def _explored(*args, **options):
    with mg.explore(*args, browser=False, **options) as page:
        return page.url[:16]


def _anomaly(x):
    with mg.detect_anomaly():
        return mg.sigmoid(x)


def _is_torchs(x):
    return type(x).__module__.startswith("torch.")


PROGRAM = fixed(_program)
W = np.array([0.5, 0.25])
ROWS = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.25]])

CALLS = [
    call("mg.derive", _derived, function(loss), array(X), maybe(positions(0)), constant=True,
         slow=True),
    call("mg.derive", lambda names: mg.derive(loss, X, names=names).outputs,
         given(lambda: ["x"], lambda x: x is None or isinstance(x, (list, tuple, dict))),
         constant=True, slow=True),
    call("mg.Program.run", lambda p, x: p.run(x), PROGRAM, array(X), constant=True, slow=True),
    call("mg.Program.perturbed", lambda p, rng, x: p.perturbed(rng, x), PROGRAM, seed(), array(X),
         constant=True, slow=True),
    call("mg.Program.vjp", lambda p, g, to: p.vjp(X, seeds={p.outputs[0]: g}, to=to), PROGRAM,
         array(1.0), text("x"), constant=True, errors=(KeyError,), slow=True),
    call("mg.Program.source", lambda p, s: p.source(s), PROGRAM, text("numpy"), constant=True,
         slow=True),
    call("mg.Program.latex, mg.Program.mathml", lambda p: (p.latex(), p.mathml()), PROGRAM,
         constant=True),
    call("mg.trace", _traced, array(X), constant=True, slow=True),
    call("mg.jit", lambda f, x: mg.jit(f)(x), function(square), array(X), constant=True,
         slow=True),
    call("mg.jit", lambda d: mg.jit(square, donate=d)(X.copy()), positions(0), constant=True,
         slow=True),
    call("mg.gradcheck", lambda f, x: mg.gradcheck(f, x).ok, function(loss), array(X),
         constant=True, slow=True, errors=(AssertionError,), lines=True),
    call("mg.gradcheck", lambda n, e, r: mg.gradcheck(loss, X, argnums=n, elements=e,
         raise_exception=r).ok, maybe(positions(0)), maybe(whole(2)), flag(True), constant=True,
         slow=True),
    call("mg.check", lambda given, wanted: mg.check(given, wanted).ok,
         given(lambda: {"w": X}, lambda x: isinstance(x, dict)),
         given(lambda: {"w": X}, lambda x: isinstance(x, dict)), constant=True, slow=True),
    call("mg.check", lambda given, wanted: mg.check({"w": given}, {"w": wanted}).ok,
         given(lambda: X), array(X), constant=True, slow=True),
    call("mg.compare", _compared, function(forward), maybe(function(backward)), array(ROWS),
         array(W), constant=True, slow=True, quotes=True),
    call("mg.compare", lambda names, into, torch, seconds: mg.compare(
         forward, backward, ROWS, W, names=names, into=into, torch=torch, seconds=seconds).ok,
         given(lambda: None, lambda x: x is None or isinstance(x, (list, tuple))),
         given(lambda: None, lambda x: x is None or isinstance(x, (list, tuple))),
         flag(False), number(0.01), constant=True, slow=True, needs="torch"),
    call("mg.assert_backward_correct", mg.assert_backward_correct, function(forward),
         function(backward), array(ROWS), array(W), constant=True, slow=True, lines=True,
         errors=(AssertionError,), quotes=True),
    call("mg.explore", _explored, maybe(function(forward)), function(backward), fixed(ROWS),
         fixed(W), constant=True, slow=True),
    call("mg.detect_anomaly", _anomaly, operand(X)),
    call("mg.from_torch", lambda m: bool(mg.from_torch(m)), given(lambda: _torch_layer(),
         _is_torchs), constant=True, needs="torch"),
    call("mg.to_torch", lambda m: bool(mg.to_torch(m)), given(lambda: mg.nn.ReLU(),
         lambda x: isinstance(x, mg.nn.Module)), constant=True, needs="torch"),
]  # fmt: skip


def _torch_layer():
    import torch

    return torch.nn.ReLU()
