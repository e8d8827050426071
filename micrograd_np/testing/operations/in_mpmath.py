"""Linear algebra of arrays of mpmath's numbers, matrix by matrix."""

import mpmath
import numpy as np


def by_matrix(function):
    """Return a function of stacks of matrices of objects, given that of a single one."""

    def of_stack(a, *others, **options):
        shape = a.shape[:-2]
        results = [function(a[i], *others, **options) for i in np.ndindex(shape)]
        if not results:
            anything = np.eye(*a.shape[-2:]) * mpmath.mpf(1)
            results = [function(anything, *others, **options)]
            return np.empty((*shape, *np.shape(results[0])), object)
        out = np.empty((len(results), *np.shape(results[0])), object)
        for i, result in enumerate(results):
            out[i] = result
        return out.reshape((*shape, *out.shape[1:]))

    return of_stack


def array(matrix):
    """Return a matrix of mpmath's as an array."""
    out = np.empty((matrix.rows, matrix.cols), object)
    for index in np.ndindex(out.shape):
        out[index] = matrix[index]
    return out


def matrix(a):
    made = mpmath.matrix(*a.shape)
    for index in np.ndindex(a.shape):
        made[index] = a[index]
    return made


def identity(n):
    return np.array([[mpmath.mpf(i == j) for j in range(n)] for i in range(n)], object)


@by_matrix
def inv(a):
    return array(matrix(a) ** -1) if a.size else a


@by_matrix
def det(a):
    return mpmath.det(matrix(a)) if a.size else mpmath.mpf(1)


def solve(a, b):
    return inv(a) @ b


@by_matrix
def pinv(a):
    m, n = a.shape
    if not a.size:
        return a.T
    return inv(a.T @ a) @ a.T if m >= n else a.T @ inv(a @ a.T)


@by_matrix
def eigenvalues(a):
    """Return those of a symmetric matrix, the least first."""
    return eigh(a)[0]


def eigh(a):
    if not a.size:
        return np.empty(0, object), a
    w, v = mpmath.eigsy(matrix(a))
    order = sorted(range(len(w)), key=lambda k: w[k])
    return np.array([w[k] for k in order], object), array(v)[:, order]


def svd(a, full_matrices=False):
    """Return the singular values, the largest first, and the vectors."""
    m, n = a.shape
    if m < n:
        vt, s, u = svd(a.T, full_matrices)
        return u.T, s, vt.T
    u, s, vh = mpmath.svd_r(matrix(a))
    order = sorted(range(n), key=lambda k: -s[k])
    s = np.array([s[k] for k in order], object)
    return array(u)[:, order], s, array(vh)[order]


@by_matrix
def svdvals(a):
    return svd(a)[1] if a.size else np.empty(0, object)


@by_matrix
def cholesky(a):
    return array(mpmath.cholesky(matrix(a))) if a.size else a


def qr(a):
    """Return factors with a positive diagonal, by Gram and Schmidt."""
    m, n = a.shape
    k = min(m, n)
    q = np.empty((m, k), object)
    for j in range(k):
        column = a[:, j]
        for i in range(j):
            column = column - np.dot(q[:, i], a[:, j]) * q[:, i]
        q[:, j] = column / mpmath.sqrt(np.dot(column, column))
    return q, np.dot(q.T, a)


def norm(a, order):
    """Return a norm of a matrix."""
    if order in (2, -2, "nuc"):
        s = svd(a)[1]
        return np.sum(s) if order == "nuc" else (s[0] if order == 2 else s[-1])
    if order in (None, "fro", "f"):
        return mpmath.sqrt(np.sum(a * a))
    sums = np.sum(abs(a), 0 if abs(order) == 1 else 1)
    return max(sums) if order > 0 else min(sums)
