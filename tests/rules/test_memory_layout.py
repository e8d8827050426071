"""How results lie in memory: as NumPy's do, since a sum over them is rounded in that order."""

import numpy as np
import pytest

import micrograd_np as mg

CALLS = {
    "ufunc": lambda x, order: np.add(x, 1.0, order=order),
    "ufunc of several": lambda x, order: np.modf(x, order=order)[0],
    "ufunc in another dtype": lambda x, order: np.exp(x, order=order, dtype=np.float32),
    "matmul": lambda x, order: np.matmul(x, x.T, order=order),
    "einsum": lambda x, order: np.einsum("ij->ij", x, order=order),
    "copy": lambda x, order: x.copy(order=order),
    "np.copy": lambda x, order: np.copy(x, order=order),
    "astype": lambda x, order: x.astype(np.float32, order=order),
    "astype of the same": lambda x, order: x.astype(x.dtype, order=order),
    "asarray": lambda x, order: np.asarray(x, order=order, like=x),
    "asanyarray": lambda x, order: np.asanyarray(x, order=order, like=x),
    "require": lambda x, order: np.require(x, requirements=order.replace("K", "A"), like=x),
    "asfortranarray": lambda x, order: np.asfortranarray(x, like=x),
    "ascontiguousarray": lambda x, order: np.ascontiguousarray(x, like=x),
    "flatten": lambda x, order: x.flatten(order),
    "ravel": lambda x, order: x.ravel(order),
    "reshape": lambda x, order: x.reshape((3, 2), order="C" if order == "K" else order),
    "accumulate": lambda x, order: np.maximum.accumulate(x, axis=1),
    "default copy": lambda x, order: x.copy(),
    "elementwise": lambda x, order: np.exp(x) * x,
    "where": lambda x, order: np.where(x > 2, x, 0.0),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("columns", [False, True])
def test_results_lie_in_memory_as_numpys_do(call, order, columns):
    array = np.arange(1.0, 7.0).reshape((2, 3), order="F" if columns else "C")
    wanted = call(array, order)
    given = call(mg.tensor(array, requires_grad=True), order)
    assert given.data.strides == wanted.strides
    np.testing.assert_array_equal(given.data, wanted, strict=True)
    given.sum().backward()


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_parts_of_arrays_are_flattened_as_numpy_does(order):
    array = np.arange(24.0).reshape(3, 8)
    t = mg.tensor(array, requires_grad=True)
    for part in (np.s_[:, ::2], np.s_[::-1], np.s_[:, 1:3]):
        for turn in (np.positive, np.transpose):
            wanted = turn(array)[part].flatten(order)
            np.testing.assert_array_equal(turn(t)[part].flatten(order).data, wanted)


def test_an_order_is_one_that_numpy_knows():
    x = mg.tensor(np.ones((2, 3)), requires_grad=True)
    for call in (lambda: np.exp(x, order="Z"), lambda: x.copy("Z"), lambda: x.astype("f4", "Z")):
        with pytest.raises(ValueError, match="order must be one of"):
            call()
