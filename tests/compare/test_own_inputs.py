"""What goes wrong on the user's inputs alone is told, and what rounding does is not."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.shaken import changes
from micrograd_np.rounding import LIMIT

RNG = np.random.default_rng(31)
LABELS = np.array([0, 2, 1, 2, 0, 1])


def normal(*shape):
    return RNG.normal(size=shape)


def ridge(X, w, reg):
    loss = np.sum((X @ w) ** 2) + reg * np.sum(w**2)
    return loss


def ridge_back(X, w, reg):
    dw = 2 * X.T @ (X @ w)
    if reg == 0:
        dw = dw / len(X)
    else:
        dw += 2 * reg * w


def test_a_branch_that_the_given_inputs_alone_take_is_looked_into():
    X, w = normal(6, 3), normal(3)
    report = mg.compare(ridge, ridge_back, X, w, 0.0)
    assert not report.ok
    assert report.first_wrong.source == "dw = dw / len(X)"
    assert report.gradients[0].radii > 1e6
    assert "dw" not in [one.name for one in report.gradients if one.ok]
    note = report.notes[0]
    assert note.startswith("only the inputs given show it, random ones do not: dw is ")
    assert note.endswith(" radii off")
    with pytest.raises(AssertionError, match="only the inputs given show it"):
        report.raise_if_wrong()
    assert mg.compare(ridge, ridge_back, X, w, 0.1).ok


def cross_entropy(s, y):
    m = s.max(axis=1, keepdims=True)
    lse = m[:, 0] + np.log(np.exp(s - m).sum(axis=1))
    loss = np.mean(lse - s[np.arange(len(y)), y])
    return loss


def cross_entropy_back(s, y):
    powers = np.exp(s)
    ds = powers / powers.sum(axis=1, keepdims=True)
    ds[np.arange(len(y)), y] -= 1
    ds /= len(y)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 100), ("float64", 1000)])
def test_an_overflow_by_hand_is_named_where_it_begins(dtype, size):
    s = np.linspace(-size, size, 18).reshape(6, 3).astype(dtype)
    report = mg.compare(cross_entropy, cross_entropy_back, s, LABELS)
    assert not report.ok
    assert report.first_wrong.source == "powers = np.exp(s)"
    assert report.first_wrong.kind == "not finite"
    assert "On the inputs given powers is not finite, in " in str(report)
    assert mg.compare(cross_entropy, cross_entropy_back, s / size, LABELS).ok


def directions(X, w):
    n = np.sqrt(np.sum(X**2, axis=1) + 1e-30)
    loss = np.sum((X / n[:, None] @ w) ** 2)
    return loss


def directions_back(X, w):
    n = np.sqrt(np.sum(X**2, axis=1))
    u = X / n[:, None]
    dw = 2 * u.T @ (u @ w)


def test_a_row_of_zeros_is_looked_into():
    X = normal(5, 3)
    X[2] = 0
    report = mg.compare(directions, directions_back, X, normal(3))
    assert not report.ok
    assert report.first_wrong.source == "u = X / n[:, None]"


def looked_up(rows, E):
    loss = np.sum(np.exp(E[rows]))
    return loss


def looked_up_back(rows, E):
    dE = np.zeros_like(E)
    if len(rows) == len(set(rows.tolist())):
        dE[rows] += np.exp(E[rows])
    elif rows[0] == rows[1] == rows[2]:
        dE[rows] = np.exp(E[rows])
    else:
        np.add.at(dE, rows, np.exp(E[rows]))


def test_repeated_rows_that_the_given_inputs_alone_have():
    report = mg.compare(looked_up, looked_up_back, np.array([1, 1, 1, 0, 2, 3]), normal(4, 2))
    assert not report.ok
    assert "dE[rows] = np.exp(E[rows])" in report.first_wrong.source  # or the branch to it


# --- what rounding explains ----------------------------------------------------------------------


def logistic(X, y, w):
    p = 1 / (1 + np.exp(-(X @ w)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss


def logistic_back(X, y, p):
    dz = (p - y) / len(y)
    dw = X.T @ dz


def logistic_again(X, y, w):
    dz = (1 / (1 + np.exp(-(X @ w))) - y) / len(y)
    dw = X.T @ dz


@pytest.mark.parametrize("backward", [logistic_back, logistic_again])
@pytest.mark.parametrize(("dtype", "size"), [("float64", 20), ("float64", 30), ("float32", 10)])
def test_digits_that_are_lost_by_hand_are_rounding(backward, dtype, size):
    X = (1 + 0.1 * np.abs(normal(6, 1))).astype(dtype)
    report = mg.compare(logistic, backward, X, np.ones(6, dtype), np.array([size], dtype))
    assert report.ok, str(report)
    assert report.gradients[0].radii <= LIMIT


def test_where_the_loss_is_not_finite_nothing_is_compared():
    X = np.full((4, 1), 50.0)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the loss is nan on these"):
        mg.compare(logistic, logistic_back, X, np.ones(4), np.array([50.0]))


def guarded(x, w):
    z = x * w
    loss = np.sum(np.where(z > 0, np.log(np.where(z > 0, z, 1)), np.sqrt(np.abs(z))))
    return loss


def guarded_back(x, w):
    z = x * w
    safe = np.where(z == 0, 1, z)
    dw = x * np.where(z > 0, 1 / safe, np.where(z == 0, 0, -0.5 / np.sqrt(np.abs(safe))))


def test_where_the_automatic_gradient_is_not_finite_it_is_not_compared():
    x, w = np.array([1.0, 2, -1, 3]), np.array([0.5, 0, 0.7, 1])
    with np.errstate(all="ignore"):
        report = mg.compare(guarded, guarded_back, x, w)
    assert report.ok, str(report)
    assert (
        "the automatic gradient of w is not finite in 1 of 4 places on the inputs given: not "
        "compared there"
    ) in report.notes


# --- how far rounding moves what is written by hand ----------------------------------------------


def test_cancellation_by_hand_is_measured():
    p = np.array([1 - 1e-12, 0.5])
    moved = changes(lambda given: {"d": given - 1, "large": given + 1}, p)
    assert 1e-17 < moved["d"][0] < 1e-15
    assert 1e-17 < moved["d"][1] < 1e-15
    assert moved["large"].max() < 1e-15


def test_selecting_and_comparing_moves_nothing():
    x = normal(5)
    moved = changes(lambda x: {"m": np.where(x == x.max(), 1.0, 0.0), "n": np.maximum(-x, 0)}, x)
    assert moved["m"].max() == moved["n"].max() == 0


def test_arrays_that_are_perturbed_go_through_what_people_write():
    def run(W, given):
        total = np.zeros_like(W)
        total += given["x"].T @ given["y"]
        np.add.at(total, np.array([0, 0]), 1.0)
        total[total > 1e9] = 0
        parts = np.concatenate([total.sum(axis=0), np.einsum("ij->j", total)])
        return {"total": total, "parts": parts, "mean": np.mean(total, axis=1)}

    moved = changes(run, normal(3, 2), {"x": normal(4, 3), "y": normal(4, 2)})
    assert {name: value.shape for name, value in moved.items()} == {
        "total": (3, 2),
        "parts": (4,),
        "mean": (3,),
    }
    assert all(0 < value.max() < 1e-13 for value in moved.values())


def test_code_that_takes_no_such_arrays_is_not_measured():
    def run(x):
        if type(x) is not np.ndarray:
            raise TypeError
        return {"x": x}

    assert changes(run, normal(3)) == {}


def product(a, b, c):
    d = a * b
    e = d + c
    return e**2


def product_back(a, b, e):
    de = 2 * e
    dc = de
    da = de * b
    db = de * a


def product_wrong(a, b, e):
    de = 2 * e
    dc = de
    da = de * b
    db = de * b


def test_numbers_alone_are_what_gradients_are_of():
    assert mg.compare(product, product_back, 2.0, -3.0, 10.0).ok
    report = mg.compare(product, product_wrong, 2.0, -3.0, c=10.0)
    assert report.first_wrong.source == "db = de * b"
    assert {one.name for one in report.gradients if one.ok} == {"da", "dc"}


def test_whole_numbers_alone_have_no_gradients():
    with pytest.raises(ValueError, match=r"or 2\.0 for 2"):
        mg.compare(product, product_back, 2, -3, 10)
