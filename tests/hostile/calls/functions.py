"""The functions of arrays and tensors: those at the top, ``nn.functional`` and ``nn.init``."""

import numpy as np

import micrograd_np as mg
from hostile.call import (
    array,
    call,
    flag,
    given,
    lengths,
    number,
    operand,
    seed,
    text,
    whole,
)
from micrograd_np.nn import functional as F
from micrograd_np.nn import init

X = [[0.5, -1.5, 2.0], [0.25, 1.0, 3.0]]
Y = [[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]]
LABELS = [2, 0]


def _is_axes(value):
    return value is None or whole(0).accepts(value) or lengths(0).accepts(value)


def axes(value):
    return given(lambda: value, _is_axes)


def maybe(argument):
    """Return an argument that may be None, too."""
    return given(argument.make, lambda x: x is None or argument.accepts(x))


weights = maybe(array([1.0, 2.0, 3.0]))

CALLS = [
    call("mg.relu, nn.functional.relu", mg.relu, operand(X)),
    call("mg.sigmoid, nn.functional.sigmoid", mg.sigmoid, operand(X)),
    call("mg.softmax", mg.softmax, operand(X), axes(-1)),
    call("mg.log_softmax", mg.log_softmax, operand(X), axes(-1)),
    call("mg.logsumexp", mg.logsumexp, operand(X), axes(0), flag(False)),
    call("mg.cross_entropy", mg.cross_entropy, operand(X), array(LABELS)),
    call("nn.functional.tanh", F.tanh, operand(X)),
    call("nn.functional.leaky_relu", F.leaky_relu, operand(X), number(0.1)),
    call("nn.functional.elu", F.elu, operand(X), number(1.5)),
    call("nn.functional.gelu", F.gelu, operand(X), text("tanh")),
    call("nn.functional.silu", F.silu, operand(X)),
    call("nn.functional.softplus", F.softplus, operand(X), number(1.5), number(20.0)),
    call("nn.functional.softmax", F.softmax, operand(X), axes(-1)),
    call("nn.functional.log_softmax", F.log_softmax, operand(X), axes(-1)),
    call("nn.functional.cross_entropy", F.cross_entropy, operand(X), array(LABELS), weights,
         whole(-100), text("mean"), number(0.1)),
    call("nn.functional.cross_entropy", F.cross_entropy, operand(X), array(Y), weights),
    call("nn.functional.nll_loss", F.nll_loss, operand(X), array(LABELS), weights, whole(-100),
         text("mean")),
    call("nn.functional.mse_loss", F.mse_loss, operand(X), operand(Y), text("sum")),
    call("nn.functional.l1_loss", F.l1_loss, operand(X), operand(Y), text("none")),
    call("nn.functional.huber_loss", F.huber_loss, operand(X), operand(Y), text("mean"),
         number(1.0)),
    call("nn.functional.binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits,
         operand(X), operand(Y), weights, text("mean"), weights),
    call("nn.functional.kl_div", F.kl_div, operand(X), operand(Y), text("batchmean"), flag(False)),
]  # fmt: skip


def _drawing(name, *options, **facts):
    """Fill a parameter, and tell what it was filled with."""

    def do(parameter, *args):
        filled = getattr(init, name)(parameter, *args)
        return np.asarray(mg.stop_gradient(filled))

    def is_filled(x):
        return isinstance(x, (mg.Tensor, np.ndarray)) and x.dtype.kind in "fc"

    target = given(lambda: mg.tensor(np.zeros((2, 3)), requires_grad=True), is_filled)
    return call(f"nn.init.{name}", do, target, *options, constant=True, changes=(0,), **facts)


CALLS += [
    _drawing("uniform_", number(0.0), number(1.0), seed()),
    _drawing("normal_", number(0.0), number(1.0), seed()),
    _drawing("post_", seed()),
    _drawing("xavier_uniform_", number(1.0), seed()),
    _drawing("xavier_normal_", number(1.0), seed()),
    _drawing("kaiming_uniform_", number(0.0), text("fan_in"), text("relu"), seed()),
    _drawing("kaiming_normal_", number(0.0), text("fan_in"), text("relu"), seed()),
    _drawing("orthogonal_", number(1.0), seed()),
    call("nn.init.calculate_gain", init.calculate_gain, text("leaky_relu"), maybe(number(0.1)),
         constant=True),
]  # fmt: skip
