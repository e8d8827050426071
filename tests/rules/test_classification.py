"""Every function and ufunc of the installed NumPy that can be overridden has one record."""

import inspect

import numpy as np

# Their functions count once they have been imported, as other libraries do.
import numpy.char
import numpy.lib.recfunctions
import numpy.polynomial
import numpy.strings
import pytest
from numpy.testing import overrides

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS, name_of, record_of

UFUNCS = sorted(overrides.get_overridable_numpy_ufuncs(), key=lambda f: f.__name__)
FUNCTIONS = sorted(overrides.get_overridable_numpy_array_functions(), key=name_of)
KINDS = ("differentiable", "constant", "undefined")


def public(function):
    """Return what is called: what NumPy keeps for ``like=`` hands over the public function."""
    return inspect.unwrap(function) if record_of(function) is None else function


def kinds(functions):
    return {function: getattr(record_of(public(function)), "kind", None) for function in functions}


@pytest.mark.parametrize("functions", [UFUNCS, FUNCTIONS], ids=["ufuncs", "functions"])
def test_the_classification_is_total(functions):
    missing = [name_of(f) for f, kind in kinds(functions).items() if kind not in KINDS]
    assert not missing, f"{len(missing)} of {len(functions)} have no record: {', '.join(missing)}"


def test_most_of_numpy_is_differentiable():
    ufuncs = [f for f, kind in kinds(UFUNCS).items() if kind == "differentiable"]
    functions = [f for f, kind in kinds(FUNCTIONS).items() if kind == "differentiable"]
    assert len(ufuncs) >= 55, sorted(f.__name__ for f in ufuncs)
    assert len(functions) >= 120, sorted(map(name_of, functions))


def test_a_kind_is_one_of_three():
    assert {operation.kind for operation in OPERATIONS.values()} == set(KINDS)


@pytest.mark.parametrize(
    "function",
    [f for f, kind in kinds(FUNCTIONS).items() if kind == "undefined"],
    ids=name_of,
)
def test_what_is_undefined_raises_and_says_why(function):
    record = record_of(function)
    assert record.reason
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NotImplementedError) as error:
        x.__array_function__(function, (mg.Tensor,), (x,), {})
    assert record.name in str(error.value)
    assert record.reason in str(error.value)


def test_undefined_ufuncs_raise():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NotImplementedError, match="strings or dates"):
        np.isnat(x)


def test_an_array_like_a_tensor_is_a_tensor():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    for made in (np.zeros_like(x), np.full_like(x, 3.0), np.zeros(2, like=x), np.eye(2, like=x)):
        assert isinstance(made, mg.Tensor)
        assert not made.requires_grad
    with pytest.raises(TypeError, match="lose the gradient"):
        np.full_like(x, x[0])
    with pytest.raises(TypeError, match=r"np\.stack"):
        np.array([x[0], x[1]], like=x)
