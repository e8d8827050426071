"""A layer as a function of its inputs and parameters, here and in PyTorch."""

import copy

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.measured import Measured, weights_for

torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
torch.set_num_threads(1)


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def put(layer, values):
    """Make values the parameters of a layer, by name."""
    for name, value in values.items():
        *parts, last = name.split(".")
        owner = layer
        for part in parts:
            owner = getattr(owner, part)
        setattr(owner, last, value)


def buffers_of(layer):
    return {name: getattr(layer, name) for name in layer._buffers if is_float(getattr(layer, name))}


def measured(layer, inputs, call):
    """Measure how far rounding may move the result, all gradients and the buffers afterwards.

    Parameters
    ----------
    layer
        Is left as it is.
    inputs
        Arrays, those of floating-point numbers are differentiated by, and others.
    call
        ``call(layer, *inputs)``.
    """
    names = [name for name, _ in layer.named_parameters()]
    arrays = [x for x in inputs if is_float(x)] + [p.data for p in layer.parameters()]
    count = len(arrays) - len(names)
    wanted = [*(f"d input {i}" for i in range(count)), *(f"d {name}" for name in names)]

    def compute(*values):
        own = copy.deepcopy(layer)

        def f(*values):
            put(own, dict(zip(names, values[count:], strict=True)))
            floats = iter(values[:count])
            return call(own, *[next(floats) if is_float(x) else x for x in inputs])

        out, pullback = mg.vjp(f, *values)
        grads = pullback(weights_for(out.data if isinstance(out, mg.Tensor) else out))
        return {"out": out, **dict(zip(wanted, grads, strict=True)), **buffers_of(own)}

    return Measured(compute, arrays)


def ours(layer, inputs, call):
    """Return the same by ``backward()``."""
    given = [mg.tensor(x, requires_grad=True) if is_float(x) else x for x in inputs]
    leaves = [x for x in given if isinstance(x, mg.Tensor)]
    out = call(layer, *given)
    out.backward(weights_for(out.data))
    return {
        "out": out.data,
        **{f"d input {i}": grad_of(x, x.data) for i, x in enumerate(leaves)},
        **{f"d {name}": grad_of(p, p.data) for name, p in layer.named_parameters()},
        **buffers_of(layer),
    }


def theirs(layer, inputs, call):
    """Return the same by PyTorch."""
    given = [as_torch(x) for x in inputs]
    leaves = [x for x in given if isinstance(x, torch.Tensor) and x.requires_grad]
    out = call(layer, *given)
    out.backward(torch.tensor(weights_for(out.detach().numpy())))
    return {
        "out": out.detach().numpy(),
        **{f"d input {i}": grad_of(x, x.detach()) for i, x in enumerate(leaves)},
        **{f"d {name}": grad_of(p, p.detach()) for name, p in layer.named_parameters()},
        **{name: b.numpy() for name, b in layer.named_buffers() if b.is_floating_point()},
    }


def grad_of(parameter, data):
    return np.zeros_like(data) if parameter.grad is None else np.asarray(parameter.grad)


def as_torch(x):
    if is_float(x):
        return torch.tensor(x, requires_grad=True)
    return torch.tensor(x) if isinstance(x, np.ndarray) else x


def options_in(options, dtype):
    """Return options, their arrays in a dtype."""
    return {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in options.items()}


def options_in_torch(options):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
