"""Conv2d 32 -> 64, 3 x 3, on a batch of 64 images of 32 x 28 x 28, float32: forward and backward.

The gradients of images and kernels are computed, and nothing is trained: every step is the same.
"""

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


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        f"Conv2d: {C} -> {O}, {KERNEL}x{KERNEL}, {N} images of {C}x{SIZE}x{SIZE}, float32",
        "the result, and its gradients by images and kernels for a given gradient",
        {"by hand": by_hand, "micrograd_np": automatic},
        [Peer("torch", by_torch)],
        to_peer=True,
    )
