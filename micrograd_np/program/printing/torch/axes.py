"""What goes along axes, and is called otherwise in torch."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy._core import umath

from micrograd_np.mode import plain
from micrograd_np.program.printing.torch.calls import arguments_of, flat, method, only, spells
from micrograd_np.program.traced import Traced

if TYPE_CHECKING:
    from micrograd_np.program.printing.torch.writer import TorchWriter


@spells(np.cumsum)
def _cumsum(writer: TorchWriter, value: Traced) -> ast.expr:
    if value.options.get("axis") is not None:
        return writer.spelled(value)
    only(writer, value, value.options, "a", "axis")
    (tree,) = writer.operands(value, value.args[:1])
    along = tree if value.args[0].ndim == 1 else flat(tree)
    return ast.Call(ast.Attribute(along, "cumsum"), [], [ast.keyword("dim", ast.Constant(0))])


@spells(np.linalg.norm)
def _norm(writer: TorchWriter, value: Traced) -> ast.expr:
    assert value.operation is not None
    order = value.options.get("ord", "fro")  # which is that of all the elements as one vector
    args = [*writer.operands(value, value.args), *([] if order == "fro" else [writer.tree(order)])]
    known = {"axis": "dim", "keepdims": "keepdim"}
    options = {known[key]: item for key, item in value.options.items() if key in known}
    axis = value.options.get("axis")
    of_matrices = value.args[0].ndim == 2 if axis is None else np.size(axis) == 2
    name = "linalg.norm" if of_matrices and order != "fro" else value.operation.torch
    return writer.call(f"torch.{name}", args, options)


@spells(np.argsort)
def _argsort(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "axis")
    only(writer, value, found, "a", "axis")
    tree, axis = writer.tree(found["a"]), found.get("axis", -1)
    options = {"dim": -1 if axis is None else axis}
    return writer.call("torch.argsort", [flat(tree) if axis is None else tree], options)


@spells(np.prod)
def _prod(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "axis")
    only(writer, value, found, "a", "axis", "keepdims")
    axis, keepdims = found.get("axis"), bool(found.get("keepdims"))
    if (isinstance(axis, tuple) and len(axis) != 1) or (axis is None and keepdims):
        writer.refuse(value, f"np.prod with axis={axis!r}, keepdims={keepdims}")
    (tree,) = writer.operands(value, value.args[:1])
    if axis is None:
        return method(tree, "prod")
    (dim,) = axis if isinstance(axis, tuple) else (axis,)
    return writer.call("torch.prod", [tree], {"dim": dim} | ({"keepdim": True} if keepdims else {}))


@spells(np.cumprod)
def _cumprod(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "axis")
    only(writer, value, found, "a", "axis")
    (tree,) = writer.operands(value, value.args[:1])
    axis = found.get("axis")
    along = flat(tree) if axis is None else tree
    return writer.call("torch.cumprod", [along], {"dim": 0 if axis is None else axis})


@spells(np.tril, np.triu)
def _triangle(writer: TorchWriter, value: Traced) -> ast.expr:
    if value.args[0].ndim < 2:
        assert value.operation is not None
        writer.refuse(value, f"{value.operation.name} of a vector")
    return writer.spelled(value)


@spells(np.copy)
def _copy(writer: TorchWriter, value: Traced) -> ast.expr:
    (tree,) = writer.operands(value, value.args[:1])
    return method(tree, "clone")  # a layout in memory makes no difference


@spells(np.imag)
def _imag(writer: TorchWriter, value: Traced) -> ast.expr:
    (tree,) = writer.operands(value, value.args[:1])
    if value.args[0].dtype.kind == "c":
        return writer.call("torch.imag", [tree])
    return ast.BinOp(ast.Constant(0), ast.Mult(), tree)


@spells(np.tile)
def _tile(writer: TorchWriter, value: Traced) -> ast.expr:
    (tree,) = writer.operands(value, value.args[:1])
    reps = arguments_of(value, "A", "reps")["reps"]
    dims = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    return writer.call("torch.tile", [tree], {"dims": dims})


@spells(np.linalg.solve)
def _solve(writer: TorchWriter, value: Traced) -> ast.expr:
    return writer.call("torch.linalg.solve", writer.operands(value, value.args, same=True))


@spells(np.linalg.cholesky)
def _cholesky(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "upper")
    options = {"upper": True} if found.get("upper") else {}
    return writer.call("torch.linalg.cholesky", writer.operands(value, value.args[:1]), options)


@spells(vars(umath)["clip"])
def _clip(writer: TorchWriter, value: Traced) -> ast.expr:
    shapes = [np.shape(plain(arg)) for arg in value.args]
    if np.broadcast_shapes(*shapes) != shapes[0] or not all(map(math.prod, shapes)):
        writer.refuse(value, "np.clip to bounds of another shape")
    return writer.spelled(value)


@spells(np.repeat)
def _repeat(writer: TorchWriter, value: Traced) -> ast.expr:
    found = arguments_of(value, "a", "repeats", "axis")
    if not isinstance(found["repeats"], int):
        writer.refuse(value, "np.repeat a number of times for each element")
    return writer.spelled(value)
