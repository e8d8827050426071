"""Tensor: a NumPy array and the node that made it.

Operators, NumPy functions and ufuncs given a Tensor all end in :func:`apply`, which looks up
nothing but the operation's record.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.checks import numerical
from micrograd_np.conversions import Conversions, is_followed
from micrograd_np.differentiable import Differentiable
from micrograd_np.engine import check_numeric, evaluate, record, stub
from micrograd_np.errors import named
from micrograd_np.graph import NOTHING, Leaf, Node, View
from micrograd_np.inplace import Writable
from micrograd_np.methods import Methods
from micrograd_np.mode import EAGER, MODE, Symbolic, is_eager
from micrograd_np.operation import OPERATIONS, Operation, name_of, record_of
from micrograd_np.values import (
    dtype_of,
    has_gradient,
    is_complex_leaf,
    operand_of,
    options_of,
    plain_value_of,
    values_of,
    write,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

ndarray, asarray = np.ndarray, np.asarray
_FLOAT64 = np.dtype(np.float64)

# What makes a new array like a tensor: they are given one as the first argument or as ``like=``.
_LIKE: frozenset[Callable[..., Any]] = frozenset(
    (np.zeros_like, np.ones_like, np.empty_like, np.full_like)
)
_CREATION: frozenset[Callable[..., Any]] = _LIKE | {
    np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.tri, np.arange, np.array,
    np.fromfunction, np.frombuffer, np.fromfile, np.fromiter, np.fromstring,
    np.loadtxt, np.genfromtxt,
}  # fmt: skip

# What NumPy takes as it is: an array, or a scalar, an index or an option that is none.
_AS_IT_IS = frozenset((np.ndarray, float, int, bool, complex, type(None), str, slice, type(...)))
_NOT_SAID: Any = object()


class Tensor(Methods, Differentiable, Conversions, Writable):
    """An array that knows how it was made, so that gradients can travel back through it.

    Made with :func:`micrograd_np.tensor`, or by any NumPy function of a Tensor. It has operators,
    methods and attributes of an ndarray, and NumPy's functions take it.

    Parameters
    ----------
    data
        The value: an array of numbers. Not copied.
    node
        What made it; None for a constant.

    Raises
    ------
    TypeError
        If `data` is not numeric.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, data: Array, node: Node | None = _NOT_SAID) -> None:
        if node is _NOT_SAID:  # by the user, and not in the midst of an operation
            data, node = numerical(data), None
        self._value = data
        self._node = node
        self._relatives = None

    def __hash__(self) -> int:
        if isinstance(self._value, Symbolic):
            self._value.refuse_hash()
        return object.__hash__(self)

    @property  # type: ignore[misc]  # what isinstance asks for cannot be assigned to here
    def __class__(self) -> type:
        """The type for ``isinstance``: while a program is recorded, of what it stands for."""
        data: Any = self._value
        return (data.stands_for() or Tensor) if isinstance(data, Symbolic) else Tensor

    # --- what it holds -------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The value as an ndarray: the array that the tensor holds now, not a copy.

        Writing into the tensor (``t[0] = 1``, ``t -= 1``) may give it another array; one that was
        asked for before then keeps the old value.

        Assigning an array of the same shape and dtype replaces the value and leaves the tensor
        what it was: a leaf stays a leaf. Writing into the array (``t.data[0] = 1``), or into that
        of a constant, cannot be seen from here: do it after ``backward()``, not between the forward
        pass and it.

        Raises
        ------
        ValueError
            If an array of another shape or dtype is assigned.
        RuntimeError
            If the array of a result was changed (``t.data -= 1``), which its graph has kept.
        """
        return self._value

    @data.setter
    def data(self, value: ArrayLike) -> None:
        new = numerical(value)
        if new.shape != self._value.shape or new.dtype != self._value.dtype:
            raise ValueError(
                f"data has shape {self.shape} and dtype {self.dtype}; "
                f"got shape {new.shape} and dtype {new.dtype}"
            )
        if new is self._value and self._node is not None:
            # `t.data -= ...` wrote into the array before it came here.
            if not isinstance(self._node, Leaf):
                raise RuntimeError(
                    "the array of a result was changed in place, and gradients through it would "
                    "be wrong: write t -= v, which is recorded, or change t.detach().copy()"
                )
            self._node.touch()
        self._value = new

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._seen().shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self._value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._value.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._seen().size

    # --- its value as something else -----------------------------------------------------------

    def detach(self) -> Tensor:
        """Return a constant with the same value, sharing its memory."""
        constant = Tensor(self._value, None)
        self._relate(constant)
        return constant

    def item(self, *args: Any) -> Any:
        """Return the value of a single element as a Python number: of the only one, or at `args`.

        `args` is a position in the flattened array, or an index along each axis.
        """
        if not is_followed():
            return self._value.item(*args)
        return self[args] if len(args) > 1 else self.reshape(-1)[args[0] if args else 0].reshape(())

    # --- copies and pickles --------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        leaf = isinstance(self._node, Leaf)
        if self._node is not None and not leaf:
            warnings.warn(
                "a copied or pickled result keeps its value, not its graph: it is detached",
                stacklevel=3,
            )
        return _restore, (self._value, leaf, self.grad)

    # --- NumPy's protocols ---------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        """Take part in a NumPy ufunc."""
        if method == "__call__" and not kwargs:
            return _call(ufunc, args)
        for given_twice in ("array", "indices"):  # by NumPy: by position, and by keyword again
            kwargs.pop(given_twice, None)
        return dispatch(getattr(np.ufunc, method), (ufunc, *args), kwargs)

    def __array_function__(
        self,
        function: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Take part in any other NumPy function."""
        return dispatch(function, args, kwargs) if kwargs else _call(function, args)

    # --- how the operators and methods compute -------------------------------------------------

    @staticmethod
    def _binary(function: Callable[..., Any], a: Any, b: Any) -> Tensor:
        """Do what `apply` does, for two operands: most of the time of small networks goes here.

        So what :func:`micrograd_np.engine.record` does is written out for arrays in eager code.
        """
        operation = OPERATIONS[function]
        wanted = 0
        left = right = None
        if type(a) is Tensor:
            left, a = a._node, a._value
            if left is not None:
                wanted = 1
        elif type(a) is ndarray:
            if a.dtype.hasobject:
                check_numeric(operation, a)  # an error, before what it holds is computed with
        elif type(a) not in _AS_IT_IS:
            a = operand_of(operation, 0, a)
        if type(b) is Tensor:
            right, b = b._node, b._value
            if right is not None:
                wanted += 2
        elif type(b) is ndarray:
            if b.dtype.hasobject:
                check_numeric(operation, b)
        elif type(b) not in _AS_IT_IS:
            b = operand_of(operation, 1, b)
        if MODE.get() is not EAGER or not wanted:
            return Tensor(*record(operation, [a, b], [left, right], wanted, NOTHING))
        try:
            out = operation.function(a, b)
        except Exception as error:
            raise named(error, operation, (a, b)) from None
        if type(out) is not ndarray:
            out = asarray(out)
        dtype = out.dtype
        if dtype is not _FLOAT64 and dtype.kind not in "fc":
            return Tensor(check_numeric(operation, out))
        rules, drops_a, drops_b, drops_out = operation.pairs[wanted] or operation.pair(wanted)
        if drops_a:
            a = stub(a) if left is None else left
        if drops_b:
            b = stub(b) if right is None else right
        kept = None if drops_out else out
        node = Node(out.shape, dtype, operation, (left, right), rules, (a, b), NOTHING, kept)
        return Tensor(out, node)

    def _unary(self, function: Callable[..., Any], *options: Any) -> Any:
        """Do what `apply` does where this tensor is the only operand."""
        operation = OPERATIONS[function]
        node, value = self._node, self._value
        if node is not None and not options and MODE.get() is EAGER and operation.is_plain:
            try:
                out = operation.function(value)
            except Exception as error:
                raise named(error, operation, (value,)) from None
            if isinstance(out, np.generic):
                out = asarray(out)
            if type(out) is ndarray and out.dtype.kind in "fc":  # as in `_binary`
                rules, drops, _, drops_out = operation.pairs[0] or operation.lone()
                kept = None if drops_out else out
                saved = (node if drops else value,)
                made = Node(out.shape, out.dtype, operation, (node,), rules, saved, NOTHING, kept)
                return Tensor(out, made)
        parents: list[Node | None] = [node, *[None] * len(options)]
        wanted = 0 if node is None else 1
        given = [o if type(o) in _AS_IT_IS else plain_value_of(o) for o in options]
        out, made = record(operation, [value, *given], parents, wanted, NOTHING)
        if type(out) is tuple:
            return _several(operation, self, out, made)
        result = Tensor(out, made)
        if operation.view and _shares(out, self._value):
            self._relate(result)
        return result

    def _unshare(self, whole: Self) -> None:
        """Give a part of an array that is being filled memory of its own.

        A view would hold the whole, so that the next write had to copy all of it.
        """
        if type(self._value) is not np.ndarray or type(self._node) is not View:
            return
        if np.may_share_memory(self._value, whole._value):
            self._value = np.array(self._value, order="K")
            self._node.is_copy = True

    def _apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = apply(OPERATIONS[function], args, kwargs)
        return result

    def _dispatch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return dispatch(function, args, kwargs)


def _call(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call a NumPy function, by the short way if it has as many operands as arguments."""
    operation = OPERATIONS.get(function)
    if operation is not None and len(args) == operation.short:
        if len(args) == 2 and operation.results == 1:
            return Tensor._binary(function, *args)
        if len(args) == 1 and type(args[0]) is Tensor:
            return args[0]._unary(function)
    return dispatch(function, args)


def apply(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any] = NOTHING) -> Any:
    """Compute a differentiable operation on Tensors and others, and record it where needed.

    Raises
    ------
    NotImplementedError
        If a keyword is one that the operation's rules do not know.
    """
    values: list[Any] = []
    parents: list[Node | None] = []
    wanted = 0
    for arg in args:
        if type(arg) is Tensor:
            if arg._node is not None:
                wanted |= 1 << len(values)
            values.append(arg._value)
            parents.append(arg._node)
        else:
            if type(arg) not in _AS_IT_IS:
                arg = operand_of(operation, len(values), arg)
            elif (
                type(arg) is ndarray and arg.dtype.hasobject and operation.takes_array(len(values))
            ):
                check_numeric(operation, arg)
            values.append(arg)
            parents.append(None)
    out, node = record(operation, values, parents, wanted, kwargs)
    if type(out) is tuple:
        return _several(operation, args[0], out, node)
    result = Tensor(out, node)
    if operation.view and type(args[0]) is Tensor and _shares(out, args[0]._value):
        args[0]._relate(result)
    return result


def _shares(out: Any, given: Any) -> bool:
    """Whether what an operation that makes views returned is one, or what it was given."""
    return out.base is not None or out is given


def _several(
    operation: Operation, first: Any, outs: tuple[Any, ...], nodes: tuple[Any, ...]
) -> tuple[Tensor, ...]:
    results = tuple(map(Tensor, outs, nodes))
    if operation.view and type(first) is Tensor:
        for result in results:
            first._relate(result)
    return results


def dispatch(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] = NOTHING
) -> Any:
    """Call a NumPy function some of whose arguments are Tensors.

    Raises
    ------
    NotImplementedError
        If the function has no record, or a keyword is one that its rules do not know.
    """
    operation = OPERATIONS.get(function) or record_of(function)
    if operation is None:
        raise _no_rule(name_of(function))
    if operation.definition is not None:
        try:
            return operation.definition(*args, **kwargs)
        except Exception as error:
            raise named(error, operation, args) from None
    if operation.kind != "differentiable":
        return _constant(operation, args, kwargs)
    if kwargs.get("out") is not None:
        kwargs = dict(kwargs)
        out = kwargs.pop("out")
        if "dtype" in operation.parameters and kwargs.get("dtype") is None:
            kwargs["dtype"] = dtype_of(out)
        broadcasts = isinstance(function, np.ufunc) or function is np.clip
        result = dispatch(function, args, kwargs)
        return write(operation.name, out, result, broadcasts=broadcasts)
    if operation.spread:
        args, kwargs = operation.bind(*_spread(operation, args, dict(kwargs)))
    elif kwargs or len(args) > len(operation.rules):
        args, kwargs = operation.bind(args, kwargs)
    return apply(operation, args, options_of(operation, kwargs) if kwargs else kwargs)


def _constant(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute what has no gradient: on plain arrays, to plain arrays."""
    given = (*args, *kwargs.values())
    if operation.kind == "undefined" and (not is_eager() or any(map(has_gradient, given))):
        raise NotImplementedError(f"{operation.name} of a Tensor: {operation.reason}")
    if operation.real and any(is_complex_leaf(a) for a in args):
        raise NotImplementedError(
            f"{operation.name} of complex numbers is not constant, and has no derivative rule "
            f"here. {operation.reason}"
        )
    creates = operation.function in _CREATION
    if creates:
        data = args[1:] if operation.function in _LIKE else args
        if any(map(has_gradient, (*data, *kwargs.values()))):
            raise TypeError(
                f"{operation.name} would lose the gradient of what it is made of; use np.stack to "
                "join tensors, and value * np.ones_like(x) to fill an array with one"
            )
    out: Any = evaluate(operation, [plain_value_of(a) for a in args], values_of(kwargs))
    if isinstance(out, Symbolic):
        return Tensor(out) if out.is_array else out  # type: ignore[arg-type]  # stands for one
    if type(out) is ndarray and out.dtype.hasobject:
        return check_numeric(operation, out)  # an error: it may hold tensors
    # What is made like a tensor is one, so that others can be written into it.
    return Tensor(out) if creates and out.dtype.kind in "fc" else out


def _spread(
    operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Turn a sequence of operands, the first argument, into so many positional arguments."""
    operands = args[0] if args else kwargs.pop("arrays")
    return tuple(operands), {**dict(zip(operation.parameters, args[1:], strict=False)), **kwargs}


def _no_rule(name: str) -> NotImplementedError:
    constant = f"give it a constant: {name}(t.detach().numpy())"
    if not is_eager():  # a program is recorded, in which nothing is a constant
        constant = "compute what does not depend on the arguments beforehand"
    return NotImplementedError(
        f"{name} has no derivative rule here. Add one with mg.defvjp({name}, rule), write it with "
        f"functions that have one, or {constant}"
    )


def _restore(data: Array, is_leaf: bool, grad: Array | None) -> Tensor:
    copy = np.array(data)
    result = Tensor(copy, Leaf(copy.shape, copy.dtype) if is_leaf else None)
    if grad is not None:
        result.grad = grad
    return result
