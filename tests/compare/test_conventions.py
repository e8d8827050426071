"""A kink that is hit exactly: another slope than the automatic one is a convention, no mistake."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import numpy as np
import pytest

import micrograd_np as mg
from compare.right_passes import softmax
from micrograd_np.rounding import LIMIT

RNG = np.random.default_rng(23)


def normal(*shape):
    return RNG.normal(size=shape)


X = normal(6, 4)
X[:2] = 0  # with biases of zero, the hidden units of these rows are at their kink
LABELS = np.array([0, 2, 1, 2, 0, 1])
NET = X, LABELS, normal(4, 5), np.zeros(5), normal(5, 3)


def kinks(report):
    return [note for note in report.notes if note.endswith("both are right.")]


def net(X, y, W1, b1, W2):
    z = X @ W1 + b1
    h = np.maximum(z, 0)
    p = softmax(h @ W2)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    return loss


def until_h(y, W2, p):
    ds = p.copy()
    ds[np.arange(len(y)), y] -= 1
    ds /= len(y)
    return ds, ds @ W2.T


def below(X, y, W2, z, h, p):
    ds, dh = until_h(y, W2, p)
    dW2 = h.T @ ds
    dh[z <= 0] = 0
    dW1 = X.T @ dh
    db1 = dh.sum(axis=0)


def above(X, y, W2, z, h, p):
    ds, dh = until_h(y, W2, p)
    dW2 = h.T @ ds
    dh[z < 0] = 0
    dW1 = X.T @ dh
    db1 = dh.sum(axis=0)


@pytest.mark.parametrize(("backward", "slope"), [(below, "0"), (above, "1")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_slopes_of_a_rectifier_are_right_and_named(backward, slope, dtype):
    inputs = [a.astype(dtype) if a.dtype.kind == "f" else a for a in NET]
    report = mg.compare(net, backward, *inputs)
    assert report.ok, str(report)
    (note,) = kinks(report)
    first = net.__code__.co_firstlineno
    assert note.startswith(
        f"line {first + 2}, `h = np.maximum(z, 0)`: np.maximum is exactly at its"
    )
    assert "in 10 of 30 places" in note
    assert f"the slope 0.5 there, yours {slope}: both are right." in note
    assert all(one.radii <= LIMIT for one in report.gradients)
    assert all(line.radii is None or line.radii <= LIMIT for line in report.lines)
    assert note in " ".join(str(report).split())


def double_on_zero_rows(X, y, W2, z, h, p):
    ds, dh = until_h(y, W2, p)
    dW2 = h.T @ ds
    dh[z <= 0] = 0
    dW1 = X.T @ dh
    db1 = dh.sum(axis=0) * 2 if not X[0].any() else dh.sum(axis=0)


def test_a_kink_does_not_excuse_a_mistake():
    report = mg.compare(net, double_on_zero_rows, *NET)
    assert not report.ok
    assert [one.name for one in report.gradients if not one.ok] == ["db1"]
    assert not kinks(report)


def test_where_no_kink_is_hit_none_is_named():
    assert mg.compare(net, above, normal(6, 4), *NET[1:]).notes == ()


# --- other kinks ---------------------------------------------------------------------------------


def with_relu(x, w):
    z = x * w
    loss = np.sum(np.sin(mg.relu(z) + z))
    return loss


def with_relu_back(x, z):
    dw = x * np.cos(np.maximum(z, 0) + z) * (1 + (z >= 0))


def with_abs(x, w):
    z = x * w
    loss = np.sum(np.abs(z)) + np.sum(np.abs(w))
    return loss


def with_abs_back(x, w, z):
    dw = x * np.where(z > 0, 1.0, -1.0) + np.where(w >= 0, 1.0, -1.0)


def with_minimum(x, w):
    z = x * w
    loss = np.sum(np.minimum(1.0, z) * z)
    return loss


def with_minimum_back(x, w, z):
    dw = x * (np.minimum(1.0, z) + z * (z < 1))


def with_where(x, w):
    z = x * w
    loss = np.sum(np.sin(1 + np.where(z > 0, z, 0.1 * z)))
    return loss


def with_where_back(x, w, z):
    dz = np.cos(1 + np.where(z > 0, z, 0.1 * z))
    dz[z < 0] *= 0.1
    dw = x * dz


def with_assignment(x, w):
    h = x * w
    h[h <= 0] = 0
    loss = np.sum(np.exp(h))
    return loss


def with_assignment_back(x, w, h):
    dw = x * np.exp(h) * (x * w >= 0)


def by_element(x, w):
    total = 0.0
    for i in range(len(x)):
        z = x[i] * w[i]
        total += np.sin(max(0.0, z) + 1)
    return total


def by_element_back(x, w):
    dw = np.zeros_like(w)
    for i in range(len(x)):
        z = x[i] * w[i]
        if z >= 0:
            dw[i] = x[i] * np.cos(z + 1)


def with_max(x, w):
    m = (x * w).reshape(2, 3).max(axis=1)
    loss = np.sum(np.exp(m))
    return loss


def with_max_back(x, w, m):
    dz = np.zeros((2, 3))
    dz[np.arange(2), (x * w).reshape(2, 3).argmax(axis=1)] = np.exp(m)
    dw = x * dz.ravel()


ZEROS = np.array([0.0, 1.0, -2.0, 0.0, 3.0, -1.0])


@pytest.mark.parametrize(
    ("forward", "backward", "w", "said"),
    [
        (with_relu, with_relu_back, ZEROS, "mg.relu is exactly at its kink in 2 of 6 places"),
        (with_abs, with_abs_back, ZEROS, "takes the slope 0 there, yours 1: both"),
        (with_minimum, with_minimum_back, ZEROS, "takes the slope 0.5 there, yours 0: both"),
        (with_where, with_where_back, ZEROS, "> compares equal numbers in 2 of 6 places"),
        (with_assignment, with_assignment_back, ZEROS, "that of True, yours that of False: both"),
        (by_element, by_element_back, ZEROS, "compares equal numbers in 2 of 6 places"),
        (with_max, with_max_back, np.ones(6), "yours goes to the first one: both are right."),
    ],
)
def test_the_kinks_of_other_operations(forward, backward, w, said):
    x = np.full(6, 0.3 if forward is with_abs else 1.0)
    report = mg.compare(forward, backward, x, w)
    assert report.ok, str(report)
    assert any(said in note for note in kinks(report)), report.notes
    assert all(one.radii <= LIMIT for one in report.gradients)


def test_two_kinks_in_one_line_are_told_apart():
    report = mg.compare(with_abs, with_abs_back, np.full(6, 0.3), ZEROS)
    assert sorted(note.rpartition("yours ")[2] for note in kinks(report)) == [
        "-1: both are right.",
        "1: both are right.",
    ]


def pooled_twice(x, w, m):
    z = (x * w).reshape(2, 3)
    dw = x * (np.exp(m)[:, None] * (z == m[:, None])).ravel()


def large(x, w):
    m = (x + w).reshape(2, 3).max(axis=1)
    loss = np.sum(np.exp(m))
    return loss


def large_back(x, w, m):
    dw = (np.exp(m)[:, None] * ((x + w).reshape(2, 3) == m[:, None])).ravel()


def test_elements_that_rounding_may_decide_are_counted_and_not_compared():
    report = mg.compare(with_max, pooled_twice, np.ones(6), np.full(6, 0.3))
    assert report.ok
    assert report.notes == (
        "dw: on the inputs given, 6 elements hang on a kink that rounding may cross: not compared",
    )


def test_ties_that_all_get_the_whole_gradient_are_wrong_and_said_to_be_ties():
    report = mg.compare(large, large_back, np.zeros(6), np.zeros(6))
    assert not report.ok
    assert any(
        "np.max has several equal elements to choose from in 2 of 2 places: what they get of the "
        "gradient has to add up to the whole" in note
        for note in report.notes
    )


# --- no false alarm ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_right_networks_full_of_kinks_are_right(seed):
    rng = np.random.default_rng(seed)
    N, D, H, K = (int(n) for n in rng.integers(1, 4, 4))
    dtype = rng.choice(["float32", "float64"])
    X = rng.integers(-1, 2, (N, D)).astype(dtype)
    W1 = (rng.normal(size=(D, H)) * (seed % 3 > 0)).astype(dtype)
    W2 = (rng.normal(size=(H, K + 1)) * (seed % 5 > 0)).astype(dtype)
    y = rng.integers(K + 1, size=N)
    backward = (below, above)[seed % 2]
    report = mg.compare(net, backward, X, y, W1, np.zeros(H, dtype), W2)
    assert report.ok, str(report)
    assert all(one.radii <= LIMIT for one in report.gradients), str(report)
