"""Conv2d 32 -> 64, 3 x 3, on a batch of 64 images of 32 x 28 x 28, float32: forward and backward.

The gradients of images and kernels are computed, and nothing is trained: every step is the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

N, C, O, SIZE, KERNEL = 64, 32, 64, 28, 3  # noqa: E741  # as in the docstring of Conv2d


def _arrays() -> list[NDArray[Any]]:
    """Return images, kernels, and the gradient of the result."""
    rng = np.random.default_rng(0)
    out = SIZE - KERNEL + 1
    shapes = (N, C, SIZE, SIZE), (O, C, KERNEL, KERNEL), (N, O, out, out)
    return [rng.normal(size=shape).astype(np.float32) / 8 for shape in shapes]


def by_hand() -> Run:
    """Lay all windows out as columns: one product forward, two back."""
    x, w, g = _arrays()
    out = SIZE - KERNEL + 1
    gradients = [np.zeros_like(x), np.zeros_like(w)]

    def step() -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(x, (KERNEL, KERNEL), (2, 3))
        columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KERNEL**2, out * out)
        rows = w.reshape(O, -1)
        result = rows @ columns
        dresult = g.reshape(N, O, -1)
        dw = (dresult @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
        dcolumns = (rows.T @ dresult).reshape(N, C, KERNEL, KERNEL, out, out)
        dx = np.zeros_like(x)
        for i in range(KERNEL):
            for j in range(KERNEL):
                dx[:, :, i : i + out, j : j + out] += dcolumns[:, :, i, j]
        gradients[:] = dx, dw
        return np.vdot(result, dresult)

    return Run(step, lambda: gradients)


def automatic() -> Run:
    """Let ``mg.nn.Conv2d`` and ``backward`` do it."""
    x, w, g = _arrays()
    images = mg.tensor(x, requires_grad=True)
    layer = mg.nn.Conv2d(C, O, KERNEL, bias=False)
    layer.load_state_dict({"weight": w})

    def step() -> Any:
        images.grad = layer.weight.grad = None
        result = layer(images)
        result.backward(g)
        return np.vdot(result.data, g)

    return Run(step, lambda: [images.grad, layer.weight.grad])  # type: ignore[list-item]  # none is None by then


def jitted() -> Run:
    """Let micrograd_np record that layer and its gradients, and run what it generates."""
    x, w, g = _arrays()
    layer = mg.nn.Conv2d(C, O, KERNEL, bias=False)

    def value(x: Any, w: Any, g: Any) -> Any:
        return np.vdot(mg.nn.functional_call(layer, {"weight": w}, x), g)

    return _of_function(mg.jit(mg.value_and_grad(value, (0, 1))), x, w, g)


def _of_function(both: Callable[..., Any], *arrays: Any) -> Run:
    gradients: list[Any] = []

    def step() -> Any:
        result, gradients[:] = both(*arrays)
        return result

    return Run(step, lambda: [np.asarray(gradient) for gradient in gradients])


def products_alone() -> Run:
    """Multiply the matrices, and lay out no windows."""
    x, w, g = _arrays()
    out = (SIZE - KERNEL + 1) ** 2
    columns = np.resize(x, (N, C * KERNEL**2, out))
    rows, dresult = w.reshape(O, -1), g.reshape(N, O, out)
    result, dcolumns = rows @ columns, rows.T @ dresult
    dw = dresult @ columns.transpose(0, 2, 1)

    def step() -> Any:
        np.matmul(rows, columns, out=result)
        np.matmul(dresult, columns.transpose(0, 2, 1), out=dw)
        np.matmul(rows.T, dresult, out=dcolumns)
        return np.float32(0)

    return Run(step, list)


def by_torch() -> Run:
    """Let ``torch.nn.Conv2d`` do it."""
    import torch

    x, w, g = map(torch.from_numpy, _arrays())
    x.requires_grad_()
    layer = torch.nn.Conv2d(C, O, KERNEL, bias=False)
    layer.load_state_dict({"weight": w})

    def step() -> Any:
        x.grad = layer.weight.grad = None
        result = layer(x)
        result.backward(g)
        return np.vdot(result.detach().numpy(), g.numpy())

    return Run(step, lambda: [x.grad.numpy(), layer.weight.grad.numpy()])


def by_jax() -> Run:
    """Let JAX compile its convolution and the gradients."""
    import jax

    def value(x: Any, w: Any, g: Any) -> Any:
        return jax.numpy.vdot(jax.lax.conv(x, w, (1, 1), "VALID"), g)

    both = jax.jit(jax.value_and_grad(value, (0, 1)))
    return _of_function(lambda *args: jax.block_until_ready(both(*args)), *_arrays())


def by_mygrad() -> Run:
    """Let MyGrad's convolution do it."""
    import mygrad
    from mygrad.nnet.layers import conv_nd

    x, w, g = _arrays()
    images, kernels = mygrad.tensor(x), mygrad.tensor(w)

    def step() -> Any:
        result = conv_nd(images, kernels, stride=1)
        result.backward(g)
        return np.vdot(result.data, g)

    return Run(step, lambda: [images.grad, kernels.grad])


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        f"Conv2d: {C} -> {O}, {KERNEL}x{KERNEL}, {N} images of {C}x{SIZE}x{SIZE}, float32",
        "vdot(conv2d(x, w), g), and its gradients by images x and kernels w",
        {"by hand": by_hand, "micrograd_np": automatic, "micrograd_np.jit": jitted},
        [Peer("torch", by_torch), Peer("jax", by_jax, "jax.jit"), Peer("mygrad", by_mygrad)],
        {"matrix products alone": products_alone},
    )
