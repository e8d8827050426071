"""Steps of lines, and arrays in a dtype, an order and memory that are asked for."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.this_numpy import since

DATA = np.random.default_rng(8).normal(size=(2, 3, 4))
LIKE = mg.tensor(0.0)
COPYING = [np.asarray, *([np.asanyarray] if since("2.1.0") else [])]
"""What takes ``copy=`` in the NumPy that is installed."""


@pytest.mark.parametrize(("num", "endpoint"), [(1, True), (0, True), (1, False), (4, True)])
def test_the_step_of_a_line(num, endpoint):
    """Between no two places there is none: NumPy says nan."""
    ends = DATA[0, 0], DATA[0, 1]
    _, wanted = np.linspace(*ends, num, endpoint, retstep=True)
    line, step = np.linspace(mg.tensor(ends[0]), ends[1], num, endpoint, retstep=True)
    np.testing.assert_array_equal(line.data, np.linspace(*ends, num, endpoint))
    np.testing.assert_array_equal(getattr(step, "data", step), wanted)


@pytest.mark.parametrize("f", COPYING)
@pytest.mark.parametrize("order", [None, "K", "C"])
def test_what_is_as_it_is_wanted_is_not_copied(f, order):
    x = mg.tensor(DATA, requires_grad=True)
    assert f(x, order=order, like=LIKE) is x
    assert f(x, np.float64, order, like=LIKE) is x
    assert f(x, "float64", copy=False, like=LIKE) is x


@pytest.mark.parametrize("f", COPYING)
def test_a_copy_has_memory_of_its_own_in_the_order_that_there_was(f):
    for data in (DATA, np.asfortranarray(DATA)):
        x = mg.tensor(data, requires_grad=True)
        out = f(x, copy=True, like=LIKE)
        assert out.data.strides == f(x.data, copy=True).strides
        assert not np.shares_memory(out.data, x.data)
        np.testing.assert_array_equal(out.data, data)
        (out**2).sum().backward()
        np.testing.assert_array_equal(x.grad, 2 * data)


@pytest.mark.parametrize("f", [np.asarray, np.asanyarray, np.require])
@pytest.mark.parametrize("order", [None, "C", "F"])
def test_another_dtype_is_differentiated_through(f, order):
    options = {"order": order} if f is not np.require else {"requirements": order}
    x = mg.tensor(DATA, requires_grad=True)
    out = f(x, np.float32, like=LIKE, **options)
    wanted = f(DATA, np.float32, **options)
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    assert out.data.strides == wanted.strides
    (out * out).sum().backward()
    np.testing.assert_array_equal(x.grad, (2 * DATA.astype(np.float32)).astype(float))


@pytest.mark.parametrize("f", [np.asarray, np.asanyarray])
def test_a_program_copies_nothing_to_cast_it(f):
    cast = lambda x: np.sum(f(x, np.float32, like=x) ** 2)
    assert ".copy()" not in mg.derive(cast, DATA).source()
