"""What neural networks are made of."""

import mpmath

import micrograd_np as mg
from micrograd_np.rules.erfc import erfc
from rules import draws, in_torch, oracles
from rules.case import case
from rules.draws import one, reducing
from rules.in_torch import dims

# --- neural networks ---------------------------------------------------------------------------

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
