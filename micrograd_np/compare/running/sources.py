"""Where the source of a function stands, and whether it is what the function was made of."""

from __future__ import annotations

import linecache
import re
import sys
import warnings
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any


def place_name(file: str) -> str:
    """Return what a file is called: of a notebook cell, its number as the notebook shows it."""
    found = re.match(r"<ipython-input-(\d+)-", file)
    if found:
        return f"In [{found[1]}]"
    if re.search(r"[/\\]ipykernel_\d+[/\\]\d+\.py$", file):
        number = _executed(file)
        return "cell" if number is None else f"In [{number}]"
    return file.replace("\\", "/").rpartition("/")[2]


def _executed(file: str) -> str | None:
    """Return the number of the cell that was compiled under a name, None if nobody knows."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    known = getattr(getattr(shell, "compile", None), "_filename_map", {})
    number = known.get(file) if isinstance(known, dict) else None
    return None if number is None else str(number)


def is_stale(function: Any) -> bool:
    """Whether the text that stands where a function was defined is another one by now.

    The text is compiled again and compared; where a tool rewrites modules as they are imported,
    that would tell nothing.
    """
    code, module = function.__code__, function.__globals__
    spec = module.get("__spec__")
    if "@py_builtins" in module or (spec is not None and type(spec.loader) is not SourceFileLoader):
        return False
    text = "".join(linecache.getlines(code.co_filename, module))
    if not text:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = compile(text, code.co_filename, "exec", _future(code), dont_inherit=True)
    except (SyntaxError, ValueError):
        return True
    there = [one for one in _inside(whole) if one.co_name == code.co_name]
    return not any(
        one.co_firstlineno == code.co_firstlineno
        and one.co_code == code.co_code
        and one.co_names == code.co_names
        and one.co_varnames == code.co_varnames
        and _plain(one) == _plain(code)
        for one in there
    )


def _future(code: CodeType) -> int:
    import __future__

    features = [getattr(__future__, name) for name in __future__.all_feature_names]
    flags = 0
    for feature in features:
        flags |= feature.compiler_flag & code.co_flags
    return flags


def _plain(code: CodeType) -> list[str]:
    """Return the numbers and texts in a function."""
    return [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]


def _inside(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _inside(one)
