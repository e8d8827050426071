"""The forward part printed for torch, differentiated by torch's own autograd."""

import ast

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS
from micrograd_np.program.printing.python import LARGEST_LITERAL
from micrograd_np.rounding import rounding_radius
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table import CASES
from program import networks
from program.derived import assert_right, compiled, seed_for, wanted_of
from program.networks import normal
from program.torch_side import assert_torch_agrees, in_torch

pytestmark = pytest.mark.usefixtures("torch_is_there")


@pytest.fixture(scope="module")
def torch_is_there():
    pytest.importorskip("torch", reason="torch runs what is printed")


def body(source):
    """Return the statements of a printed function, without comments."""
    (function,) = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    return [ast.unparse(statement) for statement in function.body[1:]]


# --- every operation ---------------------------------------------------------------------------


def parts_of(index):
    return index if isinstance(index, tuple) else (index,)


BEYOND_1 = ("scimath.arccos", "scimath.arcsin")


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
def test_every_operation(case):
    """It agrees, or says that torch has nothing of the kind: never if the record names it."""
    agreed = []

    @settings(max_examples=2 if case.is_long else 5, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), dtype=st.sampled_from(["float64", "float32"]), weighted=st.booleans())
    def agrees_or_is_refused(data, dtype, weighted):
        arrays, options = data.draw(case.draw)
        arrays = [a.astype(dtype) for a in arrays]
        assume(all(np.size(part) <= LARGEST_LITERAL for part in parts_of(options.get("index"))))
        # Of nothing MKL, which torch leaves transforms to, makes an error.
        assume("fft" not in case.name or all(a.size for a in arrays))
        # Beyond 1, on the cut, torch's gradient is that of the other side.
        assume(case.name not in BEYOND_1 or arrays[0].max(initial=0) <= 1)

        def f(*operands):
            out = case.call(*operands, **options)
            return np.sum(out * seed_for(out)) if weighted else out

        try:
            assert_torch_agrees(f, arrays)
        except NotImplementedError as error:
            if "no equivalent" not in str(error):
                raise
        else:
            agreed.append(case)

    agrees_or_is_refused()
    record = OPERATIONS.get(case.record)
    if case is next(c for c in CASES if c.record is case.record):  # others try rarer options
        assert agreed or record is None or record.definition or not record.torch


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


def loop_that_stacks(x, w):
    return np.sum(np.stack([np.sum(x[i] * w) * x[i] for i in range(3)]) ** 2)


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


LONGER = {
    networks.post: (np.abs(normal(13, 4)), np.arange(13) % 3),
    networks.post_fused: (np.abs(normal(13, 4)), np.arange(13) % 3),
    networks.tanh_net: (normal(13, 3), normal(13, 2)),
    networks.batch_norm: (normal(13, 3),),
    networks.attention: (normal(13, 4),),
    attention_batched: (normal(3, 7, 4),),
    writes_between_reads: (normal(13, 4),),
    gelu_net: (normal(13, 4),),
}
"""Networks, and other inputs for the first arguments."""


@pytest.mark.parametrize(
    ("f", "args", "argnums"), FUNCTIONS, ids=[f.__name__ for f, _, _ in FUNCTIONS]
)
def test_networks(f, args, argnums):
    as_eager = loop_that_stacks if f is loop_with_writes else f
    source = assert_torch_agrees(f, args, argnums, as_eager)
    assert max(map(len, source.splitlines())) <= 100


@pytest.mark.parametrize("f", LONGER, ids=lambda f: f.__name__)
def test_networks_on_inputs_of_other_lengths(f):
    (args, argnums) = next(given[1:] for given in FUNCTIONS if given[0] is f)
    source = mg.derive(f, *args, argnums=argnums).source("torch")
    longer = [*LONGER[f], *args[len(LONGER[f]) :]]
    argnums = range(len(args)) if argnums is None else argnums
    assert_right(in_torch(source, longer, argnums), wanted_of(f, argnums, longer), "longer")


def test_the_network_of_the_post_as_one_writes_it():
    (post,) = (n for n in networks.NETWORKS if n.forward is networks.post)
    assert body(post.derive().source("torch")) == [
        "N = X.shape[0]",
        "if y.shape != (N,) or b1.shape != (1, W1.shape[1]) or b2.shape != (1, W2.shape[1]):\n"
        "    raise ValueError('the shape of y, b1 or b2 does not fit')",
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
        "if w.shape != (k,):\n    raise ValueError('the shape of w does not fit')",
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


def test_a_variable_may_be_called_math():
    def f(x):
        math = x * 2
        return math / np.sqrt(x.shape[0])

    source = mg.derive(f, normal(3)).source("torch")
    assert "import math as math_" in source
    out = compiled(source)(torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64))
    np.testing.assert_array_equal(out.numpy(), [1.0, 2.0, 3.0, 4.0])


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
}


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
    table = normal(500)
    program = mg.derive(lambda x: x * table, normal(500))
    with pytest.raises(ValueError, match="too large to write out"):
        program.source("torch")


def test_another_language_is_refused():
    program = mg.derive(lambda x: x * x, normal(3))
    with pytest.raises(ValueError, match="there is 'numpy' and 'torch', not 'jax'"):
        program.source("jax")
