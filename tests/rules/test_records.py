"""Every record in OPERATIONS is consistent with NumPy, with torch and with itself."""

import ast
import inspect
import operator
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.testing.operations.table import CASES
from micrograd_np.testing.operations.this_numpy import since

RECORDS = dict(OPERATIONS)  # before any test adds its own
DIFFERENTIABLE = [f for f, record in RECORDS.items() if record.kind == "differentiable"]
CONSTANT = [f for f, record in RECORDS.items() if record.kind == "constant"]


def named(function):
    return RECORDS[function].name


every_record = pytest.mark.parametrize("function", RECORDS, ids=named)
every_differentiable = pytest.mark.parametrize("function", DIFFERENTIABLE, ids=named)


@every_record
def test_the_kind_fits_the_rules(function):
    record = RECORDS[function]
    assert isinstance(record, Operation)
    assert record.kind in ("differentiable", "constant", "undefined")
    has_rules = any(record.rules) or record.every is not None or record.definition is not None
    assert has_rules == (record.kind == "differentiable")
    assert not (record.rules and record.every)


@every_record
def test_the_name_is_one_that_people_know(function):
    name = named(function)
    assert name
    if name.startswith("np."):
        assert operator.attrgetter(name[3:])(np) == function
    elif name.startswith("mg.") and "._" not in name and hasattr(mg, name[3:]):
        assert getattr(mg, name[3:]) is function


@every_differentiable
def test_every_operation_is_in_the_table(function):
    """What the library uses inside its own rules is covered by the second derivatives there."""
    record = RECORDS[function]
    inside = record.name.startswith("mg.") and not hasattr(mg, record.name[3:])
    assert inside or any(case.record == function for case in CASES)


@every_record
def test_the_torch_name_is_torchs(function):
    torch = pytest.importorskip("torch", reason="PyTorch resolves the names")
    name = RECORDS[function].torch
    if "{" in name:
        for node in ast.walk(ast.parse(re.sub(r"[{}]", "_", name))):
            if isinstance(node, ast.Attribute):
                assert callable(getattr(torch, node.attr, None) or getattr(torch.Tensor, node.attr))
    elif name:
        assert callable(_resolve(torch, name) or _resolve(torch.Tensor, name))


def _resolve(where, name):
    for part in name.split("."):
        where = getattr(where, part, None)
    return where


def rules_of(record):
    if record.every is not None:
        return [record.every(record.first)]
    return [rule for rule in record.rules if rule is not None]


@every_differentiable
def test_rules_take_the_result_first_and_agree_on_the_rest(function):
    """The gradient, the result, then the arguments by the same names in every rule."""
    names = []
    for rule in rules_of(RECORDS[function]):
        given = list(inspect.signature(rule).parameters)
        assert given[0].lstrip("_") == "g"
        assert given[1].lstrip("_") == "out"
        names.append([name.lstrip("_") for name in given[2:]])
    assert all(other == names[0] for other in names)


OF_NEWER_NUMPY = {"descending", "shape", "copy", "device"}
"""Names that the NumPy at hand may be too old to know: of sort, of reshape, of astype."""


@every_differentiable
def test_the_arguments_have_numpys_names(function):
    """So that `np.sum(a=t, axis=0)` finds its rule's `a` and `axis`."""
    record = RECORDS[function]
    inside = record.name.startswith("mg.") and not hasattr(mg, record.name[3:])
    if isinstance(function, np.ufunc) or inside:
        return  # all positional, or never called by a user
    try:
        wanted = inspect.signature(function).parameters
    except ValueError:  # NumPy does not say
        return
    if all(p.kind is p.POSITIONAL_ONLY for p in wanted.values()):
        return
    by_name = {n for n, p in wanted.items() if p.kind is not p.POSITIONAL_ONLY}
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in wanted.values()):
        return
    for name in set(record.parameters) - {record.residual} - OF_NEWER_NUMPY:
        if name not in by_name:
            first = list(wanted)[list(record.parameters).index(name)]
            assert wanted[first].kind is inspect.Parameter.POSITIONAL_ONLY, name


KEYWORDS = [
    (np.sum, {"a": None, "axis": 0, "keepdims": True}),
    (np.mean, {"a": None, "axis": (0, 1)}),
    (np.max, {"a": None, "axis": -1}),
    (np.min, {"a": None, "keepdims": True}),
    (np.var, {"a": None, "axis": 0, "ddof": 1}),
    (np.std, {"a": None, "axis": 0}),
    (np.linalg.norm, {"x": None, "ord": 3, "axis": 1, "keepdims": True}),
    (np.cumsum, {"a": None, "axis": 1}),
    (np.transpose, {"a": None, "axes": (1, 0)}),
    (np.swapaxes, {"a": None, "axis1": 0, "axis2": 1}),
    (np.moveaxis, {"a": None, "source": 0, "destination": 1}),
    (np.broadcast_to, {"array": None, "shape": (2, 2, 3)}),
    (np.expand_dims, {"a": None, "axis": 1}),
    (np.squeeze, {"a": None, "axis": None}),
    (np.ravel, {"a": None}),
    (np.copy, {"a": None}),
    (np.flip, {"m": None, "axis": 0}),
    (np.pad, {"array": None, "pad_width": ((1, 2), (0, 1)), "mode": "edge"}),
    (mg.relu, {"x": None}),
    (mg.sigmoid, {"x": None}),
    (mg.softmax, {"x": None, "axis": 0}),
    (mg.log_softmax, {"x": None, "axis": 0}),
    (mg.logsumexp, {"x": None, "axis": (0, 1), "keepdims": True}),
    (mg.cross_entropy, {"logits": None, "labels": [0, 2]}),
]


@pytest.mark.parametrize(
    ("function", "keywords"), KEYWORDS, ids=lambda v: getattr(v, "__name__", "")
)
def test_every_argument_by_keyword(function, keywords):
    data = np.arange(6.0).reshape(2, 3)
    first, *rest = keywords
    x = mg.tensor(data, requires_grad=True)
    y = mg.tensor(data, requires_grad=True)
    out = function(**{**keywords, first: x})
    again = function(y, **{name: keywords[name] for name in rest})
    np.testing.assert_array_equal(out.data, again.data, strict=True)
    wanted = np.asarray(function(**{**keywords, first: data}))
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    seed = 1.0 + np.arange(out.size).reshape(out.shape)
    out.backward(seed)
    again.backward(seed)
    np.testing.assert_array_equal(x.grad, y.grad, strict=True)


def test_arguments_by_keyword_of_functions_of_several_arrays():
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    np.stack(arrays=[x, x], axis=1).sum().backward()
    np.concatenate([x, x], axis=1).sum().backward()
    np.split(ary=x, indices_or_sections=2, axis=1)[0].sum().backward()
    np.reshape(x, **{"shape" if since("2.1.0") else "newshape": (2, 1)}).sum().backward()
    np.testing.assert_array_equal(x.grad, [[6.0, 5.0]])


@every_differentiable
def test_it_prints_as_what_it_is(function):
    """An operator's template, filled with names and run, gives what the function gives."""
    record = RECORDS[function]
    if not record.prints:
        return
    values = {
        "x[index]": [np.arange(6.0), 2],
        "x[index] = value": [np.arange(6.0), 2, 7.0],
        "np.add.at": [np.arange(6.0), 2, 7.0],
        "ndarray.astype": [np.arange(6.0), np.float32],
        "np._core.umath.clip": [np.arange(6.0), 1.5, 3.5],
        "np.matmul": [np.arange(6.0).reshape(2, 3), np.arange(3.0)],
        "np.reshape": [np.arange(6.0), (2, 3)],
        "np.swapaxes": [np.arange(6.0).reshape(2, 3), 0, 1],
    }.get(record.name, [np.arange(1.0, 4.0), np.arange(2.0, 5.0)])
    count = 1 + max(n for n in range(4) if f"{{{n}}}" in record.prints)
    scope = {"np": np, **{f"v{n}": np.copy(v) if n == 0 else v for n, v in enumerate(values)}}
    line = record.prints.format(*(f"v{n}" for n in range(count)))
    wanted = np.asarray(record.function(*map(np.copy, values[:1]), *values[1:count]))
    if "=" in line or ".at(" in line:
        exec(line, scope)
        given = scope["v0"]
    else:
        given = eval(line, scope)
    np.testing.assert_array_equal(given, wanted, strict=False)
    assert np.asarray(given).dtype == wanted.dtype


CREATION = {
    np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.arange, np.linspace, np.array,
    np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.tri, np.fromfunction,
    np.frombuffer, np.fromfile, np.fromiter, np.fromstring, np.loadtxt, np.genfromtxt,
}  # fmt: skip
"""What they make like a tensor is one: test_classification.py."""

X = np.array([[1.0, 2.0], [3.0, 0.5]])
INTEGERS = np.array([[1, 2], [3, 6]])
OF_CONSTANTS = {
    np.allclose: (X, 1.0),
    np.isclose: (X, 1.0),
    np.array_equal: (X, 1.0),
    np.array_equiv: (X, X[0]),
    np.isin: (X, [1.0, 2.0]),
    np.may_share_memory: (X, X),
    np.shares_memory: (X, X),
    np.argpartition: (X, 1),
    np.searchsorted: (X[0], 1.5),
    np.digitize: (X, [1.0, 2.5]),
    np.gcd: (INTEGERS, 6),
    np.lcm: (INTEGERS, 6),
    np.bitwise_count: (INTEGERS,),
    np.left_shift: (INTEGERS, 1),
    np.right_shift: (INTEGERS, 1),
    np.unravel_index: (INTEGERS, (3, 4)),
    np.packbits: (INTEGERS > 1,),
    np.unpackbits: (INTEGERS.astype(np.uint8),),
    np.ix_: (X[0] > 1, X[1] > 1),
    np.bitwise_and: (INTEGERS, INTEGERS),
    np.bitwise_or: (INTEGERS, INTEGERS),
    np.bitwise_xor: (INTEGERS, INTEGERS),
    np.invert: (INTEGERS,),
    getattr(np, "in1d", np.isin): (X, [1.0, 2.0]),  # that name is gone from NumPy 2.4 on
}
"""What they are tried on, where it is not floating-point numbers alone."""


def test_positions_in_a_flattened_array_are_plain_arrays():
    rows = mg.tensor([0, 1])
    out = np.ravel_multi_index((rows, rows), (2, 3))
    assert type(out) is np.ndarray
    assert out.tolist() == [0, 4]


OTHERWISE = {np.ravel_multi_index, np.einsum_path, np.can_cast}
"""They have a test of their own, or take no array."""


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated", "ignore:`in1d` is deprecated")
@pytest.mark.parametrize(
    "function", [f for f in CONSTANT if f not in CREATION | OTHERWISE], ids=named
)
def test_a_constant_returns_plain_arrays(function):
    count = function.nin if isinstance(function, np.ufunc) else 1
    arrays = OF_CONSTANTS.get(function, (X,) * count)
    first = mg.tensor(arrays[0], requires_grad=arrays[0].dtype.kind == "f")
    again = [first if a is arrays[0] else a for a in arrays]
    out, wanted = function(*again), function(*arrays)
    assert not isinstance(out, mg.Tensor)
    assert type(out) is type(wanted)
    parts = zip(out, wanted, strict=True) if isinstance(out, tuple) else [(out, wanted)]
    for part, expected in parts:
        np.testing.assert_array_equal(part, expected)


EXACT = [
    case
    for case in CASES
    if getattr(RECORDS.get(case.record), "exact", False)
    and case.record not in (np.split, np.partition)  # whose cases square the parts
    and not case.name.startswith(("pad by", "pad with values"))  # which are computed
]


@pytest.mark.parametrize("case", EXACT, ids=str)
@settings(max_examples=5)
@given(data=st.data())
def test_what_moves_values_only_rounds_nothing(case, data):
    """Marked `exact`: each result is one of the numbers given, or its negative, or 0."""
    arrays, options = data.draw(case.draw)
    given_too = [np.asarray(options.get(name, 0.0)) for name in ("constant_values", "initial")]
    known = {0.0, *(abs(n) for a in arrays + given_too for n in a.ravel())}
    assert {abs(n) for n in np.ravel(case.call(*arrays, **options))} <= known
