"""Calling a module with other parameters: what makes a function of them of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from micrograd_np.checks import told
from micrograd_np.lifting import as_numbers
from micrograd_np.nn.module import Module, left_as_it_was


def functional_call(
    module: Module,
    state: Mapping[str, Any],
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Call a module with other parameters and buffers: ``torch.func.functional_call``.

    So the transforms take gradients of any order by them, and SciPy minimises over them:
    ``flat, unravel = mg.ravel({name: p.data for name, p in model.named_parameters()})``.

    Parameters
    ----------
    module
        Has what it had when the call is over: buffers that it updates, too. Generators go on. While
        it is called, other threads see the other parameters.
    state
        Arrays or Tensors by the names of parameters and buffers; others stay what they are. What
        has two names is replaced under both.
    args
        What to call it with: a tuple, or a single argument.
    kwargs
        And by keyword.

    Raises
    ------
    ValueError
        If a name is none of the module's.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> layer = mg.nn.Linear(3, 1)
    >>> def loss(params):
    ...     return mg.nn.functional_call(layer, params, np.ones((2, 3))).sum()
    >>> mg.grad(loss)(layer.state_dict())["weight"]
    array([[2., 2., 2.]], dtype=float32)
    """
    if not isinstance(module, Module):
        raise TypeError(f"functional_call takes a module, got {told(module)}")
    if not isinstance(state, Mapping):
        raise TypeError(f"functional_call: state is {told(state)}, expected names and arrays")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise TypeError(f"functional_call: kwargs is {told(kwargs)}, expected a mapping")
    own = dict(module._named_state())
    unknown = [name for name in state if name not in own]
    if unknown:
        raise ValueError(
            f"functional_call: {type(module).__name__} has no {', '.join(map(str, unknown))}; "
            f"it has {', '.join(own)}"
        )
    others = {id(own[name]): as_numbers(value) for name, value in state.items()}
    with left_as_it_was(module) as parts:
        for part in parts:
            vars(part).update({k: _replaced(value, others) for k, value in vars(part).items()})
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


def _replaced(value: Any, others: dict[int, Any]) -> Any:
    """Return what stands for a value, or a container like it with what stands for what it holds."""
    if id(value) in others:
        return others[id(value)]
    if isinstance(value, dict):
        return {key: _replaced(item, others) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_replaced(item, others) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return getattr(value, "_make", type(value))(items)
    return value
