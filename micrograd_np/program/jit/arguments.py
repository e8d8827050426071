"""Taking the arguments of a jitted function apart, and putting its result together, as code."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.program.jit.constants import Constants, placed
from micrograd_np.program.jit.namespace import Namespace
from micrograd_np.program.jit.recording import array_of, name_of
from micrograd_np.tensor import Tensor

_COMPARED = (bool, int, str, bytes, type(None))
"""What is the same where it is equal, and of the same type."""


def is_same(a: Any, b: Any) -> bool:
    """Whether constants are the same: 1 is no True, 0.0 no -0.0, and a nan is itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(is_same, a, b))
    if isinstance(a, dict):
        return is_same([*a.items()], [*b.items()])
    if isinstance(a, (set, frozenset)):
        return {(type(x), x) for x in a} == {(type(x), x) for x in b}
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    return a is b or (type(a) in _COMPARED and bool(a == b))


class Arguments:
    """How the arguments of one call are checked and taken apart.

    Parameters
    ----------
    args, kwargs
        Those of the call.
    namespace
        Where names come from.
    constants
        Which of them are constants.
    parameters
        What the arguments by position are called.

    Attributes
    ----------
    leaves
        The names of the arrays and numbers among them, in order.
    signature
        The parameters of a function that takes them all by position.
    has_tensors
        Whether there is a Tensor among them.
    """

    def __init__(
        self,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        namespace: Namespace,
        constants: Constants,
        parameters: Sequence[str] = (),
    ) -> None:
        self.leaves: list[str] = []
        self.has_tensors = False
        self._lines: list[str] = []
        self._free, self._hold = namespace.free, namespace.hold
        self._is_constant = constants.has
        namespace.held["MISS"] = MISS
        wanted = [*parameters, *(f"x{i}" for i in range(len(parameters), len(args)))]
        names = [self._free(name) for name in (*wanted[: len(args)], *kwargs)]
        for name, (root, arg) in zip(names, placed(args, kwargs), strict=True):
            self._take(arg, name, root)
        self.signature = ", ".join([*names, "/"] if names else [])

    def lines(self) -> Iterator[str]:
        """Yield the lines that take the arguments apart, or say that they are others."""
        yield from self._lines

    def _unless(self, condition: str) -> None:
        self._lines.append(f"if {condition}: return MISS")

    def _take(self, arg: Any, text: str, place: trees.Place) -> None:
        if trees.is_container(arg):
            self._container(arg, text, place)
        elif not trees.leaves(arg) or self._is_constant(place, arg):
            self._constant(arg, text)
        else:
            self._leaf(arg, text, place)

    def _container(self, arg: Any, text: str, place: trees.Place) -> None:
        items = trees.items_of(arg)
        kind = self._hold(type(arg), type(arg).__name__)
        self._unless(f"type({text}) is not {kind}")
        if isinstance(arg, dict):  # in this order: code may go through it
            self._unless(f"tuple({text}) != {self._hold(tuple(arg), 'keys')}")
            if not all(type(key) is str for key in arg):  # 1 is no True
                kinds = self._hold(tuple(map(type, arg)), "kinds")
                self._unless(f"tuple(map(type, {text})) != {kinds}")
        elif isinstance(arg, (list, tuple)):
            self._unless(f"len({text}) != {len(items)}")
        for key, item in items.items():
            if isinstance(arg, dict):
                known = repr(key) if type(key) in (str, int) else self._hold(key, "key")
                inner = f"{text}[{known}]"
            else:
                inner = f"{text}[{key}]" if isinstance(arg, (list, tuple)) else f"{text}.{key}"
            inside = (*place, (arg, key))
            name = self._free(name_of(inside))
            self._lines.append(f"{name} = {inner}")
            self._take(item, name, inside)
        for key, item in trees.static_of(arg).items():
            self._constant(item, f"{text}.{key}")

    def _constant(self, arg: Any, text: str) -> None:
        if type(arg) in _COMPARED:
            kind = self._hold(type(arg), "kind")
            self._unless(f"type({text}) is not {kind} or {text} != {self._hold(arg, 'k')}")
        elif isinstance(arg, (float, complex, list, set, frozenset, dict, tuple)):
            kept = self._hold(copy.deepcopy(arg), "k")  # it may be changed
            self._unless(f"not {self._hold(is_same, 'is_same')}({text}, {kept})")
        else:
            self._unless(f"{text} is not {self._hold(arg, 'k')}")

    def _leaf(self, arg: Any, text: str, place: trees.Place) -> None:
        name = text if text.isidentifier() else self._free(name_of(place))
        kind = type(arg)
        if kind is Tensor:
            self.has_tensors = True
            self._unless(f"type({text}) is not {self._hold(Tensor)} or {text}._node is not None")
            self._lines.append(f"{name} = {text}._value")
            arg = arg._value
        elif kind in (int, float, complex):
            self._unless(f"type({text}) is not {self._hold(kind)}")
            self.leaves.append(name)
            return
        elif kind is not np.ndarray:
            self._unless(f"type({text}) is not {self._hold(kind, 'kind')}")
            self._lines.append(f"{name} = {self._hold(array_of, 'array_of')}({text})")
        else:
            self._unless(f"type({text}) is not {self._hold(np.ndarray)}")
        array = array_of(arg)
        dtype = self._hold(array.dtype)
        self._unless(
            f"{name}.shape != {array.shape} or "
            f"({name}.dtype is not {dtype} and {name}.dtype != {dtype})"
        )
        self.leaves.append(name)

    # --- results ---------------------------------------------------------------------------------

    def wrapped(self, text: str) -> str:
        """Return an array of the result as it leaves the function: as what it was called with."""
        return f"{self._hold(Tensor)}({text})" if self.has_tensors else text

    def built(self, tree: Any) -> str:
        """Return code that puts a result together, in which code stands for each leaf."""
        if isinstance(tree, Written):
            return tree.text
        items = trees.items_of(tree)
        if not trees.is_container(tree):
            return (
                repr(tree) if type(tree) in (bool, int, str, type(None)) else self._hold(tree, "k")
            )
        inner = {key: self.built(item) for key, item in items.items()}
        if type(tree) is dict:
            keys = {k: repr(k) if type(k) in (str, int) else self._hold(k, "key") for k in inner}
            return "{" + ", ".join(f"{keys[k]}: {text}" for k, text in inner.items()) + "}"
        if type(tree) is list:
            return f"[{', '.join(inner.values())}]"
        if type(tree) is tuple:
            comma = "," if len(inner) == 1 else ""
            return f"({', '.join(inner.values())}{comma})"
        like = self._hold(_rebuilding(tree), type(tree).__name__)
        return f"{like}([{', '.join(inner.values())}])"


class Written:
    """A leaf of a result, as code."""

    __array__ = None

    def __init__(self, text: str) -> None:
        self.text = text


def _rebuilding(tree: Any) -> Any:
    keys = list(trees.items_of(tree))
    return lambda values: trees.rebuilt(tree, dict(zip(keys, values, strict=True)))


class _Miss:
    """What a program answers to arguments that it was not made for."""

    def __repr__(self) -> str:
        return "MISS"


MISS = _Miss()
