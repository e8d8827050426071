"""DLPack: memory that is shared with other libraries, both ways."""

import numpy as np
import pytest

import micrograd_np as mg

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed")


@needs_torch
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex128"])
def test_to_torch_and_back_without_a_copy(dtype):
    t = mg.tensor(np.arange(6).reshape(2, 3), dtype=dtype)
    there = torch.from_dlpack(t)
    assert tuple(there.shape) == (2, 3)
    there[0, 0] = 7
    assert t.data[0, 0] == 7
    back = mg.from_dlpack(there)
    assert type(back) is mg.Tensor
    assert back.dtype == dtype
    assert not back.requires_grad
    assert np.shares_memory(back.data, t.data)


@needs_torch
def test_what_requires_a_gradient_is_not_detached_silently():
    x = mg.tensor([1.0], requires_grad=True)
    for t in (x, x * 2):
        with pytest.raises(TypeError, match=r"__dlpack__.*t\.detach\(\)"):
            torch.from_dlpack(t)
        assert torch.from_dlpack(t.detach()).item() == t.item()
    with pytest.raises((BufferError, RuntimeError), match="gradient"):
        mg.from_dlpack(torch.ones(2, requires_grad=True))


def test_numpy_speaks_it_too():
    t = mg.tensor([1.0, 2.0])
    assert np.shares_memory(np.from_dlpack(t), t.data)
    assert t.__dlpack_device__() == np.ones(1).__dlpack_device__()
    array = np.arange(3.0)
    assert np.shares_memory(mg.from_dlpack(array).data, array)
    copy = mg.from_dlpack(array, copy=True)
    assert not np.shares_memory(copy.data, array)
    np.testing.assert_array_equal(copy.data, array)
    with pytest.raises(TypeError, match="got a list"):
        mg.from_dlpack([1.0])
