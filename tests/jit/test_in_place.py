"""What is relied on where a result is written over an operand: NumPy computes the same bits."""

import numpy as np
import pytest

from micrograd_np.operation import OPERATIONS

UFUNCS = [f for f in OPERATIONS if isinstance(f, np.ufunc) and not f.signature and f.nout == 1]
LENGTHS = (1, 2, 3, 8, 17, 100, 5000)


def operands(ufunc, dtype, length):
    rng = np.random.default_rng(length)
    return [np.asarray(rng.normal(size=length) * 3).astype(dtype) for _ in range(ufunc.nin)]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_over_an_operand_a_ufunc_computes_the_same_bits(ufunc):
    with np.errstate(all="ignore"):
        for dtype in (np.float32, np.float64, np.int64, bool):
            for length in LENGTHS:
                given = operands(ufunc, dtype, length)
                try:
                    wanted = ufunc(*given)
                except (TypeError, ValueError):
                    continue
                for over in given if wanted.dtype == dtype else ():
                    copies = [x.copy() for x in given]
                    out = copies[next(i for i, x in enumerate(given) if x is over)]
                    ufunc(*copies, out=out)
                    assert out.tobytes() == wanted.tobytes()
