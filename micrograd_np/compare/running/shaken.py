"""How far rounding moves what a hand-written backward pass gives.

It may compute the same in another way than the automatic side, and lose other digits: ``p - y`` is
nothing but rounding where p is nearly y. So it is run a few times as it is, with the operands of
every NumPy operation in it multiplied by 1 + eps or 1 - eps at random.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.values import mapped
from micrograd_np.operation import OPERATIONS
from micrograd_np.perturbing import Rounding

Array = NDArray[Any]


MANY = 32
"""How often a pass is run where it seems to be off by little: in fewer runs, errors that a sum adds
up may happen to cancel each time."""


class Shaken(np.ndarray[Any, Any]):
    """An array that is perturbed where NumPy computes with it: so is what is made of it."""

    rounding: Rounding | None = None

    def __array_finalize__(self, obj: Any) -> None:
        self.rounding = getattr(obj, "rounding", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute with operands that are a rounding error off."""
        rounding = next(r for x in _all(inputs, kwargs) if (r := getattr(x, "rounding", None)))
        outs = kwargs.get("out", ())
        if outs:
            kwargs["out"] = tuple(_plain(out) for out in outs)
        operands = [_plain(x) for x in inputs]
        operation = OPERATIONS.get(ufunc)
        rounds = operation is not None and operation.kind != "constant" and not operation.exact
        if rounds and method != "at":  # what is added up in place has been computed before
            operands = [rounding.perturb(x, np.dtype(float)) for x in operands]
        made = getattr(ufunc, method)(*operands, **{k: _plain(v) for k, v in kwargs.items()})
        if outs:
            return outs[0] if len(outs) == 1 else outs
        return (
            tuple(_shaken(x, rounding) for x in made)
            if type(made) is tuple
            else (_shaken(made, rounding))
        )


def _all(inputs: Any, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    return (*inputs, *kwargs.get("out", ()), kwargs.get("where"))


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Shaken) else value


def _shaken(value: Any, rounding: Rounding) -> Any:
    """Return an array that is perturbed where it is computed with; numbers are arrays, too."""
    if not isinstance(value, (np.ndarray, np.floating)) or value.dtype.kind != "f":
        return value
    made = np.asarray(value).view(Shaken)
    made.rounding = rounding
    return made


def changes(
    run: Callable[..., dict[str, Array]], *given: Any, runs: int = MANY
) -> dict[str, Array]:
    """Return by how much rounding moves what a computation gives.

    Parameters
    ----------
    run
        Computes arrays, by name.
    *given
        What it is called with: arrays, and what holds arrays.
    runs
        How often.

    Returns
    -------
    dict
        The largest change seen of each element; nothing where it cannot be run like this.
    """
    found: dict[str, Array] = {}
    try:
        with np.errstate(all="ignore"):
            plain = run(*given)
            for seed in range(runs):
                rounding = Rounding(np.random.default_rng([seed, 2]))
                shaken = run(*mapped(given, partial(_shaken, rounding=rounding)))
                for name, array in plain.items():
                    seen = np.abs(np.asarray(shaken[name], float) - np.asarray(array, float))
                    found[name] = np.fmax(found.get(name, 0.0), seen)
    except Exception:  # the user's code may not take such arrays
        return {}
    return found
