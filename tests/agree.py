"""When two numbers are the same but for rounding, where no computation is there to perturb."""

import numpy as np

from micrograd_np.rounding import distance, estimated_radius


def assert_nearly_equal(given, wanted):
    """Assert that each element by itself is off by rounding alone, however small it is."""
    given, wanted = np.asarray(given), np.asarray(wanted, float)
    assert given.shape == wanted.shape
    for g, w in zip(given.ravel(), wanted.ravel(), strict=True):
        found = distance(g, estimated_radius(w))
        assert found.ok, f"{g} is not {w}: {found}"
