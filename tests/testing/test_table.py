"""The table of operations stands in the package, and is not a part of what it tries."""

import sys

import numpy as np
import pytest

from micrograd_np.frames import is_users
from micrograd_np.testing.operations.table import CASES


def test_what_is_tested_is_the_users_code():
    """What traces read of a frame they must read of the table of operations, too."""
    seen = []

    class Spy(np.ndarray):
        def __array_ufunc__(self, *args, **kwargs):
            seen.append(is_users(sys._getframe(1)))
            return NotImplemented

    (log,) = (case for case in CASES if case.name == "log of positive ones")
    with pytest.raises(TypeError):
        log.call(np.ones(2).view(Spy))
    assert seen
    assert all(seen)
