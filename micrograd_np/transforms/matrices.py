"""Matrices of derivatives, and their products: ``jacobian``, ``hessian``, ``hvp``, ``vhp``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import told
from micrograd_np.graph import Node, behind
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.arguments import (
    arguments,
    beside,
    floating,
    moving,
    positions,
    tangent_leaves,
)
from micrograd_np.transforms.forward import Push
from micrograd_np.transforms.reverse import conjugate, grad, vjp
from micrograd_np.transforms.run import Run, name_of, titled

Mode = Literal["auto", "reverse", "forward"]


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, mode: Mode = "auto"
) -> Callable[..., Any]:
    """Return a function that gives the derivative of each element of `f` by each of its argument's.

    Parameters
    ----------
    f
        Returns an array made of its arguments by NumPy functions, or a container of them.
    argnums
        The position of the argument to differentiate by, or several of them.
    mode
        ``"reverse"`` takes a pass for each element of the result, ``"forward"`` one for each
        element of the argument (and once one more, which turns the passes round), ``"auto"``
        whichever is less.

    Returns
    -------
    callable
        ``J(*args, **kwargs)``: an array of shape ``out.shape + argument.shape``. Where the result
        or the argument is a container, or there are several `argnums`, it is a container like the
        result of containers like the argument. It has the precision of the argument, and is complex
        where one of the two is. Of a real result by a complex argument the
        derivative is that of :func:`grad`.

    Raises
    ------
    TypeError
        If an argument is not floating-point, `f` returns no Tensor, or a complex result has no
        complex derivative by a complex argument.
    ValueError
        If there is no such argument or mode.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.jacobian(lambda x: x[:2] * x[1:])(np.array([1.0, 2.0, 3.0]))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    if not isinstance(mode, str) or mode not in ("auto", "reverse", "forward"):
        raise ValueError(f"mode is {told(mode)}, expected 'auto', 'reverse' or 'forward'")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        run = Run(f, args, positions(argnums, args), kwargs)
        run.need_tensors()
        _refuse_no_derivative(run)
        by_columns = mode == "forward"
        if mode == "auto":
            by_columns = _passes(run.leaves, run.outs) < _passes(run.outs, run.leaves)
        blocks = (_by_columns if by_columns else _by_rows)(run)
        several = isinstance(argnums, Sequence)

        def row(_place: trees.Place, out: Any) -> Any:
            found = next(blocks) if type(out) is Tensor else [_zeros(out, x) for x in run.leaves]
            by_argument = trees.filled(run.inputs, iter(found))
            return tuple(by_argument) if several else by_argument[0]

        return trees.mapped(row, run.out)

    return titled("jacobian", f, matrix)


def _passes(starts: Sequence[Tensor], ends: Sequence[Tensor]) -> int:
    """Return how many passes it takes from each element of some to all of the others."""
    is_mixed = any(x.dtype.kind != "c" for x in ends)  # two for a complex number, then
    return sum(x.size * (2 if x.dtype.kind == "c" and is_mixed else 1) for x in starts)


def _zeros(out: Any, x: Tensor) -> Any:
    return np.zeros(np.shape(out) + x.shape, x.dtype)


def _by_rows(run: Run) -> Iterator[list[Any]]:
    """Yield for each Tensor of the result its derivatives by each leaf, by reverse passes."""
    for which, out in enumerate(run.outs):
        is_complex = out.dtype.kind == "c"
        rows = []
        for unit in _units(out):
            seeds: list[Any] = [np.zeros(other.shape, other.dtype) for other in run.outs]
            seeds[which] = unit
            rows.append(trees.leaves(run.pull(seeds, keep=True)))
            if is_complex and any(x.dtype.kind != "c" for x in run.leaves):
                # Of a real argument a pass gives the real part of the derivative alone.
                seeds[which] = unit * -1j
                turned = trees.leaves(run.pull(seeds, keep=True))
                rows[-1] = [
                    g if x.dtype.kind == "c" else g + 1j * t
                    for x, g, t in zip(run.leaves, rows[-1], turned, strict=True)
                ]
        yield [
            _conjugated(_stacked([row[k] for row in rows], out.shape + x.shape, out, x), out)
            for k, x in enumerate(run.leaves)
        ]


def _by_columns(run: Run) -> Iterator[list[Any]]:
    """Yield the same by forward passes."""
    push = Push(run)
    still = [np.zeros(x.shape, x.dtype) for x in run.leaves]
    columns: list[list[Any]] = []  # for each leaf, for each of its elements: of each result
    for which, x in enumerate(run.leaves):
        columns.append([])
        is_mixed = x.dtype.kind == "c" and any(out.dtype.kind != "c" for out in run.outs)
        for unit in _units(x):
            moved = _pushed(run, push, [*still[:which], unit, *still[which + 1 :]])
            if is_mixed:
                # A real result moves by the real part of what a complex argument does.
                moved_up = _pushed(run, push, [*still[:which], unit * 1j, *still[which + 1 :]])
                moved = [
                    m if out.dtype.kind == "c" else m + 1j * u
                    for out, m, u in zip(run.outs, moved, moved_up, strict=True)
                ]
            columns[-1].append(moved)
    for which, out in enumerate(run.outs):
        found = []
        for x, of_x in zip(run.leaves, columns, strict=True):
            block = _stacked([moved[which] for moved in of_x], x.shape + out.shape, out, x)
            order = (*range(x.ndim, x.ndim + out.ndim), *range(x.ndim))
            found.append(np.transpose(block, order))
        yield found


def _pushed(run: Run, push: Push, tangents: list[Any]) -> list[Any]:
    moved = push(trees.filled(run.inputs, iter(tangents)))
    pairs = zip(trees.leaves(run.out), trees.leaves(moved), strict=True)
    return [m for out, m in pairs if type(out) is Tensor]


def _units(x: Tensor) -> Iterator[Any]:
    """Yield arrays like a tensor that are 1 at one element."""
    for place in range(x.size):
        unit = np.zeros(x.size, x.dtype)
        unit[place] = 1
        yield unit.reshape(x.shape)


def _stacked(parts: list[Any], shape: tuple[int, ...], out: Tensor, x: Tensor) -> Any:
    """Return rows or columns as one array, of the precision of the argument as all gradients."""
    is_complex = out.dtype.kind == "c"
    dtype = np.result_type(x.dtype, np.complex64) if is_complex else x.dtype
    if not parts:
        return np.zeros(shape, dtype)
    block = np.stack(parts).reshape(shape)
    return block if block.dtype == dtype else block.astype(dtype)


def _conjugated(block: Any, out: Tensor) -> Any:
    """Return derivatives of a real result as `grad` gives them."""
    return np.conjugate(block) if block.dtype.kind == "c" and out.dtype.kind != "c" else block


def _refuse_no_derivative(run: Run) -> None:
    """Raise TypeError where a complex result is no analytic function of a complex argument."""
    inputs = {x._node for x in run.leaves if x.dtype.kind == "c"}
    outs = [x._node for x in run.outs if x._node is not None and x.dtype.kind == "c"]

    def is_end(node: Node) -> bool:
        return node in inputs or node.sequence < run.oldest

    for node in behind(outs if inputs else [], is_end):
        if not is_end(node) and node.operation is not None and not node.operation.analytic:
            raise TypeError(
                f"{name_of(run.f)} has no complex derivative, because of {node.operation.name}; "
                "use mg.vjp or mg.jvp, or real and imaginary part as two real arguments"
            )


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that gives the second derivatives of `f`.

    Parameters
    ----------
    f
        Returns a single number made of its arguments by NumPy functions.
    argnums
        The position of the argument to differentiate by, or several of them.

    Returns
    -------
    callable
        ``H(*args, **kwargs)``: an array of shape ``argument.shape + argument.shape``. Where the
        argument is a container, or there are several `argnums`, it is a container like it of
        containers like it.

    Raises
    ------
    TypeError, ValueError
        As :func:`grad`.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        return jacobian(grad(f, argnums), argnums, mode="reverse")(*args, **kwargs)

    return titled("hessian", f, matrix)


def vhp(f: Callable[..., Any], primals: Any, cotangents: Any, **kwargs: Any) -> Any:
    """Return the product of a vector and the second derivatives of `f`.

    Parameters
    ----------
    f
        Returns a single number made of its arguments by NumPy functions.
    primals
        A tuple of the arguments; a single one may stand for itself, if it is no tuple or list.
        Integers are handed through.
    cotangents
        The vector: like `primals`, with None for an argument of integers.
    **kwargs
        Handed through to `f`.

    Returns
    -------
    container
        cotangents @ hessian: a tuple with one for each argument, None for integers; without a tuple
        of arguments, that of the single one. For complex numbers it is what the pullback of
        :func:`vjp` gives through the gradient.

    Raises
    ------
    TypeError, ValueError
        As :func:`grad` and :func:`vjp`.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.vhp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    args = arguments(primals)
    argnums = floating(args)
    _gradient, pullback = vjp(partial(grad(f, argnums), **kwargs), *args)
    found = pullback(tuple(moving(args, beside(primals, cotangents), argnums)))
    return found if isinstance(primals, (tuple, list)) else found[0]


def hvp(f: Callable[..., Any], primals: Any, tangents: Any, **kwargs: Any) -> Any:
    """Return the product of the second derivatives of `f` and a vector.

    Second derivatives are symmetric, so that one pass back through the gradient gives it. Only
    where a rule of one's own is no derivative does ``mg.jvp(mg.grad(f), ...)`` give something else;
    it takes twice the time.

    Parameters
    ----------
    f
        Returns a single number made of its arguments by NumPy functions.
    primals
        A tuple of the arguments; a single one may stand for itself, if it is no tuple or list.
        Integers are handed through.
    tangents
        The vector: like `primals`, with None for an argument of integers.
    **kwargs
        Handed through to `f`.

    Returns
    -------
    container
        How the gradient moves when the arguments do, hessian @ tangents: a tuple with one for each
        argument, None for integers; without a tuple of arguments, that of the single one.

    Raises
    ------
    TypeError, ValueError
        As :func:`grad` and :func:`jvp`.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    args = arguments(primals)
    argnums = floating(args)
    gradient, pullback = vjp(partial(grad(f, argnums), **kwargs), *args)
    given = tangent_leaves(gradient, moving(args, beside(primals, tangents), argnums), argnums)
    # Of complex numbers, what is symmetric are the derivatives by real and imaginary parts.
    turned = trees.mapped(conjugate, trees.filled(gradient, given))
    found = trees.mapped(conjugate, pullback(turned))
    return found if isinstance(primals, (tuple, list)) else found[0]
