"""Arithmetic: sums, products, quotients, what a division leaves, and parts of a number.

At a kink the derivative is a convention; it stands beside the rule as ``kinks``.
"""

from typing import Any

import numpy as np

from micrograd_np.declare import defvjp

defvjp(
    np.add,
    lambda g, _out, _a, _b: g,
    lambda g, _out, _a, _b: g,
    torch="add",
    prints="{0} + {1}",
    math=r"#1 + #2",
)
defvjp(
    np.subtract,
    lambda g, _out, _a, _b: g,
    lambda g, _out, _a, _b: -g,
    torch="sub",
    prints="{0} - {1}",
    math=r"#1 - #2",
)
defvjp(
    np.multiply,
    lambda g, _out, _a, b: g * b,
    lambda g, _out, a, _b: g * a,
    torch="mul",
    prints="{0} * {1}",
    math=r"#1 \odot #2",
)
defvjp(
    np.divide,
    lambda g, _out, _a, b: g / b,
    lambda g, out, _a, b: -g * out / b,
    torch="div",
    prints="{0} / {1}",
    math=r"\frac{#1}{#2}",
)
defvjp(np.negative, lambda g, _out, _x: -g, exact=True, torch="neg", prints="-{0}", math="-#1")
defvjp(np.positive, lambda g, _out, _x: g, exact=True, torch="positive", prints="+{0}", math="#1")
defvjp(np.reciprocal, lambda g, out, _x: -g * out * out, torch="reciprocal", math=r"\frac{1}{#1}")

# --- what a division leaves --------------------------------------------------------------------

defvjp(
    np.remainder,
    lambda g, _out, _a, _b: g,
    lambda g, _out, a, b: -g * np.floor_divide(a, b),
    analytic=False,
    kinks="a a multiple of b: the slope to the right",
    torch="remainder",
    prints="{0} % {1}",
    math=r"#1 \, \mathrm{mod} \, #2",
)
defvjp(
    np.fmod,
    lambda g, _out, _a, _b: g,
    # The quotient from what is left: a / b may round up to the next integer.
    lambda g, out, a, b: -g * np.rint((a - out) / b),
    analytic=False,
    kinks="a a multiple of b: the slope away from 0",
    torch="fmod",
    math=r"#1 - \mathrm{trunc}(\frac{#1}{#2}) \odot #2",
)
defvjp(
    np.divmod,
    lambda g, _out, _a, _b: g[1],
    lambda g, out, _a, _b: -g[1] * out[0],
    results=2,
    analytic=False,
    kinks="a a multiple of b: the slope to the right",
)

# --- parts of a number -------------------------------------------------------------------------

defvjp(np.modf, lambda g, _out, _x: g[0], results=2, analytic=False, kinks="x an integer: 1")
defvjp(
    np.frexp,
    lambda g, out, _x: np.ldexp(g[0], -out[1]),
    results=2,
    analytic=False,
    kinks="x a power of 2: the slope away from 0",
)
defvjp(
    np.ldexp,
    lambda g, _out, _x1, x2: np.ldexp(g, x2),
    None,
    broadcasts=True,
    analytic=False,
    math=r"#1 \odot 2^{#2}",
)


def _nothing(g: Any, _out: Any, _x1: Any, _x2: Any) -> Any:
    return np.zeros_like(g)


defvjp(
    np.nextafter,
    lambda g, _out, _x1, _x2: g,
    _nothing,
    analytic=False,
    kinks="everywhere, taken for a step of constant length: 1 by x1, 0 by x2",
    torch="nextafter",
)
