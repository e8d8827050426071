"""The forward part printed for torch, differentiated by torch's own autograd."""

import ast
import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius
from program import networks
from program.derived import assert_right, compiled, seed_for, wanted_of, with_seed
from rules.in_torch import torch
from rules.table import CASES

pytestmark = pytest.mark.usefixtures("torch_is_there")
check = settings(
    max_examples=settings.default.max_examples // 12,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def torch_is_there():
    pytest.importorskip("torch", reason="torch runs what is printed")


# --- what the tests are made of ----------------------------------------------------------------


def in_torch(source, args, argnums):
    """Return the value and the gradients that torch's autograd finds for a printed function."""
    given = [torch.tensor(a) if isinstance(a, (np.ndarray, np.generic)) else a for a in args]
    leaves = [given[i] for i in argnums]
    for leaf in leaves:
        leaf.requires_grad_()
    value = compiled(source)(*given)
    seed = torch.tensor(seed_for(value.detach().numpy()))
    grads = torch.autograd.grad(value, leaves, seed, materialize_grads=True)
    return [value.detach().numpy(), *(grad.numpy() for grad in grads)]


def assert_plain_torch(source):
    """Assert that a source imports nothing but torch and math, and what it uses of them."""
    imported = {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported == {"torch"} | ({"math"} if "math." in source else set())
    assert "np." not in source
    assert "mg." not in source


def assert_torch_agrees(f, args, argnums=None):
    """Assert that eager code, the program and its source in torch agree; return the source."""
    argnums = range(len(args)) if argnums is None else argnums
    program = mg.derive(f, *args, argnums=argnums)
    source = program.source("torch")
    assert_plain_torch(source)
    wanted = wanted_of(f, argnums, args)
    found = program.run(*with_seed(args, wanted))
    assert_right((found[name] for name in program.outputs), wanted, "run")
    assert_right(in_torch(source, args, argnums), wanted, "torch")
    return source


def body(source):
    """Return the statements of a printed function, without comments."""
    (function,) = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    return [ast.unparse(statement) for statement in function.body[1:]]


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


# --- every operation ---------------------------------------------------------------------------


def picks_twice(a, index):
    picked = np.arange(a.size).reshape(a.shape)[index]
    return np.unique(picked).size < np.size(picked)


@pytest.mark.parametrize("case", CASES, ids=str)
@check
@given(data=st.data(), dtype=st.sampled_from(["float64", "float32"]), weighted=st.booleans())
def test_every_operation(case, data, dtype, weighted):
    arrays, options = data.draw(case.draw)
    arrays = [a.astype(dtype) for a in arrays]

    def f(*operands):
        out = case.call(*operands, **options)
        return np.sum(out * seed_for(out)) if weighted else out

    if case.record is operator.setitem and picks_twice(arrays[0], options["index"]):
        with pytest.raises(NotImplementedError, match="twice"):
            mg.derive(f, *arrays).source("torch")
    else:
        assert_torch_agrees(f, arrays)


# --- indices -----------------------------------------------------------------------------------

INDICES = [
    slice(None, None, -1), slice(3, 0, -1), slice(9, None, -2), slice(-2, -9, -1),
    slice(None, -3, -2), slice(1, 4, -1), slice(0, None, -1), slice(None, 9, -1),
    (slice(None), slice(None, None, -2)), (..., slice(None, None, -1)), (None, slice(2, None, -1)),
    (0, slice(None), [0, 1]), ([0, 1], slice(None), 0), (slice(None), 0, [0, 2]),
    (0, ..., [0, 1]), (0, [1, 2], ...), (0, None, [1, 2]), (slice(None), [0, 2], 1),
    ([0, 3], [2, 0], slice(None, None, -1)), ([True, False, True, True], slice(None), 1),
    (np.array(2), slice(None), np.array(0)), np.array([3, 0], np.int8), np.array([3, 0], np.uint8),
    (np.array([[3], [0]]), [0, 2]), ([0, 1], None, [2, 0]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_picks_what_numpy_picks(index):
    def f(x):
        return x[index] ** 2

    assert_torch_agrees(f, [normal(4, 3, 2)])


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_is_written_where_numpy_writes(index):
    def assign(x, v):
        out = x * x
        out[index] = np.sin(v)
        return out * x

    def add(x, v):
        out = x * x
        np.add.at(out, index, np.sin(v))
        return out * x

    x = normal(4, 3, 2)
    for f in (assign, add):
        assert_torch_agrees(f, [x, normal(*x[index].shape, seed=1)])
        assert_torch_agrees(f, [x, np.asarray(0.5)])


def test_an_index_that_is_given_picks_and_adds_repeatedly():
    def f(x, v, rows):
        out = x[rows] * 2
        np.add.at(out, (rows, rows - 1), v)
        np.add.at(out, (slice(None), rows), v * v)
        return out

    rows = np.array([0, 2, 0])
    assert_torch_agrees(f, [normal(3, 3), np.asarray(0.5), rows], argnums=(0, 1))


def test_an_element_that_is_assigned_to_twice_is_refused_when_it_happens():
    def f(x, v, rows):
        out = x * x
        out[rows] = v
        return out

    x, v = normal(3), normal(2)
    source = assert_torch_agrees(f, [x, v, np.array([0, 2])], argnums=(0, 1))
    for rows in ([0, 0], [2, -1]):
        with pytest.raises(ValueError, match="an element of out is assigned to twice"):
            compiled(source)(torch.tensor(x), torch.tensor(v), torch.tensor(rows))


def test_a_mask_picks_and_writes():
    def f(x, v):
        positive = x > 0
        out = x * v
        out[positive] = v[positive] ** 2
        return out

    assert_torch_agrees(f, [normal(4, 3), normal(4, 3, seed=1)])


# --- dtypes ------------------------------------------------------------------------------------

INTEGERS = np.array([1, 3, 2, 5])
MIXTURES = {
    "float32 and int64": lambda a, k, m: a / k,
    "float32 and a 0-d float64": lambda a, k, m: a * np.float64(0.1) * k.mean(),
    "float32 and a size": lambda a, k, m: a / a.shape[0] + 0.1,
    "a function of a size": lambda a, k, m: a / np.sqrt(a.shape[0]),
    "a mean of integers": lambda a, k, m: a * k.mean(),
    "a quotient of integers": lambda a, k, m: a * (k / 4 + 1 / k),
    "a root of integers": lambda a, k, m: a * np.sqrt(k),
    "a count": lambda a, k, m: a * m.sum() * np.count_nonzero(a),
    "a mean of booleans": lambda a, k, m: a * m.mean(),
    "integers and a float": lambda a, k, m: a * (k * 0.1) + k**0.5,
    "numbers alone in where": lambda a, k, m: a * np.where(m, 0.1, 1),
    "an integer condition": lambda a, k, m: np.where(k - 1, a, 0.1) * np.where(m, 1, 0),
    "maximum with a number": lambda a, k, m: np.maximum(a, 0.1) + np.minimum(0, a),
    "maximum of two dtypes": lambda a, k, m: np.maximum(a, k) + np.maximum(a.sum(), 0.1),
    "products of two dtypes": lambda a, k, m: np.dot(a, k) + a @ k.astype(np.float64),
    "joined": lambda a, k, m: np.concatenate([a, k]) * np.stack([k, a], axis=1).sum(),
    "written into": lambda a, k, m: written(a, k),
    "converted": lambda a, k, m: a.astype(np.float64) * k.astype(np.float32),
    "a number to a power": lambda a, k, m: a ** k.shape[0] + a**3 - abs(a) ** 0.5,
    "constants": lambda a, k, m: a * np.array([0.1, 1], np.float32)[0] + np.array([1, 2, 3, 4]),
    "an infinity": lambda a, k, m: np.maximum(a, -np.inf) + np.where(m, a, -np.inf).max(),
}


def written(a, k):
    out = np.zeros(4, dtype=np.float32)
    out[1:] = (a * k)[1:]
    out[0] = 0.1
    return out * a


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MIXTURES)
def test_dtypes_are_numpys(name, dtype):
    a = np.array([0.3, 1.7, -0.4, 2.1], dtype)
    a = abs(a) if name == "a number to a power" else a
    assert_torch_agrees(MIXTURES[name], [a, INTEGERS, a > 0.5], argnums=(0,))


def test_a_python_number_stays_one_or_is_a_tensor_where_its_gradient_is_wanted():
    def f(x, rate, n):
        steps = np.exp(-rate) * n
        return np.sum(x * rate / n + np.maximum(x, rate) * steps + np.full(3, 2.0))

    x = normal(3).astype(np.float32)
    program = mg.derive(f, x, 0.5, 2, argnums=(0,))
    wanted = wanted_of(f, (0,), [x, 0.5, 2])
    assert_right(in_torch(program.source("torch"), [x, 0.5, 2], (0,)), wanted, "a number")
    args = [x.astype(float), np.asarray(0.5), 2]
    wanted = wanted_of(f, (0, 1), args)
    program = mg.derive(f, args[0], 0.5, 2, argnums=(0, 1))
    assert_right(in_torch(program.source("torch"), args, (0, 1)), wanted, "a tensor")


# --- arrays made from scratch, and what has no gradient -------------------------------------------

CONSTANTS = {
    "zeros": lambda x: np.zeros(x.shape) + np.zeros(x.shape[1]) + np.zeros((), dtype=np.float32),
    "ones": lambda x: np.ones(x.shape) * np.ones_like(x) + np.ones(3, dtype=int),
    "full": lambda x: np.full(x.shape, 0.1) + np.full_like(x, 2) + np.full(3, x.shape[0]),
    "eye": lambda x: np.eye(2, 3) + np.identity(3)[:2] + np.eye(3)[x.shape[0] :].sum(),
    "arange": lambda x: np.arange(3) + np.arange(1, 7, 2) * np.arange(0.0, 0.3, 0.1),
    "linspace": lambda x: np.linspace(0, 1, 3) + np.linspace(-1, x.shape[0], num=3),
    "array": lambda x: np.array([0.1, 1.5, 2]) * np.array([1, 2, 3]) * np.array([True, False, True]),
    "like": lambda x: np.zeros_like(x) + np.zeros_like(x, dtype=int) + np.empty_like(x) * 0,
    "compare": lambda x: (x > 0) * 2.0 + (0.5 <= x) + (x == x) * (x != 0) + (x < 1),
    "logical": lambda x: np.logical_and(x > 0, x < 1) + np.logical_or(x, 0) * 0.5 + np.logical_not(x),
    "finite": lambda x: np.isfinite(x) + np.isnan(x) * 2.0 + np.isinf(x) + np.signbit(x),
    "rounded": lambda x: np.floor(x) + np.ceil(x) + np.trunc(x) + np.rint(x) + np.sign(x),
    "close": lambda x: np.isclose(x, 0.25, atol=0.5) * 1.0 + np.allclose(x, x) + np.array_equal(x, x),
    "argmax": lambda x: np.argmax(x, axis=1, keepdims=True) + np.argmin(x) + x.argmax(axis=0) * 0.5,
    "argsort": lambda x: np.argsort(x, axis=0) + np.argsort(x) * 0.5 + np.argsort(x, axis=None)[0],
    "all": lambda x: np.all(x > 0, axis=1, keepdims=True) * 2.0 + np.any(x > 0) + np.all(x),
    "count": lambda x: np.count_nonzero(x > 0, axis=0) * 1.0 + np.count_nonzero(x),
    "flat index": lambda x: x.ravel()[np.ravel_multi_index((np.arange(2), np.array([2, 0])), (2, 3))][0],
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_what_has_no_gradient(name):
    def f(x):
        return x * CONSTANTS[name](x)

    assert_torch_agrees(f, [normal(2, 3)])


# --- functions ---------------------------------------------------------------------------------


def attention_batched(x, Wq, Wk, Wv):
    q = x @ Wq
    k = x @ Wk
    v = x @ Wv
    a = mg.softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
    out = a @ v
    return out


def loop_with_writes(x, w):
    n, k = x.shape
    out = np.zeros((n, k))
    for i in range(3):
        out[i] = np.sum(x[i] * w) * x[i]
    value = np.sum(out * out)
    return value


def writes_between_reads(x, w):
    out = np.exp(x)
    total = np.sum(out * out)
    out[0] = w
    total += np.sum(out**3)
    out[1] = out[1] + w * w
    return total * np.sum(out)


def gelu_net(x, W1, W2):
    z = x @ W1
    h = z * mg.sigmoid(1.702 * z)
    out = mg.log_softmax(h @ W2, axis=1)
    return mg.logsumexp(out * out, axis=0).std(ddof=1)


def of_its_gradient(x, w):
    slope = mg.grad(lambda x: np.sum(np.tanh(x * w)[:2] * x[1:] ** 2))(x)
    return np.sum(slope * slope * x)


_attention = (normal(2, 5, 4), normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2))
FUNCTIONS = [
    *((n.forward, n.args, n.argnums) for n in (*networks.NETWORKS, networks.FUSED)),
    (attention_batched, _attention, None),
    (loop_with_writes, (normal(3, 4), normal(4)), None),
    (writes_between_reads, (normal(3, 4), normal(4)), None),
    (gelu_net, (normal(5, 4), normal(4, 3), normal(3, 2)), None),
    (of_its_gradient, (normal(3), normal(3, seed=1)), None),
]


@pytest.mark.parametrize(
    ("f", "args", "argnums"), FUNCTIONS, ids=[f.__name__ for f, _, _ in FUNCTIONS]
)
def test_networks(f, args, argnums):
    source = assert_torch_agrees(f, args, argnums)
    assert max(map(len, source.splitlines())) <= 100
    if f is not networks.rnn:  # whose five steps are its own
        program = mg.derive(f, *args, argnums=argnums)
        longer = list(args)
        if f in (networks.post, networks.post_fused):
            longer[:2] = np.abs(normal(13, 4)), np.arange(13) % 3
        elif f in (networks.batch_norm, networks.attention):
            longer[0] = normal(13, args[0].shape[1])
        argnums = range(len(args)) if argnums is None else argnums
        wanted = wanted_of(f, argnums, longer)
        assert_right(in_torch(program.source("torch"), longer, argnums), wanted, "longer")


def test_the_network_of_the_post_as_one_writes_it():
    (post,) = (n for n in networks.NETWORKS if n.forward is networks.post)
    assert body(post.derive().source("torch")) == [
        "N = X.shape[0]",
        "hidden = torch.relu(X @ W1 + b1)",
        "scores = hidden @ W2 + b2",
        "exp_scores = torch.exp(scores)",
        "probs = exp_scores / exp_scores.sum(dim=1, keepdim=True)",
        "data_loss = -torch.log(probs[torch.arange(N), y]).mean()",
        "reg_loss = 0.5 * reg * ((W1 * W1).sum() + (W2 * W2).sum())",
        "loss = data_loss + reg_loss",
        "return loss",
    ]


def test_a_loop_with_writes_writes_in_place():
    assert body(mg.derive(loop_with_writes, normal(3, 4), normal(4)).source("torch")) == [
        "n = x.shape[0]",
        "k = x.shape[1]",
        "out = torch.zeros(n, k, dtype=torch.float64)",
        "out[0] = (x[0] * w).sum() * x[0]",
        "out[1] = (x[1] * w).sum() * x[1]",
        "out[2] = (x[2] * w).sum() * x[2]",
        "value = (out * out).sum()",
        "return value",
    ]


def test_a_maximum_with_zero_shares_at_zero_and_relu_does_not():
    x = np.array([-1.0, 0.0, 2.0])
    for f, at_zero in ((lambda x: np.maximum(x, 0), 0.5), (mg.relu, 0.0)):
        source = mg.derive(f, x).source("torch")
        np.testing.assert_array_equal(in_torch(source, [x], (0,))[1][1] / seed_for(x)[1], at_zero)
        assert ("torch.relu" in source) == (f is mg.relu)


def test_the_seed_is_no_input_and_a_python_number_is_none_of_torchs():
    program = mg.derive(lambda x, rate: x * rate, normal(3), 0.5, argnums=0)
    assert "def forward(x, rate):" in program.source("torch")
    assert "rate: a number" in program.source("torch")


def test_lengths_that_it_was_written_for_are_checked():
    (rnn,) = (n for n in networks.NETWORKS if n.forward is networks.rnn)

    def f(x):
        out = x * 1
        for i in range(len(x)):
            out = out * x[i]
        return out

    forward = compiled(mg.derive(f, normal(3)).source("torch"))
    with pytest.raises(ValueError, match=r"written for x.shape\[0\] = 3"):
        forward(torch.tensor(normal(4)))
    assert "torch.tanh(x[4] @ Wx + h_4 @ Wh + b)" in rnn.derive().source("torch")


def test_several_results_are_a_tuple():
    x = mg.tensor(normal(3))
    with mg.trace() as program:
        y = np.exp(x)
        z = np.sqrt(np.sum(y, axis=0, keepdims=True))  # noqa: F841  (an output)
        w = np.cumsum(y)  # noqa: F841
    names = program.outputs
    found = compiled(program.source("torch"))(torch.tensor(x.data))
    assert isinstance(found, tuple)
    wanted = rounding_radius(
        lambda x: {"z": np.sqrt(np.sum(np.exp(x), keepdims=True)), "w": np.cumsum(np.exp(x))},
        x.data,
    )
    assert names == ("z", "w")
    assert_right([out.numpy() for out in found], wanted, "torch")


# --- what cannot be printed --------------------------------------------------------------------

REFUSED = {
    "np.linspace with endpoint=False": lambda x: x * np.linspace(0, 1, 3, endpoint=False),
    "np.eye with k=1": lambda x: x * np.eye(3, k=1)[0],
    "np.iscomplexobj": lambda x: x * np.iscomplexobj(x),
    "np.sum over no axis": lambda x: np.sum(x, axis=()),
    "an assignment to one element twice": lambda x: written_twice(x),
}


def written_twice(x):
    out = x * x
    out[[0, 0]] = x[:2]
    return out


@pytest.mark.parametrize("what", REFUSED)
def test_what_torch_does_not_have_is_refused_by_name_and_line(what):
    program = mg.derive(REFUSED[what], normal(3))
    with pytest.raises(NotImplementedError) as caught:
        program.source("torch")
    assert "test_torch_source.py:" in str(caught.value)
    assert f"{what} has no equivalent in torch" in str(caught.value)


def test_an_operation_of_the_users_own_is_opened():
    @mg.primitive
    def cube(x):
        return x * x * x

    mg.defvjp(cube, lambda g, _out, x: g * 3 * x * x)
    source = assert_torch_agrees(cube, [normal(3)])
    assert "x * x * x" in source


def test_a_dtype_that_torch_does_not_have_is_refused():
    program = mg.derive(lambda x: x * np.ones(3, np.longdouble), normal(3))
    with pytest.raises(NotImplementedError, match="torch has no dtype"):
        program.source("torch")


def test_a_large_constant_is_refused():
    table = normal(100)
    program = mg.derive(lambda x: x * table, normal(100))
    with pytest.raises(ValueError, match="too large to write out"):
        program.source("torch")


def test_another_language_is_refused():
    program = mg.derive(lambda x: x * x, normal(3))
    with pytest.raises(ValueError, match="there is 'numpy' and 'torch', not 'jax'"):
        program.source("jax")
