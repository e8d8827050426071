"""Third derivatives of whatever is elementwise are right.

A rule whose gradient is right may still fail when it is differentiated twice more: it computes with
something that has lost its gradient, or by a formula whose derivatives lose all digits. Differences
with many digits tell for every case, PyTorch where it has an answer that is exact enough.
"""

import operator

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.special import bessel
from micrograd_np.testing.operations import oracles
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.measured import (
    Call,
    Measured,
    assert_along,
    assert_within_radii,
    exact_sum,
    numbered,
    weights_for,
)
from micrograd_np.testing.operations.table import CASES

EXAMPLES = max(settings.default.max_examples // 4, 4)

# --- which cases, and who is asked about them ---------------------------------------------------

NO_UFUNCS = {
    *(np.sinc, np.i0, bessel, operator.pow, np.where, np.clip, np.nan_to_num),
    *(np.real, np.imag, np.angle, np.real_if_close, mg.relu, mg.sigmoid),
    *(getattr(np.lib.scimath, name) for name in np.lib.scimath.__all__),
}
"""What is elementwise, though its record does not know."""


def is_elementwise(case):
    if case.record is np.ufunc.__call__:  # a ufunc with keywords
        return not case.name.startswith("matmul")
    return case.record in NO_UFUNCS or OPERATIONS[case.record].elementwise


ELEMENTWISE = [case for case in CASES if case.record in OPERATIONS and is_elementwise(case)]


def each(function, operands=1):
    """Return a function of arrays of objects that computes each element with mpmath."""
    return np.frompyfunc(function, operands, 1)


def masked(function):
    return lambda a, fill, where: np.where(where, each(function)(a), fill)


IN_MPMATH = {
    **{
        name: each(getattr(mpmath, name.replace("arc", "a")))
        for name in (
            *("sqrt", "exp", "expm1", "log", "log1p", "log10", "sin", "cos", "tan"),
            *("sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"),
            *("arcsinh", "arccosh", "arctanh"),
        )
    },
    "exp2": each(lambda x: mpmath.mpf(2) ** x),
    "log2": each(lambda x: mpmath.log(x) / mpmath.log(2)),
    "sinc": each(mpmath.sincpi),
    "float_power": each(operator.pow, 2),
    "relu": each(lambda x: max(x, mpmath.mpf(0))),
    "sigmoid": each(lambda x: 1 / (1 + mpmath.exp(-x))),
    "log(where=, out=)": masked(mpmath.log),
    "sqrt(where=, out=)": masked(mpmath.sqrt),
}
"""By the names of cases: what NumPy does not compute with mpmath's numbers."""

NOT_IN_TORCH = {
    **dict.fromkeys(("cbrt", "bessel", "heaviside", "nextafter"), "torch has no such function"),
    "scimath.arccos": "torch takes the other side of the branch cut",
    "scimath.arcsin": "torch takes the other side of the branch cut",
    "sinc": "torch's formula cancels near 0, the more the higher the derivative",
    "i0": "torch's formula cancels near 0, the more the higher the derivative",
    "copysign": "torch divides the result by the operand, and leaves the rounding of a 0",
}
"""The cases about which mpmath alone is asked, and why."""


DIFFERENTIABLE = {  # before tests make some of their own
    function
    for function, record in OPERATIONS.items()
    if record.elementwise and record.kind == "differentiable"
}


def test_there_is_a_case_for_everything_elementwise():
    covered = {case.record for case in ELEMENTWISE}
    assert covered >= DIFFERENTIABLE | NO_UFUNCS


def test_what_is_said_of_cases_is_said_of_cases_that_there_are():
    names = {case.name for case in ELEMENTWISE}
    assert IN_MPMATH.keys() <= names
    assert NOT_IN_TORCH.keys() <= names
    # Whatever else is missing in torch would be asked of mpmath alone without a reason.
    assert {case.name for case in ELEMENTWISE if case.torch is None} <= NOT_IN_TORCH.keys()


# --- the question -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_third_derivatives_are_right(case):
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def are_right(data):
        third_derivatives_are_right(Call(case, *data.draw(case.draw)))

    are_right()


def third_derivatives_are_right(call):
    """Of the weighted sum of the result, along two directions and by every operand."""
    one, two, three = directions_for(call.arrays)
    every = tuple(range(len(call.arrays)))

    def first(*operands):
        return along(mg.vjp(call.on, *operands)[1](call.seed), one)

    def second(*operands):
        return along(mg.grad(first, argnums=every)(*operands), two)

    def compute(*operands):
        return numbered("third", mg.grad(second, argnums=every)(*operands))

    if call.value.size == 0 or not all(a.size for a in call.arrays):
        compute(*call.arrays)
        return
    measured = Measured(compute, call.arrays)
    total = exact_sum(call, lambda *operands: in_mpmath(call, *operands))
    found = oracles.third_difference(total, call.arrays, one, two, three)
    assert_along(measured, "third", three, found)
    if torch is not None and call.case.name not in NOT_IN_TORCH:
        assert_within_radii(numbered("third", in_torch(call, one, two)), measured)


def directions_for(arrays):
    """Return three directions, no two alike."""
    weights = [weights_for(a) for a in arrays]
    backwards = [w[::-1].copy() if w.ndim else w for w in weights]
    return weights, backwards, [np.asarray(np.sin(3 * w)) for w in weights]


def along(gradients, direction):
    return sum((g * d).sum() for g, d in zip(gradients, direction, strict=True))


def in_mpmath(call, *operands):
    """Compute the case with many digits."""
    options = {name: option for name, option in call.options.items() if name != "dtype"}
    function = call.case.exact or IN_MPMATH.get(call.case.name) or call.case.call
    return function(*operands, **options)


def in_torch(call, *directions):
    """Return the gradients, by every operand, of a derivative along directions."""
    leaves = [torch.tensor(a, requires_grad=True) for a in call.arrays]
    total = along([call.case.torch(*leaves, **call.options)], [torch.tensor(call.seed)])
    for direction in directions:
        grads = torch.autograd.grad(total, leaves, create_graph=True, materialize_grads=True)
        total = along(grads, map(torch.tensor, direction))
        if not total.requires_grad:
            return [np.zeros_like(a) for a in call.arrays]  # a derivative that is constant
    return [g.numpy() for g in torch.autograd.grad(total, leaves, materialize_grads=True)]
