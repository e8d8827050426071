"""Polynomials, given by their coefficients."""

import warnings

import mpmath
import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table.calculus import their_convolve


@st.composite
def rows(draw, count, min_size=1, max_size=4):
    """Rows of coefficients, none of which is zero."""
    shapes = [(draw(st.integers(min_size, max_size)),) for _ in range(count)]
    return [draw(strategies.arrays(s, margin=1 / 2 ** (4 + k))) for k, s in enumerate(shapes)], {}


@st.composite
def coefficients_and_places(draw):
    (p,), _ = draw(rows(1))
    return [p, draw(strategies.arrays(draw(strategies.shapes()), margin=1 / 32))], {}


def their_polyval(p, x):
    total = x * 0
    for k in range(p.shape[0]):
        total = total + p[k] * x ** (p.shape[0] - 1 - k)
    return total


def their_sum(a, b, sign=1):
    count = max(a.shape[0], b.shape[0])
    grow = lambda row: torch.cat([row.new_zeros(count - row.shape[0]), row])
    return grow(a) + sign * grow(b)


def quotient_and_rest(u, v):
    """Both as one row: rounding decides how many zeros the rest begins with."""
    quotient, rest = np.polydiv(u, v)
    return np.concatenate((quotient, np.polyadd(np.zeros(len(u), u.dtype), rest)))


def leaves_all(u, v):
    """Whether no coefficient of the rest happens to be zero, which NumPy would leave out."""
    return len(np.polydiv(u, v)[1]) == max(len(v) - 1, 1)


def their_polydiv(u, v):
    """Solve for the quotient, by a triangular matrix of the divisor's coefficients."""
    steps = u.shape[0] - v.shape[0] + 1
    zeros = u.new_zeros
    matrix = torch.stack([torch.cat([zeros(k), v, zeros(steps - 1 - k)]) for k in range(steps)])
    square = matrix[:, :steps].T
    quotient = torch.linalg.solve_triangular(square, u[:steps, None], upper=False)[:, 0]
    return torch.cat([quotient, zeros(steps), (u - quotient @ matrix)[steps:]])


case("polyval", np.polyval, np.polyval, coefficients_and_places(), their_polyval, complex=True)
case("polyadd", np.polyadd, np.polyadd, rows(2), their_sum, complex=True)
case("polysub", np.polysub, np.polysub, rows(2), lambda a, b: their_sum(a, b, -1), complex=True)
case(
    "polymul",
    np.polymul,
    np.polymul,
    rows(2),
    lambda a, b: their_convolve(a, b, "full"),
    complex=True,
)
case(
    "polydiv",
    np.polydiv,
    quotient_and_rest,
    rows(2, max_size=5)
    .map(lambda drawn: (sorted(drawn[0], key=len, reverse=True), drawn[1]))
    .filter(lambda drawn: leaves_all(*drawn[0])),
    their_polydiv,
)


@st.composite
def derived(draw):
    (p,), _ = draw(rows(1))
    return [p], {"m": draw(st.integers(0, 3))}


@st.composite
def integrated(draw, constants):
    (p,), options = draw(derived())
    m = options["m"]
    shapes = [(m + 1,), (m,), *([(), (1,)] if m else [])]
    return [
        p,
        *([draw(strategies.arrays(draw(st.sampled_from(shapes))))] if constants else []),
    ], options


def their_polyder(p, m):
    for _ in range(m):
        p = p[:-1] * torch.arange(max(p.shape[0] - 1, 0), 0, -1)
    return p + 0


def their_polyint(p, k=None, m=1):
    k = torch.zeros(m) if k is None else k.reshape(-1).expand(max(m, 1)) if k.numel() == 1 else k
    for step in range(m):
        p = torch.cat([p / torch.arange(p.shape[0], 0, -1), k[step].reshape(1)])
    return p + 0


case("polyder", np.polyder, lambda p, m: +np.polyder(p, m), derived(), their_polyder, complex=True)
case("polyint", np.polyint, lambda p, m: +np.polyint(p, m), integrated(False), their_polyint)
case(
    "polyint, k",
    np.polyint,
    lambda p, k, m: np.polyint(p + 0 * k.sum(), m, k=k),
    integrated(True),
    their_polyint,
)


def their_poly(zeros):
    product = torch.ones(1, dtype=zeros.dtype)
    for zero in zeros:
        product = torch.cat([product, zero[None] * 0]) - torch.cat([zero[None] * 0, product * zero])
    return product


case("poly", np.poly, np.poly, rows(1), their_poly)


@st.composite
def of_simple_eigenvalues(draw):
    n = draw(st.integers(1, 3))
    a = draw(strategies.arrays((n, n)))
    w = np.linalg.eigvals(a)
    if (abs(w[:, None] - w) + 9 * np.eye(n)).min() < 0.5:
        a = a + np.diag(np.arange(n) * 3.0)
    return [a], {}


def characteristic(a):
    """The coefficients by traces, without eigenvalues (Faddeev and LeVerrier)."""
    identity = np.eye(a.shape[0])
    power, found = identity, [a[0, 0] * 0 + 1]
    for k in range(1, a.shape[0] + 1):
        product = a @ power
        found.append(-product.diagonal().sum() / k)
        power = product + found[-1] * identity
    return found


case(
    "poly of a matrix",
    np.poly,
    np.poly,
    of_simple_eigenvalues(),
    exact=lambda a: np.array(characteristic(a), object),
    analytic=False,
    refused="whether the eigenvalues are real numbers",
)


@st.composite
def powers(draw):
    x = draw(strategies.arrays((draw(st.integers(0, 3)),)))
    count = st.integers(2, 4)  # fewer do not depend on it
    if len(x) > 1:
        count = count | st.none()
    return [x], {"N": draw(count), "increasing": draw(st.booleans())}


case(
    "vander",
    np.vander,
    np.vander,
    powers(),
    lambda x, N, increasing: their_vander(x, N, increasing),
    complex=True,
)


def their_vander(x, N, increasing):
    count = x.shape[0] if N is None else N
    order = range(count) if increasing else range(count - 1, -1, -1)
    columns = [x**k if k else x * 0 + 1 for k in order]
    return torch.stack(columns, 1) if columns else x.reshape(0, 0)


# --- roots: sums over all of them, since nothing tells which is which --------------------------


def over_roots(p):
    r = np.roots(p)
    return np.real((1 / (r - (4.5 + 1.5j))).sum())


def exact_over_roots(p):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the order of coefficients is deprecated since mpmath 1.4
        roots = mpmath.polyroots(list(p), maxsteps=500, extraprec=500) if len(p) > 1 else []
    return mpmath.re(mpmath.fsum(1 / (r - mpmath.mpc(4.5, 1.5)) for r in roots))


@st.composite
def of_simple_roots(draw):
    (p,), options = draw(rows(1, min_size=2))
    roots = np.roots(p)
    gaps = abs(roots[:, None] - roots) + 9 * np.eye(len(roots))
    if gaps.min() < 0.25:
        p = np.array([1.0, 0.5, -2.0])
    return [p], options


case(
    "roots",
    np.roots,
    over_roots,
    of_simple_roots(),
    exact=exact_over_roots,
    refused="whether the roots are real numbers",
)

# --- fits --------------------------------------------------------------------------------------


@st.composite
def fitted(draw, *more):
    """Places about 1 apart, values there, and weights; and the degree.

    No polynomial goes through the values: the rounding errors of an exact fit would be those of the
    solver alone, which no rounding of the operands shows.
    """
    deg = draw(st.integers(1, 2))
    count = draw(st.integers(deg + 2, 5))
    x = draw(strategies.arrays((count,), -1, 1)) / 4 + np.arange(count) - 0.75
    shape = draw(st.sampled_from([(count,), (count, 2)]))
    weights = [draw(strategies.arrays((count,), 1, 2))] if "w" in more else []
    options = {"deg": deg, "rcond": draw(st.sampled_from([None, 1e-12]))}
    if "cov" in more:
        options["cov"] = draw(st.sampled_from([True, "unscaled"]))
    y = (
        draw(strategies.arrays(shape, -1, 1, margin=1 / 32)).T
        + np.array([0.0, 3.0, -1.0, 4.0, -3.0])[:count]
    )
    return [x, y.T.copy(), *weights], options


def exact_polyfit(x, y, w=None, deg=0, rcond=None):
    """Solve the normal equations."""
    del rcond
    matrix = np.stack([x**k + 0 * x for k in range(deg, -1, -1)], 1)
    right = y.reshape(len(y), -1)
    if w is not None:
        matrix, right = matrix * w[:, None], right * w[:, None]
    inverse = mpmath.inverse(mpmath.matrix((matrix.T @ matrix).tolist()))
    found = np.array(inverse.tolist(), object).reshape(deg + 1, deg + 1) @ (matrix.T @ right)
    return found.reshape(-1, *y.shape[1:])


def with_covariance(x, y, **options):
    found, covariance = np.polyfit(x, y, **options)
    return np.concatenate((np.ravel(found), np.ravel(covariance)))


def in_full(x, y, **options):
    """The coefficients, the sums of squares that are left, and the singular values."""
    found, squares, _, singular, _ = np.polyfit(x, y, full=True, **options)
    return np.concatenate((np.ravel(found), squares, singular))


def square_sums(x, y, found):
    deg = found.shape[0] - 1
    fit = sum(
        x.reshape(-1, 1) ** (deg - k) * found[k : k + 1].reshape(1, -1) for k in range(deg + 1)
    )
    rest = y.reshape(y.shape[0], -1) - fit
    return (rest * rest).sum(0)


def exact_covariance(x, y, deg, rcond, cov):
    matrix = np.stack([x**k + 0 * x for k in range(deg, -1, -1)], 1)
    found = exact_polyfit(x, y, deg=deg)
    inverse = mpmath.inverse(mpmath.matrix((matrix.T @ matrix).tolist()))
    covariance = np.array(inverse.tolist(), object).reshape(deg + 1, deg + 1, 1)
    if cov != "unscaled":
        covariance = covariance * (square_sums(x, y, found) / (len(x) - deg - 1))
    return np.concatenate((found.reshape(-1), covariance.reshape(-1)))


def exact_full(x, y, deg, rcond):
    found = exact_polyfit(x, y, deg=deg)
    matrix = np.stack([x**k + 0 * x for k in range(deg, -1, -1)], 1)
    matrix = matrix / np.frompyfunc(mpmath.sqrt, 1, 1)((matrix * matrix).sum(0))
    singular = mpmath.svd_r(mpmath.matrix(matrix.tolist()), compute_uv=False)
    return np.concatenate((found.reshape(-1), square_sums(x, y, found), np.array(list(singular))))


case(
    "polyfit, cov",
    np.polyfit,
    with_covariance,
    fitted("cov"),
    exact=exact_covariance,
    analytic=False,
)
case(
    "polyfit, full",
    np.polyfit,
    in_full,
    fitted(),
    exact=exact_full,
    analytic=False,
)
for _name, _draw in (("polyfit", fitted()), ("polyfit, w", fitted("w"))):
    case(
        _name,
        np.polyfit,
        lambda x, y, *w, **options: np.polyfit(x, y, **options, **({"w": w[0]} if w else {})),
        _draw,
        exact=exact_polyfit,
        analytic=False,
    )
