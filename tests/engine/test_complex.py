"""Gradients of complex numbers are not there yet, and say so: no wrong number comes out."""

import numpy as np
import pytest

import micrograd_np as mg


def test_a_complex_leaf_is_refused():
    with pytest.raises(TypeError, match="complex"):
        mg.tensor([1j], requires_grad=True)
    with pytest.raises(TypeError, match="complex"):
        mg.grad(lambda z: (z * z).sum())(np.array([1j]))


@pytest.mark.parametrize(
    "f",
    [lambda x: np.abs(x * 1j).sum(), lambda x: x.astype(complex), lambda x: x @ np.array([1j, 2])],
)
def test_a_complex_result_is_refused(f):
    with pytest.raises(NotImplementedError, match="complex"):
        f(mg.tensor([1.0, -2.0], requires_grad=True))


def test_a_complex_seed_is_refused():
    x = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="seed is complex"):
        (x * 2).backward([1j])


def test_complex_constants_compute():
    z = mg.tensor([1 + 1j])
    np.testing.assert_array_equal((z * z).data, [2j])
