"""Selections: a magnitude, the larger, the smaller, one or the other, what lies between bounds."""

from typing import Any

import numpy as np
from numpy._core import umath

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand
from micrograd_np.operation import OPERATIONS
from micrograd_np.tensor import apply


def _magnitude(g: Any, _out: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return g * np.sign(x)
    size = np.abs(x)
    nowhere = size == 0
    return g * np.where(nowhere, 0, np.conjugate(x) / np.where(nowhere, 1, size))


defvjp(
    np.absolute,
    _magnitude,
    exact=True,
    analytic=False,
    kinks="x = 0: 0",
    torch="abs",
    prints="np.abs({0})",
    math=r"|#1|",
)
defvjp(
    np.fabs,
    lambda g, _out, x: g * np.sign(x),
    exact=True,
    analytic=False,
    kinks="x = 0: 0",
    torch="abs",
    math=r"|#1|",
)
defvjp(
    np.copysign,
    lambda g, _out, x1, x2: np.where(np.signbit(x2), -g, g) * np.sign(x1),
    lambda g, _out, _x1, _x2: np.zeros_like(g),
    exact=True,
    analytic=False,
    kinks="x1 = 0: 0; x2 = 0: 0",
    torch="copysign",
)
defvjp(
    np.heaviside,
    lambda g, _out, _x1, _x2: np.zeros_like(g),
    lambda g, _out, x1, _x2: np.where(x1 == 0, g, 0),
    analytic=False,
    kinks="x1 = 0: 0 by x1",
)

# --- the larger and the smaller ----------------------------------------------------------------

defvjp(
    np.maximum,
    lambda g, _out, a, b: np.where(a < b, 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where(b < a, 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    torch="maximum",
    math=r"\max(#1, #2)",
)
defvjp(
    np.minimum,
    lambda g, _out, a, b: np.where(a > b, 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where(b > a, 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    torch="minimum",
    math=r"\min(#1, #2)",
)
# The same, but where one of the two is nan, the other is taken.
defvjp(
    np.fmax,
    lambda g, _out, a, b: np.where((a < b) | np.isnan(a), 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where((b < a) | np.isnan(b), 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    math=r"\max(#1, #2)",
)
defvjp(
    np.fmin,
    lambda g, _out, a, b: np.where((a > b) | np.isnan(a), 0, np.where(a == b, g / 2, g)),
    lambda g, _out, a, b: np.where((b > a) | np.isnan(b), 0, np.where(a == b, g / 2, g)),
    exact=True,
    kinks="a = b: half each",
    math=r"\min(#1, #2)",
)

# --- one or the other --------------------------------------------------------------------------


def _where_call(condition: Any, /, *branches: Any) -> Any:
    if not branches:  # the places at which it holds
        return np.nonzero(condition)
    return apply(OPERATIONS[np.where], (condition, *branches))


defvjp(
    np.where,
    None,
    lambda g, _out, condition, _x, _y: np.where(condition, g, 0),
    lambda g, _out, condition, _x, _y: np.where(condition, 0, g),
    definition=_where_call,
    broadcasts=True,
    exact=True,
    torch="where",
    math=r"\mathbf{1}[#1] \odot #2 + \mathbf{1}[\neg #1] \odot #3",
)


clip_between: np.ufunc = umath.clip  # type: ignore[attr-defined]
"""What np.clip computes with, given two bounds."""


def _inside(x: Any, low: Any, high: Any) -> Any:
    # Functions, since a complex bound may be a number of Python, which has no order.
    # If low > high, every number is beyond one of them.
    return ~(np.less(x, low) | np.greater(x, high))


defvjp(
    clip_between,
    lambda g, _out, x, low, high: np.where(_inside(x, low, high), g, 0),
    lambda g, _out, x, low, high: np.where(np.less(x, low) & np.less_equal(low, high), g, 0),
    lambda g, _out, x, low, high: np.where(np.greater(x, high) | np.greater(low, high), g, 0),
    name="np._core.umath.clip",
    exact=True,
    kinks="x = low or x = high: 1 by x, 0 by the bound",
    prints="np.clip({0}, {1}, {2})",
    torch="clamp",
    math=r"\min(\max(#1, #2), #3)",
)


_LEAST = {"f": -np.inf, "c": complex(-np.inf, -np.inf)}
"""The least number by NumPy's order, which of complex numbers compares the imaginary parts last."""


@defines(np.clip)
def _clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,  # noqa: A002  # NumPy's names
    max: Any = np._NoValue,  # noqa: A002
    **options: Any,
) -> Any:
    low, high = _bounds(a_min, a_max, min, max)
    a = as_operand(a)
    if out is not None:
        options["out"] = out
    if low is None and high is None:
        return np.positive(a, **options)
    kind = np.result_type(a.dtype, *(as_operand(b).dtype for b in (low, high) if b is not None))
    if low is None and kind.kind in "fc":
        low = _LEAST[kind.kind]
    if high is None and kind.kind in "fc":
        high = -_LEAST[kind.kind]
    if low is None:
        return np.minimum(a, high, **options)
    if high is None:
        return np.maximum(a, low, **options)
    return clip_between(a, low, high, **options)


def _bounds(a_min: Any, a_max: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Return the bounds of np.clip, by whichever of their two names they were given."""
    if a_min is np._NoValue and a_max is np._NoValue:
        return (None if low is np._NoValue else low), (None if high is np._NoValue else high)
    for name, bound in (("a_min", a_min), ("a_max", a_max)):
        if bound is np._NoValue:
            raise TypeError(f"np.clip is missing the argument {name}")
    if low is not np._NoValue or high is not np._NoValue:
        raise ValueError("np.clip takes a_min and a_max, or min= and max=, and not some of both")
    return a_min, a_max


# --- numbers in place of nan and infinity ------------------------------------------------------


def _replace(x: Any, copy: bool = True, **numbers: Any) -> Any:
    if not copy:
        raise NotImplementedError(
            "np.nan_to_num of a Tensor does not write into it, copy=False; "
            "assign what it returns: t[...] = np.nan_to_num(t)"
        )
    return np.nan_to_num(x, **numbers)


def _finite(
    g: Any,
    _out: Any,
    x: Any,
    copy: bool = True,
    nan: Any = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Any:
    if x.dtype.kind != "c":
        return np.where(np.isfinite(x), g, 0)
    real = np.where(np.isfinite(np.real(x)), np.real(g), 0)
    return real + 1j * np.where(np.isfinite(np.imag(x)), np.imag(g), 0)


defvjp(
    np.nan_to_num,
    _finite,
    compute=_replace,
    exact=True,
    kinks="x infinite or nan: 0",
)
