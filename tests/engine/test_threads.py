"""Threads that train separately give what one gives."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import micrograd_np as mg


def train(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((12, 4)), rng.integers(3, size=12)
    W1 = mg.tensor(rng.standard_normal((4, 6)), requires_grad=True)
    W2 = mg.tensor(rng.standard_normal((6, 3)), requires_grad=True)
    for _ in range(30):
        loss = mg.cross_entropy(mg.relu(X @ W1) @ W2, y)
        loss.backward()
        for w in (W1, W2):
            w.data -= 0.1 * w.grad
            w.zero_grad()
        with mg.no_grad():
            assert not (X @ W1).requires_grad
    hessian_of_one = mg.grad(mg.grad(lambda x: np.sum(mg.sigmoid(x * W2.data))))(0.5)
    return W1.data, W2.data, hessian_of_one


def test_threads_give_what_one_gives():
    alone = [train(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(train, range(8)))
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
