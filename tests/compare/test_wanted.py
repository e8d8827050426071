"""Which values of a backward pass are gradients, and of what: told by their names."""

# ruff: noqa: F841, RET504, RUF059  (the gradients are variables)

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.wanted import names_it, stems, tokens

RNG = np.random.default_rng(3)
x = RNG.normal(size=(5, 3))
W1, W2 = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))
PARAMS = {"W1": W1, "W2": W2}


def gradients(forward, backward, *args, **options):
    """Compare, and return what is right: what each gradient is called, and what it belongs to."""
    report = mg.compare(forward, backward, *args, seconds=0.1, **options)
    assert report.ok, str(report)
    return {g.name: g.of for g in report.gradients}


def forward(x, W1, W2):
    h = np.tanh(x @ W1)
    scores = h @ W2
    loss = 0.5 * np.sum(scores**2)
    return loss


def both(x, W1, W2, h, scores):
    """Return the gradients of W1 and W2."""
    return x.T @ (scores @ W2.T * (1 - h**2)), h.T @ scores


# --- names ---------------------------------------------------------------------------------------


def test_a_path_has_steps():
    assert tokens("dW1") == ("dW1",)
    assert tokens("params['layer 1']['W']") == ("params", "layer 1", "W")
    assert tokens("self.hs[-2].W") == ("self", "hs", -2, "W")


@pytest.mark.parametrize(
    "name",
    ["dW", "d_W", "dL_dW", "dLdW", "dJ_dW", "dE_dW", "grad_W", "gradW", "W_grad", "W_gradient",
     "delta_W", "nabla_W", "g_W", "gW", "W_bar", "W_g", "W_adj", "∇W", "∂W", "grads['W']",
     "grads['dW']", "grad['W']", "gradients['W']", "return['W']", "return['dW']", "self.dW",
     "grads.W", "g['W']"],
)  # fmt: skip
def test_these_names_are_those_of_the_gradient_of_W(name):
    assert names_it(name, "W")
    assert names_it(name, "params['W']")
    assert not names_it(name, "W1")
    assert not names_it(name, "V")


@pytest.mark.parametrize(
    "name", ["W", "h", "x", "learning_rate", "W1", "return[0]", "d", "grads", "params['W']"]
)
def test_these_names_are_those_of_no_gradient_of_W(name):
    assert not names_it(name, "W")


def test_items_of_lists_are_told_by_their_place():
    assert stems("dWs[2]") == (("Ws", 2),)
    assert names_it("dWs[2]", "Ws[2]")
    assert not names_it("dWs[2]", "Ws[1]")
    assert names_it("dparams['W']", "params['W']")
    assert names_it("grads['layers'][1]['W']", "params['layers'][1]['W']")
    assert not names_it("grads['layers'][1]['W']", "params['layers'][0]['W']")


# --- variables -----------------------------------------------------------------------------------


def test_variables_called_d_of_an_input_are_gradients():
    def backward(x, W1, W2, h, scores):
        dscores = scores
        dW2 = h.T @ dscores
        da = dscores @ W2.T * (1 - h**2)
        dW1 = x.T @ da

    assert gradients(forward, backward, x, W1, W2) == {"dW2": "W2", "dW1": "W1"}


def test_other_spellings_are_gradients():
    def backward(x, W1, W2, h, scores):
        grad_W1, W2_grad = both(x, W1, W2, h, scores)

    def greek(x, W1, W2, h, scores):
        dL_dW1, nabla_W2 = both(x, W1, W2, h, scores)

    assert gradients(forward, backward, x, W1, W2) == {"grad_W1": "W1", "W2_grad": "W2"}
    assert gradients(forward, greek, x, W1, W2) == {"dL_dW1": "W1", "nabla_W2": "W2"}


def test_a_dict_that_is_not_returned_holds_gradients():
    def backward(x, W1, W2, h, scores):
        grads = {}
        grads["W1"], grads["dW2"] = both(x, W1, W2, h, scores)

    wanted = {"grads['W1']": "W1", "grads['dW2']": "W2"}
    assert gradients(forward, backward, x, W1, W2) == wanted


def test_what_is_returned_is_looked_at_before_variables():
    def backward(x, W1, W2, h, scores):
        dW1, dW2 = both(x, W1, W2, h, scores)
        dW1_twice = 2 * dW1
        return {"W1": dW1_twice / 2}

    assert gradients(forward, backward, x, W1, W2) == {"dW1": "W1"}


# --- what is returned ----------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("W1", "W2"), ("dW1", "dW2"), ("grad_W1", "W2_grad")])
def test_a_returned_dict_is_keyed_by_names(keys):
    def backward(x, W1, W2, h, scores):
        return dict(zip(keys, both(x, W1, W2, h, scores), strict=True))

    def swapped(x, W1, W2, h, scores):
        grads = dict(zip(keys[::-1], both(x, W1, W2, h, scores), strict=True))
        return grads

    assert gradients(forward, backward, x, W1, W2) == {"dW1": "W1", "dW2": "W2"}
    assert not mg.compare(forward, swapped, x, W1, W2, seconds=0).ok


def test_names_in_a_returned_tuple_tell_what_its_items_are():
    def backward(x, W1, W2, h, scores):
        dW2 = h.T @ scores
        dW1 = x.T @ (scores @ W2.T * (1 - h**2))
        return dW1, dW2

    assert gradients(forward, backward, x, W1, W2) == {"dW1": "W1", "dW2": "W2"}


def test_a_single_returned_name_is_a_gradient():
    def backward(h, scores):
        dW2 = h.T @ scores
        return dW2

    assert gradients(forward, backward, x, W1, W2) == {"dW2": "W2"}


@pytest.mark.parametrize("names", [["W1", "W2"], ["dW1", "dW2"], ("W1", "grad_W2")])
def test_a_returned_tuple_of_expressions_is_told_by_names(names):
    def backward(x, W1, W2, h, scores):
        a, b = both(x, W1, W2, h, scores)
        return a * 1, b * 1

    found = gradients(forward, backward, x, W1, W2, names=names)
    assert list(found.values()) == ["W1", "W2"]
    assert not mg.compare(forward, backward, x, W1, W2, names=names[::-1], seconds=0).ok
    with pytest.raises(Mismatch, match=r"say what it returns by names=\["):
        mg.compare(forward, backward, x, np.eye(3), W1[:, :3])


def test_a_single_returned_expression_is_told_by_names():
    def backward(h, scores):
        weights = scores
        return h.T @ weights

    assert gradients(forward, backward, x, W1, W2, names=["W2"]) == {"W2": "W2"}


# --- containers ----------------------------------------------------------------------------------


def of_params(x, params):
    h = np.tanh(x @ params["W1"])
    scores = h @ params["W2"]
    return 0.5 * np.sum(scores**2)


def test_a_dict_of_parameters_has_a_dict_of_gradients():
    def backward(x, params, h, scores):
        grads = dict(zip(params, both(x, *params.values(), h, scores), strict=True))
        return grads

    def by_d_names(x, params, h, scores):
        dW1, dW2 = both(x, *params.values(), h, scores)

    of = {"params['W1']", "params['W2']"}
    assert set(gradients(of_params, backward, x, PARAMS).values()) == of
    assert set(gradients(of_params, by_d_names, x, PARAMS).values()) == of


def test_nested_parameters_have_nested_gradients():
    def nested(x, params):
        h = np.tanh(x @ params["first"]["W1"])
        scores = h @ params["second"]["W2"]
        return 0.5 * np.sum(scores**2)

    def backward(x, params, h, scores):
        W1, W2 = params["first"]["W1"], params["second"]["W2"]
        a, b = both(x, W1, W2, h, scores)
        return {"first": {"W1": a}, "second": {"W2": b}}

    def wrong(x, params, h, scores):
        found = backward(x, params, h, scores)
        return {"first": {"W1": found["first"]["W1"]}, "second": {"W2": -found["second"]["W2"]}}

    params = {"first": {"W1": W1}, "second": {"W2": W2}}
    found = gradients(nested, backward, x, params)
    assert set(found.values()) == {"params['first']['W1']", "params['second']['W2']"}
    report = mg.compare(nested, wrong, x, params, seconds=0)
    assert [g.ok for g in report.gradients] == [True, False]


def of_list(x, Ws):
    hs = [x]
    for W in Ws:
        hs.append(np.tanh(hs[-1] @ W))
    return 0.5 * np.sum(hs[-1] ** 2)


def backward_of_list(Ws, hs):
    dWs = [None] * len(Ws)
    dh = hs[-1]
    for i in reversed(range(len(Ws))):
        da = dh * (1 - hs[i + 1] ** 2)
        dWs[i] = hs[i].T @ da
        dh = da @ Ws[i].T
    return dWs


def test_a_list_of_parameters_has_a_list_of_gradients():
    found = gradients(of_list, backward_of_list, x, [W1, W2])
    assert list(found.values()) == ["Ws[0]", "Ws[1]"]


def test_a_list_that_is_not_returned_is_told_by_its_name():
    def backward(Ws, hs):
        dWs = list(backward_of_list(Ws, hs))

    wanted = {"dWs[0]": "Ws[0]", "dWs[1]": "Ws[1]"}
    assert gradients(of_list, backward, x, [W1, W2]) == wanted


def test_a_number_has_a_gradient_if_it_is_given():
    def scaled(x, scale):
        return np.sum(np.sin(scale * x))

    def backward(x, scale):
        dscale = np.sum(np.cos(scale * x) * x)
        return dscale

    assert gradients(scaled, backward, x, 0.5) == {"dscale": "scale"}


def test_whole_numbers_have_no_gradient():
    def picks(x, rows):
        return np.sum(x[rows] ** 2)

    def backward(x, rows):
        drows = 0 * rows
        dx = np.zeros_like(x)
        np.add.at(dx, rows, 2 * x[rows])

    assert gradients(picks, backward, x, np.array([0, 2, 2])) == {"dx": "x"}
