"""Complex numbers and their parts.

Inside, the gradient of a complex number z = x + iy is d/dx - i d/dy: then a rule of a function that
has a complex derivative is what it is for real numbers, and only the functions here, which have
none, conjugate. Leaves give d/dx + i d/dy, as PyTorch does.
"""

from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import at_hand, holds

defvjp(
    np.conjugate,
    lambda g, _out, _x: np.conjugate(g) if _x.dtype.kind == "c" else g,
    exact=True,
    analytic=False,
    torch="conj",
    math=r"\overline{#1}",
)
defvjp(
    np.real,
    lambda g, _out, _val: g,
    exact=True,
    analytic=False,
    view=True,
    torch="real",
    math=r"\mathrm{Re}(#1)",
)
defvjp(
    np.imag,
    lambda g, _out, _val: g * -1j if _val.dtype.kind == "c" else g * 0,
    exact=True,
    analytic=False,
    view=True,
    torch="imag",
    math=r"\mathrm{Im}(#1)",
)


@defines(np.angle, analytic=False, torch="angle", math=r"\arg(#1)")
def _angle(z: Any, deg: bool = False) -> Any:
    is_complex = z.dtype.kind == "c"
    angle = np.arctan2(np.imag(z) if is_complex else 0.0, np.real(z))
    return angle * (180 / np.pi) if deg else angle


@defines(np.real_if_close, kinks="imaginary parts of rounding errors only: they are left out")
def _real_if_close(a: Any, tol: float = 100) -> Any:
    if a.dtype.kind != "c":
        return a.real
    limit = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return a.real if holds(np.all(np.abs(np.imag(at_hand(a))) < limit)) else a
