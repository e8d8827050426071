"""What is recorded: a node for every result that depends on something whose gradient is wanted.

A node refers to the nodes of its operands and never to a Tensor, so there are no reference cycles
and memory is given back as soon as the last reference to a result goes.
"""

from __future__ import annotations

from _thread import allocate_lock  # threading.Lock, without importing all of threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from micrograd_np.mode import plain
from micrograd_np.operation import Operation, Rule
from micrograd_np.pending import Pending

NOTHING: dict[str, Any] = {}
"""The keyword arguments of most operations. Never written into."""

next_sequence = count(1).__next__
"""Numbers nodes in the order in which they are made."""
_collecting = allocate_lock()
_UNSHARED = 2
"""How often an array is referred to by one variable alone: `getrefcount` is given it, too."""


class Stub:
    """The shape and dtype of an array that was not kept alive."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)


class Node(Stub):
    """One recorded result: the operation, the nodes of its operands and what its rules will read.

    `args` are the operands as arrays, a stub where no rule reads the array; `out` likewise is the
    result or None.
    """

    __slots__ = ("args", "kwargs", "operation", "out", "parents", "rules", "sequence")
    changed = 0
    """When its array was last changed in place, on the scale of `sequence`: see Leaf and View."""

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        operation: Operation | None,
        parents: Sequence[Node | None],
        rules: tuple[tuple[int, Rule], ...],
        args: Sequence[Any] | None,
        kwargs: dict[str, Any],
        out: Any,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.operation = operation
        self.parents = parents
        self.rules = rules
        self.args = args
        self.kwargs = kwargs
        self.out = out
        self.sequence = next_sequence()


class Leaf(Node):
    """The node of a tensor that the user made: where gradients are collected.

    `changed` is the moment, on the scale of `sequence`, at which its array was last changed in
    place.
    """

    __slots__ = ("changed", "grad")
    touched = 0
    """When any of them was last changed in place: most backward passes need to look no further."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        super().__init__(shape, dtype, None, [], (), [], NOTHING, None)
        self.changed = 0
        self.grad: np.ndarray[Any, Any] | None = None

    def collect(self, sums: dict[Node, Any]) -> None:
        """Add what stands for this leaf in `sums` to the gradient, which nothing else refers to.

        Of a complex number the gradient is the conjugate, as in PyTorch: the direction of steepest
        ascent.
        """
        g = sums.pop(self)
        if type(g) is not np.ndarray:
            g = g.written() if type(g) is Pending else getattr(g, "_value", g)
            g = np.array(plain(g))
        elif g.base is not None or getrefcount(g) > _UNSHARED or not g.flags.writeable:
            g = np.array(g)
        if self.dtype.kind == "c":
            g = np.conj(g)
        with _collecting:  # two threads may go back to the same leaf
            self.grad = g if self.grad is None else np.asarray(self.grad + g)

    def touch(self) -> None:
        """Note that the array was changed in place just now."""
        self.changed = Leaf.touched = next_sequence()


class View(Node):
    """A result that shares memory with its only operand, and changes when that is changed.

    Or, where `is_copy`, stands for one that would.
    """

    __slots__ = ("is_copy", "root")

    def __init__(self, *fields: Any) -> None:
        super().__init__(*fields)
        root = root_of(self.parents[0])
        assert root is not None
        self.root: Node = root
        self.is_copy: bool = getattr(self.parents[0], "is_copy", False)

    @property
    def changed(self) -> int:  # type: ignore[override]  # read-only: it follows the root's
        """When the memory was last changed in place."""
        return self.root.changed


class Part(Node):
    """One of several results of an operation: `index` tells which, the only parent is the whole."""

    __slots__ = ("index", "root")

    def __init__(self, whole: Node, index: int, out: Any) -> None:
        super().__init__(out.shape, out.dtype, whole.operation, [whole], (), [], NOTHING, None)
        self.index = index
        is_view = whole.operation is not None and whole.operation.view
        self.root: Node = (is_view and root_of(whole.parents[0])) or whole

    @property
    def changed(self) -> int:  # type: ignore[override]  # read-only: it follows the root's
        """When the memory was last changed in place."""
        return self.root.changed


def root_of(node: Node | None) -> Node | None:
    """Return the node whose memory `node` is a view of."""
    return node.root if isinstance(node, (View, Part)) else node


def behind(nodes: Iterable[Node], is_end: Callable[[Node], bool]) -> Iterator[Node]:
    """Yield nodes and all that they were made of, each once; not what lies behind an end."""
    stack = list(dict.fromkeys(nodes))
    seen = set(stack)
    while stack:
        node = stack.pop()
        yield node
        if not is_end(node):
            new = [parent for parent in node.parents if parent is not None and parent not in seen]
            seen.update(new)
            stack += dict.fromkeys(new)


def reaches(node: Node | None, older_than: int) -> bool:
    """Tell whether `node` was made, on any path, of a node older than a sequence number."""
    first = [] if node is None else [node]
    return any(n.sequence < older_than for n in behind(first, lambda _: False))
