"""Special functions: sinc and the modified Bessel function of order 0."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.primitive import primitive

# --- sinc --------------------------------------------------------------------------------------

_NEAR_0 = [2 * k * (2 * k + 3) for k in range(10, 0, -1)]


def _slope(z: Any) -> Any:
    """Return the derivative of sin(z) / z, also near 0, where its terms cancel: a series there.

    It is minus the spherical Bessel function of order 1 (DLMF 10.49.3, 10.53.1).
    """
    near = np.abs(z) < 1
    small = np.where(near, z, 0)
    square = small * small
    series: Any = 1
    for number in _NEAR_0:
        series = 1 - square / number * series
    large = np.where(near, 1, z)
    return np.where(near, small * series / -3, (np.cos(large) - np.sin(large) / large) / large)


defvjp(
    np.sinc,
    lambda g, _out, x: g * np.pi * _slope(np.pi * x),
    broadcasts=True,
    composite=False,
    torch="sinc",
    math=r"\mathrm{sinc}(#1)",
)

# --- the modified Bessel function --------------------------------------------------------------

_FAR = 30.0


@primitive
def bessel(x: Any, order: int) -> Any:
    """Return the modified Bessel function of the first kind (DLMF 10.25.2, 10.40.1).

    A power series, all of whose terms have one sign, and far from 0 an expansion in 1 / x.
    """
    size = np.abs(x).astype(np.promote_types(x.dtype, np.float32))
    near = size < _FAR
    half = np.where(near, size, 0) / 2
    square = half * half
    series = np.ones_like(square)
    for k in range(60, 0, -1):
        series = 1 + square / (k * (k + order)) * series
    series = series * half**order / math.factorial(order)
    far = np.where(near, _FAR, size)
    tail = np.ones_like(far)
    for k in range(24, 0, -1):
        tail = 1 - (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * far) * tail
    root = np.exp(far / 2)  # its square may be too large for a number where the result is not
    value = np.where(near, series, root * (root * (tail / np.sqrt(2 * math.pi * far))))
    return (value * np.sign(x) if order % 2 else value).astype(x.dtype)


defvjp(
    bessel,
    lambda g, _out, x, order: g * (bessel(x, abs(order - 1)) + bessel(x, order + 1)) / 2,
    analytic=False,
)
defvjp(
    np.i0,
    lambda g, _out, x: g * bessel(x, 1),
    analytic=False,
    torch="special.i0",
    math="I_0(#1)",
)
