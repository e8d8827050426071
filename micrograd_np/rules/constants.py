"""Functions without a gradient: piecewise constant, or of a logical or an integer value.

Their results are plain arrays. Where a derivative exists, almost everywhere it is 0.
"""

import numpy as np
from numpy._core import umath

from micrograd_np.declare import constant

# --- piecewise constant: no gradient -----------------------------------------------------------

constant(np.equal, prints="{0} == {1}", math="#1 = #2")
constant(np.not_equal, prints="{0} != {1}", math=r"#1 \neq #2")
constant(np.less, prints="{0} < {1}", math="#1 < #2")
constant(np.less_equal, prints="{0} <= {1}", math=r"#1 \leq #2")
constant(np.greater, prints="{0} > {1}", math="#1 > #2")
constant(np.greater_equal, prints="{0} >= {1}", math=r"#1 \geq #2")
constant(np.bitwise_and, prints="{0} & {1}", math=r"#1 \wedge #2")
constant(np.bitwise_or, prints="{0} | {1}", math=r"#1 \vee #2")
constant(np.bitwise_xor, prints="{0} ^ {1}", math=r"#1 \oplus #2")
constant(np.invert, prints="~{0}", math=r"\neg #1")
constant(np.logical_and, torch="logical_and", math=r"#1 \wedge #2")
constant(np.logical_or, torch="logical_or", math=r"#1 \vee #2")
constant(np.logical_xor, torch="logical_xor", math=r"#1 \oplus #2")
constant(np.logical_not, torch="logical_not", math=r"\neg #1")
constant(
    np.sign,
    real=True,
    reason="Compute it as z / np.abs(z)",
    torch="sign",
    math=r"\mathrm{sign}(#1)",
)
constant(
    np.floor_divide,
    torch="floor_divide",
    prints="{0} // {1}",
    math=r"\lfloor \frac{#1}{#2} \rfloor",
)
constant(np.floor, torch="floor", math=r"\lfloor #1 \rfloor")
constant(np.ceil, torch="ceil", math=r"\lceil #1 \rceil")
constant(np.trunc, torch="trunc")
constant(np.rint, torch="round")
constant(np.fix, torch="trunc")
constant(np.round, np.around)
constant(np.spacing)
constant(np.signbit, torch="signbit")
constant(np.isnan, torch="isnan")
constant(np.isinf, torch="isinf")
constant(np.isfinite, torch="isfinite")
constant(np.isclose, torch="isclose")
constant(np.allclose, torch="torch.isclose({0}, {1}).all()")
constant(np.array_equal, torch="torch.tensor(torch.equal({0}, {1}))")
constant(np.iscomplexobj, np.isrealobj)

# --- questions: of numbers, dtypes, memory -----------------------------------------------------

constant(np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.isin, np.array_equiv)
if hasattr(np, "in1d"):  # before NumPy 2.4
    constant(np.in1d)
constant(vars(umath)["_ones_like"])
constant(np.result_type, np.can_cast, np.common_type, np.min_scalar_type)
constant(np.may_share_memory, np.shares_memory)
constant(np.array2string, np.array_repr, np.array_str)

# --- integers: bits and divisors ---------------------------------------------------------------

constant(np.gcd, np.lcm, np.bitwise_count)
constant(np.left_shift, prints="{0} << {1}")
constant(np.right_shift, prints="{0} >> {1}")
constant(np.packbits, np.unpackbits)

# --- positions ---------------------------------------------------------------------------------

constant(np.nonzero, np.argwhere, np.flatnonzero, sized_by=(0,))
constant(np.argpartition, np.lexsort, np.searchsorted, np.digitize)
constant(np.nanargmax, np.nanargmin)
constant(np.unravel_index, np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)

# --- creation: they are given a tensor as `like=` ----------------------------------------------

constant(np.tri, np.fromfunction, np.frombuffer, np.fromfile, np.fromiter, np.fromstring)
constant(np.loadtxt, np.genfromtxt)

constant(np.zeros, np.zeros_like, math="0")
constant(np.ones, np.ones_like, math=r"\mathbf{1}")
constant(np.full, np.full_like, math="#2")
constant(np.identity, math="I")
constant(np.array, math="#1")
constant(np.empty_like, np.empty, np.eye, np.arange)

# --- shapes alone ------------------------------------------------------------------------------

constant(np.shape, np.ndim, np.size, np.ravel_multi_index, np.ix_)
