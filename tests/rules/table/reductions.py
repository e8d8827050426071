"""Functions that reduce axes, and running sums."""

import numpy as np

from rules import draws, in_torch
from rules.case import case
from rules.draws import one, reducing
from rules.in_torch import dims, torch

# --- reductions --------------------------------------------------------------------------------

for _name, _call in (("sum", np.sum), ("a.sum", lambda a, **options: a.sum(**options))):
    case(
        _name,
        np.sum,
        _call,
        one(options=reducing),
        lambda a, axis, keepdims: a.sum(dims(a, axis), keepdim=keepdims),
    )
case(
    "mean",
    np.mean,
    np.mean,
    one(options=reducing, min_side=1),
    lambda a, axis, keepdims: a.mean(dims(a, axis), keepdim=keepdims),
)
for _name, _function in (("max", np.max), ("min", np.min), ("amax", np.amax), ("amin", np.amin)):
    case(
        _name,
        _function,
        _function,
        one(options=reducing, min_side=1, unique=True),
        lambda a, axis, keepdims, name="a" + _name[-3:]: getattr(torch, name)(
            a, dims(a, axis), keepdim=keepdims
        ),
    )
for _name, _function in (("var", np.var), ("std", np.std)):
    case(
        _name,
        _function,
        _function,
        draws.spread(),
        lambda a, axis, keepdims, ddof, name=_name: getattr(torch, name)(
            a, dims(a, axis), correction=ddof, keepdim=keepdims
        ),
    )
case("cumsum", np.cumsum, np.cumsum, one(options=draws.along_or_flat), in_torch.cumsum)
