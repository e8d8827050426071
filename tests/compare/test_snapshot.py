"""Edits are run in a snapshot of the variables, which stays as it is whatever they change."""

import types
import warnings

import numpy as np
import pytest

from compare.written import cases_of, normal
from micrograd_np.compare.edits import Context
from micrograd_np.compare.finding.snapshot import Snapshot

PASSES = """\
import numpy as np

COUNTS = np.zeros(3)
SEEN = {"last": np.zeros(3)}


class Layer:
    def __init__(self, W):
        self.W, self.calls, self.dW = W, 0, np.zeros_like(W)

    def back(self, d):
        self.calls += 1
        self.dW += self.W
        d *= 2
        return d


def halved(d, mask):
    d *= mask
    return d / 2


def same(d):
    return d


def forward(x, w, rows):
    h = np.tanh(x @ w)
    loss = np.sum(h[rows] ** 2)
    return loss


def backward(x, w, rows, h):
    d, e, m = np.ones((2, 3)), np.ones((2, 3)), np.full((2, 3), 0.5)
    i, n = np.array([0, 0]), 3
    grads = {"W": np.ones(3)}
    stack = [np.ones(2), np.zeros(2)]
    layer = Layer(np.ones(2))
    nested = {"list": [grads, (d, e)]}
    alias = d
    dh = np.zeros_like(h)
    np.add.at(dh, rows, 2 * h[rows])
    dw = x.T @ (dh * (1 - h**2))
    return dw
"""

CHANGES = [
    # arrays
    "d += 1", "d **= 2", "d @= np.eye(3)", "d[0] = 5", "d[1:] *= 2", "d[0, i] -= 1", "d.T[0] = 5",
    "d[0], e[0] = 1, 2", "d, e = e, d\nd += 1", "np.add.at(d, i, 1)", "np.copyto(d, e)",
    "d.sort()", "d.fill(3)", "d.shape = (6,)", "d.shape = 3, 2\nd += 1", "np.fill_diagonal(d, 9)",
    "np.put(d, [0], 9)", "z = np.exp(e, out=e)", "z = np.negative(e, e)", "z = np.add.at(d, i, 1)",
    # other names of them
    "z = e\nz += 1", "z = e.T\nz[0] = 3", "z = d[0]\nz *= 2", "z = d.reshape(-1)\nz[0] = 9",
    "z = np.asarray(d)\nz += 2", "a = e\nb = a\nb += 1", "a = 1\nb = e\nc = b\nc += 1",
    "z = d if n > 2 else e\nz += 1", "d = e = m\nd += 1", "z = (v := d)\nv += 1",
    "alias += 1", "z, v = (d, e)\nz += 1",
    # containers
    "grads['W'] += 1", "grads['W'][0] = 7", "grads['b'] = d", "grads |= {'b': d}",
    "del grads['W']", "z = grads['W']\nz += 1", "z = grads.pop('W')",
    "z = grads.setdefault('b', d)", "stack.append(d)", "stack[0] = d", "z = stack.pop()",
    "z = [a.fill(3) for a in stack]",
    "for a in stack:\n    a += 1", "nested['list'][0]['W'] += 1", "nested['list'].pop()",
    "z = nested['list'][1][0]\nz += 1",
    # objects and functions
    "layer.W = d", "layer.W += 1", "layer.calls += 1", "z = layer.back(d)", "z = halved(d, m)",
    "z = same(d)\nz += 1",
    # what is returned
    "return d", "return d.sort()", "d += 1\nreturn d", "return grads.pop('W')",
    # what the module holds
    "COUNTS += 1", "COUNTS[0] = 1", "SEEN['last'] += 1", "SEEN['new'] = d",
]  # fmt: skip

UNCHANGED = (types.ModuleType, types.FunctionType, type)


def frozen(value):
    """Return a value as something that can be compared, and that no statement changes."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [frozen(item) for item in value]
    if hasattr(value, "calls"):
        return frozen(vars(value))
    return value


def state(namespace):
    """Return everything that there is, without the functions of the module."""
    hidden = {n for n, v in namespace.items() if n.startswith("__") or isinstance(v, UNCHANGED)}
    return {name: frozen(namespace[name]) for name in namespace.keys() - hidden}


@pytest.fixture
def case(load):
    inputs = {"x": normal(4, 3), "w": normal(3), "rows": np.array([0, 2, 2])}
    return cases_of(load, PASSES, inputs)[0]


@pytest.fixture
def snapshot(case):
    code = case.subject.backward
    return Snapshot.before(case, code.body[-2], code)


@pytest.mark.parametrize("text", CHANGES)
def test_the_snapshot_is_never_changed(snapshot, text):
    before, module = state(snapshot.namespace), state(snapshot.namespace["same"].__globals__)
    assert before["d"] == frozen(np.ones((2, 3)))
    found = snapshot.run(text)
    assert found is not None
    assert found is not snapshot.namespace
    assert state(snapshot.namespace) == before
    assert state(snapshot.namespace["same"].__globals__) == module
    assert state(snapshot.run(text)) == state(found), "the second time as the first"


WRITTEN = {
    "d += 1": ("d", np.full((2, 3), 2.0)),
    "z = e\nz += 1": ("e", np.full((2, 3), 2.0)),
    "np.add.at(d, i, 1)": ("d", np.array([[3.0] * 3, [1.0] * 3])),
    "grads['W'] += 1": ("grads", {"W": np.full(3, 2.0)}),
    "z = grads.pop('W')": ("grads", {}),
    "z = stack.pop()": ("stack", [np.ones(2)]),
    "z = halved(d, m)": ("d", np.full((2, 3), 0.5)),
    "layer.calls += 1\nz = layer.calls": ("z", 1),
    "z = layer.back(d)\nz = layer.dW": ("z", np.ones(2)),
    "nested['list'][0]['W'] += 1": ("nested", {"list": [{"W": np.full(3, 2.0)},
                                                        (np.ones((2, 3)), np.ones((2, 3)))]}),
    "d.shape = (6,)": ("d", np.ones(6)),
    "return d + 1": ("return", np.full((2, 3), 2.0)),
    "d += 1\nreturn d": ("return", np.full((2, 3), 2.0)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), WRITTEN.items())
def test_what_statements_change_is_in_the_namespace_that_they_leave(snapshot, text, wanted):
    name, value = wanted
    assert frozen(snapshot.run(text)[name]) == frozen(value)


def test_another_name_of_an_array_stays_another_name(snapshot):
    for name in ("alias", "nested['list'][1][0]"):
        found = snapshot.run(f"d += 1\nz = {name}")
        assert frozen(found["z"]) == frozen(np.full((2, 3), 2.0))


@pytest.mark.parametrize(
    "text",
    ["d = ", "d = 1[", "d = unheard_of", "d = d @ d", "d = d.reshape(5)", "d[7] = 1",
     "d = grads['b']", "d = n.T", "d = int('n')", "d = 1 / 0", "d = next(iter([]))",
     "d = '\0'", "assert n == 4", "d = d +\nd", "return", "raise KeyError"],
)  # fmt: skip
def test_nonsense_is_none(snapshot, text):
    before = state(snapshot.namespace)
    assert snapshot.run(text) is None or text == "return"
    assert state(snapshot.namespace) == before


@pytest.mark.parametrize("text", ["d = np.mean(d[:0])", "d = d / 0", "d = np.log(-d)", "d = 1[0]"])
def test_edits_warn_of_nothing(snapshot, text):
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="raise"):
        warnings.simplefilter("always")
        found = snapshot.run(text)
    assert not caught
    assert (found is None) == (text == "d = 1[0]")


def test_it_holds_what_there_is_before_the_statement(case):
    code = case.subject.backward
    adds = next(node for node in code.body if code.source(node).startswith("np.add.at"))
    snapshot = Snapshot.before(case, adds, code)
    assert not snapshot.namespace["dh"].any()
    assert "dw" not in snapshot.namespace
    assert snapshot.context.after["dh"] == snapshot.namespace["dh"].shape


def test_a_statement_that_is_not_reached_has_none(case):
    code = case.subject.backward
    assert Snapshot.before(case, code.body[0], code, run=1) is None
    assert Snapshot.in_forward(case, code.body[0], code) is None


def test_after_a_line_of_the_forward_pass_its_value_is_there(case):
    code = case.subject.forward
    first, second, _ = code.body
    assert "h" in Snapshot.in_forward(case, first, code).namespace
    found = Snapshot.in_forward(case, second, code)
    assert float(found.namespace["loss"]) == pytest.approx(float(case.followed.loss))
    before = state(found.namespace)
    found.run("h += 1")
    assert state(found.namespace) == before


def test_the_variables_of_the_pass_itself_can_still_be_changed(case, snapshot):
    assert snapshot.namespace["h"].flags.writeable is False
    assert case.try_with() == set()
    assert case.state.variables["h"].flags.writeable
    assert snapshot.namespace["same"].__globals__["COUNTS"].flags.writeable


def test_a_snapshot_of_plain_values_needs_no_arrays():
    found = Snapshot({"n": 3}, Context({}, {"n": 3.0}, {})).run("m = n + 1")
    assert found["m"] == 4
