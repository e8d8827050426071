"""A tree of arrays, and what goes with them, as JSON and arrays with names, and back: no pickle.

Strings, bools, None and most numbers stand for themselves, so does a list; anything else is an
object with one key, which says what it is: ``{"tuple": [1, 2]}``, ``{"array": "w"}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from micrograd_np.tensor import Tensor
from micrograd_np.trees import Place, described, named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_MOST_LEVELS = 100

_KEYS = frozenset((type(None), bool, int, float, str))
_ATOMS = _KEYS | {complex, bytes}


def encoded(tree: Any, place: Place, name: str, arrays: dict[str, Array]) -> Any:
    """Return what JSON holds for a tree, and put its arrays among `arrays`.

    Parameters
    ----------
    tree
        What :func:`micrograd_np.io.save` takes.
    place
        Where it stands, for messages.
    name
        What an array in its place is called; "" at the top. No two are called the same, whatever
        the keys: those that are no good names are numbered, with a sign that good ones have not.
    arrays
        Gets the arrays by name.

    Raises
    ------
    TypeError
        If something cannot be saved.
    ValueError
        If a container holds itself, or is nested too deeply.
    """
    kind = type(tree)
    if kind in _ATOMS:
        return _atom(tree)
    if kind in (np.ndarray, np.memmap) or isinstance(tree, (np.void, Tensor)):
        name = name or "array"
        arrays[name] = _storable(tree, place)
        return {"scalar" if isinstance(tree, np.void) else "array": name}
    if isinstance(tree, np.generic):
        return _scalar(tree)
    if any(part[0] is tree for part in place[1:]):
        raise ValueError(f"{named(place)} is one of the containers around it: take it out there")
    if len(place) > _MOST_LEVELS:
        raise ValueError(f"{named(place[:4])}... has more than {_MOST_LEVELS} levels: flatten it")

    def inner(key: Any, item: Any, part: str) -> Any:
        return encoded(item, (*place, (tree, key)), f"{name}/{part}".lstrip("/"), arrays)

    if kind is dict:
        parts = zip(tree.items(), _names(tree, place), strict=True)
        return {"dict": [[_atom(key), inner(key, item, part)] for (key, item), part in parts]}
    if kind in (list, tuple):
        items = [inner(i, item, str(i)) for i, item in enumerate(tree)]
        return items if kind is list else {"tuple": items}
    attribute, state = _state(tree, place)
    return encoded(state, (*place, (tree, attribute)), name, arrays)


def decoded(node: Any, array: Callable[[str], Array]) -> Any:
    """Return the tree that JSON was made of; `array` returns the one with a name.

    Raises
    ------
    ValueError, TypeError
        If it was made of none.
    """
    match node:
        case bool() | int() | float() | str() | None:
            return node
        case list():
            return [decoded(item, array) for item in node]
        case {"tuple": list(items)}:
            return tuple([decoded(item, array) for item in items])
        case {"dict": list(pairs)}:
            return {decoded(key, array): decoded(item, array) for key, item in pairs}
        case {"array": str(name)}:
            return array(name)
        case {"scalar": str(name)}:
            return array(name)[()]
        case {"number": [str(dtype), str(data)]}:
            return _number(data, dtype)
        case {"float": str(data)}:
            return _number(data, "<f8").item()
        case {"complex": str(data)}:
            return _number(data, "<c16").item()
        case {"int": str(data)}:
            return int(data, 16)
        case {"bytes": str(data)}:
            return bytes.fromhex(data)
        case {"np.bytes_": str(data)}:
            return np.bytes_(bytes.fromhex(data))
        case {"str": str(data)}:
            return bytes.fromhex(data).decode("utf-8", "surrogatepass")
        case {"np.str_": str(data)}:
            return np.str_(bytes.fromhex(data).decode("utf-8", "surrogatepass"))
    raise ValueError(f"{str(node)[:50]!r} stands for nothing")


def npy_version(array: Array) -> tuple[int, int] | None:
    """Return the version of the .npy format that keeps a dtype as it is; None if none does."""
    dtype = array.dtype
    if dtype.kind not in "biufcmMSUV" or npy.drop_metadata(dtype) is not dtype:
        return None
    for version in ((1, 0), (3, 0)):  # everyone reads the first; "α" as a field needs the other
        file = BytesIO()
        with suppress(ValueError):
            npy.write_array(file, np.atleast_1d(array)[:0], version, allow_pickle=False)
            file.seek(0)
            found = npy.read_array(file).dtype
            if found == dtype and found.type is dtype.type:  # a np.record equals a np.void
                return version
    return None


def _atom(value: Any) -> Any:
    """Return what JSON holds for a number, a string, bytes or None, to the bit."""
    match value:
        case int() if abs(value) >= 2**53:  # others read doubles, Python no more than 4300 digits
            return {"int": hex(value)}
        case float() if not np.isfinite(value):
            return {"float": np.array(value, "<f8").tobytes().hex()}
        case complex():
            return {"complex": np.array(value, "<c16").tobytes().hex()}
        case bytes():
            return {"bytes": value.hex()}
        case str() if re.search("[\ud800-\udfff]", value):  # JSON would join two of them
            return {"str": value.encode("utf-8", "surrogatepass").hex()}
    return value


def _scalar(value: Any) -> dict[str, Any]:
    """Return what JSON holds for a NumPy scalar."""
    if isinstance(value, str):  # an array would drop zeros at its end
        return {"np.str_": value.encode("utf-8", "surrogatepass").hex()}
    if isinstance(value, bytes):
        return {"np.bytes_": value.hex()}
    array = np.asarray(value)
    return {"number": [array.dtype.str, array.tobytes().hex()]}


def _number(data: str, dtype: str) -> Any:
    (number,) = np.frombuffer(bytes.fromhex(data), dtype)
    return number


def _names(tree: dict[Any, Any], place: Place) -> list[str]:
    """Return what arrays under each key of a dict are called."""
    names: dict[str, None] = {}
    for i, key in enumerate(tree):
        if type(key) not in _KEYS:
            raise TypeError(
                f"{named(place)} has a key of type {type(key).__name__}, {key!r}: save takes keys "
                "that are strings, ints, floats, bools or None"
            )
        name = str(key) if type(key) is str or (type(key) is int and 0 <= key < 2**63) else ""
        good = re.fullmatch(r"\w[\w.-]{0,63}", name) and not name.endswith(".npy")
        names[name if good and name not in names else f"#{i}"] = None
    return list(names)


def _state(tree: Any, place: Place) -> tuple[str, Any]:
    """Return the attribute of an object that is to be saved, and what it is."""
    if isinstance(tree, np.random.Generator):
        return "bit_generator.state", tree.bit_generator.state
    if isinstance(tree, np.random.BitGenerator):
        return "state", tree.state
    if callable(getattr(tree, "state_dict", None)) and not isinstance(tree, type):
        return "state_dict()", tree.state_dict()
    raise TypeError(f"{named(place)} is {described(tree)}: {_instead(tree)}")


def _instead(tree: Any) -> str:
    """Return what to do about something that cannot be saved."""
    if isinstance(tree, np.ma.MaskedArray):
        return "it would lose its mask; save its .data and its .mask"
    if isinstance(tree, np.ndarray):
        return "it would come back as an ndarray; save np.asarray(it)"
    for kind in (dict, list, tuple, str, bytes, float, int):
        if isinstance(tree, kind):
            return f"it would come back as another type; save {kind.__name__}(it)"
    return (
        "save takes dicts, lists and tuples of arrays, tensors, numbers, strings, bytes, None, "
        "random generators, and objects with a state_dict()"
    )


def _storable(tree: Any, place: Place) -> Array:
    """Return the array that an array, a tensor or a record is."""
    array = np.asarray(tree.data if isinstance(tree, Tensor) else tree)
    if npy_version(array) is None:
        raise TypeError(
            f"{named(place)} has dtype {array.dtype}, which an .npz file does not keep without "
            "a pickle: make it an array of numbers, bools, strings ('U'), dates or packed fields"
        )
    return array
