"""What operations are said to be: moves that round nothing, and functions that are not analytic."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.rounding import rounding_radius
from rules.gradients import gradient

X = np.array([[1.5, -0.3, 0.7], [7e3, -2e-3, 11.0]])
MASK = np.array([[True, False, True], [False, False, True]])

# --- moves -------------------------------------------------------------------------------------

MOVES = {
    "positive": np.positive,
    "real": np.real,
    "conjugate": np.conjugate,
    "joined": lambda x: np.concatenate([x, x], axis=-1),
    "stacked": lambda x: np.stack([x, x], axis=1),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "split where told": lambda x: np.array_split(x, [1], axis=1)[1],
    "largest": lambda x: np.max(x, axis=1),
    "smallest": lambda x: np.min(x, axis=0),
    "largest that is no nan": lambda x: np.nanmax(x, axis=1),
    "smallest that is no nan": lambda x: np.nanmin(x, axis=1),
    "sorted": np.sort,
    "partitioned": lambda x: np.partition(x, 1),
    "padded": lambda x: np.pad(x, 1),
    "taken": lambda x: np.take(x, [2, 0, 0], axis=1),
    "taken along an axis": lambda x: np.take_along_axis(x, np.array([[2], [0]]), axis=1),
    "deleted": lambda x: np.delete(x, 1, axis=1),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1),
    "absolute": np.absolute,
    "fabs": np.fabs,
    "copysign": lambda x: np.copysign(x, -1.0),
    "fmax": lambda x: np.fmax(x, x[::-1]),
    "fmin": lambda x: np.fmin(x, x[::-1]),
    "maximum": lambda x: np.maximum(x, x[::-1]),
    "minimum": lambda x: np.minimum(x, x[::-1]),
    "where": lambda x: np.where(MASK, x, x[::-1]),
    "clipped": lambda x: np.clip(x, x[::-1], 5.0),
    "numbers in place of nan": np.nan_to_num,
    "reshaped": lambda x: np.reshape(x, (3, 2)),
    "raveled": np.ravel,
    "squeezed": lambda x: np.squeeze(x[:1]),
    "with an axis more": lambda x: np.expand_dims(x, 1),
    "transposed": np.transpose,
    "swapped": lambda x: np.swapaxes(x, 0, 1),
    "moved": lambda x: np.moveaxis(x, 0, 1),
    "broadcast": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "flipped": np.flip,
    "flipped left and right": np.fliplr,
    "flipped up and down": np.flipud,
    "copied": np.copy,
    "turned": np.rot90,
    "rolled": lambda x: np.roll(x, 1),
    "repeated": lambda x: np.repeat(x, 2, axis=1),
    "tiled": lambda x: np.tile(x, 2),
    "lower triangle": np.tril,
    "upper triangle": np.triu,
    "diagonal": np.diagonal,
    "on a diagonal": lambda x: np.diag(x[1]),
    "unique": np.unique,
    "trimmed": lambda x: np.trim_zeros(x[1]),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_only_moves_numbers_rounds_nothing(name):
    found = rounding_radius(lambda x: {"moved": MOVES[name](x)}, X)["moved"]
    np.testing.assert_array_equal(found.value, MOVES[name](X))
    info = np.finfo(float)
    np.testing.assert_array_equal(found.radius, info.eps * np.abs(found.value) + info.tiny)
    counts = gradient(MOVES[name], X)  # how often each is moved, or less where it is negated
    np.testing.assert_array_equal(counts, np.round(counts))


# --- functions that are not analytic -----------------------------------------------------------

ROW = np.array([1.5, -0.3, 0.7])
MATRIX = np.array([[2.0, 0.5, -0.25], [0.5, 3.0, 1.0], [-0.25, 1.0, 5.0]])
NO_ANALYTIC = {
    "np.real": np.real,
    "np.imag": np.imag,
    "np.conjugate": np.conjugate,
    "np.absolute": np.absolute,
    "np.fabs": np.fabs,
    "np.copysign": lambda x: np.copysign(x, -1.0),
    "np.heaviside": lambda x: np.heaviside(x, 0.5),
    "np.cbrt": np.cbrt,
    "np.hypot": lambda x: np.hypot(x, 2.0),
    "np.arctan2": lambda x: np.arctan2(x, 2.0),
    "np.logaddexp": lambda x: np.logaddexp(x, 2.0),
    "np.deg2rad": np.deg2rad,
    "np.radians": np.radians,
    "np.rad2deg": np.rad2deg,
    "np.degrees": np.degrees,
    "np.vdot": lambda x: np.vdot(x, ROW),
    "np.vecdot": lambda x: np.vecdot(x, ROW),
    "np.var": np.var,
    "np.std": np.std,
    "np.quantile": lambda x: np.quantile(x, 0.25),
    "np.percentile": lambda x: np.percentile(x, 25),
    "np.nanquantile": lambda x: np.nanquantile(x, 0.25),
    "np.nanpercentile": lambda x: np.nanpercentile(x, 25),
    "np.nanmedian": np.nanmedian,
    "np.linalg.norm": np.linalg.norm,
    "np.linalg.svd": lambda x: np.linalg.svd(x * MATRIX)[1],
    "np.linalg.pinv": lambda x: np.linalg.pinv(x * MATRIX),
    "np.roots": np.roots,
    "np.i0": np.i0,
}
if hasattr(np, "vecmat"):  # since NumPy 2.2
    NO_ANALYTIC["np.vecmat"] = lambda x: np.vecmat(x, MATRIX)


@pytest.mark.parametrize("name", NO_ANALYTIC)
def test_no_complex_step_goes_through_a_function_that_is_not_analytic(name):
    """It would be wrong where the function takes complex numbers; a gradient there is."""
    value, pullback = mg.vjp(NO_ANALYTIC[name], ROW)
    assert np.isfinite(pullback(np.ones_like(value))[0]).all()
    with pytest.raises(TypeError, match=rf"{name} is not analytic: a complex step"):
        complex_step(lambda x: np.sum(NO_ANALYTIC[name](x)), ROW)
