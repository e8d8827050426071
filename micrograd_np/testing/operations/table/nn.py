"""What neural networks are made of."""

import mpmath
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.rules.erfc import erfc
from micrograd_np.rules.nn import linear
from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws, in_torch, oracles
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, reducing
from micrograd_np.testing.operations.in_torch import dims


@st.composite
def linear_layers(draw):
    x = draw(strategies.arrays(draw(strategies.shapes(min_dims=1))))
    weight = draw(strategies.arrays((draw(st.integers(0, 3)), x.shape[-1]), margin=1 / 32))
    return [x, weight], {}


# --- neural networks ---------------------------------------------------------------------------

case(
    "linear",
    linear,
    linear,
    linear_layers(),
    lambda x, weight: in_torch.torch.nn.functional.linear(x, weight),
)
case("relu", mg.relu, mg.relu, one(), lambda a: a.relu())
case("sigmoid", mg.sigmoid, mg.sigmoid, one(), lambda a: a.sigmoid())
case(
    "erfc",
    erfc,
    erfc,
    one(),
    lambda a: in_torch.torch.special.erfc(a),
    exact=oracles.by_element(lambda x: mpmath.erfc(x)),
)
case(
    "softmax",
    mg.softmax,
    mg.softmax,
    one(options=draws.along, min_dims=1, min_side=1),
    lambda a, axis: a.softmax(axis),
)
case(
    "log_softmax",
    mg.log_softmax,
    mg.log_softmax,
    one(options=draws.along, min_dims=1, min_side=1),
    lambda a, axis: a.log_softmax(axis),
)
case(
    "logsumexp",
    mg.logsumexp,
    mg.logsumexp,
    one(options=reducing, min_side=1),
    lambda a, axis, keepdims: a.logsumexp(dims(a, axis), keepdim=keepdims),
)
case(
    "cross_entropy",
    mg.cross_entropy,
    mg.cross_entropy,
    one(options=draws.labels_for, min_dims=1, min_side=1),
    in_torch.cross_entropy,
)
