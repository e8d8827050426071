"""Trigonometric and hyperbolic functions, their inverses, and units of angles."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp

# --- trigonometric functions -------------------------------------------------------------------

defvjp(np.sin, lambda g, _out, x: g * np.cos(x), torch="sin", math=r"\sin(#1)")
defvjp(np.cos, lambda g, _out, x: -g * np.sin(x), torch="cos", math=r"\cos(#1)")
defvjp(np.tan, lambda g, out, _x: g * (1 + out * out), torch="tan", math=r"\tan(#1)")

# --- hyperbolic functions ----------------------------------------------------------------------

defvjp(np.sinh, lambda g, _out, x: g * np.cosh(x), torch="sinh", math=r"\sinh(#1)")
defvjp(np.cosh, lambda g, _out, x: g * np.sinh(x), torch="cosh", math=r"\cosh(#1)")
defvjp(np.tanh, lambda g, out, _x: g * (1 - out * out), torch="tanh", math=r"\tanh(#1)")

# --- inverses ----------------------------------------------------------------------------------


def _length(x: Any) -> Any:
    """Return the square root of 1 + x**2, also where that square is too large for a number."""
    return np.sqrt(x * x - (-1)) if x.dtype.kind == "c" else np.hypot(1, x)


# Products of roots instead of roots of products: near 1 nothing cancels, far away nothing
# overflows, and the sign is that of NumPy's branch for complex numbers, too. On a branch cut the
# zero beside the real part has a sign that tells the side: x - (-1) keeps it, 1 + x does not. Of
# real numbers, -(x - 1) would be the negative zero at 1, and its inverse the wrong infinity.


def _below(x: Any) -> Any:
    """Return 1 - x, on the side of a branch cut where x is."""
    return -(x - 1) if x.dtype.kind == "c" else 1 - x


def _above(x: Any) -> Any:
    """Return 1 + x, on the side of a branch cut where x is."""
    return x - (-1) if x.dtype.kind == "c" else 1 + x


defvjp(
    np.arcsin,
    lambda g, _out, x: g / (np.sqrt(_below(x)) * np.sqrt(_above(x))),
    torch="arcsin",
    math=r"\arcsin(#1)",
)
defvjp(
    np.arccos,
    lambda g, _out, x: -g / (np.sqrt(_below(x)) * np.sqrt(_above(x))),
    torch="arccos",
    math=r"\arccos(#1)",
)
defvjp(
    np.arctan,
    lambda g, _out, x: g / _length(x) / _length(x),
    torch="arctan",
    math=r"\arctan(#1)",
)
defvjp(
    np.arcsinh,
    lambda g, _out, x: g / _length(x),
    torch="arcsinh",
    math=r"\mathrm{arsinh}(#1)",
)
defvjp(
    np.arccosh,
    lambda g, _out, x: g / (np.sqrt(x - 1) * np.sqrt(_above(x))),
    torch="arccosh",
    math=r"\mathrm{arcosh}(#1)",
)
defvjp(
    np.arctanh,
    lambda g, _out, x: g / ((1 - x) * (1 + x)),
    torch="arctanh",
    math=r"\mathrm{artanh}(#1)",
)


def _turn(g: Any, away: Any, x: Any, y: Any) -> Any:
    """Return g away / (x**2 + y**2), and 0 at the origin: no square is computed."""
    length = np.hypot(x, y)
    nowhere = length == 0
    length = np.where(nowhere, 1, length)
    return np.where(nowhere, 0, g * (away / length) / length)


defvjp(
    np.arctan2,
    lambda g, _out, x1, x2: _turn(g, x2, x1, x2),
    lambda g, _out, x1, x2: -_turn(g, x1, x1, x2),
    analytic=False,
    kinks="x1 = x2 = 0: 0",
    torch="arctan2",
    math=r"\mathrm{atan2}(#1, #2)",
)

# --- units -------------------------------------------------------------------------------------

_DEGREE = math.pi / 180

for _to_radians in (np.deg2rad, np.radians):
    defvjp(
        _to_radians,
        lambda g, _out, _x: g * _DEGREE,
        analytic=False,
        torch="deg2rad",
        math=r"\frac{\pi}{180} #1",
    )
for _to_degrees in (np.rad2deg, np.degrees):
    defvjp(
        _to_degrees,
        lambda g, _out, _x: g / _DEGREE,
        analytic=False,
        torch="rad2deg",
        math=r"\frac{180}{\pi} #1",
    )
