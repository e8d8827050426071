"""Every parameter of every NumPy function that has a rule is tried, or shown to be refused."""

import inspect
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from numpy.testing import overrides

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS, name_of
from micrograd_np.testing.operations.table import CASES

# `out` has a test of its own below, and `like` is how NumPy itself comes to a Tensor.
ELSEWHERE = {"out", "like"}
DEPRECATED = {
    np.corrcoef: {"bias", "ddof"},  # without effect, and gone from NumPy 2.4 on
    np.reshape: {"newshape"},
    np.quantile: {"interpolation"},
    np.percentile: {"interpolation"},
    np.nanquantile: {"interpolation"},
    np.nanpercentile: {"interpolation"},
}

DIFFERENTIABLE = [
    function
    for function, operation in OPERATIONS.items()
    if operation.kind == "differentiable"
    and function in overrides.get_overridable_numpy_array_functions()
]
every_function = pytest.mark.parametrize("function", DIFFERENTIABLE, ids=name_of)


class Spy(np.ndarray):
    """An array that takes note of the NumPy functions that it is given to."""

    calls: list = []  # noqa: RUF012  # one list for all
    depth = 0

    def __array_function__(self, function, types, args, kwargs):
        if not Spy.depth:
            Spy.calls.append((function, args, kwargs))
        Spy.depth += 1
        try:
            return super().__array_function__(function, types, args, kwargs)
        finally:
            Spy.depth -= 1

    def __iter__(self):
        # np.poly and np.roots dispatch on the elements: of an array, else, they are no arrays.
        return map(spied, super().__iter__())


def spied(a):
    return np.asarray(a).view(Spy)


@cache
def parameters(function):
    try:
        every = inspect.signature(function).parameters.values()
    except ValueError:  # NumPy does not say
        return None
    if any(p.kind is p.VAR_KEYWORD for p in every):
        return None
    return [p for p in every if p.kind is not p.VAR_POSITIONAL]


def tried(function):
    """Return the parameters that the cases of a function give it."""
    seen = set()

    def collect(case):
        @settings(
            max_examples=40,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case.draw)
        def look(drawn):
            arrays, options = drawn
            Spy.calls.clear()
            with np.errstate(all="ignore"):
                case.call(*map(spied, arrays), **options)
            for called, args, kwargs in Spy.calls:
                if called is function:
                    seen.update(inspect.signature(function).bind(*args, **kwargs).arguments)

        look()

    for case in CASES:
        if case.record is function:
            collect(case)
    return seen


def unsupported(function):
    return {
        name: (case, value)
        for case in CASES
        if case.record is function
        for name, value in case.unsupported.items()
    }


@every_function
def test_every_parameter_is_tried_or_said_to_be_unsupported(function):
    if parameters(function) is None:
        return
    names = {p.name for p in parameters(function)} - ELSEWHERE - DEPRECATED.get(function, set())
    left = names - tried(function) - unsupported(function).keys()
    assert not left, f"{name_of(function)}: no case gives {sorted(left)}"


@pytest.mark.parametrize(
    ("function", "name"),
    [(function, name) for function in DIFFERENTIABLE for name in unsupported(function)],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)
def test_what_is_unsupported_raises(function, name):
    case, value = unsupported(function)[name]
    arrays, options = find(case.draw, lambda drawn: all(a.size for a in drawn[0]))
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    with pytest.raises((NotImplementedError, TypeError)):
        case.call(*leaves, **options, **{name: value})


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in {case.record: case for case in CASES}.values()
        if case.record in DIFFERENTIABLE
        and parameters(case.record) is not None
        and any(p.name == "out" for p in parameters(case.record))
        and case.call is case.record
    ],
    ids=str,
)
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_result_can_be_written_into_a_tensor_and_not_into_an_array(case, data):
    arrays, options = data.draw(case.draw)
    options.pop("out", None)
    wanted = np.asarray(case.call(*arrays, **options))
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    out = mg.tensor(np.zeros_like(wanted))
    result = case.call(*leaves, **options, out=out)
    assert result is out
    assert out.requires_grad
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    with pytest.raises(TypeError, match="the gradient would be lost"):
        case.call(*leaves, **options, out=np.zeros_like(wanted))
