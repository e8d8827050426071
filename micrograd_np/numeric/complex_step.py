"""The complex step: a derivative from values alone, exact but for rounding.

It uses no derivative rule of this library, so that gradients can be judged by it.
"""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.lifting import unfold
from micrograd_np.mode import mode
from micrograd_np.operation import Operation
from micrograd_np.tensor import Tensor

STEP = 1e-200
"""The imaginary step: no difference is taken, so it may be as small as numbers get."""


def complex_step(
    f: Callable[..., Any], x: NDArray[Any], elements: Iterable[int] | None = None
) -> NDArray[Any]:
    """Return the gradient of `f` at `x` as Im f(x + ih e_k) / h, for each element k.

    Exact up to rounding for functions that are analytic along the way (W. Squire and G. Trapp,
    SIAM Review 40, 1998). Only the values of `f` are used.

    Parameters
    ----------
    f
        Takes a complex Tensor of the shape of `x` and returns a single number.
    x
        Where to differentiate; real, floating-point.
    elements
        Which elements, by their place in ``x.ravel()``; None: all.

    Returns
    -------
    array
        At least float64, of the shape of `x`; nan for elements left out, and for those whose step
        meets a kink, where the two sides have different slopes.

    Raises
    ------
    TypeError
        If an operation on the way is not analytic (abs, a variance of complex numbers), or the
        step is lost in a cast to real numbers, where it would be silently wrong.
    """
    gradient = np.full(x.size, np.nan, np.result_type(x.dtype, np.float64))
    for k in range(x.size) if elements is None else elements:
        z = np.array(x, dtype=np.result_type(x.dtype, np.complex128), order="C")
        z.reshape(-1)[k] += 1j * STEP
        step = _Step()
        with mode(call=step, recording=False), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            try:
                slope = f(Tensor(z)).data.imag[()] / STEP
            except np.exceptions.ComplexWarning:
                raise TypeError("complex numbers are cast to real ones on the way") from None
        gradient[k] = np.nan if step.met_kink else slope
    return gradient.reshape(x.shape)


class _Step:
    """Calls operations on complex arrays: a `mode(call=...)`."""

    def __init__(self) -> None:
        self.met_kink = False

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        if operation.composite:
            return unfold(operation, values, kwargs)
        if operation.kind == "constant":
            # Which side of a kink a number lies on, its real part decides.
            by_ufunc = isinstance(operation.function, np.ufunc)
            return operation.function(*(map(_real, values) if by_ufunc else values), **kwargs)
        if not operation.analytic:
            raise TypeError(
                f"{operation.name} is not analytic: a complex step through it would be wrong"
            )
        out = operation.function(*values, **kwargs)
        if operation.exact and operation.kinks and not self.met_kink:
            # A function that is real on the real axis takes conjugates to conjugates, unless the
            # steps to both sides meet different branches.
            other = operation.function(*map(_conjugate, values), **kwargs)
            self.met_kink = not np.array_equal(np.conj(other), out, equal_nan=True)
        return out


def _real(value: Any) -> Any:
    return value.real if isinstance(value, np.ndarray) else value


def _conjugate(value: Any) -> Any:
    return value.conj() if isinstance(value, np.ndarray) and value.dtype.kind == "c" else value
