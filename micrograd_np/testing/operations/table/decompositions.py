"""Decompositions of matrices: of what does not depend on signs, phases and order."""

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import in_mpmath
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch


@st.composite
def matrices(draw, tall=False, square=False, spread=2.0, **options):
    """Stacks of matrices whose eigenvalues, or singular values, are far apart."""
    n = draw(st.integers(0, 3))
    m = n if square else draw(st.integers(n if tall else 0, 3))
    batch = draw(hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=2) | st.just(()))
    # By this shift no element is the negative of another, and no sum of two is 0.
    a = draw(strategies.arrays((*batch, m, n), -2, 2, margin=1 / 32, unique=True))
    main = np.zeros((m, n))
    np.fill_diagonal(main, spread * (1 + np.arange(min(m, n))))
    drawn = {name: draw(st.sampled_from(choices)) for name, choices in options.items()}
    return [a / 8 + main], drawn


def flat(*parts):
    """Put matrices behind one another, by their last axis."""
    return np.concatenate(
        [p.reshape((*p.shape[: p.ndim - 2], p.shape[-2] * p.shape[-1])) for p in parts], -1
    )


def _flat_in_torch(*parts):
    return torch.cat([p.flatten(-2) for p in parts], -1)


def symmetric(a):
    return a + np.conj(a.swapaxes(-1, -2))


def square(v):
    """Return squares of magnitudes, without the kink of the magnitude at 0."""
    return np.real(v * np.conj(v))


# --- eigenvalues -------------------------------------------------------------------------------


def _eigh(a, UPLO="L"):
    w, v = np.linalg.eigh(symmetric(a), UPLO)
    return flat(w[..., None], square(v), (v * w[..., None, :]) @ np.conj(v.swapaxes(-1, -2)))


def _eigh_in_torch(a, UPLO="L"):
    w, v = torch.linalg.eigh(a + a.mH, UPLO=UPLO)
    return _flat_in_torch(w[..., None], v.abs() ** 2, (v * w[..., None, :]) @ v.mH)


@in_mpmath.by_matrix
def _eigh_exactly(a, UPLO="L"):
    w, v = in_mpmath.eigh(a + a.T)
    return flat(w[:, None], v**2, a + a.T)


case(
    "eigh",
    np.linalg.eigh,
    _eigh,
    matrices(square=True, UPLO=["L", "U", "u"]),
    lambda a, UPLO: _eigh_in_torch(a, UPLO.upper()),
    exact=_eigh_exactly,
)
case(
    "eigh of one kind of result",
    np.linalg.eigh,
    lambda a, values: (
        np.linalg.eigh(symmetric(a))[0]
        if values
        else square(np.linalg.eigh(symmetric(a)).eigenvectors)
    ),
    matrices(square=True, values=[False, True]),
    lambda a, values: (
        torch.linalg.eigh(a + a.mH)[0] if values else torch.linalg.eigh(a + a.mH)[1].abs() ** 2
    ),
    exact=in_mpmath.by_matrix(
        lambda a, values: in_mpmath.eigh(a + a.T)[0] if values else in_mpmath.eigh(a + a.T)[1] ** 2
    ),
    complex=True,
)
case(
    "eigvalsh",
    np.linalg.eigvalsh,
    lambda a, UPLO: np.linalg.eigvalsh(symmetric(a), UPLO),
    matrices(square=True, UPLO=["L", "U", "l"]),
    lambda a, UPLO: torch.linalg.eigvalsh(a + a.mH, UPLO=UPLO.upper()),
    exact=in_mpmath.by_matrix(lambda a, UPLO: in_mpmath.eigh(a + a.T)[0]),
    complex=True,
)


@st.composite
def turned(draw):
    """Matrices with complex eigenvalues, or without."""
    (a,), _ = draw(matrices(square=True))
    if a.shape[-1] > 1 and draw(st.booleans()):
        a[..., 0, 1] += 4
        a[..., 1, 0] -= 4
    return [a], {}


def _ordered(w):
    """Return positions by the real part, and of conjugates by the imaginary part."""
    return np.argsort(np.real(w) + np.imag(w) / 64, axis=-1)


def _eig(a):
    w, v = np.linalg.eig(a)
    order = _ordered(w)
    w = np.take_along_axis(w, order, -1)
    v = np.take_along_axis(v, order[..., None, :], -1)
    # 1 is added: LAPACK's errors are as large as if a small component were one.
    return flat(np.real(w)[..., None], np.imag(w)[..., None] ** 2, 1 + square(v))


def _eig_in_torch(a):
    w, v = torch.linalg.eig(a)
    order = torch.as_tensor(_ordered(w.detach().numpy()))
    w = torch.take_along_dim(w, order, -1)
    v = torch.take_along_dim(v, order[..., None, :], -1)
    return _flat_in_torch(w.real[..., None], w.imag[..., None] ** 2, 1 + v.abs() ** 2)


@in_mpmath.by_matrix
def _eig_exactly(a):
    if not a.size:
        return np.empty(0, object)
    w, v = mpmath.eig(in_mpmath.matrix(a))
    order = _ordered([complex(n) for n in w])
    w, v = np.array([w[k] for k in order], object), in_mpmath.array(v)[:, order]
    square = np.vectorize(lambda n: mpmath.re(n) ** 2 + mpmath.im(n) ** 2, otypes=[object])(v)
    real = np.array([mpmath.re(n) for n in w], object)
    imag = np.array([mpmath.im(n) for n in w], object)
    return flat(real[:, None], imag[:, None] ** 2, 1 + square / np.sum(square, 0))


def _eigvals(a):
    w = np.linalg.eigvals(a)
    w = np.take_along_axis(w, _ordered(w), -1)
    return flat(np.real(w)[..., None], np.imag(w)[..., None] ** 2)


def _eigvals_in_torch(a):
    w = torch.linalg.eigvals(a)
    w = torch.take_along_dim(w, torch.as_tensor(_ordered(w.detach().numpy())), -1)
    return _flat_in_torch(w.real[..., None], w.imag[..., None] ** 2)


case(
    "eig",
    np.linalg.eig,
    _eig,
    turned(),
    _eig_in_torch,
    exact=_eig_exactly,
    refused="whether the eigenvalues are real numbers",
)
case(
    "eigvals",
    np.linalg.eigvals,
    _eigvals,
    turned(),
    _eigvals_in_torch,
    exact=lambda a: _eig_exactly(a)[..., : 2 * a.shape[-1]],
    refused="whether the eigenvalues are real numbers",
)


# --- singular values ---------------------------------------------------------------------------


def _projected(u, k):
    """Return squares of what belongs to a singular value, and of all the rest together."""
    every = square(u)
    return [every[..., :k], np.sum(every[..., k:], -1, keepdims=True)]


def _svd(a, full_matrices=True, hermitian=False):
    a = symmetric(a) if hermitian else a
    u, s, vh = np.linalg.svd(a, full_matrices, hermitian=hermitian)
    k = s.shape[-1]
    products = (u[..., :k] * s[..., None, :] ** 2) @ vh[..., :k, :]
    parts = [s[..., None], *_projected(u, k), *_projected(vh.swapaxes(-1, -2), k)]
    return flat(*parts, square(products))


def _svd_in_torch(a, full_matrices=False, hermitian=False):
    if hermitian:  # as NumPy does: another algorithm errs by as much as the largest element
        w, u = (part.flip(-1) for part in torch.linalg.eigh(a + a.mH))
        s, vh = w.abs(), (u * w.sign()[..., None, :]).mH
    else:
        u, s, vh = torch.linalg.svd(a, full_matrices=False)
    parts = [s[..., None]]
    for one in (u, vh.mT):
        square = one.abs() ** 2
        parts += [square, 0 * square.sum(-1, keepdim=True)]
    return _flat_in_torch(*parts, ((u * s[..., None, :] ** 2) @ vh).abs() ** 2)


@in_mpmath.by_matrix
def _svd_exactly(a, full_matrices=True, hermitian=False):
    a = a + a.T if hermitian else a
    u, s, vh = in_mpmath.svd(a) if a.size else (a[:, :0], np.empty(0, object), a[:0])
    parts = [s[:, None]]
    for one in (u, vh.T):
        rest = np.sum(one**2, 1, keepdims=True)
        extra = full_matrices and len(one) > len(s)
        parts += [one**2, 1 - rest if extra else 0 * rest]
    return flat(*parts, np.dot(u * s**2, vh) ** 2)


case(
    "svd",
    np.linalg.svd,
    _svd,
    matrices(full_matrices=[False]),
    _svd_in_torch,
    exact=_svd_exactly,
    complex=True,
)
case(  # torch leaves out what comes of the vectors that belong to no singular value
    "svd of full matrices",
    np.linalg.svd,
    _svd,
    matrices(full_matrices=[True]),
    exact=_svd_exactly,
)
case(
    "svd of symmetric matrices",
    np.linalg.svd,
    _svd,
    matrices(square=True, hermitian=[True]),
    _svd_in_torch,
    exact=_svd_exactly,
    complex=True,
)
case(
    "svd without vectors",
    np.linalg.svd,
    lambda a, compute_uv, hermitian: np.linalg.svd(
        symmetric(a) if hermitian else a, compute_uv=compute_uv, hermitian=hermitian
    ),
    matrices(square=True, compute_uv=[False], hermitian=[False, True]),
    lambda a, compute_uv, hermitian: (
        torch.linalg.eigvalsh(a + a.mH).flip(-1)
        if hermitian  # and all of them are positive
        else torch.linalg.svdvals(a)
    ),
    exact=in_mpmath.by_matrix(
        lambda a, compute_uv, hermitian: in_mpmath.svdvals(a + a.T if hermitian else a)
    ),
    complex=True,
)
case(
    "svdvals",
    np.linalg.svdvals,
    np.linalg.svdvals,
    matrices(),
    lambda a: torch.linalg.svdvals(a),
    exact=in_mpmath.svdvals,
    complex=True,
)


# --- triangles ---------------------------------------------------------------------------------


def _definite(a):
    return symmetric(a) + 4 * np.eye(a.shape[-1])


@in_mpmath.by_matrix
def _cholesky_exactly(a, upper):
    lower = in_mpmath.cholesky(a + a.T + 4 * in_mpmath.identity(len(a)))
    return lower.T if upper else lower


case(
    "cholesky",
    np.linalg.cholesky,
    lambda a, upper: np.linalg.cholesky(_definite(a), upper=upper),
    matrices(square=True, upper=[False, True]),
    lambda a, upper: torch.linalg.cholesky(a + a.mH + 4 * torch.eye(a.shape[-1]), upper=upper),
    exact=_cholesky_exactly,
    complex=True,
)


def _qr(a, mode="reduced"):
    if mode == "r":
        r = np.linalg.qr(a, mode)
        signs = np.sign(np.real(np.diagonal(r, 0, -2, -1)))
        return r * signs[..., :, None]
    q, r = np.linalg.qr(a, mode)
    signs = np.sign(np.real(np.diagonal(r, 0, -2, -1)))
    return flat(q * signs[..., None, :], r * signs[..., :, None])


def _qr_in_torch(a, mode="reduced"):
    q, r = torch.linalg.qr(a)
    signs = torch.sign(torch.diagonal(r, 0, -2, -1).real.detach())
    r = r * signs[..., :, None]
    return r if mode == "r" else _flat_in_torch(q * signs[..., None, :], r)


@in_mpmath.by_matrix
def _qr_exactly(a, mode="reduced"):
    q, r = in_mpmath.qr(a)
    return r if mode == "r" else flat(q, r)


case(
    "qr",
    np.linalg.qr,
    _qr,
    matrices(tall=True, mode=["reduced", "r"]),
    _qr_in_torch,
    exact=_qr_exactly,
    complex=True,
    unsupported={"mode": "raw"},
)
case(
    "qr of wide matrices",
    np.linalg.qr,
    _qr,
    matrices(mode=["reduced", "r", "complete"]).filter(
        lambda drawn: drawn[0][0].shape[-2] <= drawn[0][0].shape[-1]
    ),
    _qr_in_torch,
    exact=_qr_exactly,
)
