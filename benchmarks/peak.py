"""The memory that a training step of 1024x4 takes beside weights and batch, library by library.

Each contender runs in a process of its own. What counts is the largest size that it had, less its
size when weights and batch were there: in its first step, in which it also warms up, compiles or
records; and in the steps after that.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from benchmarks import mlp
from benchmarks.memory import size_of_process

WIDTHS, ROWS = (1024,) * 5, 512
STEPS = 3
MIB = 2**20
CONTENDERS = {
    "by hand": (mlp.by_hand, ""),
    "micrograd_np": (mlp.eager, ""),
    "micrograd_np.jit": (mlp.jitted, ""),
    "torch": (mlp.by_torch, "torch"),
    "jax.jit": (mlp.by_jax, "jax"),
}


def measure(name: str) -> tuple[float, float]:
    """Take some steps in this process.

    Parameters
    ----------
    name
        Of the contender.

    Returns
    -------
    first, later
        What the first step took at most, and the ones after it, in bytes.
    """
    run = CONTENDERS[name][0](WIDTHS, ROWS)
    before = size_of_process("VmRSS")
    found = []
    for steps in (1, STEPS):
        Path("/proc/self/clear_refs").write_text("5")  # the largest size so far is forgotten
        for _ in range(steps):
            run.step()
        found.append(size_of_process("VmHWM") - before)
    return found[0], found[1]


def report(_threads: int, _rounds: int, _block: int) -> str:
    """Measure each contender, and say what it took.

    Returns
    -------
    str
        A table with a row for each.
    """
    lines = [
        "",
        f"peak: {'-'.join(map(str, WIDTHS))}, batch {ROWS}, float32: memory of a training step",
        "",
        f"{'':18}  {'first step':>12}  {'later steps':>12}",
    ]
    baseline = 0.0
    for name, (_, module) in CONTENDERS.items():
        if module and find_spec(module) is None:
            lines.append(f"{name:18}  {'not installed':>12}")
            continue
        sizes = f"peak.WIDTHS, peak.ROWS = {WIDTHS}, {ROWS}"
        code = f"from benchmarks import peak; {sizes}; print(*peak.measure({name!r}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        first, later = map(float, done.stdout.split())
        baseline = baseline or max(later, 1.0)
        ratio = f"{later / baseline:.2f} x by hand"
        sizes = f"{first / MIB:8.1f} MiB  {later / MIB:8.1f} MiB"
        lines.append(f"{name:18}  {sizes}  {ratio:>14}")
    return "\n".join(lines)
