"""The layers and losses of ``nn``: making one, calling it, and what it holds."""

import numpy as np

from hostile.call import (
    array,
    call,
    element_type,
    fixed,
    flag,
    given,
    lengths,
    number,
    operand,
    seed,
    text,
    whole,
)
from hostile.calls.functions import LABELS, X, Y, axes, maybe, weights
from micrograd_np import nn

IMAGES = np.linspace(-1, 1, 2 * 2 * 5 * 5).reshape(2, 2, 5, 5)


def _layer(name, good, *options, keywords=(), also=(), **facts):
    """Return the calls that make a layer, and that call it.

    Parameters
    ----------
    name
        Of its class.
    good
        What to call it with, if that is one array.
    *options
        How to make it.
    keywords
        The names of the last of them, which are given by name.
    also
        What else to call it with.
    """
    kind = getattr(nn, name)
    count = len(options) - len(keywords)

    def make(*values):
        return kind(*values[:count], **dict(zip(keywords, values[count:], strict=True)))

    def used(*values):
        """Make a layer and call it: some look at their options only then."""
        return make(*values)(*(one.make() for one in (operand(good), *also)))

    made = [option.make() for option in options]
    yield call(f"nn.{name}", used, *options, constant=True, **facts)
    yield call(
        f"nn.{name}.forward", lambda layer, *xs: layer(*xs), fixed(lambda: make(*made)),
        operand(good), *also,
    )  # fmt: skip


def _loss(name, x, target, *options):
    yield from _layer(name, x, *options, also=(target,))


SIZE, GENERATOR, DTYPE = lengths(2), seed(), element_type(np.float32)
PARAMETERS = (GENERATOR, DTYPE)
BY_NAME = ("generator", "dtype")

CALLS = [
    *_layer("Linear", X, whole(3), whole(2), flag(True), *PARAMETERS, keywords=BY_NAME),
    *_layer("Embedding", [0, 2], whole(3), whole(2), maybe(whole(1)), *PARAMETERS,
            keywords=BY_NAME),
    *_layer("Dropout", X, number(0.5), seed(), keywords=("generator",)),
    *_layer("Flatten", IMAGES, whole(1), whole(-1)),
    *_layer("Conv2d", IMAGES, whole(2), whole(4), SIZE, lengths(1),
            given(lambda: 1, lambda x: isinstance(x, str) or SIZE.accepts(x)), lengths(1),
            whole(2), flag(True), *PARAMETERS, keywords=BY_NAME),
    *_layer("MaxPool2d", IMAGES, SIZE, maybe(SIZE), lengths(1), lengths(1)),
    *_layer("AvgPool2d", IMAGES, SIZE, maybe(SIZE), lengths(1)),
    *_layer("BatchNorm1d", X, whole(3), number(1e-5), maybe(number(0.1)), flag(True), flag(True),
            flag(True), DTYPE, keywords=("bias", "dtype")),
    *_layer("BatchNorm2d", IMAGES, whole(2), number(1e-5), maybe(number(0.1)), flag(True),
            flag(True), flag(True), DTYPE, keywords=("bias", "dtype")),
    *_layer("LayerNorm", X, lengths(3), number(1e-5), flag(True), flag(True), DTYPE,
            keywords=("dtype",)),
    *_layer("MultiheadAttention", X, whole(3), whole(1), number(0.0), flag(True), flag(False),
            *PARAMETERS, keywords=BY_NAME, also=(operand(X), operand(Y))),
    call("nn.MultiheadAttention.forward", lambda layer, mask, *more: layer(X, X, X, mask, *more),
         fixed(lambda: nn.MultiheadAttention(3, 1, generator=0)),
         maybe(array([False, True])), flag(True), maybe(array(np.zeros((2, 2), bool))), flag(True),
         flag(False)),
    *(it for name in ("ReLU", "Sigmoid", "Tanh", "SiLU") for it in _layer(name, X)),
    *_layer("LeakyReLU", X, number(0.1)),
    *_layer("ELU", X, number(1.5)),
    *_layer("GELU", X, text("tanh")),
    *_layer("Softplus", X, number(1.5), number(20.0)),
    *_layer("Softmax", X, axes(-1)),
    *_layer("LogSoftmax", X, axes(-1)),
    *_loss("CrossEntropyLoss", X, array(LABELS), weights, whole(-100), text("mean"), number(0.1)),
    *_loss("NLLLoss", X, array(LABELS), weights, whole(-100), text("mean")),
    *_loss("MSELoss", X, operand(Y), text("mean")),
    *_loss("L1Loss", X, operand(Y), text("mean")),
    *_loss("HuberLoss", X, operand(Y), text("mean"), number(1.0)),
    *_loss("BCEWithLogitsLoss", X, operand(Y), weights, text("mean"), weights),
    *_loss("KLDivLoss", X, operand(Y), text("mean"), flag(False)),
]  # fmt: skip


def _module():
    return nn.Sequential(nn.Linear(3, 2, generator=0), nn.ReLU(), nn.Linear(2, 1, generator=1))


def _names(module):
    return [name for name, _ in module.named_parameters()]


def _loaded(module, state, strict):
    found = module.load_state_dict(state, strict)
    return [*found, module.state_dict()]


def _with_item(name, module, value):
    """Load a state in which one array is another."""
    module.load_state_dict({**module.state_dict(), name: value})
    return module.state_dict()


def _is_module(x):
    return isinstance(x, nn.Module)


def _registered(module, name, value):
    module.register_buffer(name, value)
    return module.state_dict()


def _is_name(x):
    return isinstance(x, str)


def _holds_arrays(x):
    return isinstance(x, dict)


MODULE = fixed(_module)
A_MODULE = given(lambda: nn.Linear(3, 2, generator=0), _is_module)

CALLS += [
    call("nn.Module", lambda: repr(nn.Module()), constant=True),
    call("nn.Module.forward", lambda x: nn.Module()(x), operand(X)),
    call("nn.Module.parameters", lambda m: list(m.parameters()), MODULE, constant=True),
    call("nn.Module.named_parameters", _names, MODULE, constant=True),
    call("nn.Module.modules", lambda m: len(list(m.modules())), MODULE, constant=True),
    call("nn.Module.named_modules", lambda m: len(list(m.named_modules())), MODULE, constant=True),
    call("nn.Module.state_dict", lambda m: m.state_dict(), MODULE, constant=True),
    call("nn.Module.load_state_dict", _loaded, MODULE,
         given(lambda: _module().state_dict(), _holds_arrays), flag(True), constant=True),
    call("nn.Module.load_state_dict", lambda m, x: _with_item("0.bias", m, x), MODULE,
         array([1.0, 2.0]), constant=True),
    call("nn.Module.register_buffer", _registered, MODULE,
         given(lambda: "mean", _is_name), array([1.0]), constant=True),
    call("nn.Module.train", lambda m, mode: m.train(mode).training, MODULE, flag(True),
         constant=True),
    call("nn.Module.eval", lambda m: m.eval().training, MODULE, constant=True),
    call("nn.Module.summary", lambda m, x: m.summary(x), MODULE, array(X), constant=True),
    call("nn.Sequential", lambda *m: repr(nn.Sequential(*m)), A_MODULE, A_MODULE, constant=True),
    call("nn.Sequential.forward", lambda m, x: m(x), MODULE, operand(X)),
    call("nn.Sequential.__getitem__", lambda m, i: repr(m[i]), MODULE,
         given(lambda: 0, lambda x: isinstance(x, slice) or whole(0).accepts(x)), constant=True),
    call("nn.functional_call", nn.functional_call, A_MODULE,
         given(lambda: {"bias": np.ones(2)}, _holds_arrays), array(X),
         maybe(given(lambda: None, _holds_arrays))),
    call("nn.functional_call", lambda m, b: nn.functional_call(m, {"bias": b}, np.array(X)),
         fixed(lambda: nn.Linear(3, 2, generator=0)), operand([1.0, 2.0])),
]  # fmt: skip
