"""Schedules: how the step size changes from epoch to epoch, or from step to step.

Each multiplies the step size that is there, so that several can be used together: a warm-up and
what follows it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from micrograd_np.checks import number, told, whole
from micrograd_np.optim.optimizer import Optimizer


class LRScheduler:
    """Changes the step size of each group whenever :meth:`step` is called.

    Parameters
    ----------
    optimizer
        Whose.

    Attributes
    ----------
    last_epoch
        How often :meth:`step` was called.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        given: object = optimizer
        if not isinstance(given, Optimizer):
            kind = type(self).__name__
            raise TypeError(f"{kind} takes an optimizer of mg.optim, got {told(given)}")
        self.optimizer = optimizer
        self.last_epoch = -1
        self.step()

    def step(self) -> None:
        """Go on by one epoch."""
        self.last_epoch += 1
        for group in self.optimizer.param_groups:
            initial: Any = group.setdefault("initial_lr", group["lr"])
            group["lr"] = self._next(float(group["lr"]), float(initial))

    def _next(self, lr: float, initial: float) -> float:
        """Return the step size of this epoch, given that of the last and that at first."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """Return the step size of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return where it is, and its options; the step sizes are in the optimiser's state."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where a state says, with its options: that of PyTorch's, too.

        Raises
        ------
        ValueError
            If it is no state of such a schedule.
        """
        own = self.state_dict()
        if not isinstance(state, Mapping) or not own.keys() <= state.keys():
            raise ValueError(f"{type(self).__name__}: expected a state with {', '.join(own)}")
        vars(self).update({name: _like(name, state[name], own[name]) for name in own})


def _like(name: str, value: Any, own: Any) -> Any:
    """Return what a state has in the place of a number."""
    if type(own) is int:
        return whole(name, value)
    return float(number(name, value)) if type(own) is float else value


class StepLR(LRScheduler):
    """Multiply the step size by `gamma` every `step_size` epochs.

    Parameters
    ----------
    optimizer
        Whose.
    step_size
        In epochs.
    gamma
        The factor.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = whole("step_size", step_size, 1), float(number("gamma", gamma))
        super().__init__(optimizer)

    def _next(self, lr: float, initial: float) -> float:
        at_step = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return lr * self.gamma if at_step else lr


class CosineAnnealingLR(LRScheduler):
    """Let the step size fall like half a cosine (Loshchilov and Hutter, 2017).

    Parameters
    ----------
    optimizer
        Whose.
    T_max
        After how many epochs it is least. Then it rises again.
    eta_min
        The least step size.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = whole("T_max", T_max, 1), float(number("eta_min", eta_min))
        super().__init__(optimizer)

    def _next(self, lr: float, initial: float) -> float:
        if not self.last_epoch:
            return lr
        now, before = (
            1 + math.cos(math.pi * e / self.T_max) for e in (self.last_epoch, self.last_epoch - 1)
        )
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # it was least: no factor
            return lr + (initial - self.eta_min) * now / 2
        return now / before * (lr - self.eta_min) + self.eta_min


class LinearLR(LRScheduler):
    """Warm up: let the step size grow in a line, from a part of it on.

    Parameters
    ----------
    optimizer
        Whose.
    start_factor, end_factor
        The parts of the step size at first and at the end.
    total_iters
        How many epochs that takes.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        start_factor = float(number("start_factor", start_factor))
        end_factor = float(number("end_factor", end_factor))
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                f"LinearLR: factors are {start_factor} and {end_factor}, expected 0 to 1, and the "
                "first one more than 0"
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = whole("total_iters", total_iters, 1)
        super().__init__(optimizer)

    def _next(self, lr: float, initial: float) -> float:
        if not self.last_epoch:
            return lr * self.start_factor
        if self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return lr * (1 + rise / before)
