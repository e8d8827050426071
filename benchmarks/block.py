"""A block of a transformer: causal attention of four heads and two layers, with residuals.

One training step in float32, by plain gradient descent; by hand the backward pass is written out.
"""

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

BATCH, LENGTH, WIDTH, HEADS, HIDDEN = 16, 64, 64, 4, 256
DEPTH = WIDTH // HEADS
EPS = 1e-5
LR = 1e-2
SCALE = 1 / math.sqrt(DEPTH)

Params = dict[str, Any]
Gradient = Callable[[Params, Any, Any, Any], tuple[Any, Params]]


def _start() -> tuple[Params, Any, Any, Any]:
    """Return weights, a batch, what it should become, and what no place may look at."""
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.standard_normal(shape, np.float32) / np.float32(math.sqrt(shape[0]))
    params = {name: draw(WIDTH, WIDTH) for name in ("Wq", "Wk", "Wv", "Wo")}
    params |= {"W1": draw(WIDTH, HIDDEN), "W2": draw(HIDDEN, WIDTH)}
    params |= {"c1": np.zeros(HIDDEN, np.float32), "c2": np.zeros(WIDTH, np.float32)}
    for i in (1, 2):
        params |= {f"g{i}": np.ones(WIDTH, np.float32), f"b{i}": np.zeros(WIDTH, np.float32)}
    x, target = (rng.standard_normal((BATCH, LENGTH, WIDTH), np.float32) for _ in range(2))
    later = np.triu(np.full((LENGTH, LENGTH), -1e9, np.float32), 1)
    return params, x, target, later


def loss_of(numpy: Any, relu: Any, p: Params, x: Any, target: Any, later: Any) -> Any:
    """Return the mean squared error of a block.

    Parameters
    ----------
    numpy
        Has ``sqrt``, ``exp`` and ``square``.
    relu
        Of the same library.
    p, x, target, later
        As `_start` gives them.
    """

    def normed(x: Any, gain: Any, offset: Any) -> Any:
        centred = x - x.mean(-1)[..., None]
        return centred / numpy.sqrt((centred * centred).mean(-1)[..., None] + EPS) * gain + offset

    def heads(h: Any) -> Any:
        return h.reshape(BATCH, LENGTH, HEADS, DEPTH).swapaxes(1, 2)

    h = normed(x, p["g1"], p["b1"])
    q, k, v = heads(h @ p["Wq"]), heads(h @ p["Wk"]), heads(h @ p["Wv"])
    scores = q @ k.swapaxes(2, 3) * SCALE + later
    e = numpy.exp(scores - scores.max(-1)[..., None])
    mixed = (e / e.sum(-1)[..., None]) @ v
    x = x + mixed.swapaxes(1, 2).reshape(BATCH, LENGTH, WIDTH) @ p["Wo"]
    h = normed(x, p["g2"], p["b2"])
    y = x + relu(h @ p["W1"] + p["c1"]) @ p["W2"] + p["c2"]
    return numpy.square(y - target).mean()


def _normed(x: Any) -> tuple[Any, Any]:
    centred = x - x.mean(-1, keepdims=True)
    root = np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(EPS))
    centred /= root
    return centred, root


def _through_norm(g: Any, unit: Any, root: Any) -> Any:
    along = (g * unit).mean(-1, keepdims=True)
    return (g - g.mean(-1, keepdims=True) - unit * along) / root


def _heads(h: Any) -> Any:
    return h.reshape(BATCH, LENGTH, HEADS, DEPTH).swapaxes(1, 2)


def _joined(h: Any) -> Any:
    return h.swapaxes(1, 2).reshape(-1, WIDTH)


def _by_hand() -> Gradient:
    def gradient(p: Params, x: Any, target: Any, later: Any) -> tuple[Any, Params]:
        unit1, _ = _normed(x)
        h1 = (unit1 * p["g1"] + p["b1"]).reshape(-1, WIDTH)
        q, k, v = (_heads(h1 @ p[name]) for name in ("Wq", "Wk", "Wv"))
        scores = q @ k.swapaxes(2, 3)
        scores *= np.float32(SCALE)
        scores += later
        scores -= scores.max(-1, keepdims=True)
        a = np.exp(scores, out=scores)
        a /= a.sum(-1, keepdims=True)
        mixed = _joined(a @ v)
        x2 = x + (mixed @ p["Wo"]).reshape(x.shape)
        unit2, root2 = _normed(x2)
        h2 = (unit2 * p["g2"] + p["b2"]).reshape(-1, WIDTH)
        hidden = h2 @ p["W1"]
        hidden += p["c1"]
        np.maximum(hidden, 0, out=hidden)
        error = x2 + (hidden @ p["W2"]).reshape(x.shape) + p["c2"] - target
        loss = np.square(error).mean()

        d = {}
        dy = error * np.float32(2 / error.size)
        flat = dy.reshape(-1, WIDTH)
        d["c2"], d["W2"] = flat.sum(0), hidden.T @ flat
        dhidden = flat @ p["W2"].T
        dhidden *= hidden > 0
        d["c1"], d["W1"] = dhidden.sum(0), h2.T @ dhidden
        dh2 = (dhidden @ p["W1"].T).reshape(x.shape)
        d["g2"], d["b2"] = (dh2 * unit2).sum((0, 1)), dh2.sum((0, 1))
        dx2 = dy + _through_norm(dh2 * p["g2"], unit2, root2)
        flat = dx2.reshape(-1, WIDTH)
        d["Wo"] = mixed.T @ flat
        dmixed = _heads((flat @ p["Wo"].T).reshape(x.shape))
        dv = a.swapaxes(2, 3) @ dmixed
        da = dmixed @ v.swapaxes(2, 3)
        da -= (da * a).sum(-1, keepdims=True)
        da *= a
        da *= np.float32(SCALE)
        dq, dk, dv = map(_joined, (da @ k, da.swapaxes(2, 3) @ q, dv))
        d["Wq"], d["Wk"], d["Wv"] = h1.T @ dq, h1.T @ dk, h1.T @ dv
        dh1 = dq @ p["Wq"].T + dk @ p["Wk"].T + dv @ p["Wv"].T
        dh1 = dh1.reshape(x.shape)
        d["g1"], d["b1"] = (dh1 * unit1).sum((0, 1)), dh1.sum((0, 1))
        return loss, d

    return gradient


def _ours(transform: Callable[[Any], Any]) -> Gradient:
    both = mg.value_and_grad(partial(loss_of, np, mg.relu))
    return transform(both)  # type: ignore[no-any-return]  # a function


def _torch() -> Gradient:
    torch = importlib.import_module("torch")

    def gradient(p: Params, x: Any, target: Any, later: Any) -> tuple[Any, Params]:
        leaves = {name: torch.from_numpy(w).requires_grad_() for name, w in p.items()}
        given = map(torch.from_numpy, (x, target, later))
        loss = _loss_in_torch(torch, leaves, *given)
        loss.backward()
        return loss, {name: leaf.grad.numpy() for name, leaf in leaves.items()}

    return gradient


def _loss_in_torch(torch: Any, p: Params, x: Any, target: Any, later: Any) -> Any:
    """Compute the same with the operations that PyTorch has for a block."""
    functional = torch.nn.functional
    heads = lambda h: h.reshape(BATCH, LENGTH, HEADS, DEPTH).transpose(1, 2)
    h = functional.layer_norm(x, (WIDTH,), p["g1"], p["b1"], EPS)
    q, k, v = (heads(h @ p[name]) for name in ("Wq", "Wk", "Wv"))
    a = torch.softmax(q @ k.transpose(2, 3) * SCALE + later, -1)
    x = x + (a @ v).transpose(1, 2).reshape(x.shape) @ p["Wo"]
    h = functional.layer_norm(x, (WIDTH,), p["g2"], p["b2"], EPS)
    y = x + torch.relu(h @ p["W1"] + p["c1"]) @ p["W2"] + p["c2"]
    return functional.mse_loss(y, target)


def _jax() -> Gradient:
    jax = importlib.import_module("jax")
    relu = lambda h: jax.numpy.maximum(h, 0)
    both = jax.jit(jax.value_and_grad(partial(loss_of, jax.numpy, relu)))
    return lambda *args: jax.block_until_ready(both(*args))  # type: ignore[no-any-return]


def _run(make: Callable[[], Gradient]) -> Run:
    params, x, target, later = _start()
    gradient = make()

    def step() -> Any:
        loss, grads = gradient(params, x, target, later)
        for name, w in params.items():
            w -= np.float32(LR) * np.asarray(grads[name])
        return loss

    return Run(step, lambda: list(params.values()))


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        title=f"block: causal attention of {HEADS} heads and {WIDTH}-{HIDDEN}-{WIDTH}, "
        f"{BATCH} sequences of {LENGTH}, float32, one training step",
        expression="mean((y - target)**2), y = x2 + mlp(norm(x2)), x2 = x + attention(norm(x))",
        contenders={
            "by hand": partial(_run, _by_hand),
            "micrograd_np": partial(_run, partial(_ours, lambda f: f)),
            "micrograd_np.jit": partial(_run, partial(_ours, mg.jit)),
        },
        peers=[Peer("torch", partial(_run, _torch)), Peer("jax", partial(_run, _jax), "jax.jit")],
    )
