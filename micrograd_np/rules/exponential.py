"""Exponentials and logarithms."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp

_LOG_2, _LOG_10 = math.log(2), math.log(10)
_OF_EXP = (
    "For 1 / (1 + np.exp(-x)) write mg.sigmoid(x), for np.exp(x) / np.exp(x).sum() mg.softmax(x), "
    "for np.log(1 + np.exp(x)) np.logaddexp(0, x)"
)
_OF_LOG = (
    "For np.log(np.exp(x).sum()) write mg.logsumexp(x), for the logarithm of a softmax "
    "mg.log_softmax(x), of a sigmoid -np.logaddexp(0, -x)"
)

defvjp(np.exp, lambda g, out, _x: g * out, advice=_OF_EXP, torch="exp", math=r"\exp(#1)")
# Not out + 1, which has no digits left where exp(x) is small.
defvjp(np.expm1, lambda g, _out, x: g * np.exp(x), torch="expm1", math=r"\exp(#1) - 1")
defvjp(np.exp2, lambda g, out, _x: g * out * _LOG_2, torch="exp2", math="2^{#1}")
defvjp(np.log, lambda g, _out, x: g / x, advice=_OF_LOG, torch="log", math=r"\log(#1)")
defvjp(np.log1p, lambda g, _out, x: g / (1 + x), torch="log1p", math=r"\log(1 + #1)")
defvjp(np.log2, lambda g, _out, x: g / x / _LOG_2, torch="log2", math=r"\log_2(#1)")
defvjp(np.log10, lambda g, _out, x: g / x / _LOG_10, torch="log10", math=r"\log_{10}(#1)")

# --- logarithms of sums ------------------------------------------------------------------------


def _above(a: Any, b: Any) -> Any:
    """Return b - a, and 0 for two that are the same infinity."""
    same = np.isinf(a) & (a == b)
    return np.where(same, 0, b) - np.where(same, 0, a)


# exp(a - log(exp(a) + exp(b))) = exp(-log(1 + exp(b - a))): finite for any a and b.
defvjp(
    np.logaddexp,
    lambda g, _out, a, b: g * np.exp(-np.logaddexp(0, _above(a, b))),
    lambda g, _out, a, b: g * np.exp(-np.logaddexp(0, _above(b, a))),
    analytic=False,
    kinks="a = b, both the same infinity: half each",
    torch="logaddexp",
    math=r"\log(\exp(#1) + \exp(#2))",
)
defvjp(
    np.logaddexp2,
    lambda g, _out, a, b: g * np.exp2(-np.logaddexp2(0, _above(a, b))),
    lambda g, _out, a, b: g * np.exp2(-np.logaddexp2(0, _above(b, a))),
    analytic=False,
    kinks="a = b, both the same infinity: half each",
    torch="logaddexp2",
    math=r"\log_2(2^{#1} + 2^{#2})",
)
