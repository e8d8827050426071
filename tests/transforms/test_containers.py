"""Nested containers of arrays as arguments, gradients and results."""

import dataclasses
from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import trees


class Pair(NamedTuple):
    W: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Layer:
    W: Any
    b: Any
    activation: str = "tanh"
    heads: int = dataclasses.field(default=2, metadata={"static": True})

    def __post_init__(self):
        assert self.heads == 2


def square_sum(tree):
    """Return the sum of the squares of what stands in a container."""
    if isinstance(tree, dict):
        return sum(map(square_sum, tree.values()))
    if isinstance(tree, (list, tuple)):
        return sum(map(square_sum, tree))
    if dataclasses.is_dataclass(tree):
        return square_sum(tree.W) + square_sum(tree.b)
    return np.sum(tree**2)


CONTAINERS = [
    {"a": np.ones(2), "b": 3.0},
    [np.ones(2), np.arange(3.0)],
    (np.ones(2), np.arange(3.0)),
    Pair(np.ones((2, 2)), 0.5),
    Layer(np.ones((2, 2)), np.float32([0.5])),
    OrderedDict(b=np.ones(2), a=np.zeros(1)),
    defaultdict(list, b=np.ones(2), a=np.zeros(1)),
    {"layers": [Layer(np.ones(2), [1.0, 2.0]), Pair(np.ones(1), np.ones(2))], "end": (np.ones(3),)},
    {3: [{"deep": ((np.ones(1),),)}]},
    [[1.0, 2.0], [3.0]],
    [np.ones(1), []],
]


def same_structure(a, b):
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_structure(a[key], b[key]) for key in a)
    if type(a) in (list, tuple, Pair) and not isinstance(b, np.ndarray):
        return len(a) == len(b) and all(map(same_structure, a, b))
    if isinstance(a, Layer):
        return type(b) is Layer and same_structure((a.W, a.b), (b.W, b.b))
    return type(b) is np.ndarray and b.shape == np.shape(a) and np.asarray(a).dtype == b.dtype


@pytest.mark.parametrize("tree", CONTAINERS, ids=lambda tree: type(tree).__name__)
def test_a_gradient_has_the_structure_of_the_argument(tree):
    value, gradient = mg.value_and_grad(square_sum)(tree)
    assert type(gradient) is type(tree)
    assert same_structure(tree, gradient)
    found, given = trees.leaves(gradient), trees.leaves(tree)
    assert len(found) == len(given) > 0
    for g, x in zip(found, given, strict=True):
        np.testing.assert_array_equal(g, 2 * np.asarray(x))
    assert value == sum(np.sum(np.asarray(x) ** 2) for x in given)


def test_numbers_in_a_list_are_an_array():
    np.testing.assert_array_equal(mg.grad(np.sum)([1.0, 2.0]), [1.0, 1.0])
    np.testing.assert_array_equal(mg.grad(lambda x: x[0] * x[1])((2.0, 3.0)), [3.0, 2.0])
    gradient = mg.grad(lambda p: p["x"] @ p["x"])({"x": [1.0, 2.0]})
    np.testing.assert_array_equal(gradient["x"], [2.0, 4.0])


def test_what_is_no_array_belongs_to_the_container():
    params = {"W": np.ones(2), "activation": "tanh", "none": None, "f": np.tanh}
    gradient = mg.grad(lambda p: np.sum(p["f"](p["W"])) * (p["none"] is None))(params)
    assert gradient["activation"] == "tanh"
    assert gradient["none"] is None
    assert gradient["f"] is np.tanh
    layer = mg.grad(lambda x: np.sum(x.W) * x.heads)(Layer(np.ones(2), np.ones(1), "relu"))
    np.testing.assert_array_equal(layer.W, [2.0, 2.0])
    assert (layer.activation, layer.heads) == ("relu", 2)


def test_integers_where_gradients_are_asked_for_are_named():
    with pytest.raises(TypeError, match=r"argument 0\['n'\]: .*int64.*dtype=float"):
        mg.grad(lambda p: p["W"] * p["n"])({"W": 1.0, "n": 3})
    with pytest.raises(TypeError, match=r"argument 1\[0\]\.W: .*bool"):
        mg.grad(lambda a, p: a, (1,))(1.0, [Pair(np.array([True]), 1.0)])


def test_other_arguments_pass_through():
    data = {"x": np.arange(3), "rows": [0, 1], "nested": (np.ones(2, bool), "name")}

    def f(w, data, *, extra):
        assert data["x"].dtype.kind == "i"
        assert type(data["x"]) is np.ndarray
        assert data["rows"] == [0, 1]
        assert extra["deep"][0] == 7
        return np.sum(w * data["x"]) * extra["scale"]

    np.testing.assert_array_equal(
        mg.grad(f)(np.ones(3), data, extra={"deep": [7], "scale": np.array(2.0)}), [0.0, 2.0, 4.0]
    )


def test_several_arguments_some_of_them_containers():
    f = lambda p, x, q: np.sum(p["a"] * x) * q[0]
    dq, dp = mg.grad(f, (2, 0))({"a": np.ones(2)}, np.arange(2.0), [3.0, np.ones(1)])
    np.testing.assert_array_equal(dp["a"], [0.0, 3.0])
    np.testing.assert_array_equal(dq[0], 1.0)
    np.testing.assert_array_equal(dq[1], [0.0])


def test_results_in_containers_are_pulled_back_together():
    f = lambda x: {"square": x**2, "rest": (np.sum(x), 5, "text", np.arange(2))}
    x = np.array([1.0, 2.0])
    out, pullback = mg.vjp(f, x)
    assert type(out["square"]) is type(out["rest"][0]) is np.ndarray
    assert out["rest"][1:3] == (5, "text")
    (dx,) = pullback({"square": np.ones(2), "rest": (10.0, None, None, None)})
    np.testing.assert_array_equal(dx, 2 * x + 10)
    with pytest.raises(ValueError, match=r"the cotangent\['square'\] must have shape \(2,\)"):
        pullback({"square": np.ones(3), "rest": (10.0, None, None, None)})
    with pytest.raises(TypeError, match=r"the cotangent\['rest'\] is an ndarray"):
        pullback({"square": np.ones(2), "rest": np.ones(())})
    with pytest.raises(ValueError, match="the cotangent is a dict of square, expected a dict of"):
        pullback({"square": np.ones(2)})
    with pytest.raises(ValueError, match=r"the cotangent\['square'\] is None"):
        pullback({"square": None, "rest": (10.0, None, None, None)})


def test_aux():
    def loss(params, x):
        prediction = params["w"] * x
        return np.sum(prediction**2), {"prediction": prediction, "n": len(x), "x": x}

    params, x = {"w": np.array(2.0)}, np.array([1.0, 3.0])
    (value, aux), gradient = mg.value_and_grad(loss, has_aux=True)(params, x)
    assert (value, aux["n"]) == (40.0, 2)
    assert aux["x"] is x
    assert type(aux["prediction"]) is np.ndarray
    gradient_alone, aux = mg.grad(loss, has_aux=True)(params, x)
    np.testing.assert_array_equal(gradient["w"], 40.0)
    np.testing.assert_array_equal(gradient_alone["w"], 40.0)
    np.testing.assert_array_equal(aux["prediction"], [2.0, 6.0])


def test_aux_inside_another_transform_is_differentiated_too():
    def f(x):
        _, aux = mg.grad(lambda y: (y**2, y**3), has_aux=True)(x)
        return aux

    np.testing.assert_array_equal(mg.grad(f)(2.0), 12.0)


def test_has_aux_asks_for_a_pair():
    with pytest.raises(TypeError, match=r"returned a Tensor.*has_aux=True expects a pair"):
        mg.grad(lambda x: x * 2, has_aux=True)(1.0)
    with pytest.raises(TypeError, match=r"returned a tuple of 2.*has_aux=True: \(value, aux\)"):
        mg.grad(lambda x: (x, x))(1.0)


def test_containers_nest():
    def f(p):
        inner = mg.grad(lambda q: q["a"] ** 3 * p["b"])(p)
        return inner["a"] + inner["b"]

    found = mg.grad(f)({"a": 2.0, "b": 5.0})  # 3 a**2 b
    np.testing.assert_array_equal(found["a"], 60.0)
    np.testing.assert_array_equal(found["b"], 12.0)


def test_tensors_in_containers_give_tensors():
    x = mg.tensor(2.0, requires_grad=True)
    gradient = mg.grad(lambda p: p["x"] ** 3)({"x": x})
    assert isinstance(gradient["x"], mg.Tensor)
    gradient["x"].backward()
    np.testing.assert_array_equal(x.grad, 12.0)


# --- elementwise_grad --------------------------------------------------------------------------


def test_the_derivative_at_each_element():
    x = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(mg.elementwise_grad(np.tanh)(x), 1 / np.cosh(x) ** 2, rtol=1e-14)
    thrice = mg.elementwise_grad(mg.elementwise_grad(mg.elementwise_grad(np.sin)))
    np.testing.assert_allclose(thrice(x), -np.cos(x), rtol=1e-14)
    np.testing.assert_array_equal(mg.elementwise_grad(lambda x, y: x * y, 1)(x, np.ones(3)), x)
    np.testing.assert_array_equal(
        mg.elementwise_grad(lambda x, y: x * y)(np.ones((1, 3)), np.ones((2, 3))), [[2, 2, 2]]
    )
    z = np.array([1 + 1j, 2.0])
    np.testing.assert_allclose(mg.elementwise_grad(lambda z: z**2)(z), 2 * z)
    np.testing.assert_allclose(mg.elementwise_grad(np.abs)(z), z / np.abs(z))  # as of mg.grad


def test_a_function_that_is_no_function_of_each_element():
    with pytest.raises(ValueError, match=r"no function of each element: it returned shape \(\)"):
        mg.elementwise_grad(np.sum)(np.ones(3))
    with pytest.raises(TypeError, match="not a Tensor"):
        mg.elementwise_grad(np.floor)(np.ones(3))


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda p: (p.update(w=p["w"] * 2), p["w"].sum())[1], {"w": 2.0, "b": 0.0}),
        (lambda p: (p.pop("w") * 3).sum(), {"w": 3.0, "b": 0.0}),
        (lambda p: (p.update(new=p["b"] * 4), p["new"].sum())[1], {"w": 0.0, "b": 4.0}),
    ],
)
def test_a_function_may_write_into_its_containers(f, slope):
    params = {"w": np.ones(3), "b": np.ones(3)}
    wanted = {key: np.full(3, value) for key, value in slope.items()}
    assert same_arrays(mg.grad(f)(params), wanted)
    assert same_arrays(mg.jacobian(f)(params), wanted)
    moves = {"w": np.array([1.0, 0.0, 0.0]), "b": np.array([0.0, 1.0, 0.0])}
    assert mg.jvp(f, (params,), (moves,))[1] == slope["w"] + slope["b"]
    assert same_arrays(mg.hvp(f, params, moves), {"w": np.zeros(3), "b": np.zeros(3)})
    assert list(params) == ["w", "b"]


def same_arrays(a, b):
    return list(a) == list(b) and all(np.array_equal(a[key], b[key]) for key in a)


def test_a_list_is_no_dict():
    f = lambda p: p[0] * p[1].sum()
    with pytest.raises(TypeError, match="is a list of 2, expected a dict of 0, 1"):
        mg.jvp(f, ({0: 1.0, 1: np.ones(2)},), ([1.0, np.ones(2)],))
    with pytest.raises(TypeError, match="is a dict of 0, 1, expected a list of 2"):
        mg.jvp(f, ([1.0, np.ones(2)],), ({0: 1.0, 1: np.ones(2)},))


def test_named_tuples_of_numbers_are_no_array():
    found = mg.grad(lambda p: p[0].W * p[1].b)([Pair(1.0, 2.0), Pair(3.0, 4.0)])
    assert [type(pair) for pair in found] == [Pair, Pair]
    assert (found[0].W, found[1].b) == (4.0, 1.0)


def test_a_dataclass_is_not_changed_and_its_type_is_no_container():
    @dataclasses.dataclass
    class Weights:
        W: Any

    weights = Weights(np.ones(2))
    W = weights.W
    np.testing.assert_array_equal(mg.grad(lambda w: np.sum(w.W**2))(weights).W, [2.0, 2.0])
    assert weights.W is W
    assert mg.grad(lambda p: p["x"] * 2)({"x": 1.0, "kind": Weights})["kind"] is Weights
