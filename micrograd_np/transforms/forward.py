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

    def __call__(self, tangents: Sequence[Any]) -> Any:
        """Return the tangents of the results, given one like each of the inputs."""
        found: list[Any] = []
        inputs = self.run.inputs
        if len(tangents) != len(inputs):
            raise ValueError(f"got {len(tangents)} tangents, expected {len(inputs)}: one each")
        for i, (x, tangent) in enumerate(zip(inputs, tangents, strict=True)):
            trees.mapped(
                lambda place, x, t: found.append(_tangent(place, x, t)),
                x,
                tangent,
                place=(f"tangent {i}",),
            )
        pushed = iter(self.transposed.pull(found, keep=True))
        return trees.mapped(
            lambda _place, out: next(pushed) if type(out) is Tensor else _still(out), self.run.out
        )


def _tangent(place: trees.Place, x: Tensor, tangent: Any) -> Any:
    """Return a tangent as an array of the dtype of what it moves, or say what is wrong with it."""
    given = tangent if type(tangent) is Tensor else np.asarray(tangent)
    if given.shape != x.shape:
        raise ValueError(
            f"{trees.named(place)} must have shape {x.shape}, that of its primal; got {given.shape}"
        )
    if given.dtype.kind not in "biufc" or (given.dtype.kind == "c" and x.dtype.kind != "c"):
        raise TypeError(f"{trees.named(place)} is {given.dtype}, its primal {x.dtype}")
    return given.astype(x.dtype) if given.dtype != x.dtype else given


def _still(out: Any) -> Any:
    """Return the tangent of a result that is a constant."""
    kept = np.asarray(out)
    return np.zeros(kept.shape, kept.dtype if kept.dtype.kind in "fc" else float)


def arguments(primals: Any) -> tuple[Any, ...]:
    """Return the arguments that stand in a tuple or list; anything else is a single one."""
    return tuple(primals) if isinstance(primals, (tuple, list)) else (primals,)


def jvp(
    f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """Return the value of `f` and how it moves when its arguments do.

    Parameters
    ----------
    f
        Returns an array made of its arguments by NumPy functions, or a container of them.
    primals
        A tuple of the arguments: floating-point or complex arrays, or containers of them.
    tangents
        How they move: a tuple like `primals`.
    has_aux
        Whether `f` returns a pair ``(value, aux)``, in which `aux` is handed through.

    Returns
    -------
    out
        ``f(*primals)``.
    tangent
        d out / d argument @ tangent, of the structure and shapes of `out`.
    aux
        With `has_aux`.

    Raises
    ------
    TypeError
        If an argument is not floating-point, or `f` returns no Tensor.
    ValueError
        If a tangent has another structure or shape than its primal.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.jvp(np.square, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    out, push, *aux = linearize(f, *arguments(primals), has_aux=has_aux)
    return (out, push(*arguments(tangents)), *aux)


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the value of `f` and its linear approximation there.

    Parameters
    ----------
    f
        Returns an array made of its arguments by NumPy functions, or a container of them.
    *primals
        The arguments: floating-point or complex arrays, or containers of them.
    has_aux
        Whether `f` returns a pair ``(value, aux)``, in which `aux` is handed through.

    Returns
    -------
    out
        ``f(*primals)``.
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
    run = Run(f, primals, range(len(primals)), {}, has_aux)
    run.need_tensors()
    pushing = Push(run)

    def push(*tangents: Any) -> Any:
        return pushing(tangents)

    return run.leaving(push, has_aux=has_aux)
