"""What a call gives by NumPy, and with Tensors in the place of arrays: it is the same."""

import numpy as np
import pytest

import micrograd_np as mg


def outcome(call, *arrays):
    """Return what a call gives, or the error that it raises."""
    try:
        with np.errstate(all="ignore"):
            return call(*arrays)
    except Exception as error:
        return error


def assert_numpys(call, *arrays):
    """Assert that Tensors give NumPy's own results, bit for bit and in their dtype, or its error.

    Each of the arrays by itself is a Tensor, and all of them are. Lists stay lists.
    """
    wanted = outcome(call, *arrays)
    leaves = [mg.tensor(a) if isinstance(a, np.ndarray) else a for a in arrays]
    alone = [[*arrays[:k], leaf, *arrays[k + 1 :]] for k, leaf in enumerate(leaves)]
    for given in [leaves, *alone]:
        if not any(isinstance(a, mg.Tensor) for a in given):
            continue
        found = outcome(call, *given)
        if isinstance(wanted, Exception):
            assert isinstance(found, type(wanted)), f"{found!r} is not {wanted!r}"
            assert str(wanted) in str(found)
        else:
            assert_identical(found, wanted)


def assert_identical(found, wanted):
    """Assert that numbers are those wanted: in their dtype, shape, and signs of zeros."""
    if isinstance(wanted, tuple):
        for one, other in zip(found, wanted, strict=True):
            assert_identical(one, other)
        return
    assert not isinstance(found, Exception), repr(found)
    found, wanted = np.asarray(getattr(found, "data", found)), np.asarray(wanted)
    np.testing.assert_array_equal(found, wanted, strict=True)
    if wanted.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


def assert_refused(call, *arrays, error, message):
    """Assert that Tensors are refused with an error of this type and with these words."""
    with pytest.raises(error, match=message):
        call(*[mg.tensor(a) if isinstance(a, np.ndarray) else a for a in arrays])
