"""What torch's autograd makes of a printed forward part."""

import ast

import numpy as np

import micrograd_np as mg
from micrograd_np.testing.operations.in_torch import torch
from program.derived import assert_right, compiled, seed_for, wanted_of, with_seed


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


def assert_torch_agrees(f, args, argnums=None, as_eager=None):
    """Assert that eager code, the program and its source in torch agree; return the source.

    `as_eager` computes the same as `f` where that writes tensors into an array, as only a traced
    function can.
    """
    argnums = range(len(args)) if argnums is None else argnums
    program = mg.derive(f, *args, argnums=argnums)
    source = program.source("torch")
    assert_plain_torch(source)
    wanted = wanted_of(as_eager or f, argnums, args)
    found = program.run(*with_seed(args, wanted))
    assert_right((found[name] for name in program.outputs), wanted, "run")
    assert_right(in_torch(source, args, argnums), wanted, "torch")
    return source
