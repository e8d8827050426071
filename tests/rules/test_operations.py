"""One property, asked of every operation in the table, and nothing that is for one of them alone.

How far apart two right answers may be is not chosen but measured: `rounding_radius` runs the
operation and its gradient again with every operand off by a rounding.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.testing.operations import oracles
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.measured import (
    Call,
    Measured,
    assert_along,
    assert_within_radii,
    exact_sum,
    gradients,
    numbered,
    weights_for,
)
from micrograd_np.testing.operations.table import CASES
from rules.layouts import layouts

FLOATS = ("float64", "float32", "float16", "longdouble")
EXAMPLES = settings.default.max_examples


# --- the question ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_gradient_and_second_derivative_are_right(case):
    @settings(max_examples=examples_of(case), suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def is_right(data):
        everything_is_right(case, data)

    is_right()


def examples_of(case):
    """Return how often a case is tried: the cases of one function share the examples."""
    return max(EXAMPLES // case.alike, EXAMPLES // 4, 4)


def everything_is_right(case, data):
    """That gradients are those of PyTorch and of differences is asked in ``equivalence``."""
    call = Call(case, *data.draw(case.draw))
    the_value_is_numpys(call)
    every_way_to_the_gradient_gives_the_same(call)
    dtype = data.draw(st.sampled_from(dtypes_of(call)))
    laid_out = [data.draw(layouts) for _ in call.arrays]
    dtype_and_layout_do_not_matter(call, dtype, laid_out)
    second_derivatives_are_right(call)
    if case.complex:
        complex_gradients_are_torchs(call)


def the_value_is_numpys(call):
    """Bit for bit, and in its dtype."""
    out = call.on(*[mg.tensor(a, requires_grad=True) for a in call.arrays])
    assert isinstance(out, mg.Tensor)
    np.testing.assert_array_equal(out.data, call.value, strict=True)
    assert out.data.flags.writeable or not call.value.flags.writeable


def every_way_to_the_gradient_gives_the_same(call):
    """Rules given arrays and rules given Tensors; each operand alone and all together."""
    leaves = [mg.tensor(a, requires_grad=True) for a in call.arrays]
    call.on(*leaves).backward(call.seed)
    for leaf in leaves:
        assert type(leaf.grad) is np.ndarray
        assert leaf.grad.shape == leaf.shape
        assert leaf.grad.dtype == leaf.dtype
    assert_within_radii(numbered("gradient", [leaf.grad for leaf in leaves]), call.measured)
    if len(leaves) == 1:
        return
    for k, a in enumerate(call.arrays):
        operands = list(call.arrays)
        operands[k] = alone = mg.tensor(a, requires_grad=True)
        call.on(*operands).backward(call.seed)
        assert_within_radii({f"gradient {k}": alone.grad}, call.measured)


def dtypes_of(call):
    """Return the dtypes that NumPy takes the operands in, gives back, and holds the result in.

    And the gradients, with room for what they are computed from.
    """
    taken = []
    found = [radius.value for radius in call.measured.radii(0).values()]
    largest = max(np.max(np.abs(value), initial=0) for value in found)
    for dtype in FLOATS:
        if np.isfinite(largest) and largest > np.sqrt(float(np.finfo(dtype).max)) * 16:
            continue
        try:
            with np.errstate(over="raise"):
                out = np.asarray(call.on(*[a.astype(dtype) for a in call.arrays]))
        except (TypeError, FloatingPointError):
            continue
        if out.dtype.kind in "fc":
            taken.append(dtype)
    return taken


def dtype_and_layout_do_not_matter(call, dtype, laid_out):
    """The value is NumPy's for that very memory; the gradient that of the plain layout."""
    arrays = [a.astype(dtype) for a in call.arrays]  # multiples of 1/32, so exactly
    given = [lay_out(a) for a, lay_out in zip(arrays, laid_out, strict=True)]
    given = [np.asarray(a) for a in given]
    wanted = np.asarray(call.on(*given))
    value, pullback = mg.vjp(call.on, *given)
    np.testing.assert_array_equal(value, wanted, strict=True)
    seed = call.seed.astype(wanted.dtype)
    found = numbered("gradient", pullback(seed))
    assert [g.dtype for g in found.values()] == [a.dtype for a in arrays]
    assert_within_radii(found, Measured(gradients(call.on, seed), arrays))
    for a, there in zip(arrays, given, strict=True):
        np.testing.assert_array_equal(a, there)  # nobody wrote into the inputs


def second_derivatives_are_right(call):
    """Of a combination of all gradients, along one direction."""
    weights = [weights_for(a) for a in call.arrays]
    direction = [w[::-1].copy() if w.ndim else w for w in weights]
    every = tuple(range(len(weights)))

    def combined(*operands, function=call.on):
        grads = mg.vjp(function, *operands)[1](call.seed)
        return sum(np.sum(g * w) for g, w in zip(grads, weights, strict=True))

    def compute(*operands):
        return numbered("second", mg.grad(combined, argnums=every)(*operands))

    if call.value.size == 0 or not all(a.size for a in call.arrays):
        compute(*call.arrays)
        return
    measured = Measured(compute, call.arrays)
    if call.case.passes_a_complex_step:
        found = oracles.complex_step(
            lambda *moved: combined(*moved, function=call.more_exactly), call.arrays, direction
        )
    else:
        found = oracles.second_difference(exact_sum(call), call.arrays, weights, direction)
    assert_along(measured, "second", direction, found)


def complex_gradients_are_torchs(call):
    """``.grad`` in PyTorch's convention, and a real derivative along a direction in the plane."""
    arrays = [a + 1j * (0.25 - 0.5 * a[::-1] if a.ndim else 0.5) for a in call.arrays]
    arrays = [np.asarray(a) for a in arrays]
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    out = call.on(*leaves)
    np.testing.assert_array_equal(out.data, np.asarray(call.on(*arrays)), strict=True)
    seed = weights_for(out.data) * (1 - 0.5j if out.dtype.kind == "c" else 1)
    out.backward(seed)
    grads = [leaf.grad for leaf in leaves]
    assert [g.dtype for g in grads] == [a.dtype for a in arrays]
    _, pullback = mg.vjp(call.on, *arrays)
    for g, plain in zip(grads, pullback(np.conj(seed)), strict=True):
        np.testing.assert_allclose(plain, np.conj(g), rtol=1e-12)  # the same run, transposed
    if torch is None or call.case.torch is None:
        return
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    value = call.case.torch(*theirs, **call.options)
    wanted = torch.autograd.grad(value, theirs, torch.tensor(seed), materialize_grads=True)
    measured = Measured(
        lambda *operands: numbered("gradient", mg.vjp(call.on, *operands)[1](np.conj(seed))),
        arrays,
    )
    assert_within_radii(
        numbered("gradient", [g.conj().resolve_conj().numpy() for g in wanted]), measured
    )
