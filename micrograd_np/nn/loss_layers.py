"""Losses as modules, which keep the options: ``CrossEntropyLoss(label_smoothing=0.1)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from micrograd_np.nn import losses
from micrograd_np.nn.module import Module


class _Loss(Module):
    """A loss and its options, which are those of its function after the target."""

    _function: Callable[..., Any]
    __signature__: inspect.Signature

    def __init_subclass__(cls) -> None:
        own = inspect.signature(cls._function)
        cls.__signature__ = own.replace(parameters=list(own.parameters.values())[2:])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        bound = type(self).__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        vars(self).update(bound.arguments)
        self._options = tuple(bound.arguments)

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        options = {name: getattr(self, name) for name in self._options}
        return type(self)._function(x, target, **options)


class CrossEntropyLoss(_Loss):
    """The module of :func:`cross_entropy`."""

    _function = staticmethod(losses.cross_entropy)


class NLLLoss(_Loss):
    """The module of :func:`nll_loss`."""

    _function = staticmethod(losses.nll_loss)


class MSELoss(_Loss):
    """The module of :func:`mse_loss`."""

    _function = staticmethod(losses.mse_loss)


class L1Loss(_Loss):
    """The module of :func:`l1_loss`."""

    _function = staticmethod(losses.l1_loss)


class HuberLoss(_Loss):
    """The module of :func:`huber_loss`."""

    _function = staticmethod(losses.huber_loss)


class BCEWithLogitsLoss(_Loss):
    """The module of :func:`binary_cross_entropy_with_logits`."""

    _function = staticmethod(losses.binary_cross_entropy_with_logits)


class KLDivLoss(_Loss):
    """The module of :func:`kl_div`."""

    _function = staticmethod(losses.kl_div)
