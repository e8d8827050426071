"""A deep network: the memory that one backward pass takes, as each library needs it.

Once with few rows, where the gradients of the weights, which stay, are nearly half of it; and once
with more, where nearly all of it is what the layers compute. Each contender runs in a process of
its own: what counts is the largest size that it had, less its size before the forward pass, when
weights and input are there.
"""

import importlib
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

LAYERS = 200
WIDTH = 512
ROWS = (512, 4096)
SEGMENT = math.isqrt(LAYERS)
MIB = 2**20


def _arrays(rows: int) -> tuple[Any, list[Any]]:
    rng = np.random.default_rng(0)
    scale = np.float32(math.sqrt(2 / WIDTH))
    x = rng.standard_normal((rows, WIDTH), np.float32)
    return x, [rng.standard_normal((WIDTH, WIDTH), np.float32) * scale for _ in range(LAYERS)]


def _layers(relu: Any, weights: list[Any]) -> Any:
    def apply(h: Any) -> Any:
        for w in weights:
            h = relu(h @ w)
        return h

    return apply


def _ours(segment: int, rows: int) -> tuple[Any, Any]:
    """Return a function that goes forward and back, and one that gives a gradient."""
    mg = importlib.import_module("micrograd_np")
    x, arrays = _arrays(rows)
    weights = []
    while arrays:  # one by one, so that none is there twice
        weights.append(mg.tensor(arrays.pop(0), requires_grad=True))

    def run() -> None:
        h = x
        for start in range(0, LAYERS, segment):
            part = _layers(mg.relu, weights[start : start + segment])
            h = part(h) if segment == LAYERS else mg.checkpoint(part)(h)
        h.sum().backward()

    return run, lambda: weights[0].grad


def _micrograd_np(rows: int) -> tuple[Any, Any]:
    return _ours(LAYERS, rows)


def _with_checkpoints(rows: int) -> tuple[Any, Any]:
    return _ours(SEGMENT, rows)


def _torch(rows: int) -> tuple[Any, Any]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, arrays = _arrays(rows)
    x, weights = torch.from_numpy(x), [torch.from_numpy(w).requires_grad_() for w in arrays]

    def run() -> None:
        _layers(torch.relu, weights)(x).sum().backward()

    return run, lambda: weights[0].grad.numpy()


CONTENDERS = {
    "torch": _torch,
    "micrograd_np": _micrograd_np,
    f"micrograd_np, checkpoints around {SEGMENT} layers": _with_checkpoints,
}


def measure(name: str, rows: int) -> tuple[float, float]:
    """Go forward and back once in this process.

    Parameters
    ----------
    name
        Of the contender.
    rows
        Of the input.

    Returns
    -------
    growth, mark
        The largest size of the process less that before, in bytes; and the mean magnitude of a
        gradient, to tell that all compute the same.
    """
    run, gradient = CONTENDERS[name](rows)
    Path("/proc/self/clear_refs").write_text("5")  # the largest size so far is forgotten
    before = size_of_process("VmRSS")
    run()
    return size_of_process("VmHWM") - before, float(np.abs(gradient()).mean())


def size_of_process(field: str) -> float:
    """Return what Linux says of the memory of this process, in bytes."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if field in line)
    return float(line.split()[1]) * 1024


def report(_threads: int, _rounds: int, _block: int) -> str:
    """Measure each contender, and say what it took.

    Returns
    -------
    str
        A table with a row for each.

    Raises
    ------
    RuntimeError
        If they do not compute the same.
    """
    title = f"memory: {LAYERS} layers of {WIDTH}x{WIDTH}, float32, sum(h), h = relu(h @ W)"
    return "\n".join(["", title, *(line for rows in ROWS for line in _table(rows))])


def _table(rows: int) -> list[str]:
    layer, weights = rows * WIDTH * 4 / MIB, LAYERS * WIDTH * WIDTH * 4 / MIB
    lines = [
        "",
        f"{rows} rows: {layer:.0f} MiB a layer; gradients of the weights {weights:.0f} MiB",
    ]
    found: dict[str, tuple[float, float]] = {}
    for name in CONTENDERS:
        if name == "torch" and find_spec("torch") is None:
            lines.append(f"{name:42}  {'not installed':>14}")
            continue
        code = (
            f"from benchmarks import memory; memory.LAYERS, memory.WIDTH = {LAYERS}, {WIDTH}; "
            f"print(*memory.measure({name!r}, {rows}))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        growth, mark = map(float, done.stdout.split())
        found[name] = growth, mark
        baseline, (first, wanted) = next(iter(found.items()))
        if not math.isclose(mark, wanted, rel_tol=1e-3):
            raise RuntimeError(f"{name} computes another gradient: {mark:g}, not {wanted:g}")
        ratio = f"{growth / first:.2f} x {baseline}"
        lines.append(f"{name:42}  {growth / MIB:8.0f} MiB  {ratio:>14}")
    return lines
