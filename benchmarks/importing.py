"""How long an import takes, beyond that of NumPy.

In a process of its own each time, with the bytecode of all modules written, as it is after the
first import of an installed library.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import micrograd_np
from benchmarks.report import spread

MODULES = ("micrograd_np", "mygrad", "autograd.numpy", "torch", "jax")
CODE = """
from time import perf_counter
start = perf_counter()
import numpy
between = perf_counter()
import {module}
print(between - start, perf_counter() - between)
"""


def report(_threads: int, rounds: int, _block: int) -> str:
    """Import each library in turns, and say how long that took beside NumPy.

    Parameters
    ----------
    rounds
        How often each has its turn, besides one that writes bytecode.

    Returns
    -------
    str
        A table with a row for each.
    """
    present = [name for name in MODULES if find_spec(name.partition(".")[0])]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in present}
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that its bytecode may be written.
        shutil.copytree(Path(micrograd_np.__file__).parent, Path(folder, "micrograd_np"))
        for number in range(-1, rounds):
            for name in present:
                taken = _import(name, folder)
                if number >= 0:
                    times[name].append(taken)
    lines = [
        "",
        f"importing: beyond NumPy; {rounds} rounds; median (quartiles)",
        "",
        f"{'':16}  {'ms':>28}  {'in imports of NumPy':>22}",
    ]
    for name, pairs in times.items():
        numpy, own = np.array(pairs).T
        lines.append(f"{name:16}  {spread(own * 1e3, 1):>28}  {spread(own / numpy, 2):>22}")
    lines += [f"{name:16}  {'not installed':>28}" for name in MODULES if name not in present]
    return "\n".join(lines)


def _import(module: str, folder: str) -> tuple[float, float]:
    environment = os.environ | {"PYTHONPATH": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(float, done.stdout.split())
    return first, second
