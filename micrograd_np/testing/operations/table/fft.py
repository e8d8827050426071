"""Discrete Fourier transforms."""

import mpmath
import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.this_numpy import since

# --- how they are drawn ------------------------------------------------------------------------

NORMS = (None, "backward", "ortho", "forward")
RFFT_FORWARDS = not since("2.2.0")
"""Whether NumPy's rfftn goes through the other axes from the first one on."""


@st.composite
def along_one(draw, halved=False):
    """An array, the axis to transform, and its length then; `halved`: of a half spectrum."""
    # Of an empty half spectrum NumPy 2.4 makes numbers of memory that nobody has written.
    some = strategies.shapes(min_dims=1).filter(lambda shape: any(shape) or not halved)
    a = draw(strategies.arrays(draw(some)))
    axis = draw(strategies.axis(a.ndim).filter(lambda axis: a.shape[axis] or not halved))
    lengths = st.integers(1, 6)
    if a.shape[axis] > halved:
        lengths = lengths | st.none()
    return [a], {"n": draw(lengths), "axis": axis, "norm": draw(st.sampled_from(NORMS))}


@st.composite
def along_several(draw, axes=None, halved=False):
    """An array, and the axes to transform, each of which may come repeatedly."""
    shapes = strategies.shapes(min_dims=len(axes or "1"), min_side=2 if halved else 1)
    a = draw(strategies.arrays(draw(shapes)))
    if axes is None or draw(st.booleans()):
        some = st.lists(strategies.axis(a.ndim), min_size=1, max_size=3).map(tuple)
        axes = draw(some | st.none()) if axes is None else draw(some)
    count = a.ndim if axes is None else len(axes)
    lengths = st.integers(1, 4) | st.just(-1)
    s = draw(st.none() | st.lists(lengths, min_size=count, max_size=count))
    if s is not None and axes is None:
        axes = tuple(range(a.ndim))  # NumPy wants both or none
    return [a], {"s": s, "axes": axes, "norm": draw(st.sampled_from(NORMS))}


# --- with many digits --------------------------------------------------------------------------


def transform(a, n, axis, norm, sign):
    """Transform an array of mpmath's numbers as the definition says."""
    rows = np.moveaxis(a, axis, -1)[..., :n]
    count = rows.shape[-1]
    matrix = np.empty((count, n), object)
    for j in range(count):
        for k in range(n):
            matrix[j, k] = mpmath.expjpi(sign * 2 * mpmath.mpf(j * k) / n)
    out = np.zeros((*rows.shape[:-1], n), object) + mpmath.mpf(0)
    for j in range(count):
        out = out + rows[..., j, None] * matrix[j]
    divide = {"ortho": mpmath.sqrt(n), {-1: "forward", 1: "backward"}[sign]: mpmath.mpf(n)}
    return np.moveaxis(out / divide.get(norm or "backward", 1), -1, axis)


def fft(a, n=None, axis=-1, norm=None):
    return transform(a, a.shape[axis] if n is None else n, axis, norm, -1)


def ifft(a, n=None, axis=-1, norm=None):
    return transform(a, a.shape[axis] if n is None else n, axis, norm, 1)


def rfft(a, n=None, axis=-1, norm=None):
    full = np.moveaxis(fft(a, n, axis, norm), axis, -1)
    return np.moveaxis(full[..., : full.shape[-1] // 2 + 1], -1, axis)


def irfft(a, n=None, axis=-1, norm=None):
    """Give the spectrum its mirror image, and the elements without one their real part."""
    n = 2 * (a.shape[axis] - 1) if n is None else n
    half = np.moveaxis(a, axis, -1)[..., : n // 2 + 1]
    full = np.zeros((*half.shape[:-1], n), object) + mpmath.mpf(0)
    for k in range(half.shape[-1]):
        if k in (0, n - k):
            full[..., k] = real(half[..., k])
        else:
            full[..., k], full[..., n - k] = half[..., k], conj(half[..., k])
    return np.moveaxis(real(transform(full, n, -1, norm, 1)), -1, axis)


SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def hfft(a, n=None, axis=-1, norm=None):
    return irfft(conj(a), n, axis, SWAPPED[norm])


def ihfft(a, n=None, axis=-1, norm=None):
    return conj(rfft(a, n, axis, SWAPPED[norm]))


real = np.frompyfunc(mpmath.re, 1, 1)
imag = np.frompyfunc(mpmath.im, 1, 1)
conj = np.frompyfunc(mpmath.conj, 1, 1)


def several(last, others, halved=False, forwards=False):
    """Transform several axes, the last one by `last`; of which, if `halved`, half is given.

    The last one comes first, or if half is given last; the others from the last one on, or if
    `forwards` from the first one on.
    """

    def compute(a, s, axes, norm):
        axes = tuple(range(a.ndim)) if axes is None else axes
        lengths = [a.shape[axis] for axis in axes]
        if s is not None:
            lengths = [n if m == -1 else m for n, m in zip(lengths, s, strict=True)]
        elif halved:
            lengths[-1] = 2 * (lengths[-1] - 1)
        steps = list(zip([others] * (len(axes) - 1) + [last], lengths, axes, strict=True))
        if not halved:
            steps = [steps[-1], *steps[:-1]] if forwards else steps[::-1]
        for function, n, axis in steps:
            a = function(a, n, axis, norm)
        return a

    return compute


# --- the table ---------------------------------------------------------------------------------


def bent(z):
    """Something that is not linear in a transform, so that it has a second derivative."""
    return z + z * z


def parts(z):
    """A real array that holds both parts of a complex one."""
    return np.concatenate([np.real(z), np.imag(z)])


def their_parts(z):
    return torch.cat([torch.real(z), torch.imag(z)])


def exact_parts(z):
    return np.concatenate([real(z), imag(z)])


def spectrum_case(name, draw, exact, complex=True):  # noqa: A002  # the name of the fact
    """A transform to complex numbers."""
    function = getattr(np.fft, name)
    case(
        name,
        function,
        lambda a, **options: parts(bent(function(a, **options))),
        draw,
        lambda a, **options: their_parts(bent(theirs(name, a, **options))),
        exact=lambda a, **options: exact_parts(bent(exact(a, **options))),
        analytic=False,
        complex=complex,
    )


def signal_case(name, draw, exact):
    """A transform to real numbers."""
    function = getattr(np.fft, name)
    case(
        name,
        function,
        lambda a, **options: bent(function(a, **options)),
        draw,
        lambda a, **options: bent(theirs(name, a, **options)),
        exact=lambda a, **options: bent(exact(a, **options)),
        complex=True,
    )


def theirs(name, a, norm, n=None, axis=None, s=None, axes=None):
    """Call torch's function of the same name."""
    if not a.numel():  # which torch refuses
        options = {"n": n, "axis": axis} if axis is not None else {"s": s, "axes": axes}
        empty = getattr(np.fft, name)(a.detach().numpy(), **options)
        nothing = torch.zeros(empty.shape, dtype=getattr(torch, str(empty.dtype)))
        return nothing + 0 * (a.sum() if empty.dtype.kind == "c" else torch.real(a.sum()))
    if axis is not None:
        return getattr(torch.fft, name)(a, n, axis, norm)
    axes = tuple(range(a.ndim)) if axes is None else axes
    if s is not None:  # where -1 is no length of torch's irfftn
        s = [a.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]
    if len({axis % a.ndim for axis in axes}) == len(axes):
        return getattr(torch.fft, name)(a, s, axes, norm)
    last = getattr(torch.fft, name.rstrip("n2"))
    others = torch.fft.ifft if name.startswith("i") else torch.fft.fft
    forwards = name.startswith("rfft") and RFFT_FORWARDS
    return several(last, others, name.startswith("irfft"), forwards)(a, s, axes, norm)


for _name, _exact in (("fft", fft), ("ifft", ifft)):
    spectrum_case(_name, along_one(), _exact)
for _name, _exact in (("rfft", rfft), ("ihfft", ihfft)):
    spectrum_case(_name, along_one(), _exact, complex=False)
for _name, _exact in (("irfft", irfft), ("hfft", hfft)):
    signal_case(_name, along_one(halved=True), _exact)
for _dims, _axes in (("n", None), ("2", (-2, -1))):
    spectrum_case(f"fft{_dims}", along_several(_axes), several(fft, fft))
    spectrum_case(f"ifft{_dims}", along_several(_axes), several(ifft, ifft))
    _real = several(rfft, fft, forwards=RFFT_FORWARDS)
    spectrum_case(f"rfft{_dims}", along_several(_axes), _real, complex=False)
    _inverse = several(irfft, ifft, halved=True)
    signal_case(f"irfft{_dims}", along_several(_axes, halved=True), _inverse)

# --- the order of a spectrum -------------------------------------------------------------------

shifted = lambda shape: st.fixed_dictionaries({"axes": strategies.axes(len(shape))})
for _name in ("fftshift", "ifftshift"):
    _call = getattr(np.fft, _name)
    _torch = lambda a, axes, name=_name: getattr(torch.fft, name)(a, axes)
    case(_name, _call, _call, draws.one(options=shifted, min_dims=1), _torch, complex=True)
