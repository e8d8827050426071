"""The complementary error function, which NumPy does not have."""

from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.primitive import primitive

_FAR = 28.0
"""From here on it is less than the smallest number."""
_CENTRE = 3.75
# (1 + 2 z) exp(z^2) erfc(z) for z from 0 to infinity as a polynomial in t = (z - 3.75)/(z + 3.75),
# from t^23 down: the form of Shepherd and Laframboise, Math. Comp. 36 (1981), 249-253; the
# numbers are the Chebyshev interpolation of that function with 50 digits.
_COEFFICIENTS = (
    3.1114333809799254e-10,
    -2.623107347133476e-09,
    -3.744210080962018e-09,
    3.197926671666804e-08,
    2.3263508708859124e-08,
    -2.4857126248016745e-07,
    -5.7218230603224086e-08,
    1.7419821586224816e-06,
    -9.73559896736775e-07,
    -1.1438048033346894e-05,
    2.238423915508223e-05,
    5.164652974177416e-05,
    -0.0002901540805408417,
    0.000293714378044958,
    0.0017556258528952954,
    -0.009746579683265262,
    0.028362277418956406,
    -0.05869339857664934,
    0.09230432116037748,
    -0.10880393014244462,
    0.0822767384901452,
    0.0035854154854790257,
    -0.14024059858554697,
    1.2375126308378275,
)


@primitive
def erfc(x: Any) -> Any:
    """Return 1 - erf(x), elementwise: to a few roundings of it and of x^2, where erf(x) is 1, too.

    Parameters
    ----------
    x
        Array or Tensor of any shape.

    Returns
    -------
    array or Tensor
        2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity (DLMF 7.2.2), of the shape
        and dtype of `x`.
    """
    if x.dtype == np.float16:
        return erfc(x.astype(np.float32)).astype(x.dtype)
    z = np.minimum(np.abs(x), _FAR)
    t = (z - _CENTRE) / (z + _CENTRE)
    series = t * _COEFFICIENTS[0]
    for coefficient in _COEFFICIENTS[1:-1]:
        series = (series + coefficient) * t
    tail = (series + _COEFFICIENTS[-1]) * np.exp(-z * z) / (1 + 2 * z)
    # At 0 the tail is a rounding below 1, and 2 less the tail is 1.
    return np.where(x <= 0, 2 - tail, tail)


defvjp(
    erfc,
    lambda g, _out, x: g * (-2 / np.sqrt(np.pi)) * np.exp(-x * x),
    analytic=False,
    torch="special.erfc",
    math=r"\mathrm{erfc}(#1)",
)
