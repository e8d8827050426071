"""Calling a module with other parameters: what makes a function of them of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from micrograd_np.nn.module import Module


def functional_call(
    module: Module,
    state: Mapping[str, Any],
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Call a module with other parameters and buffers: ``torch.func.functional_call``.

    So the transforms take gradients of any order by them, and SciPy minimises over them:
    ``flat, unravel = mg.ravel(dict(model.named_parameters()))``.

    Parameters
    ----------
    module
        Is left as it is: buffers that the call updates, too.
    state
        Arrays or Tensors by the names of parameters and buffers; others stay what they are.
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
    own = module.state_dict()
    unknown = [name for name in state if name not in own]
    if unknown:
        raise ValueError(
            f"functional_call: {type(module).__name__} has no {', '.join(unknown)}; it has "
            f"{', '.join(own)}"
        )
    called = _like(module, {})
    for name, value in state.items():
        *parts, last = name.split(".")
        owner: Any = called
        for part in parts:
            owner = getattr(owner, part) if isinstance(owner, Module) else owner[_key(owner, part)]
        if isinstance(owner, Module):
            setattr(owner, last, value)
        else:
            owner[_key(owner, last)] = value
    return called(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


def _like(value: Any, made: dict[int, Any]) -> Any:
    """Return modules and containers anew, that hold what the old ones hold; a list for a tuple."""
    if not isinstance(value, (Module, list, tuple, dict)):
        return value
    if id(value) not in made:
        made[id(value)] = new = list(value) if isinstance(value, tuple) else copy.copy(value)
        held = vars(new) if isinstance(new, Module) else new
        for key, item in list(held.items() if isinstance(held, dict) else enumerate(held)):
            held[key] = _like(item, made)
    return made[id(value)]


def _key(container: Any, name: str) -> Any:
    """Return the key that is called so."""
    keys = container if isinstance(container, dict) else range(len(container))
    return next(key for key in keys if str(key) == name)
