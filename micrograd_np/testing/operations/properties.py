"""Every operation of the table as a property: its rules, PyTorch, and derivatives from values."""

import numpy as np
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius
from micrograd_np.testing.agreement import Agreement, Pair
from micrograd_np.testing.operations import oracles, table
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.measured import (
    Call,
    along,
    detached,
    exact_sum,
    gradients,
    numbered,
    weights_for,
)
from micrograd_np.testing.property import Property, over


def _property(case):
    sides = ("auto", "differences") if case.torch is None else ("auto", "torch", "differences")
    return Property(case.name, "operations", sides, over(calls(case), compare), case.family)


@st.composite
def calls(draw, case):
    """Draw the operands and options of a case, in double or single precision."""
    arrays, options = draw(case.draw)
    call = Call(case, arrays, options)
    if case.only_double:
        return call
    single = Call(case, [a.astype(np.float32) for a in arrays], options)  # exactly
    return single if draw(st.booleans()) and single.value.dtype == np.float32 else call


def compare(call):
    """Compute the gradients of all operands by each side."""
    radii = rounding_radius(gradients(call.on, call.seed), *call.arrays)
    pairs = [_along_a_direction(call, radii)]
    if torch is not None and call.case.torch is not None:
        theirs = by_torch(call)
        pairs += [Pair(name, ("torch", "auto"), theirs[name], radii[name]) for name in radii]
    return Agreement(_told(call), pairs)


def by_torch(call):
    """Return PyTorch's value and gradients."""
    leaves = [torch.tensor(a, requires_grad=True) for a in call.arrays]
    value = call.case.torch(*leaves, **call.options)
    found = torch.autograd.grad(value, leaves, torch.tensor(call.seed), materialize_grads=True)
    return {"value": value.detach().numpy(), **numbered("gradient", [g.numpy() for g in found])}


def _along_a_direction(call, radii):
    """Compare all gradients with a derivative from values alone, along one direction."""
    direction = [weights_for(np.asarray(a, np.float64)) for a in call.arrays]
    wanted = along([radii[f"gradient {k}"] for k in range(len(direction))], direction)
    found = np.asarray(derivative(call, direction), np.float64)
    return Pair("along a direction", ("differences", "auto"), found, wanted)


def derivative(call, direction):
    """Return the derivative along a direction, by a complex step or with many digits."""
    if call.case.passes_a_complex_step:
        arrays = [np.asarray(a, np.float64) for a in call.arrays]
        return oracles.complex_step(
            lambda *moved: np.sum(detached(call.more_exactly(*map(mg.Tensor, moved))) * call.seed),
            arrays,
            direction,
        )
    return oracles.difference(exact_sum(call), call.arrays, direction)


def _told(call):
    shapes = ", ".join("x".join(map(str, a.shape)) or "a number" for a in call.arrays)
    options = ", ".join(f"{name}={option!r}" for name, option in call.options.items())
    text = " ".join(f"{shapes}; {options}".split())
    return text if len(text) < 200 else f"{text[:200]}..."


OPERATIONS = tuple(_property(case) for case in table.CASES)
