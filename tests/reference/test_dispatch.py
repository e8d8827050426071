"""The passes accept any object that speaks NumPy's protocols, and never turn it into an array."""

import numpy as np
import pytest
from numpy.lib.mixins import NDArrayOperatorsMixin

from reference import (
    attention,
    batch_norm,
    convolution,
    cross_entropy,
    layer_norm,
    layers,
    linear,
    post,
    rnn,
    rnn_step,
)


def unwrap(value):
    if isinstance(value, Wrapped):
        return value.array
    if isinstance(value, (tuple, list)):
        return type(value)(unwrap(v) for v in value)
    return value


class Wrapped(NDArrayOperatorsMixin):
    """An array that NumPy may compute with, and may not look into."""

    def __init__(self, array):
        self.array = array

    shape = property(lambda self: self.array.shape)
    ndim = property(lambda self: self.array.ndim)
    dtype = property(lambda self: self.array.dtype)
    T = property(lambda self: Wrapped(self.array.T))
    mT = property(lambda self: Wrapped(self.array.mT))

    def __array__(self, dtype=None, copy=None):
        raise TypeError("was turned into an array")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if out is not None:  # an assignment such as `dscores /= N`
            kwargs["out"] = unwrap(out)
        return Wrapped(getattr(ufunc, method)(*map(unwrap, inputs), **kwargs))

    def __array_function__(self, function, types, args, kwargs):
        return Wrapped(function(*map(unwrap, args), **kwargs))

    def __getitem__(self, key):
        return Wrapped(self.array[unwrap(key)])

    def __setitem__(self, key, value):
        self.array[unwrap(key)] = unwrap(value)

    def __pow__(self, exponent):  # as an array does it: NumPy 2.0 rounds np.power(x, 2) otherwise
        return Wrapped(self.array**exponent)

    def copy(self):
        return Wrapped(self.array.copy())

    def sum(self, **kwargs):
        return Wrapped(self.array.sum(**kwargs))

    def max(self, **kwargs):
        return Wrapped(self.array.max(**kwargs))

    def mean(self, **kwargs):
        return Wrapped(self.array.mean(**kwargs))


def test_the_wrapper_refuses_to_become_an_array():
    with pytest.raises(TypeError, match="turned into an array"):
        np.asarray(Wrapped(np.ones(3)))


def same(wrapped, plain):
    """Say whether a dict of wrapped arrays holds the very numbers of a dict of plain ones."""
    assert list(wrapped) == list(plain)
    for a, b in zip(wrapped.values(), plain.values(), strict=True):
        pairs = zip(a, b, strict=True) if isinstance(b, list) else [(a, b)]
        if not all(p is q is None or np.array_equal(p.array, q) for p, q in pairs):
            return False
    return True


def test_the_network_of_the_post(draw):
    net = draw(0, widths=(4, 6, 3), N=7)
    plain = net.X.T, net.W[0].T, net.b[0].T, net.W[1].T, net.b[1].T
    X, *weights = map(Wrapped, plain)
    assert same(
        post.forward(X, net.y, *weights, 0.1), post.forward(plain[0], net.y, *plain[1:], 0.1)
    )
    assert same(
        post.backward(X, net.y, *weights, 0.1), post.backward(plain[0], net.y, *plain[1:], 0.1)
    )


def test_the_linear_classifier(draw):
    net = draw(0, widths=(4, 3), N=7)
    X, W, b = net.X.T, net.W[0].T, net.b[0].T
    wrapped = Wrapped(X), net.y, Wrapped(W), Wrapped(b), 0.1
    assert same(linear.forward(*wrapped), linear.forward(X, net.y, W, b, 0.1))
    assert same(linear.backward(*wrapped), linear.backward(X, net.y, W, b, 0.1))


def test_n_layers(draw):
    net = draw(0, widths=(4, 5, 5, 3), N=7)
    wrapped = Wrapped(net.X), net.y, [*map(Wrapped, net.W)], [*map(Wrapped, net.b)]
    assert same(layers.forward(*wrapped), layers.forward(net.X, net.y, net.W, net.b))
    assert same(layers.backward(*wrapped), layers.backward(net.X, net.y, net.W, net.b))


@pytest.mark.parametrize(
    ("layer", "shapes", "options"),
    [
        (batch_norm, [(5, 4), (4,), (4,), (5, 4)], {}),
        (layer_norm, [(2, 3, 4), (4,), (4,), (2, 3, 4)], {}),
        (attention, [(2, 3, 4), (2, 5, 4), (2, 5, 2), (2, 3, 2)], {"causal": True}),
        (
            convolution,
            [(2, 3, 5, 4), (2, 3, 3, 2), (2,), (2, 2, 3, 3)],
            {"stride": 2, "padding": 1},
        ),
        (rnn_step, [(4, 3), (4, 5), (3, 5), (5, 5), (5,), (4, 5)], {}),
        (rnn, [(2, 4, 3), (4, 5), (3, 5), (5, 5), (5,), (2, 4, 5)], {}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_layers(layer, shapes, options):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    wrapped = [Wrapped(array) for array in arrays]
    assert same(layer.forward(*wrapped[:-1], **options), layer.forward(*arrays[:-1], **options))
    assert same(layer.backward(*wrapped, **options), layer.backward(*arrays, **options))


def test_the_loss_with_labels_that_cannot_be_looked_into_either():
    logits, labels = np.random.default_rng(0).standard_normal((5, 3)), np.array([0, 2, 1, 0, 0])
    wrapped = Wrapped(logits), Wrapped(labels)
    assert same(cross_entropy.forward(*wrapped), cross_entropy.forward(logits, labels))
    assert same(cross_entropy.backward(*wrapped), cross_entropy.backward(logits, labels))
