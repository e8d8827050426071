"""What is called otherwise in torch, depending on what it is called with."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import arange, array, empty, eye, full, identity, linspace, ones, zeros

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.calls import key_of
from micrograd_np.program.printing.torch.index import index_tree
from micrograd_np.program.printing.torch.types import depends_on_input, is_number
from micrograd_np.program.simplify.forms import is_zero, number_of
from micrograd_np.program.traced import Traced
from micrograd_np.rules.nn import relu
from micrograd_np.rules.padding import pairs
from micrograd_np.rules.reductions import expand

if TYPE_CHECKING:
    from micrograd_np.program.printing.torch.writer import TorchWriter

Spelling = Callable[["TorchWriter", Traced], ast.expr]
SPELLINGS: dict[Callable[..., Any], Spelling] = {}
"""By NumPy's function: ``spelling(writer, value)`` returns what computes a value."""


def spells(*functions: Callable[..., Any]) -> Callable[[Spelling], Spelling]:
    """Make a function the spelling of NumPy's."""

    def note(spelling: Spelling) -> Spelling:
        SPELLINGS.update(dict.fromkeys(functions, spelling))
        return spelling

    return note


def method(of: ast.expr, name: str, *args: ast.expr) -> ast.expr:
    """Return the call of a method."""
    return ast.Call(ast.Attribute(of, name), list(args), [])


def flat(tree: ast.expr) -> ast.expr:
    """Return the elements as one axis."""
    return method(tree, "reshape", ast.Constant(-1))


def arguments_of(value: Traced, *names: str) -> dict[str, Any]:
    """Return the arguments of a function by name, however they were given."""
    return {**dict(zip(names, value.args, strict=False)), **value.options}


def only(writer: TorchWriter, value: Traced, found: dict[str, Any], *known: str) -> None:
    """Refuse what is not known."""
    assert value.operation is not None
    for key, item in found.items():
        if key not in known:
            writer.refuse(value, f"{value.operation.name} with {key}={item!r}")


# --- elementwise -------------------------------------------------------------------------------


@spells(np.multiply)
def _multiply(writer: TorchWriter, value: Traced) -> ast.expr:
    a, b = value.args
    known = number_of(b)
    if known is not None and known.factors and not is_number(a) and not isinstance(b, Traced):
        (tree,) = writer.operands(value, [a], tensors=False)
        return writer.scaled(tree, known)  # type: ignore[arg-type]  # a tree is its own
    return writer.spelled(value)


@spells(np.maximum)
def _maximum(writer: TorchWriter, value: Traced) -> ast.expr:
    a, b = value.args
    # Only inside relu is the derivative at 0 that of torch.relu.
    if value.inside and isinstance(a, Traced) and not isinstance(b, Traced) and b == 0:
        return writer.call(f"torch.{OPERATIONS[relu].torch}", [writer.tree(a)])
    return writer.spelled(value)


@spells(np.where)
def _where(writer: TorchWriter, value: Traced) -> ast.expr:
    condition, *branches = value.args
    tree = writer.tree(condition)
    if is_number(condition):
        tree = writer.call("torch.tensor", [ast.Call(ast.Name("bool"), [tree], [])])
    elif condition.dtype.kind != "b":
        tree = ast.Compare(tree, [ast.NotEq()], [ast.Constant(0)])
    return writer.call("torch.where", [tree, *writer.operands(value, branches, tensors=False)])


# --- indexing and products ---------------------------------------------------------------------


@spells(operator.getitem)
def _getitem(writer: TorchWriter, value: Traced) -> ast.expr:
    x, index = value.args
    found = index_tree(writer, x.shape, index)
    tree = writer.tree(x)
    if found.flips:
        tree = method(tree, "flip", *map(ast.Constant, found.flips))
    return tree if found.tree is None else ast.Subscript(tree, found.tree)


@spells(np.matmul)
def _matmul(writer: TorchWriter, value: Traced) -> ast.expr:
    left, right = writer.operands(value, value.args, same=True)
    return ast.BinOp(left, ast.MatMult(), right)


@spells(np.dot)
def _dot(writer: TorchWriter, value: Traced) -> ast.expr:
    dims = [np.ndim(getattr(arg, "value", 0)) for arg in value.args]
    if 0 in dims:
        left, right = writer.operands(value, value.args, tensors=False)
        return ast.BinOp(left, ast.Mult(), right)
    left, right = writer.operands(value, value.args, same=True)
    if dims[1] <= 2 or dims[0] == 1:
        return ast.BinOp(left, ast.MatMult(), right)
    along = ([dims[0] - 1], [dims[1] - 2])
    return writer.call("torch.tensordot", [left, right], {"dims": along})


@spells(np.vdot)
def _vdot(writer: TorchWriter, value: Traced) -> ast.expr:
    trees = writer.operands(value, value.args, same=True)
    dims = [np.ndim(getattr(arg, "value", 0)) for arg in value.args]
    vectors = [t if ndim == 1 else flat(t) for t, ndim in zip(trees, dims, strict=True)]
    return writer.call("torch.vdot", vectors)


@spells(np.einsum)
def _einsum(writer: TorchWriter, value: Traced) -> ast.expr:
    subscripts, *arrays = value.args  # optimize= only says in which order
    return writer.call(
        "torch.einsum", [writer.tree(subscripts), *writer.operands(value, arrays, same=True)]
    )


# --- joining -----------------------------------------------------------------------------------


@spells(np.concatenate, np.stack)
def _join(writer: TorchWriter, value: Traced) -> ast.expr:
    assert value.operation is not None
    only(writer, value, value.options, "axis")
    trees = writer.operands(value, value.args)
    axis = value.options.get("axis", 0)
    if axis is None:
        trees = [flat(tree) for tree in trees]
    options = {"dim": axis} if axis else {}
    return writer.call(f"torch.{value.operation.torch}", [ast.Tuple(trees)], options)


@spells(np.split)
def _split(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "ary", "indices_or_sections", "axis")
    where = found["indices_or_sections"]
    if isinstance(where, Traced) and where.role == "constant":
        where = where.value.tolist()
    where = tuple(where) if isinstance(where, list) else where
    options = {"dim": found["axis"]} if found.get("axis") else {}
    trees = [writer.tree(found["ary"]), writer.tree(where)]
    return writer.call("torch.tensor_split", trees, options)


@spells(np.expand_dims)
def _expand_dims(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "axis")
    axes = found["axis"] if isinstance(found["axis"], (tuple, list)) else (found["axis"],)
    tree = writer.tree(found["a"])
    if len(axes) > 1:
        axes = sorted(axis % value.ndim for axis in axes)
    for axis in axes:
        tree = method(tree, "unsqueeze", writer.tree(axis))
    return tree


@spells(np.transpose)
def _transpose(writer: TorchWriter, value: Traced) -> ast.expr:
    x = value.args[0]
    axes = arguments_of(value, "a", "axes").get("axes")
    tree = writer.tree(x)
    if x.ndim < 2:
        return tree
    if axes is None and x.ndim == 2:
        return ast.Attribute(tree, "T")
    order = range(x.ndim)[::-1] if axes is None else axes
    return method(tree, "permute", *map(writer.tree, order))


@spells(np.reshape)
def _reshape(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "shape")
    only(writer, value, found, "a", "shape", "copy")  # another order is another array
    shape = found["shape"] if isinstance(found["shape"], (tuple, list)) else (found["shape"],)
    sizes = [writer.tree(n) for n in shape] or [ast.Tuple([])]
    return method(writer.tree(found["a"]), "reshape", *sizes)


@spells(expand, np.broadcast_to)
def _broadcast(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "array", "shape")
    inner, shape = found["array"], found["shape"]
    known = number_of(inner) if is_number(inner) else None
    if known is not None and not depends_on_input(inner):
        return writer.filled_with(known, shape, value.dtype)
    tree = writer.tensor(inner, value.dtype)
    return writer.call("torch.broadcast_to", [tree, writer.size(shape)])


# --- padding -----------------------------------------------------------------------------------


@spells(np.pad)
def _pad(writer: TorchWriter, value: Traced) -> ast.expr:
    x, pad_width = value.args
    mode = value.options.get("mode", "constant")
    widths = pairs(pad_width, x.ndim)
    tree = writer.tree(x)
    if mode == "constant":
        return _between_constants(writer, value, tree, widths)
    for axis, (before, after) in enumerate(widths):
        if not (is_zero(before) and is_zero(after)):
            source = _source(writer, x.shape[axis], before, after, mode)
            index = ast.Tuple([ast.Slice()] * axis + [source]) if axis else source
            tree = ast.Subscript(tree, index)
    return tree


def _between_constants(
    writer: TorchWriter, value: Traced, tree: ast.expr, widths: list[tuple[Any, Any]]
) -> ast.expr:
    """Return an array between constants: in one call if they are all the same."""
    fills = pairs(value.options.get("constant_values", 0), len(widths))
    none = [(0, 0)] * len(widths)
    steps = [(widths, fills[0][0] if fills else 0)]
    if len({key_of(fill) for pair in fills for fill in pair}) > 1:
        steps = [  # as NumPy does: axis by axis, so that the last one has the corners
            ([*none[:axis], pair, *none[axis + 1 :]], fill)
            for axis, (before, after) in enumerate(widths)
            for pair, fill in zip(((before, 0), (0, after)), fills[axis], strict=True)
            if not (is_zero(pair[0]) and is_zero(pair[1]))
        ]
    for step, fill in steps:
        around = tuple(n for pair in reversed(step) for n in pair)  # the last axis first
        options = {} if is_zero(fill) else {"value": fill}
        tree = writer.call("torch.nn.functional.pad", [tree, writer.tree(around)], options)
    return tree


def _source(writer: TorchWriter, n: Any, before: Any, after: Any, mode: str) -> ast.expr:
    """Return which element of an axis stands where: torch itself pads some dimensions only."""

    def places(start: Any, stop: Any, *step: Any) -> ast.expr:
        return writer.call("torch.arange", list(map(writer.tree, (start, stop, *step))))

    def there_and_back(at: ast.expr, half: Any) -> ast.expr:
        phase = ast.BinOp(at, ast.Mod(), writer.tree(2 * half))
        return method(ast.BinOp(phase, ast.Sub(), writer.tree(half)), "abs")

    if mode == "wrap":
        return ast.BinOp(places(-before, n + after), ast.Mod(), writer.tree(n))
    if mode == "edge" or n == 1:
        return method(places(-before, n + after), "clamp", ast.Constant(0), writer.tree(n - 1))
    if mode == "reflect":  # turns at the last element
        return there_and_back(places(n - (1 + before), 2 * n + (after - 1)), n - 1)
    # Turns half a step behind it: counted in half steps.
    at = places(2 * n + (1 - 2 * before), 4 * n + (1 + 2 * after), 2)
    return ast.BinOp(there_and_back(at, 2 * n), ast.FloorDiv(), ast.Constant(2))


# --- arrays made from scratch ------------------------------------------------------------------


@spells(zeros, ones, empty)
def _zeros(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "shape", "dtype")
    only(writer, value, found, "shape", "dtype", "order")
    name = value.operation.name.removeprefix("np.") if value.operation else ""
    size = writer.size(found["shape"])
    options = {"dtype": value.dtype}
    return writer.call(f"torch.{name}", size.elts if size.elts else [size], options)


@spells(full)
def _full(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "shape", "fill_value", "dtype")
    only(writer, value, found, "shape", "fill_value", "dtype", "order")
    return _filled(writer, value, found["fill_value"], writer.size(found["shape"]))


def _filled(writer: TorchWriter, value: Traced, fill: Any, size: ast.expr) -> ast.expr:
    if is_number(fill) and not depends_on_input(fill):
        return writer.call("torch.full", [size, writer.tree(fill)], {"dtype": value.dtype})
    # NumPy's is a constant to the gradient.
    tree = method(writer.converted(fill, value.dtype), "detach")
    return method(writer.call("torch.broadcast_to", [tree, size]), "clone")


@spells(np.zeros_like, np.ones_like, np.empty_like)
def _zeros_like(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "dtype")
    found = {"a": found.pop("prototype", found.get("a")), **found}
    only(writer, value, found, "a", "dtype", "order", "subok")
    options = {} if found["a"].dtype == value.dtype else {"dtype": value.dtype}
    name = value.operation.name.removeprefix("np.") if value.operation else ""
    return writer.call(f"torch.{name}", [writer.converted(found["a"], found["a"].dtype)], options)


@spells(np.full_like)
def _full_like(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "fill_value", "dtype")
    only(writer, value, found, "a", "fill_value", "dtype", "order", "subok")
    like, fill = writer.tree(found["a"]), found["fill_value"]
    if is_number(fill) and not depends_on_input(fill) and found["a"].dtype == value.dtype:
        return writer.call("torch.full_like", [like, writer.tree(fill)])
    return _filled(writer, value, fill, ast.Attribute(like, "shape"))


@spells(eye, identity)
def _eye(writer: TorchWriter, value: Traced) -> ast.expr:
    names = ("n", "dtype") if value.operation is OPERATIONS[identity] else ("N", "M", "k", "dtype")
    found = arguments_of(value, *names)
    if found.get("k", 0) == 0:
        found.pop("k", None)
    only(writer, value, found, "n", "N", "M", "dtype", "order")
    sizes = [found.get(key) for key in ("n", "N", "M")]
    trees = [writer.tree(size) for size in sizes if size is not None]
    return writer.call("torch.eye", trees, {"dtype": value.dtype})


@spells(arange)
def _arange(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "start", "stop", "step", "dtype")
    only(writer, value, found, "start", "stop", "step", "dtype")
    bounds = [found.get(key) for key in ("start", "stop", "step")]
    trees = [writer.tree(bound) for bound in bounds if bound is not None]
    options = {} if value.dtype == np.int64 else {"dtype": value.dtype}
    return writer.call("torch.arange", trees, options)


@spells(linspace)
def _linspace(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "start", "stop", "num", "endpoint")
    if found.get("endpoint", True) is True:
        found.pop("endpoint", None)
    only(writer, value, found, "start", "stop", "num", "dtype")
    if not (is_number(found["start"]) and is_number(found["stop"])):
        writer.refuse(value, "np.linspace between arrays")
    trees = [writer.tree(found[key]) for key in ("start", "stop")]
    return writer.call(
        "torch.linspace", [*trees, writer.tree(found.get("num", 50))], {"dtype": value.dtype}
    )


@spells(array)
def _array(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "object", "dtype")
    only(writer, value, found, "object", "dtype")
    data = found["object"]
    if isinstance(data, Traced) and not is_number(data):
        return method(writer.converted(data, value.dtype), "clone")
    natural = value.dtype in (np.dtype(np.int64), np.dtype(bool))
    options = {} if natural else {"dtype": value.dtype}
    return writer.call("torch.tensor", [writer.tree(data)], options)


@spells(np.ravel_multi_index)
def _ravel_multi_index(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "multi_index", "dims")
    only(writer, value, found, "multi_index", "dims")
    (tree, *others), dims = map(writer.tree, found["multi_index"]), found["dims"]
    for other, n in zip(others, dims[1:], strict=True):
        tree = ast.BinOp(ast.BinOp(tree, ast.Mult(), writer.tree(n)), ast.Add(), other)
    return tree
