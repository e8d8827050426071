"""Assertions about gradients, on arrays or on whatever Hypothesis draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np import trees
from micrograd_np.checks import refuse_mask, told
from micrograd_np.compare import assert_backward_correct as assert_correct
from micrograd_np.compare.check import SAME, array_of, gradient_of
from micrograd_np.numeric.gradcheck import gradcheck as check_gradients
from micrograd_np.rounding import LIMIT, Radius, estimated_radius, rounding_radius
from micrograd_np.testing.agreement import Agreement, Disagreement, Pair
from micrograd_np.testing.examples import for_each, is_drawn, told_inputs
from micrograd_np.values import holds_itself

Array = NDArray[Any]


def assert_gradients_agree(given: Any, wanted: Any, *inputs: Any, max_examples: int = 100) -> None:
    """Assert that gradients are the same but for rounding, in shape and dtype first.

    Parameters
    ----------
    given
        The gradients in question: an array, a dict, list or tuple of arrays, of Tensors or of
        PyTorch's tensors; or a function that returns them for `inputs`. Of a leaf that requires a
        gradient, its ``.grad`` is meant.
    wanted
        The right ones, in the same structure. Best is a function that computes them with NumPy,
        such as ``mg.grad(f)``: then it is measured for each element how far rounding may move it.
        Otherwise eps times the largest magnitude of the array stands in, 256 times of which are
        allowed: elements much smaller than the largest are hardly tested.
    *inputs
        What functions are called with. One may be a strategy of Hypothesis: then examples are
        drawn, and the smallest one is told in which the two differ.
    max_examples
        How many examples are drawn.

    Raises
    ------
    Disagreement
        If they differ, or have other names. It is an AssertionError that says of each gradient
        where they do first and most, with both values and how many rounding radii lie between them.
    TypeError, ValueError
        If there is nothing to compare, a side holds or returns what is no floating-point array, or
        a function in question writes into its inputs.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> from micrograd_np.testing import assert_gradients_agree, strategies
    >>> def loss(x, w):
    ...     return np.sum(np.tanh(x @ w))
    >>> def by_hand(x, w):
    ...     dz = 1 - np.tanh(x @ w) ** 2
    ...     return np.outer(dz, w), x.T @ dz
    >>> draws = strategies.arrays((4, 3)), strategies.arrays((3,), margin=1 / 32)
    >>> assert_gradients_agree(by_hand, mg.grad(loss, argnums=(0, 1)), *draws)
    """

    def agree(*arrays: Any) -> None:
        agreement(given, wanted, arrays, lines).raise_if_apart()

    # Of what is drawn the smallest example is told in the end.
    lines = [] if not inputs or is_drawn(inputs) else ["inputs:", *told_inputs(inputs)]

    for_each(agree, inputs, max_examples)


def assert_backward_correct(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    *inputs: Any,
    max_examples: int = 10,
    **options: Any,
) -> None:
    """Assert that each line of a backward pass computes what it should: `micrograd_np.compare`.

    Parameters
    ----------
    forward, backward
        As for :func:`micrograd_np.compare`.
    *inputs
        Of `forward`. One may be a strategy of Hypothesis: then examples are drawn, and the smallest
        one is told in which a line is wrong.
    max_examples
        How many examples are drawn; each takes a second or so if something is wrong.
    **options
        Of :func:`micrograd_np.compare`, and inputs by name.

    Raises
    ------
    AssertionError
        If a line is wrong. Its text is the report: which, why, and how it is repaired.

    Examples
    --------
    >>> import numpy as np
    >>> from micrograd_np.testing import assert_backward_correct, strategies
    >>> def forward(x, w):
    ...     h = np.tanh(x @ w)
    ...     loss = np.sum(h**2)
    ...     return loss
    >>> def backward(x, h):
    ...     dh = 2 * h
    ...     dw = x.T @ (dh * (1 - h**2))
    >>> assert_backward_correct(forward, backward, strategies.arrays((4, 3)), np.ones(3))
    """
    for_each(
        lambda *arrays: assert_correct(forward, backward, *arrays, **options), inputs, max_examples
    )


def gradcheck(f: Callable[..., Any], *inputs: Any, max_examples: int = 25, **options: Any) -> None:
    """Assert that the gradients of a function are the derivatives of its values.

    This is the fixture ``gradcheck`` of the pytest plugin.

    Parameters
    ----------
    f
        Computes with NumPy.
    *inputs
        Its arguments. One may be a strategy of Hypothesis.
    max_examples
        How many examples are drawn.
    **options
        Of :func:`micrograd_np.gradcheck`, and arguments by name.

    Raises
    ------
    GradientError
        If a gradient is wrong; it is an AssertionError.

    Examples
    --------
    >>> import numpy as np
    >>> from micrograd_np.testing import gradcheck, strategies
    >>> gradcheck(np.logaddexp, strategies.arrays((2, 3)), strategies.arrays((3,), margin=1 / 32))
    """
    for_each(lambda *arrays: check_gradients(f, *arrays, **options), inputs, max_examples)


def agreement(
    given: Any, wanted: Any, inputs: tuple[Any, ...], lines: Sequence[str] = ()
) -> Agreement:
    """Return how far given gradients are from wanted ones; `lines` tell the inputs."""
    ours = _given(given, inputs)
    radii = _wanted(wanted, inputs)
    absent = [name for name in radii if name not in ours]
    unwanted = [name for name in ours if name not in radii]
    if not radii and not ours:
        raise ValueError("there are no gradients to compare: neither side has any")
    if absent or unwanted:
        raise Disagreement(
            f"the gradients have other names: given are {', '.join(ours) or 'none'}; wanted are "
            f"{', '.join(radii) or 'none'}"
        )
    pairs = [Pair(name, ("given", "wanted"), ours[name], radius) for name, radius in radii.items()]
    return Agreement("\n".join(lines), pairs)


def _given(given: Any, inputs: tuple[Any, ...]) -> dict[str, Any]:
    if not callable(given):
        return _by_name(given, _held)
    own = _copied(inputs)
    found = _by_name(given(*own), lambda name, value: _numbers("given", name, array_of(value)))
    for position, (before, after) in enumerate(zip(inputs, own, strict=True)):
        if _bits(before) != _bits(after):
            raise ValueError(
                f"the function that is given writes into its input {position}, so that what it "
                "returns is the gradient of other numbers; let it copy what it changes"
            )
    return found


def _held(name: str, value: Any) -> Array:
    """Return the gradient that a leaf has, or else the numbers of what is given."""
    is_leaf = getattr(value, "requires_grad", False) and value.is_leaf
    array = gradient_of(name, value, "given") if is_leaf else array_of(value)
    return _numbers("given", name, array)


def _numbers(side: str, name: str, array: Array) -> Array:
    if array.dtype.kind not in "fcbiu":
        what = told(array.item()) if array.ndim == 0 else f"an array of {array.dtype}"
        raise TypeError(f"{side}[{name!r}] is {what}, expected an array of numbers")
    return array


def _copied(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return inputs with arrays of their own: nobody else's are written into."""
    own = (leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in trees.leaves(inputs))
    copied: tuple[Any, ...] = trees.filled(inputs, own)
    return copied


def _bits(value: Any) -> list[bytes]:
    """Return what arrays hold: nan is the same as itself."""
    return [leaf.tobytes() for leaf in trees.leaves(value) if isinstance(leaf, np.ndarray)]


def _wanted(wanted: Any, inputs: tuple[Any, ...]) -> dict[str, Radius]:
    if callable(wanted):
        # Called again and again: what one call writes must not reach the next.
        compute = lambda *a: _by_name(wanted(*_copied(a)), lambda _name, value: value)
        return rounding_radius(compute, *inputs)
    found = _by_name(wanted, lambda name, a: _numbers("wanted", name, gradient_of(name, a)))
    return {name: _estimated(name, value) for name, value in found.items()}


def _estimated(name: str, value: Array) -> Radius:
    """Return a radius of which `LIMIT` are what `micrograd_np.check` lets pass."""
    if value.dtype.kind not in "fc":
        raise TypeError(
            f"wanted[{name!r}] has dtype {value.dtype}; a gradient is a floating-point array"
        )
    found = estimated_radius(value)
    return Radius(found.value, found.radius * (SAME / LIMIT), found.undecided, estimated=True)


def _by_name(tree: Any, array: Callable[..., Any], name: str = "") -> dict[str, Any]:
    """Return the arrays of nested dicts, lists and tuples by where they stand."""
    items: Mapping[Any, Any]
    if isinstance(tree, Mapping):
        items = tree
    elif isinstance(tree, (list, tuple)) and not all(map(np.isscalar, tree)):
        items = dict(enumerate(tree))
    else:
        refuse_mask(tree)
        return {name or "gradient": array(name or "gradient", tree)}
    found: dict[str, Any] = {}
    try:
        for key, value in items.items():
            place = key if isinstance(key, str) and not name else f"{name}[{key!r}]"
            found |= _by_name(value, array, place)
    except RecursionError:
        raise holds_itself(tree) from None
    return found
