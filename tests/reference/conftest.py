"""What the tests of the hand-written side share: oracles, and the bounds they are held to."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import distance, rounding_radius
from reference import layers


@pytest.fixture
def complex_step():
    """Return the derivative of a real scalar function, from one complex evaluation per element.

    f(x + ih) = f(x) + ih f'(x) - h^2/2 f''(x) - ...: the imaginary part over h is f'(x) up to a
    term in h^2. With h = 1e-200 this term is nothing, and since no two close numbers are ever
    subtracted, there is no rounding error to trade against it, as there is for finite differences.
    """

    def gradient(f, x, h=1e-200):
        result = np.empty(x.shape)
        for index in np.ndindex(x.shape):
            moved = x.astype(np.complex128)
            moved[index] += 1j * h
            result[index] = f(moved).imag / h
        return result

    return gradient


@pytest.fixture
def within():
    """Return a comparison that does not broadcast: same shape, same dtype, then each element."""

    def compare(a, b, bound):
        assert np.shape(a) == np.shape(b) == np.shape(bound)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        return bool((np.abs(a - b) <= bound).all())

    return compare


@pytest.fixture
def gradient_bounds():
    """Return how far apart rounding can bring two correct computations of the same gradients.

    For a network in the column convention of `reference.layers`: "do", "dW" and "db" are numbered
    as there, and "loss" is a scalar. Each bound is eps times a number of roundings times the sum of
    the absolute values of the terms that are added up:

    - A sum of n products, in whatever order, is within n eps/2 of the sum of their absolute values
      (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1). So the absolute
      terms are the same network with every sign positive, and `roundings` counts the longest chain
      of operations; its factor 4 is for two computations, one of which may be complex.
    - An error e in a score changes the logarithm of a probability by at most 2e, so errors of
      the scores enter dL/di^n multiplied by twice their absolute terms; K stands for the maximum
      subtracted, which a complex step differentiates with the rest: the largest probability is at
      least 1/K, and so is its share in the sum of absolute terms.
    """

    def bounds(X, y, W, b, reg=0.0):
        n, N, K = len(W), X.shape[1], W[-1].shape[0]
        o = [np.abs(X)]
        for Wk, bk in zip(W, b, strict=True):
            o.append(np.abs(Wk) @ o[-1] + np.abs(bk))

        widths = [X.shape[0], *(Wk.shape[0] for Wk in W)]
        roundings = 4 * (sum(width + 1 for width in widths) * 2 + N + K + 10)
        unit = roundings * np.finfo(X.dtype).eps
        largest = o[-1].max(axis=0, keepdims=True)

        di = layers.forward(X, y, W, b)["o"][n].copy()
        di[y, np.arange(N)] += 1  # the absolute terms of T - onehot(y)
        di *= (1 + 2 * largest + 2 * K) / N
        do, dW, db = [None] * (n + 1), [None] * n, [None] * n
        for k in range(n, 0, -1):
            dW[k - 1] = unit * (di @ o[k - 1].T + reg * np.abs(W[k - 1]))
            db[k - 1] = unit * di.sum(axis=1, keepdims=True)
            di = np.abs(W[k - 1]).T @ di
            do[k - 1] = unit * di
        squares = 0.5 * reg * sum((Wk * Wk).sum() for Wk in W)
        loss = unit * ((2 * largest + K).mean() + squares)
        return {"do": do, "dW": dW, "db": db, "loss": loss}

    return bounds


@pytest.fixture
def draw():
    """Return a function that draws a network of the given widths and examples, from a seed."""

    def network(seed, widths, N, dtype=np.float64):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((widths[0], N)).astype(dtype)
        y = rng.integers(widths[-1], size=N)
        sizes = list(zip(widths[1:], widths[:-1], strict=True))
        W = [rng.standard_normal(size).astype(dtype) for size in sizes]
        b = [rng.standard_normal((rows, 1)).astype(dtype) for rows, _ in sizes]
        return SimpleNamespace(X=X, y=y, W=W, b=b)

    return network


@pytest.fixture
def radii():
    """Return the gradients of sum(out * dout), automatically, and how far rounding may move them.

    The result has "out" itself, and "dx" for an array that is given as `x=`.
    """

    def measure(out, dout, **arrays):
        everything = tuple(range(len(arrays)))

        def run(*given):
            gradients = mg.grad(lambda *a: (out(*a) * dout).sum(), everything)(*given)
            named = zip(arrays, gradients, strict=True)
            return {"out": out(*given)} | {f"d{name}": gradient for name, gradient in named}

        return rounding_radius(run, *arrays.values())

    return measure


@pytest.fixture
def assert_equals_automatic_and_steps(radii, complex_step):
    """Return an assertion that gradients are the automatic ones, and those of complex steps.

    `recorded` computes what `out` does, by operations whose rounding is to be allowed for instead.
    """

    def check(by_hand, out, dout, recorded=None, **arrays):
        wanted = radii(recorded or out, dout, **arrays)
        for name, array in arrays.items():
            radius = wanted[f"d{name}"]
            found = distance(by_hand[f"d{name}"], radius)
            assert found.ok, f"d{name} is not the automatic one: {found}"

            def moved(value, name=name):
                return (out(*(arrays | {name: value}).values()) * dout).sum()

            found = distance(by_hand[f"d{name}"], replace(radius, value=complex_step(moved, array)))
            assert found.ok, f"d{name} is not that of complex steps: {found}"

    return check


@pytest.fixture
def assert_equals_torch(radii):
    """Return an assertion that the output and its gradients are PyTorch's."""
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    torch.set_num_threads(1)

    def check(by_hand, recorded, torch_out, dout, **arrays):
        leaves = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
        theirs = torch_out(*leaves.values())
        (theirs * torch.as_tensor(np.array(dout))).sum().backward()
        values = {"out": theirs.detach().numpy()}
        values |= {f"d{name}": leaf.grad.numpy() for name, leaf in leaves.items()}
        for name, radius in radii(recorded, dout, **arrays).items():
            found = distance(by_hand[name], replace(radius, value=values[name]))
            assert found.ok, f"{name} is not PyTorch's: {found}"

    return check


@pytest.fixture
def run_locked():
    """Return a function that runs both passes of a layer, and returns all that they computed.

    Every array they are given is read-only, so writing into one is an error. The backward pass must
    give the same with the values of the forward pass as without.
    """

    def run(layer, *args, dout=None, **options):
        given = args if dout is None else (*args, dout)
        for array in given:
            array.flags.writeable = False
        values = layer.forward(*args, **options)
        for value in values.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        gradients = layer.backward(*given, **options, values=values)
        without = layer.backward(*given, **options)
        assert list(gradients) == list(without)
        assert all(np.array_equal(gradients[name], without[name]) for name in gradients)
        return values | gradients

    return run
