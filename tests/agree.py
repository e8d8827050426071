"""When two arrays are the same result: one function, so that there is one place to change it.

It stands in for the rounding radius of `micrograd_np.compare`, and is to be replaced by it.
"""

import numpy as np

K = 64
"""How many roundings two right answers may be apart, in units of eps times the absolute terms.

The operations tested sum at most 27 terms, and a rule multiplies each by a handful of factors,
each rounded once; both answers may be off by that, in opposite directions.
"""


def assert_agree(given, wanted, *, scale=None):
    """Assert that shapes and dtypes are equal and that elements differ by rounding alone.

    `scale`, of the same shape, is the sum of the absolute values of the terms that make up each
    element; where it is not given, the largest magnitude in the array stands in.
    """
    given, wanted = np.asarray(given), np.asarray(wanted)
    assert given.shape == wanted.shape, f"shape {given.shape} is not {wanted.shape}"
    assert given.dtype == wanted.dtype, f"dtype {given.dtype} is not {wanted.dtype}"
    if not given.size:
        return
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(given[~finite], wanted[~finite])
    if scale is None:
        scale = np.full(wanted.shape, np.max(np.abs(wanted[finite]), initial=0))
    info = np.finfo(wanted.dtype)
    radius = K * (float(info.eps) * np.asarray(scale, np.float64) + float(info.tiny))
    error = np.abs(np.asarray(given[finite], np.float64) - wanted[finite])
    far = error > radius[finite]
    assert not far.any(), (
        f"{far.sum()} of {given.size} elements differ, by up to {error.max()}:\n"
        f"given  {given}\nwanted {wanted}\nradius {radius}"
    )
