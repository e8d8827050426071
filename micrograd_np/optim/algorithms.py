"""The optimisers: how a gradient changes a parameter.

After the first step nothing is allocated: each line computes into memory that is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from micrograd_np.checks import number, told
from micrograd_np.optim.optimizer import Array, Group, Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum: p -= lr (g + momentum times what was added before).

    Parameters
    ----------
    params
        As of :class:`Optimizer`.
    lr
        The step size.
    momentum
        Which part of the last step is added again.
    weight_decay
        How much of the parameter is added to its gradient.
    nesterov
        Whether the gradient is added once more, as if the step had been made (Sutskever et al.,
        2013).

    Examples
    --------
    >>> import micrograd_np as mg
    >>> x = mg.tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = mg.optim.SGD([x], lr=0.1)
    >>> for _ in range(50):
    ...     optimizer.zero_grad()
    ...     ((x - 1) ** 2).sum().backward()
    ...     optimizer.step()
    >>> x.data.round(3)
    array([1., 1.])
    """

    _keeps = frozenset({"momentum_buffer"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        options = {
            "lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov,
            "dampening": 0.0,  # PyTorch's looks for it in a state
        }  # fmt: skip
        super().__init__(params, options)

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["dampening"]:
            raise ValueError(f"SGD: dampening is {group['dampening']}, there is none here: 0")
        if group["nesterov"] and not group["momentum"]:
            raise ValueError("SGD: nesterov=True takes a momentum")

    def _update(self, p: Array, g: Array, state: dict[str, Any], group: Group, s: Array) -> None:
        lr, momentum = float(group["lr"]), float(group["momentum"])
        if group["weight_decay"]:
            np.multiply(p, float(group["weight_decay"]), out=s)
            g = np.add(s, g, out=s)
        if momentum:
            before = state.get("momentum_buffer")
            if before is None:
                before = state["momentum_buffer"] = np.empty_like(p)
                np.copyto(before, g)
            else:
                np.multiply(before, momentum, out=before)
                np.add(before, g, out=before)
            if group["nesterov"]:
                np.multiply(g, lr, out=s)
                np.subtract(p, s, out=p)
                lr *= momentum
            g = before
        np.multiply(g, lr, out=s)
        np.subtract(p, s, out=p)


class Adam(Optimizer):
    """Steps of about `lr`, in the mean direction of recent gradients (Kingma and Ba, 2015).

    Parameters
    ----------
    params
        As of :class:`Optimizer`.
    lr
        The step size.
    betas
        How much of the running means of gradients and of their squares each step keeps.
    eps
        What is added to the root of the mean square.
    weight_decay
        How much of the parameter is added to its gradient.
    """

    _keeps = frozenset({"step", "exp_avg", "exp_avg_sq"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, options)

    def _check(self, group: Group) -> None:
        super()._check(group)
        betas = group["betas"] if isinstance(group["betas"], (tuple, list)) else ()
        if len(betas) != 2 or not all(0 <= float(number("betas", beta)) < 1 for beta in betas):
            raise ValueError(
                f"{type(self).__name__}: betas are {told(group['betas'])}, expected two numbers "
                "from 0 to 1"
            )
        group["betas"] = tuple(map(float, betas))

    def _update(self, p: Array, g: Array, state: dict[str, Any], group: Group, s: Array) -> None:
        if not state:
            state["step"] = 0
            state["exp_avg"], state["exp_avg_sq"] = np.zeros_like(p), np.zeros_like(p)
        g = self._decayed(p, g, state, group)
        state["step"] += 1
        (beta1, beta2), mean, square = group["betas"], state["exp_avg"], state["exp_avg_sq"]
        np.subtract(g, mean, out=s)
        np.multiply(s, 1 - beta1, out=s)
        np.add(mean, s, out=mean)
        np.multiply(square, beta2, out=square)
        np.multiply(g, g, out=s)
        np.multiply(s, 1 - beta2, out=s)
        np.add(square, s, out=square)
        # Both means began at 0: divided by what they would be if all gradients were 1. That of
        # the squares is drawn out of the root, with eps, and saves an operation.
        root = math.sqrt(1 - beta2 ** state["step"])
        np.sqrt(square, out=s)
        np.add(s, float(group["eps"]) * root, out=s)
        np.divide(mean, s, out=s)
        np.multiply(s, float(group["lr"]) * root / (1 - beta1 ** state["step"]), out=s)
        np.subtract(p, s, out=p)

    def _decayed(self, p: Array, g: Array, state: dict[str, Any], group: Group) -> Array:
        """Return the gradient with weight decay, in memory that the optimiser keeps."""
        if not group["weight_decay"]:
            return g
        decayed = self._memory(p, 1)
        np.multiply(p, float(group["weight_decay"]), out=decayed)
        return np.add(decayed, g, out=decayed)


class AdamW(Adam):
    """Adam with a weight decay that shrinks parameters by themselves (Loshchilov and Hutter, 2019).

    Parameters
    ----------
    params, lr, betas, eps
        As of :class:`Adam`.
    weight_decay
        Each step multiplies parameters by 1 - lr weight_decay before.
    """

    _decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def _decayed(self, p: Array, g: Array, state: dict[str, Any], group: Group) -> Array:
        np.multiply(p, 1 - float(group["lr"]) * float(group["weight_decay"]), out=p)
        return g
