"""What the values of a program are called, and what is told of each of them."""

import linecache

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.rounding import distance, rounding_radius
from program.networks import NETWORKS, normal
from program.test_by_hand import function_of

POST, *_ = NETWORKS
x = normal(3, 2)
w = normal(2)


def names(statements):
    return [statement.name for statement in statements]


def test_values_have_the_users_names_and_adjoints_a_d():
    program = POST.derive()
    forward, backward = names(program.forward), names(program.backward)
    for name in ("hidden", "scores", "exp_scores", "probs", "data_loss", "reg_loss", "loss"):
        assert name in forward
    for name in ("dscores", "dhidden", "dW1", "db1", "dW2", "db2"):
        assert name in backward
    assert program.outputs == ("loss", "dW1", "db1", "dW2", "db2")
    assert names(program.inputs) == ["X", "y", "W1", "b1", "W2", "b2", "reg"]


def test_names_in_loops_are_numbered():
    def f(x, *layers):
        h = x
        for W in layers:
            h = np.tanh(h @ W)
        return np.sum(h * h)

    program = mg.derive(f, normal(2, 3), normal(3, 3), normal(3, 3, seed=1))
    assert names(program.inputs) == ["x", "W_1", "W_2"]
    assert {"h_1", "h_2"} <= set(names(program.forward))
    assert {"dh_2", "dh_1"} <= set(names(program.backward))


def test_helpers_and_tuples_give_names_too():
    def layer(a, W):
        z = a @ W
        return np.tanh(z)

    def f(x, W):
        left, right = layer(x, W), np.exp(x)
        return np.sum(left @ W) + np.sum(right)

    program = mg.derive(f, normal(2, 3), normal(3, 3))
    assert {"z", "left", "right"} <= set(names(program.forward))


def test_contributions_are_told_apart_and_added_in_order():
    def f(x, W, V):
        h = np.tanh(x)
        a, b = h @ W, h @ V
        return np.sum(a * a) + np.sum(b * b * b)

    program = mg.derive(f, x, normal(2, 2), normal(2, 2, seed=1))
    backward = {s.name: s for s in program.backward}
    assert backward["dh"].operation.name == "np.add"
    assert backward["dh"].operands == ("dh_1", "dh_2")
    assert backward["dh_1"].text.startswith("db @ ")
    assert "V.T" in program.source()


def computed_twice(x, w):
    a = np.tanh(x @ w)
    b = np.tanh(x @ w)
    first, _ = np.split(x, [1])
    _, rest = np.split(x, [1])
    loss = np.sum(a * a) + np.sum(3 * b) + np.sum(first**2) + np.sum(rest**3)
    return loss


def summed_in_a_loop(x, w):
    out = x * 0
    for i in range(3):
        s = np.sum(x * w)
        out[i] = s * x[i]
    loss = np.sum(out * out)
    return loss


@pytest.mark.parametrize("f", [computed_twice, summed_in_a_loop])
def test_what_is_computed_twice_has_one_adjoint(f):
    program = mg.derive(f, x, w)
    run = program.run(x, w)
    for name in names(program.forward):
        if f"d{name}" in run and run[f"d{name}"].shape == run[name].shape:
            pulled = program.vjp(seeds={"loss": 1.0}, to=name)
            assert_nearly_equal(run[f"d{name}"], pulled)
    radii = rounding_radius(lambda *a: dict(zip("xw", mg.grad(f, (0, 1))(*a), strict=True)), x, w)
    for gradient, radius in zip(
        function_of(program.source())(x, w)[1:], radii.values(), strict=True
    ):
        assert distance(gradient, radius).ok
    assert program.source().count("x.T @ ") <= 1


def test_a_number_may_be_counted_up_and_an_array_may_not():
    def f(x, n):
        n += 1.0
        n *= 2
        return np.sum(n * x)

    def g(x, n):
        x += n
        return np.sum(x * x)

    _, dx, dn = function_of(mg.derive(f, x, 0.5).source())(x, 0.5)
    assert_nearly_equal(dx, np.full(x.shape, 3.0))
    assert_nearly_equal(dn, 2 * x.sum())
    with pytest.raises(RuntimeError, match=r"test_names.py:\d+: `x \+= n`.*t = t.copy\(\)"):
        mg.derive(g, x, 0.5)


def test_every_name_is_taken_once_and_every_operand_is_known():
    for network in NETWORKS:
        program = network.derive()
        known = names(program.inputs) + names(program.constants)
        for statement in program.forward + program.backward:
            assert set(statement.operands) <= set(known), statement
            known.append(statement.name)
        assert len(known) == len(set(known))


def test_statements_know_the_users_line():
    program = POST.derive()
    hidden = next(s for s in program.forward if s.name == "hidden")
    assert hidden.line.text == "hidden = mg.relu(X @ W1 + b1)"
    assert hidden.line.file.endswith("networks.py")
    assert linecache.getline(hidden.line.file, hidden.line.number).strip() == hidden.line.text
    assert all(s.line is None for s in program.backward)
    assert hidden.shape == (9, 6)
    assert hidden.dtype == np.float64


def test_names_can_be_chosen():
    f = lambda x, y: (x * y).sum()
    by_position = mg.derive(f, x, x, names=["left", "right"])
    assert names(by_position.inputs) == ["left", "right"]
    assert by_position.outputs[1:] == ("dleft", "dright")
    by_name = mg.derive(f, x, x, names={"x": "left", "value": "product"})
    assert names(by_name.inputs) == ["left", "y"]
    assert by_name.outputs[0] == "product"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a", "a"], "'a' is given twice"),
        (["a", "class"], "'class' is not an identifier"),
        (["a", "2b"], "'2b' is not an identifier"),
        (["a", "np"], "'np' has a meaning of its own"),
        (["a"], "so many names it needs"),
        ({"q": "a"}, "no value is called 'q'"),
        ({"x": "y"}, "'y' is given twice"),
    ],
)
def test_names_that_do_not_fit_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        mg.derive(lambda x, y: (x * y).sum(), x, x, names=given)


def test_a_part_of_an_adjoint_never_has_the_name_of_another_adjoint():
    def f(x):
        a = np.tanh(x)
        x_1 = a * a
        return np.sin(x_1).sum() + (x * x).sum() + x[0] ** 3

    program = mg.derive(f, w)
    run = program.run(w)
    for name in ("a", "x_1", "x"):
        assert_nearly_equal(run[f"d{name}"], program.vjp(seeds={"value": 1.0}, to=name))


def test_a_gradient_is_returned_by_its_own_name():
    def cell(c, f):
        for _ in range(2):
            c = np.tanh(c) * f
        return np.sum(c)

    source = mg.derive(cell, w, w).source()
    assert source.rstrip().endswith("return value, dc, df")
