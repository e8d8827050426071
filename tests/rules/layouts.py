"""The same array, laid out in memory in other ways."""

import numpy as np
from hypothesis import strategies as st


def plain(a):
    return a


def fortran(a):
    return a.copy(order="F")


def negative_stride(a):
    return a[(slice(None, None, -1),) * a.ndim].copy()[(slice(None, None, -1),) * a.ndim]


def every_other(a):
    wide = np.full(tuple(2 * n for n in a.shape), np.nan, a.dtype)
    wide[(slice(None, None, 2),) * a.ndim] = a
    return wide[(slice(None, None, 2),) * a.ndim]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


layouts = st.sampled_from([plain, fortran, negative_stride, every_other, read_only])
