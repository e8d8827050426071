"""Putting a mutant in the place of a file: in a process that has imported it, or will do so."""

from __future__ import annotations

import gc
import linecache
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

Key = tuple[CodeType, tuple[Any, ...]]


class Living:
    """The functions of some files that are alive, and that other code can be given to.

    Parameters
    ----------
    texts
        What is in the files, by their path.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.codes = {path: list(_codes(_compiled(text, path))) for path, text in texts.items()}
        self.functions: dict[str, list[FunctionType]] = {path: [] for path in texts}
        for found in gc.get_objects():
            if type(found) is FunctionType and found.__code__.co_filename in texts:
                self.functions[found.__code__.co_filename].append(found)

    def plant(self, path: str, text: str) -> set[CodeType]:
        """Give the functions of a file the code that they have in another text of it.

        Returns
        -------
        set
            The code that differs, of functions that are alive. Empty if the mutant is not to be
            had in this way: then nothing may be concluded. If nothing differs at all, all code.
        """
        before, after = self.codes[path], list(_codes(_compiled(text, path)))
        if [code.co_name for code in before] != [code.co_name for code in after]:
            return set()
        pairs = {_key(old): new for old, new in zip(before, after, strict=True)}
        different = set()
        for function in self.functions[path]:
            old = function.__code__
            new = pairs.get(_key(old))
            if new is None:
                continue
            try:
                function.__code__ = new
            except ValueError:  # it closes over other variables
                return set()
            if new != old or before == after:
                different.add(new)
        _remember(path, text)
        return different


def enters(codes: set[CodeType], run: Any) -> bool:
    """Return whether any of some code, or code inside it, is executed while `run` is called."""
    wanted = {inner for code in codes for inner in _codes(code)}
    entered = False

    def trace(frame: FrameType, _event: str, _arg: Any) -> None:
        nonlocal entered
        entered = entered or frame.f_code in wanted

    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(None)
    return entered


class Called:
    """Which functions of some files are called: ``(path, first line, name)``."""

    def __init__(self, paths: set[str]) -> None:
        self.paths = paths
        self.functions: set[tuple[str, int, str]] = set()

    def begin(self) -> None:
        """Watch from now on."""
        sys.settrace(self._trace)

    def end(self) -> None:
        """Watch no more."""
        sys.settrace(None)

    def _trace(self, frame: FrameType, _event: str, _arg: Any) -> None:
        code = frame.f_code
        if code.co_filename in self.paths:
            self.functions.add((code.co_filename, code.co_firstlineno, code.co_name))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(self.text, self.path)

    def get_source(self, fullname: str) -> str:
        return self.text


class Finder(MetaPathFinder):
    """Has a text imported in place of that of a file."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = str(path)
        self.text = text

    def plant(self) -> None:
        """Do so from now on; the file must not have been imported yet."""
        sys.meta_path.insert(0, self)
        _remember(self.path, self.text)

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Find what Python would find, with the text in place of the file's."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin != self.path:
            return None
        spec.loader = _Loader(fullname, self.path, self.text)
        return spec


def _remember(path: str, text: str) -> None:
    """Let `inspect` see this text, and not read the file."""
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)


def _compiled(text: str, path: str) -> CodeType:
    with warnings.catch_warnings(action="ignore"):  # of what is odd, as mutants are
        code: CodeType = compile(text, path, "exec", dont_inherit=True)
    return code


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a piece of code and all code inside it."""
    yield code
    for found in code.co_consts:
        if isinstance(found, CodeType):
            yield from _codes(found)


def _key(code: CodeType) -> Key:
    return code, tuple(code.co_positions())
