"""Discrete Fourier transforms.

A transform is linear, and its matrix is symmetric: the gradient of ``fft`` is the ``fft`` of the
gradient, not conjugated (see :mod:`micrograd_np.rules.complexes`). Transforms of real numbers keep
half of a spectrum whose other half is its mirror image: each element of it stands for two, except
the first, and the last where the length is even.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand, held, is_traced
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import apply
from micrograd_np.values import write

# --- along one axis ----------------------------------------------------------------------------


def _resized(g: Any, like: Any, n: Any, axis: int) -> Any:
    """Return the gradient of what was cut, or filled up with zeros, to length `n`."""
    if n is None:
        return g
    before = (slice(None),) * (axis % g.ndim)
    kept = g[(*before, slice(like.shape[axis]))]
    return scatter(kept, (*before, slice(n)), like.shape)


def _stands_for_one(spectrum: Any, n: Any, axis: int) -> Any:
    """Tell where an element of the half spectrum of `n` real numbers has no mirror image."""
    k = np.arange(spectrum.shape[axis])
    return ((k == 0) | (2 * k == n)).reshape(
        (-1,) + (1,) * (spectrum.ndim - axis % spectrum.ndim - 1)
    )


def _rfft(g: Any, _out: Any, _a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    count = _a.shape[axis] if n is None else n
    g = np.where(_stands_for_one(g, count, axis), g, g / 2)
    return _resized(np.fft.hfft(g, count, axis, norm), _a, n, axis)


def _irfft(g: Any, _out: Any, _a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    count = g.shape[axis]
    spectrum = np.fft.ihfft(g, count, axis, norm)
    spectrum = np.where(_stands_for_one(spectrum, count, axis), spectrum, 2 * spectrum)
    half = None if n is None else count // 2 + 1
    return _resized(spectrum, _a, half, axis)


defvjp(
    np.fft.fft,
    lambda g, _out, _a, n=None, axis=-1, norm=None: _resized(
        np.fft.fft(g, axis=axis, norm=norm), _a, n, axis
    ),
    torch="fft.fft",
    math=r"\mathcal{F}(#1)",
)
defvjp(
    np.fft.ifft,
    lambda g, _out, _a, n=None, axis=-1, norm=None: _resized(
        np.fft.ifft(g, axis=axis, norm=norm), _a, n, axis
    ),
    torch="fft.ifft",
    math=r"\mathcal{F}^{-1}(#1)",
)


def _of_one_length(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that a program makes for one length: half of another is rounded otherwise."""

    def call(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        if is_traced(a):
            held(a.shape[axis])
        options = {} if n is None else {"n": n}
        options |= {} if axis == -1 else {"axis": axis}
        options |= {} if norm is None else {"norm": norm}
        result = apply(OPERATIONS[function], (a,), options)
        return result if out is None else write(f"np.fft.{function.__name__}", out, result)

    return call


defvjp(np.fft.rfft, _rfft, definition=_of_one_length(np.fft.rfft), analytic=False)
defvjp(np.fft.irfft, _irfft, definition=_of_one_length(np.fft.irfft), analytic=False)

_SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _swapped(norm: Any) -> Any:
    """Return the norm of the transform in the other direction; NumPy refuses what is none."""
    return _SWAPPED.get(norm, norm)


@defines(np.fft.hfft, analytic=False)
def _hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    result = np.fft.irfft(np.conjugate(as_operand(a)), n, axis, _swapped(norm))
    return result if out is None else write("np.fft.hfft", out, result)


@defines(np.fft.ihfft, analytic=False)
def _ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    result = np.conjugate(np.fft.rfft(a, n, axis, _swapped(norm)))
    return result if out is None else write("np.fft.ihfft", out, result)


# --- along several axes ------------------------------------------------------------------------

_FROM_THE_LAST = np.lib.NumpyVersion(np.__version__) >= "2.2.0"
"""Whether NumPy's rfftn goes through the other axes from the last one on, as its fftn does."""


def _each(a: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    """Return each axis to transform, in order, after the length that is asked for, or None."""
    if s is None:
        axes = range(-a.ndim, 0) if axes is None else axes
        if len({axis % a.ndim for axis in axes}) == len(axes):
            return [(None, axis) for axis in axes]
        # Of an axis that is transformed again NumPy keeps the length: a program is one for it.
        return [(held(a.shape[axis]), axis) for axis in axes]
    axes = range(-len(s), 0) if axes is None else axes
    if len(s) != len(axes):
        raise ValueError(f"Shape and axes have different lengths: s={s}, axes={axes}")
    return [(a.shape[axis] if n == -1 else n, axis) for n, axis in zip(s, axes, strict=True)]


def _one_by_one(transform: Callable[..., Any], a: Any, each: Any, norm: Any) -> Any:
    for n, axis in each:
        a = transform(a, n, axis, norm)
    return a


@defines(np.fft.fftn)
def _fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = as_operand(a)
    result = _one_by_one(np.fft.fft, a, reversed(_each(a, s, axes)), norm)
    return result if out is None else write("np.fft.fftn", out, result)


@defines(np.fft.ifftn)
def _ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = as_operand(a)
    result = _one_by_one(np.fft.ifft, a, reversed(_each(a, s, axes)), norm)
    return result if out is None else write("np.fft.ifftn", out, result)


@defines(np.fft.rfftn, analytic=False)
def _rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = as_operand(a)
    each = _each(a, s, axes)
    n, axis = each[-1]
    others = each[-2::-1] if _FROM_THE_LAST else each[:-1]
    result = _one_by_one(np.fft.fft, np.fft.rfft(a, n, axis, norm), others, norm)
    return result if out is None else write("np.fft.rfftn", out, result)


@defines(np.fft.irfftn, analytic=False)
def _irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = as_operand(a)
    each = _each(a, s, axes)
    n, axis = each[-1]
    if s is None:
        n = (a.shape[axis] - 1) * 2
    result = np.fft.irfft(_one_by_one(np.fft.ifft, a, each[:-1], norm), n, axis, norm)
    return result if out is None else write("np.fft.irfftn", out, result)


@defines(np.fft.fft2)
def _fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return np.fft.fftn(a, s, axes, norm, out)


@defines(np.fft.ifft2)
def _ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return np.fft.ifftn(a, s, axes, norm, out)


@defines(np.fft.rfft2, analytic=False)
def _rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return np.fft.rfftn(a, s, axes, norm, out)


@defines(np.fft.irfft2, analytic=False)
def _irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return np.fft.irfftn(a, s, axes, norm, out)


# --- the order of a spectrum -------------------------------------------------------------------


def _halves(x: Any, axes: Any) -> tuple[Any, list[Any]]:
    """Return axes and half of the length of each."""
    axes = tuple(range(x.ndim)) if axes is None else axes
    axes = (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)
    return axes, [x.shape[axis] // 2 for axis in axes]


@defines(np.fft.fftshift, exact=True)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes, halves = _halves(x, axes)
    return np.roll(x, halves, axes)


@defines(np.fft.ifftshift, exact=True)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes, halves = _halves(x, axes)
    return np.roll(x, [-half for half in halves], axes)
