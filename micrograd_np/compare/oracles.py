"""Independent ways to a derivative, by which gradients are judged.

None of them uses a derivative rule of this library: the complex step evaluates functions only, and
PyTorch differentiates by itself.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.mode import mode
from micrograd_np.operation import Operation
from micrograd_np.tensor import Tensor, unfold

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
        float64, of the shape of `x`; nan for elements left out.

    Raises
    ------
    TypeError
        If an operation on the way is not analytic (abs, a variance of complex numbers), where the
        complex step would be silently wrong.
    """
    gradient = np.full(x.size, np.nan)
    with mode(call=_analytic_only, recording=False):
        for k in range(x.size) if elements is None else elements:
            z = x.astype(np.complex128)
            z.reshape(-1)[k] += 1j * STEP
            gradient[k] = f(Tensor(z)).data.imag.item() / STEP
    return gradient.reshape(x.shape)


def _analytic_only(operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
    if operation.composite:
        return unfold(operation, values, kwargs)
    if not operation.analytic:
        raise TypeError(
            f"{operation.name} is not analytic: a complex step through it would be wrong"
        )
    return operation.function(*values, **kwargs)
