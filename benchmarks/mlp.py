"""Networks of ReLU layers under a softmax: one training step in float32, by everybody.

Each contender computes loss and gradients of the same batch from the same weights, and takes a
step of plain gradient descent.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

LR = 1e-3
EXPRESSION = "cross_entropy(scores, y), scores = relu(relu(x @ W + b) @ W + b) ... @ W + b"


def start(widths: Sequence[int], rows: int) -> tuple[list[Any], Any, Any]:
    """Return weights, a batch and its labels."""
    rng = np.random.default_rng(0)
    params = []
    for n, m in pairwise(widths):
        scale = np.float32(math.sqrt(2 / n))
        params += [rng.standard_normal((n, m), np.float32) * scale, np.zeros(m, np.float32)]
    x = rng.standard_normal((rows, widths[0]), np.float32)
    return params, x, rng.integers(0, widths[-1], rows)


def by_hand(widths: Sequence[int], rows: int) -> Run:
    """Write the step out in NumPy, as fast as a careful person writes it."""
    params, x, y = start(widths, rows)
    weights, biases = params[::2], params[1::2]
    every = np.arange(rows)

    def step() -> Any:
        h = [x]
        for i, (W, b) in enumerate(zip(weights, biases, strict=True)):
            z = h[-1] @ W
            z += b
            if i < len(weights) - 1:
                np.maximum(z, 0, out=z)
            h.append(z)
        scores = h.pop()
        scores -= scores.max(axis=1, keepdims=True)
        g = np.exp(scores)
        total = g.sum(axis=1, keepdims=True)
        loss = (np.log(total).sum() - scores[every, y].sum()) / rows
        g /= total
        g[every, y] -= 1
        g /= rows
        for i in range(len(weights) - 1, -1, -1):
            dW = h[i].T @ g
            db = g.sum(axis=0)
            if i:
                g = g @ weights[i].T
                g *= h[i] > 0
            dW *= LR
            weights[i] -= dW
            db *= LR
            biases[i] -= db
        return loss

    return Run(step, lambda: [a for pair in zip(weights, biases, strict=True) for a in pair])


def as_in_the_post(widths: Sequence[int], rows: int) -> Run:
    """Write the step out as the post does, in new arrays, without a thought to memory."""
    params, x, y = start(widths, rows)
    W, b = params[::2], params[1::2]
    every, layers = np.arange(rows), len(params) // 2

    def step() -> Any:
        hidden = [x]
        for i in range(layers - 1):
            hidden.append(np.maximum(hidden[i] @ W[i] + b[i], 0))
        scores = hidden[-1] @ W[-1] + b[-1]
        exp_scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
        loss = -np.log(probs[every, y]).sum() / rows
        dscores = probs.copy()
        dscores[every, y] -= 1
        dscores = dscores / rows
        dW, db, dhidden = [], [], dscores
        for i in range(layers - 1, -1, -1):
            dW.insert(0, hidden[i].T @ dhidden)
            db.insert(0, dhidden.sum(axis=0))
            if i:
                dhidden = dhidden @ W[i].T
                dhidden[hidden[i] <= 0] = 0
        for i in range(layers):
            W[i] = W[i] - np.float32(LR) * dW[i]
            b[i] = b[i] - np.float32(LR) * db[i]
        return loss

    return Run(step, lambda: [a for pair in zip(W, b, strict=True) for a in pair])


def products_alone(widths: Sequence[int], rows: int) -> Run:
    """Multiply the matrices of the step, and do nothing else: no step can be faster."""
    params, x, _ = start(widths, rows)
    weights = params[::2]
    hs = [x, *(np.zeros((rows, n), np.float32) for n in widths[1:])]
    gs = [np.ones((rows, n), np.float32) for n in widths]
    dWs = [np.empty_like(W) for W in weights]
    loss = np.float32(0)

    def step() -> Any:
        for i, W in enumerate(weights):
            np.matmul(hs[i], W, out=hs[i + 1])
        for i in range(len(weights) - 1, -1, -1):
            np.matmul(hs[i].T, gs[i + 1], out=dWs[i])
            if i:
                np.matmul(gs[i + 1], weights[i].T, out=gs[i])
        return loss

    return Run(step, list)


def network(relu: Callable[[Any], Any], params: Sequence[Any], x: Any) -> Any:
    """Return the scores of a batch."""
    h = x
    for i in range(0, len(params), 2):
        h = h @ params[i] + params[i + 1]
        if i < len(params) - 2:
            h = relu(h)
    return h


def eager(widths: Sequence[int], rows: int) -> Run:
    """Let micrograd_np find the gradients, operation by operation."""
    arrays, x, y = start(widths, rows)
    params: list[Any] = [mg.tensor(p, requires_grad=True) for p in arrays]
    optimizer = mg.optim.SGD(params, lr=LR)

    def step() -> Any:
        optimizer.zero_grad()
        loss = mg.cross_entropy(network(mg.relu, params, x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Run(step, lambda: [p.data for p in params])


def jitted(widths: Sequence[int], rows: int) -> Run:
    """Let micrograd_np record the step, and run what it generates."""
    params, x, y = start(widths, rows)
    gradients = mg.value_and_grad(lambda ps, x, y: mg.cross_entropy(network(mg.relu, ps, x), y))

    @mg.jit(donate=0)
    def update(params: Any, x: Any, y: Any) -> Any:
        loss, grads = gradients(params, x, y)
        return loss, [p - np.float32(LR) * g for p, g in zip(params, grads, strict=True)]

    def step() -> Any:
        return update(params, x, y)[0]

    return Run(step, lambda: params)


def by_torch(widths: Sequence[int], rows: int) -> Run:
    """Let PyTorch find the gradients."""
    import torch
    from torch.nn.functional import cross_entropy

    arrays, x, y = start(widths, rows)
    params = [torch.from_numpy(p).requires_grad_() for p in arrays]
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> Any:
        loss = cross_entropy(network(torch.relu, params, tx), ty)
        loss.backward()
        with torch.no_grad():
            for p in params:
                p.sub_(p.grad, alpha=LR)
                p.grad = None
        return loss

    return Run(step, lambda: [p.detach().numpy() for p in params])


def by_jax(widths: Sequence[int], rows: int) -> Run:
    """Let JAX compile the step."""
    import jax
    import jax.numpy as jnp

    arrays, x, y = start(widths, rows)
    held = [list(map(jnp.asarray, arrays))]
    jx, jy = jnp.asarray(x), jnp.asarray(y)
    relu = lambda h: jnp.maximum(h, 0)

    def loss_of(params: Any) -> Any:
        logs = jax.nn.log_softmax(network(relu, params, jx))
        return -jnp.mean(logs[jnp.arange(rows), jy])

    @partial(jax.jit, donate_argnums=0)
    def update(params: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(params)
        return loss, [p - LR * g for p, g in zip(params, grads, strict=True)]

    def step() -> Any:
        loss, held[0] = update(held[0])
        jax.block_until_ready((loss, held[0]))
        return loss

    return Run(step, lambda: [np.asarray(p) for p in held[0]])


def by_autograd(widths: Sequence[int], rows: int) -> Run:
    """Let autograd find the gradients."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    params, x, y = start(widths, rows)
    every = np.arange(rows)
    relu = lambda h: anp.maximum(h, 0)

    def loss_of(params: Any) -> Any:
        scores = network(relu, params, x)
        return anp.mean(logsumexp(scores, axis=1) - scores[every, y])

    both = autograd.value_and_grad(loss_of)

    def step() -> Any:
        loss, grads = both(params)
        for p, g in zip(params, grads, strict=True):
            p -= np.float32(LR) * g.astype(np.float32)
        return loss

    return Run(step, lambda: params)


def by_mygrad(widths: Sequence[int], rows: int) -> Run:
    """Let MyGrad find the gradients."""
    import mygrad
    from mygrad.nnet.losses import softmax_crossentropy

    arrays, x, y = start(widths, rows)
    params = [mygrad.tensor(p) for p in arrays]

    def step() -> Any:
        loss = softmax_crossentropy(network(lambda h: mygrad.maximum(h, 0), params, x), y)
        loss.backward()
        for p in params:
            p.data[...] -= np.float32(LR) * p.grad
        return loss

    return Run(step, lambda: [p.data for p in params])


PEERS = [
    Peer("torch", by_torch),
    Peer("jax", by_jax, "jax.jit"),
    Peer("autograd", by_autograd),
    Peer("mygrad", by_mygrad),
]


def make(title: str, widths: Sequence[int], rows: int) -> Case:
    """Return the case of a network of some widths."""
    sized = lambda run: partial(run, widths, rows)
    return Case(
        title=f"{title}: {'-'.join(map(str, widths))}, batch {rows}, float32, one training step",
        expression=f"{EXPRESSION}; lr = {LR:g}",
        contenders={
            "by hand": sized(by_hand),
            "micrograd_np": sized(eager),
            "micrograd_np.jit": sized(jitted),
            "by hand, as in the post": sized(as_in_the_post),
        },
        limits={"matrix products alone": sized(products_alone)},
        peers=[peer.sized(sized) for peer in PEERS],
    )


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return make("mlp", (784, 256, 128, 10), 128)
