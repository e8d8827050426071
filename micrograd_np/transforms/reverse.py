"""Gradients of functions: ``grad``, ``value_and_grad``, ``vjp``, ``elementwise_grad``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import told
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.arguments import floating, positions
from micrograd_np.transforms.run import Run, name_of, refuse_no_tensor, refuse_several, titled
from micrograd_np.values import broadcasts_to


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value of `f` and its gradient.

    Parameters
    ----------
    f
        Returns a single number made of its arguments by NumPy functions. An argument to
        differentiate by may be a dict, list, tuple, named tuple or dataclass of floating-point
        arrays, nested to any depth; other arguments may be anything.
    argnums
        The position of the argument to differentiate by, or several of them. Of a complex
        argument the gradient is PyTorch's, d/d re + i d/d im: the direction of steepest ascent.
    has_aux
        Whether `f` returns a pair ``(value, aux)``, in which `aux` is handed through.

    Returns
    -------
    callable
        ``g(*args, **kwargs) -> (value, gradient)``, with `has_aux` ``((value, aux), gradient)``.
        The gradient has the structure, shapes and dtypes of the argument; for several `argnums`
        it is a tuple. Called with arrays it gives arrays; called with Tensors, or inside another
        transform on something that depends on its arguments, it gives Tensors. A leaf that `f`
        reads from where it was defined is a constant to it.

    Raises
    ------
    TypeError
        If the argument is not floating-point, or `f` returns no Tensor.
    ValueError
        If `f` returns more than one element, or there is no such argument.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    >>> loss = lambda params, x: params["slope"] * x + params["offset"]
    >>> mg.grad(loss)({"slope": 2.0, "offset": 1.0}, 3.0)
    {'slope': array(3.), 'offset': array(1.)}
    """
    return titled("value_and_grad", f, _both(f, argnums, has_aux))


def _both(
    f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool
) -> Callable[..., tuple[Any, Any]]:
    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = Run(f, args, positions(argnums, args), kwargs, has_aux)
        refuse_several(run)
        grads = trees.mapped(conjugate, run.pull([None], keep=False))
        value = run.value((run.out, run.aux)) if has_aux else run.value(run.out)
        return value, tuple(grads) if isinstance(argnums, Sequence) else grads[0]

    return with_gradient


def conjugate(_place: trees.Place, g: Any) -> Any:
    """Return what is pulled back as a gradient, which points to where the function grows."""
    return np.conjugate(g) if g.dtype.kind == "c" else g


def grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `f`.

    Parameters, results and errors are those of :func:`value_and_grad`, without the value: with
    `has_aux` it gives ``(gradient, aux)``.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.grad(np.sin)(0.0)
    array(1.)
    >>> mg.grad(mg.grad(lambda x: x**3))(2.0)
    array(12.)
    """
    both = _both(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return titled("grad", f, gradient)


def vjp(
    f: Callable[..., Any], *primals: Any, has_aux: bool = False, **kwargs: Any
) -> tuple[Any, ...]:
    """Return the value of `f` and a function that pulls a cotangent back to its arguments.

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
    pullback
        ``pullback(v)``, for `v` of the structure and shapes of `out`, is the tuple of
        v @ d out / d argument, one of each argument's structure and shape, None for an argument of
        integers. It can be called again.
        For complex numbers it is the plain transpose, nothing is conjugated: the real part of
        v @ d out is what grows.
    aux
        With `has_aux`.

    Raises
    ------
    TypeError
        If no argument is floating-point, or `f` returns no Tensor.
    ValueError
        If the cotangent has another structure or shape than the result.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> out, pullback = mg.vjp(np.multiply, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> out, pullback(np.array([1.0, 0.0]))
    (array([3., 8.]), (array([3., 0.]), array([1., 0.])))
    """
    argnums = floating(primals)
    run = Run(f, primals, argnums, kwargs, has_aux)
    run.need_tensors()

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        found: list[Any] = [None] * len(primals)
        for n, g in zip(argnums, run.pull(_cotangents(run.out, cotangent), keep=True), strict=True):
            found[n] = g
        return tuple(found)

    return run.leaving(pullback, has_aux=has_aux)


def _cotangents(out: Any, cotangent: Any) -> list[Any]:
    """Return the cotangents of the Tensors in `out`, which need a full one each."""
    found: list[Any] = []

    def take(place: trees.Place, x: Any, v: Any) -> None:
        if type(x) is not Tensor:
            return  # a constant: nothing is pulled back through it
        if v is None:
            raise ValueError(f"{trees.named(place)} is None, expected shape {x.shape}")
        if np.shape(v) != x.shape:
            raise ValueError(
                f"{trees.named(place)} must have shape {x.shape}, that of the result; "
                f"got {np.shape(v)}"
            )
        found.append(v)

    trees.mapped(take, out, cotangent, place=("the cotangent",))
    return found


def elementwise_grad(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Return a function that gives the derivative of `f` at each element.

    Parameters
    ----------
    f
        A function of each element: of arrays that are broadcast against each other. Each element
        of its result may depend on the elements at its own place alone, which is not checked.
    argnums
        The position of the one argument to differentiate by.

    Returns
    -------
    callable
        ``g(*args, **kwargs)``: the derivative, of the shape of the argument. Where that is
        broadcast, it is the sum of the derivatives.

    Raises
    ------
    TypeError
        If the argument is not floating-point, `f` returns no Tensor, or `argnums` is no integer.
    ValueError
        If the result of `f` has a shape that the argument cannot be broadcast to.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> mg.elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    if isinstance(argnums, Sequence):
        raise TypeError(f"argnums is {told(argnums)}, expected the position of one argument")

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = Run(f, args, positions(argnums, args), kwargs)
        (x,) = run.inputs
        if type(run.out) is not Tensor:
            refuse_no_tensor(f, run.out)
        if type(x) is not Tensor or not broadcasts_to(x.shape, run.out.shape):
            raise ValueError(
                f"{name_of(f)} is no function of each element: it returned shape {run.out.shape} "
                f"for {trees.described(args[argnums])}; use mg.grad, mg.vjp or mg.jacobian"
            )
        (slope,) = run.pull([np.ones(run.out.shape, run.out.dtype)], keep=False)
        # Of a function to complex numbers it is the complex derivative, as in mathematics.
        return conjugate((), slope) if run.out.dtype.kind != "c" else slope

    return titled("elementwise_grad", f, derivative)
