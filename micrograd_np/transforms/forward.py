"""Forward mode: ``jvp`` and ``linearize``.

A pullback is linear in its cotangent. Recorded as a function of it and pulled back in turn, it
pushes tangents forward: there are no rules for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.arguments import arguments, beside, floating, moving, tangent_leaves
from micrograd_np.transforms.run import Run


class Push:
    """Pushes tangents of the inputs of a run forward to its results."""

    def __init__(self, run: Run) -> None:
        self.run = run
        # What a cotangent is, is of no account here: only what depends on it.
        cotangents: list[Any] = [np.ones(out.shape, out.dtype) for out in run.outs]
        if not run.arrays_only:
            cotangents = [v if type(v) is Tensor else Tensor(v) for v in cotangents]
        with np.errstate(all="ignore"):
            self.transposed = Run(
                lambda *v: run.pull(v, keep=True), cotangents, range(len(cotangents)), {}
            )

    def __call__(self, tangents: Sequence[Any], argnums: Sequence[int] | None = None) -> Any:
        """Return the tangents of the results, given those that :func:`tangent_leaves` takes."""
        found = tangent_leaves(self.run.inputs, tangents, argnums)
        pushed = iter(self.transposed.pull(found, keep=True))
        return trees.mapped(
            lambda _place, out: next(pushed) if type(out) is Tensor else _still(out), self.run.out
        )


def _still(out: Any) -> Any:
    """Return the tangent of a result that is a constant."""
    kept = np.asarray(out)
    return np.zeros(kept.shape, kept.dtype if kept.dtype.kind in "fc" else float)


def jvp(
    f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False, **kwargs: Any
) -> tuple[Any, ...]:
    """Return the value of `f` and how it moves when its arguments do.

    Parameters
    ----------
    f
        Returns an array made of its arguments by NumPy functions, or a container of them.
    primals
        A tuple of the arguments: floating-point or complex arrays, or containers of them. Integers
        are handed through. A single argument may stand for itself, if it is no tuple or list.
    tangents
        How they move: a tuple like `primals`, with None for an argument of integers.
    has_aux
        Whether `f` returns a pair ``(value, aux)``, in which `aux` is handed through.
    **kwargs
        Handed through to `f`.

    Returns
    -------
    out
        ``f(*primals, **kwargs)``.
    tangent
        d out / d argument @ tangent, of the structure and shapes of `out`.
    aux
        With `has_aux`.

    Raises
    ------
    TypeError
        If no argument is floating-point, or `f` returns no Tensor.
    ValueError
        If a tangent has another structure or shape than its primal.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.jvp(np.square, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    out, push, *aux = linearize(f, *arguments(primals), has_aux=has_aux, **kwargs)
    return (out, push(*beside(primals, tangents)), *aux)


def linearize(
    f: Callable[..., Any], *primals: Any, has_aux: bool = False, **kwargs: Any
) -> tuple[Any, ...]:
    """Return the value of `f` and its linear approximation there.

    Parameters
    ----------
    f
        Returns an array made of its arguments by NumPy functions, or a container of them.
    *primals
        The arguments: floating-point or complex arrays, or containers of them. Integers are handed
        through.
    has_aux
        Whether `f` returns a pair ``(value, aux)``, in which `aux` is handed through.
    **kwargs
        Handed through to `f`.

    Returns
    -------
    out
        ``f(*primals, **kwargs)``.
    push
        ``push(*tangents)`` is what :func:`jvp` gives for these tangents. It can be called again,
        and does not call `f`.
    aux
        With `has_aux`.

    Raises
    ------
    TypeError, ValueError
        As :func:`jvp`.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> out, push = mg.linearize(np.sin, 0.0)
    >>> push(1.0), push(2.0)
    (array(1.), array(2.))
    """
    argnums = floating(primals)
    run = Run(f, primals, argnums, kwargs, has_aux)
    run.need_tensors()
    pushing = Push(run)

    def push(*tangents: Any) -> Any:
        return pushing(moving(primals, tangents, argnums), argnums)

    return run.leaving(push, has_aux=has_aux)
