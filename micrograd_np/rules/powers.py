"""Powers, roots, and the length of a hypotenuse."""

import math
import operator
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp

defvjp(np.square, lambda g, _out, x: g * 2 * x, torch="square", math=r"#1^{\odot 2}")
_OF_SQRT = (
    "For the root of a sum of squares write np.linalg.norm(x), for that of a variance np.std(x), "
    "whose gradient is 0 where that is 0"
)

defvjp(
    np.sqrt,
    lambda g, out, _x: g * 0.5 / out,
    advice=_OF_SQRT,
    torch="sqrt",
    math=r"\sqrt{#1}",
)
defvjp(
    np.cbrt,
    lambda g, out, _x: g / (3 * out) / out,
    analytic=False,
    math=r"\sqrt[3]{#1}",
)


def _power_by_base(g: Any, _out: Any, x: Any, y: Any) -> Any:
    # d x**y / dx = y x**(y - 1), and 0 for y = 0 whatever x is.
    return g * np.where(y == 0, 0, y * x ** (np.where(y == 0, 1, y) - 1))


def _power_by_scalar(g: Any, _out: Any, x: Any, y: Any) -> Any:
    if not isinstance(y, (int, float)):
        return _power_by_base(g, _out, x, y)
    return g * (y * x ** (y - 1)) if y else g * 0


def _power_by_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    # d x**y / dy = x**y log x; at x = 0 the limit 0 where it exists, for y >= 0.
    if isinstance(x, (int, float)) and x > 0:
        return g * out * math.log(x)
    if hasattr(x, "dtype") and x.dtype != out.dtype:
        x = x.astype(out.dtype)  # NumPy takes the logarithm of a small integer in half precision
    zero = (x == 0) & ((y.real if y.dtype.kind == "c" else y) >= 0)
    return np.where(zero, 0, g * out * np.log(np.where(zero, 1, x)))


for _power in (np.power, np.float_power, operator.pow):
    defvjp(
        _power,
        _power_by_scalar,
        _power_by_exponent,
        broadcasts=True,
        kinks="x = 0: y x**(y - 1) by the base, 0 for y = 0; 0 by the exponent for y >= 0",
        torch="float_power" if _power is np.float_power else "{0} ** {1}",
        prints="{0} ** {1}" if _power is operator.pow else "",
        math=r"#1^{\odot #2}",
    )


def _share(g: Any, out: Any, x: Any) -> Any:
    """Return g x / out, and 0 where there is no length."""
    nowhere = out == 0
    return np.where(nowhere, 0, g * (x / np.where(nowhere, 1, out)))


defvjp(
    np.hypot,
    lambda g, out, x1, _x2: _share(g, out, x1),
    lambda g, out, _x1, x2: _share(g, out, x2),
    analytic=False,
    kinks="x1 = x2 = 0: 0",
    torch="hypot",
    math=r"\sqrt{#1^{\odot 2} + #2^{\odot 2}}",
)
