"""Arrays without a pattern, and when results of matrices are near enough."""

import numpy as np


def unlike(*shape):
    """Return numbers without a pattern, none of them beyond one."""
    return np.cos(np.arange(np.prod(shape)) ** 2).reshape(shape)


def near(given, wanted):
    np.testing.assert_allclose(given, wanted, rtol=1e-12)
