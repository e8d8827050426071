"""The forward part printed for torch, differentiated by torch's own autograd."""

import ast
import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

import micrograd_np as mg
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
    note(source)
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
