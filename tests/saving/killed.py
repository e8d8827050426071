"""Saves that do not come to their end: a script, so that the tests do not have to fork.

``killed.py steps FOLDER`` dies at each step of a save, ``killed.py random FOLDER`` at any moment.
Both print, as JSON, what was there afterwards.
"""

import json
import os
import random
import signal
import sys
import time
from io import BytesIO
from pathlib import Path

import numpy as np

from micrograd_np import io

SIZE = 300_000


def tree(version):
    """Return one of the two trees, of some MB."""
    return {"version": version, "w": np.full(SIZE, float(version)), "b": [np.full(9, version)]}


def version_at(path):
    """Return which of the two is in a file; it must be the whole one."""
    found = io.load(path)
    version = found["version"]
    for array, wanted in ((found["w"], tree(version)["w"]), (found["b"][0], tree(version)["b"][0])):
        np.testing.assert_array_equal(array, wanted, strict=True)
    return version


def in_a_child(work):
    """Run something in another process, which ends without cleaning up; return its id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def dying(name, after=False, call=0):
    """Let the process die before or after a function of os is called for the so-manieth time."""
    original = getattr(os, name)
    calls = []

    def die(*arguments, **keywords):
        calls.append(arguments)
        if len(calls) <= call:
            return original(*arguments, **keywords)
        if after:
            original(*arguments, **keywords)
        os._exit(0)

    setattr(os, name, die)


def dying_writing(after):
    """Let the process die after so many arrays were written."""
    original = io.npy.write_array
    calls = []

    def die(*arguments, **keywords):
        if isinstance(arguments[0], BytesIO):  # a dtype is tried
            return original(*arguments, **keywords)
        if len(calls) == after:
            os._exit(0)
        calls.append(1)
        return original(*arguments, **keywords)

    io.npy.write_array = die


STEPS = {
    "before the file is made": lambda: dying("urandom"),
    "before an array is written": lambda: dying_writing(0),
    "between arrays": lambda: dying_writing(1),
    "before it is synced": lambda: dying("fsync"),
    "after it is synced": lambda: dying("fsync", after=True),
    "before it is renamed": lambda: dying("replace"),
    "after it is renamed": lambda: dying("replace", after=True),
    "before the folder is synced": lambda: dying("fsync", call=1),
    "after the folder is synced": lambda: dying("fsync", after=True, call=1),
}


def steps(folder):
    """Return, for each step, which version is there afterwards, and how many hidden files are."""
    found = {}
    for number, (step, prepare) in enumerate(STEPS.items()):
        path = folder / str(number) / "file"
        path.parent.mkdir()
        io.save(tree(1), path)

        def work(prepare=prepare, path=path):
            prepare()
            io.save(tree(2), path)
            print("did not die", flush=True)

        os.waitpid(in_a_child(work), 0)
        found[step] = [version_at(path), len(list(path.parent.iterdir())) - 1]
    return found


def at_random(folder, rounds=20):
    """Return which version was there after each kill, and how many kills left a hidden file."""
    path = folder / "file"
    io.save(tree(1), path)

    def work():
        while True:
            io.save(tree(2), path)
            io.save(tree(1), path)

    found = []
    for number in range(rounds):
        children = [in_a_child(work) for _ in range(1 + number % 2)]  # two of them at once, too
        time.sleep(random.uniform(0.005, 0.1))
        version_at(path)  # while they write
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
        found.append(version_at(path))
    return {"versions": found, "cut off": len(list(folder.iterdir())) - 1}


if __name__ == "__main__":
    print(json.dumps({"steps": steps, "random": at_random}[sys.argv[1]](Path(sys.argv[2]))))
