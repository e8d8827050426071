"""The automatic side knows the gradient of everything in a forward pass."""

# ruff: noqa: F841, RET504  (every value has a name)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_np as mg
from compare.followed import CLOSE, agrees_with_grad, at_start, followed, last, normal
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.subject import Mismatch, Subject
from micrograd_np.compare.running.wanted import Wanted

# --- gradients of everything ---------------------------------------------------------------------


def network(x, W1, b1, W2):
    a = x @ W1 + b1
    h = np.tanh(a)
    s = h @ W2
    loss = np.mean(s**2) + 0.1 * np.sum(W1 * W1)
    return loss


def test_values_and_gradients_of_variables_are_known():
    x, W1, b1, W2 = normal(5, 3), normal(3, 4), normal(4), normal(4, 2)
    found = agrees_with_grad(network, x, W1, b1, W2)
    a = x @ W1 + b1
    h, s = np.tanh(a), np.tanh(a) @ W2
    ds = 2 * s / s.size
    dh = ds @ W2.T
    values = {"a": a, "h": h, "s": s, "loss": found.loss, "x": x}
    gradients = {"s": ds, "h": dh, "a": dh * (1 - h**2), "W2": h.T @ ds, "loss": np.ones(())}
    for name, value in values.items():
        np.testing.assert_allclose(last(found, name).value, value, **CLOSE)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(last(found, name).adjoint, gradient, **CLOSE)


def test_contributions_are_those_of_each_use_the_last_first():
    x, W1 = normal(5, 3), normal(3, 4)
    found = followed(network, x=x, W1=W1, b1=normal(4), W2=normal(4, 2))
    W = at_start(found, "W1")
    da = last(found, "a").adjoint
    assert len(W.parts) == 3
    np.testing.assert_allclose(W.parts[0], 0.1 * W1, **CLOSE)
    np.testing.assert_allclose(W.parts[1], 0.1 * W1, **CLOSE)
    np.testing.assert_allclose(W.parts[2], x.T @ da, **CLOSE)
    assert [len(at_start(found, name).parts) for name in ("x", "b1", "W2")] == [1, 1, 1]


def test_gradients_agree_with_finite_differences():
    arrays = [normal(4, 3), normal(3, 4), normal(4), normal(4, 2)]
    names = ("x", "W1", "b1", "W2")
    found = followed(network, **dict(zip(names, arrays, strict=True)))
    for name, i in zip(names, range(4), strict=True):
        direction = normal(*arrays[i].shape)

        def moved(by):
            changed = arrays[i] + by * direction  # noqa: B023  (called at once)
            return network(*arrays[:i], changed, *arrays[i + 1 :])  # noqa: B023

        slope = np.vdot(at_start(found, name).adjoint, direction)
        estimate = (moved(1e-6) - moved(-1e-6)) / 2e-6
        assert estimate == pytest.approx(slope, rel=1e-6, abs=1e-9), name


def test_what_the_loss_does_not_depend_on_has_no_gradient():
    def forward(x, W):
        unused = 3 * W
        loss = np.sum(x * x)
        return loss

    found = followed(forward, x=normal(3), W=normal(2))
    assert last(found, "unused").adjoint is None
    assert at_start(found, "W").adjoint is None


def test_values_inside_an_expression_are_hidden_quantities():
    def forward(x):
        loss = np.sum(np.tanh(np.exp(x)))
        return loss

    x = normal(4)
    found = followed(forward, x=x)
    by_name = {q.path: q for q in found.hidden}
    inside = by_name["np.exp"].adjoint
    np.testing.assert_allclose(inside, 1 - np.tanh(np.exp(x)) ** 2, **CLOSE)
    assert by_name["np.exp"].lineno == forward.__code__.co_firstlineno + 1


def test_a_result_of_several_numbers_is_differentiated_from_a_random_gradient():
    def forward(x, W):
        out = np.tanh(x @ W)
        return out

    x, W = normal(5, 3), normal(3, 2)
    found = followed(forward, x=x, W=W)
    assert found.seed.shape == (5, 2)
    assert len(np.unique(found.seed)) == 10
    wanted = x.T @ (found.seed * (1 - np.tanh(x @ W) ** 2))
    np.testing.assert_allclose(at_start(found, "W").adjoint, wanted, **CLOSE)


def test_numbers_have_a_gradient_where_it_is_wanted():
    def forward(x, scale):
        loss = np.sum(np.sin(scale * x))
        return loss

    x = normal(5)
    found = followed(forward, ["scale"], x=x, scale=0.7)
    slope = np.sum(x * np.cos(0.7 * x))
    np.testing.assert_allclose(at_start(found, "scale").adjoint, slope, **CLOSE)
    assert not followed(forward, x=x, scale=0.7).by_path("scale")


# --- zero gradients ------------------------------------------------------------------------------


def batchnorm(x, W, b):
    a = x @ W + b
    centred = a - a.mean(axis=0)
    out = centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)
    loss = np.sum(np.sin(out))
    return loss


def test_a_gradient_that_is_zero_but_for_rounding_is_marked():
    inputs = {"x": normal(20, 3), "W": normal(3, 4), "b": normal(4)}
    wanted = [Wanted(f"d{name}", f"d{name}", name) for name in inputs]
    case = Case(Subject(batchnorm, batchnorm), inputs, wanted)
    zero = {name: case.right[name].is_zero for name in inputs}
    assert zero == {"x": False, "W": False, "b": True}


# --- what cannot be followed ---------------------------------------------------------------------


def test_a_function_without_a_rule_is_named_with_its_line():
    def forward(x):
        loss = np.sum(np.histogram(x)[0])
        return loss

    with pytest.raises(UserError, match=r"np.histogram\(x\)\[0\]\)`: NotImplementedError: np\."):
        followed(forward, x=normal(3))


def test_a_loss_without_a_gradient_is_refused():
    def forward(x):
        return np.sum(np.rint(x) > 0)

    with pytest.raises(Mismatch, match="forward: the loss does not depend on any floating-point"):
        followed(forward, x=normal(3))


# --- random programs -----------------------------------------------------------------------------

PROGRAM = st.lists(
    st.tuples(st.sampled_from("+*@t"), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=8,
)


def run(A, B, steps):
    values = [A, B]
    for kind, i, j in steps:
        one, other = values[i % len(values)], values[j % len(values)]
        if kind == "+":
            values.append(one + other)
        elif kind == "*":
            values.append(0.5 * one * other)
        elif kind == "@":
            values.append(one @ other)
        else:
            values.append(np.tanh(one))
    loss = np.sum(np.tanh(0.1 * values[-1]) * values[-2])
    return loss


@given(steps=PROGRAM, seed=st.integers(0, 1000))
def test_contributions_sum_up_to_the_gradient_of_every_value(steps, seed):
    rng = np.random.default_rng(seed)
    A, B = rng.normal(0, 0.5, (2, 3, 3))
    found = followed(run, A=A, B=B, steps=steps)
    right = mg.grad(lambda A, B: run(A, B, steps), argnums=(0, 1))(A, B)
    for name, gradient in zip("AB", right, strict=True):
        adjoint = at_start(found, name).adjoint
        adjoint = np.zeros((3, 3)) if adjoint is None else adjoint
        np.testing.assert_allclose(adjoint, gradient, rtol=1e-10, atol=1e-12)
    for q in (*found.quantities, *found.hidden):
        if q.adjoint is not None and q.parts:
            np.testing.assert_allclose(sum(q.parts), q.adjoint, rtol=1e-9, atol=1e-12)
