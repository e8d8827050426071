"""Functions of each element: arithmetic, powers, exponentials, trigonometry, maxima.

At a kink the derivative is a convention; it stands beside the rule as ``kinks``.
"""

import math
import operator
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.mode import is_number

# --- arithmetic --------------------------------------------------------------------------------

defvjp(
    np.add,
    lambda g, _out, _a, _b: g,
    lambda g, _out, _a, _b: g,
    torch="add",
    prints="{0} + {1}",
    math=r"#1 + #2",
)
defvjp(
    np.subtract,
    lambda g, _out, _a, _b: g,
    lambda g, _out, _a, _b: -g,
    torch="sub",
    prints="{0} - {1}",
    math=r"#1 - #2",
)
defvjp(
    np.multiply,
    lambda g, _out, _a, b: g * b,
    lambda g, _out, a, _b: g * a,
    torch="mul",
    prints="{0} * {1}",
    math=r"#1 \odot #2",
)
defvjp(
    np.divide,
    lambda g, _out, _a, b: g / b,
    lambda g, out, _a, b: -g * out / b,
    torch="div",
    prints="{0} / {1}",
    math=r"\frac{#1}{#2}",
)
defvjp(
    np.remainder,
    lambda g, _out, _a, _b: g,
    lambda g, _out, a, b: -g * np.floor_divide(a, b),
    analytic=False,
    kinks="a a multiple of b: the slope to the right",
    torch="remainder",
    prints="{0} % {1}",
    math=r"#1 \, \mathrm{mod} \, #2",
)
defvjp(np.negative, lambda g, _out, _x: -g, exact=True, torch="neg", prints="-{0}", math="-#1")
defvjp(np.positive, lambda g, _out, _x: g, exact=True, torch="positive", prints="+{0}", math="#1")
defvjp(np.reciprocal, lambda g, out, _x: -g * out * out, torch="reciprocal", math=r"\frac{1}{#1}")
defvjp(np.square, lambda g, _out, x: g * 2 * x, torch="square", math=r"#1^{\odot 2}")
defvjp(np.sqrt, lambda g, out, _x: g * 0.5 / out, torch="sqrt", math=r"\sqrt{#1}")


def _power_by_base(g: Any, _out: Any, x: Any, y: Any) -> Any:
    # d x**y / dx = y x**(y - 1), and 0 for y = 0 whatever x is.
    return g * np.where(y == 0, 0, y * x ** np.where(y == 0, 1, y - 1))


def _power_by_scalar(g: Any, _out: Any, x: Any, y: Any) -> Any:
    if not isinstance(y, (int, float)) and not is_number(y):
        return _power_by_base(g, _out, x, y)
    return g * (y * x ** (y - 1)) if y else g * 0


def _power_by_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    # d x**y / dy = x**y log x; at x = 0 the limit 0 where it exists, for y >= 0.
    if isinstance(x, (int, float)) and x > 0:
        return g * out * math.log(x)
    zero = (x == 0) & (y >= 0)
    return np.where(zero, 0, g * out * np.log(np.where(zero, 1, x)))


for _power in (np.power, operator.pow):
    defvjp(
        _power,
        _power_by_scalar,
        _power_by_exponent,
        broadcasts=True,
        kinks="x = 0: y x**(y - 1) by the base, 0 for y = 0; 0 by the exponent for y >= 0",
        torch="{0} ** {1}",
        prints="{0} ** {1}" if _power is operator.pow else "",
        math=r"#1^{\odot #2}",
    )

# --- exponentials and logarithms ---------------------------------------------------------------

defvjp(np.exp, lambda g, out, _x: g * out, torch="exp", math=r"\exp(#1)")
defvjp(np.expm1, lambda g, out, _x: g * (out + 1), torch="expm1", math=r"\exp(#1) - 1")
defvjp(np.log, lambda g, _out, x: g / x, torch="log", math=r"\log(#1)")
defvjp(np.log1p, lambda g, _out, x: g / (1 + x), torch="log1p", math=r"\log(1 + #1)")

# --- trigonometry ------------------------------------------------------------------------------

defvjp(np.sin, lambda g, _out, x: g * np.cos(x), torch="sin", math=r"\sin(#1)")
defvjp(np.cos, lambda g, _out, x: -g * np.sin(x), torch="cos", math=r"\cos(#1)")
defvjp(np.tanh, lambda g, out, _x: g * (1 - out * out), torch="tanh", math=r"\tanh(#1)")

# --- selections: the larger, the smaller, one or the other -------------------------------------

defvjp(
    np.absolute,
    lambda g, _out, x: g * np.sign(x),
    exact=True,
    analytic=False,
    kinks="x = 0: 0",
    torch="abs",
    prints="np.abs({0})",
    math=r"|#1|",
)
defvjp(
    np.maximum,
    lambda g, _out, a, b: np.where(a < b, 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where(b < a, 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    torch="maximum",
    math=r"\max(#1, #2)",
)
defvjp(
    np.minimum,
    lambda g, _out, a, b: np.where(a > b, 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where(b > a, 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    torch="minimum",
    math=r"\min(#1, #2)",
)
defvjp(
    np.where,
    None,
    lambda g, _out, condition, _x, _y: np.where(condition, g, 0),
    lambda g, _out, condition, _x, _y: np.where(condition, 0, g),
    broadcasts=True,
    exact=True,
    torch="where",
    math=r"\mathbf{1}[#1] \odot #2 + \mathbf{1}[\neg #1] \odot #3",
)
