"""What a file with tests depends on among the tests: the helpers that it imports."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

HELPERS = ("tests", "micrograd_np/testing")
"""The folders whose modules belong to the tests."""


def digest(data: bytes) -> str:
    """Return a short text that is another one for other data."""
    return hashlib.sha256(data).hexdigest()[:16]


def file_of(test: str) -> str:
    """Return the file of a test."""
    return test.partition("::")[0]


class Closures:
    """Hashes of files with tests, together with all that they import of the tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._hashes: dict[str, str] = {}

    def of(self, file: str) -> str:
        """Return the hash of a file with tests."""
        if file not in self._hashes:
            paths = sorted(self._reached(self.root / file))
            together = "".join(f"{path.relative_to(self.root)} {_hash(path)}\n" for path in paths)
            self._hashes[file] = digest(together.encode())
        return self._hashes[file]

    def of_test(self, test: str) -> str:
        """Return the hash of the file of a test, given as pytest names it."""
        return self.of(file_of(test))

    def _reached(self, path: Path) -> set[Path]:
        reached = {path}
        waiting = [path]
        while waiting:
            known = waiting.pop()
            for found in (*self._imported(known), *self._conftests(known)):
                if found not in reached:
                    reached.add(found)
                    waiting.append(found)
        return reached

    def _imported(self, path: Path) -> Iterator[Path]:
        for name in _imports(path):
            parts = name.split(".")
            for base in (self.root, *(self.root / folder for folder in HELPERS), path.parent):
                stem = base.joinpath(*parts)
                for found in (stem.with_suffix(".py"), stem / "__init__.py"):
                    if self._is_helper(found):
                        yield found

    def _conftests(self, path: Path) -> Iterator[Path]:
        for folder in path.parents:
            found = folder / "conftest.py"
            if self._is_helper(found):
                yield found

    def _is_helper(self, path: Path) -> bool:
        if not path.is_relative_to(self.root):
            return False
        is_inside = path.relative_to(self.root).as_posix().startswith(HELPERS)
        return is_inside and path.is_file()


@functools.cache
def _hash(path: Path) -> str:
    return digest(path.read_bytes()) if path.is_file() else ""


@functools.cache
def _imports(path: Path) -> frozenset[str]:
    """Return the names of modules that a file may import."""
    if path.suffix != ".py":
        return frozenset()
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)
