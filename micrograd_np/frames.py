"""The user's code while it runs: which line is running, and what its variables are called."""

from __future__ import annotations

import dis
import linecache
import sys
import warnings
from functools import lru_cache
from types import CodeType, FrameType
from typing import NamedTuple

_OURS = ("micrograd_np", "numpy", "contextlib")
_THEIRS = ("micrograd_np.compare.demo", "micrograd_np.testing")


class Line(NamedTuple):
    """A line of the user's code."""

    file: str
    number: int

    @property
    def text(self) -> str:
        """The line itself, "" if its file cannot be read."""
        return linecache.getline(self.file, self.number).strip()

    def __str__(self) -> str:
        name = self.file.rsplit("/", 1)[-1]
        return f"{name}:{self.number}" + (f": `{self.text}`" if self.text else "")


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs code that is not part of the library or NumPy; an example is not."""
    module = frame.f_globals.get("__name__") or ""
    ours = module.partition(".")[0] in _OURS and not module.startswith(_THEIRS)
    return not ours or frame.f_code.co_filename.startswith("<doctest")


def user_frame() -> FrameType | None:
    """Return the innermost running frame that is the user's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame):
        frame = frame.f_back
    return frame


def library_frame() -> FrameType | None:
    """Return the innermost running frame in which the library computes with NumPy."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if (frame.f_globals.get("__name__") or "").startswith("micrograd_np.rules"):
            return frame
        frame = frame.f_back
    return None


def here() -> str:
    """Return the user's line as the beginning of a message."""
    frame = user_frame()
    return f"{line_of(frame)}: " if frame is not None else ""


def warn(message: str, category: type[Warning]) -> None:
    """Warn as NumPy does: of the user's line, however deep in the library the reason is found."""
    user, depth = user_frame(), 1
    frame = sys._getframe(0)
    while user is not None and frame is not user and frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, category, stacklevel=depth)


def line_of(frame: FrameType) -> Line:
    """Return the line that a frame is at."""
    return Line(frame.f_code.co_filename, frame.f_lineno)


def last_users_line(error: BaseException) -> tuple[Line | None, bool]:
    """Return the user's line that an error came from, and whether it was raised by it itself."""
    line, is_last = None, False
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        is_last = is_users(frame)
        if is_last:
            line = Line(frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return line, is_last


def calls_by_name(frame: FrameType, name: str) -> bool:
    """Whether the call that a frame is at is written ``something.name(...)``."""
    return _is_call_of(frame.f_code, frame.f_lasti, name)


@lru_cache(maxsize=1024)
def _is_call_of(code: CodeType, at: int, name: str) -> bool:
    instructions = list(dis.get_instructions(code))
    current = max((i for i in instructions if i.offset <= at), key=lambda i: i.offset)
    if current.positions is None or current.positions.lineno is None:
        return name in code.co_names
    start = (current.positions.lineno, current.positions.col_offset)
    return any(
        i.opname in ("LOAD_ATTR", "LOAD_METHOD")
        and i.argval == name
        and i.positions is not None
        and (i.positions.lineno, i.positions.col_offset) == start
        for i in instructions
    )


def name_held(frame: FrameType, value: object) -> str:
    """Return the variable that holds `value` in a frame or its module, "" if none does."""
    for variables in (frame.f_locals, frame.f_globals):
        for name, held in variables.items():
            if held is value and not name.startswith("_"):
                return name
    return ""


def puts_back(frame: FrameType) -> bool:
    """Whether the result of the operator that a frame is at is assigned to a subscript."""
    return _next_stores(frame.f_code).get(frame.f_lasti) == "[]"


def assigned_name(frame: FrameType) -> str:
    """Return the variable that the value now being computed will be assigned to, "" if none.

    A value that is returned is assigned where the function was called.
    """
    current: FrameType | None = frame
    while current is not None and is_users(current):
        name = _next_stores(current.f_code).get(current.f_lasti, "")
        if name != "return":
            return "" if name == "[]" else name
        current = current.f_back
    return ""


@lru_cache(maxsize=256)
def _next_stores(code: CodeType) -> dict[int, str]:
    """Return what happens to the result of each instruction: the name it is stored under.

    By every offset up to the next instruction, since a call in progress stands at its cache.
    """
    found: dict[int, str] = {}
    instructions = [i for i in dis.get_instructions(code) if i.opname not in _NOISE]
    for current, following in zip(instructions[::-1][1:], instructions[::-1], strict=False):
        name = _stored(following.opname, following.argval)
        if current.opname == "PRECALL":  # Python 3.11 calls in two steps
            name = found.get(following.offset, "")
        if name:
            found.update(dict.fromkeys(range(current.offset, following.offset, 2), name))
    return found


def _stored(opname: str, argval: object) -> str:
    if opname == "RETURN_VALUE":
        return "return"
    if opname in ("STORE_SUBSCR", "STORE_SLICE"):
        return "[]"
    if opname.startswith("STORE_FAST") and isinstance(argval, tuple):
        return str(argval[0])  # Python 3.13 stores and goes on in one step
    return str(argval) if opname in _STORES else ""


_NOISE = ("CACHE", "NOP", "SWAP")
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")
