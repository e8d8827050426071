"""Every operation, once: how it is called, how its inputs are drawn, what it is called in torch.

The order is that of the files in micrograd_np/rules.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS
from rules import draws, in_torch
from rules.draws import of_shapes, one, reducing, several, two
from rules.in_torch import dims, torch


@dataclass(frozen=True)
class Case:
    """One way of calling one operation."""

    name: str
    record: Any
    """The function whose record this exercises; or that is made of several operations."""
    call: Callable[..., Any]
    """``call(*operands, **options)`` in NumPy."""
    draw: st.SearchStrategy[tuple[list[np.ndarray], dict[str, Any]]]
    """Draws operands and options."""
    torch: Callable[..., Any]
    """The same in torch."""

    def __str__(self) -> str:
        return self.name

    @property
    def analytic(self) -> bool:
        """Whether a complex step passes through it."""
        return self.record not in OPERATIONS or OPERATIONS[self.record].analytic


CASES: list[Case] = []


def case(name, record, call, draw, torch_call):
    CASES.append(Case(name, record, call, draw, torch_call))


# --- elementwise: one operand ------------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("negative", np.negative, -3, lambda a: -a),
    ("positive", np.positive, -3, lambda a: +a),
    ("reciprocal", np.reciprocal, -3, lambda a: 1 / a),
    ("square", np.square, -3, lambda a: a.square()),
    ("sqrt", np.sqrt, 0, lambda a: a.sqrt()),
    ("exp", np.exp, -3, lambda a: a.exp()),
    ("expm1", np.expm1, -3, lambda a: a.expm1()),
    ("log", np.log, 0, lambda a: a.log()),
    ("log1p", np.log1p, 0, lambda a: a.log1p()),
    ("sin", np.sin, -3, lambda a: a.sin()),
    ("cos", np.cos, -3, lambda a: a.cos()),
    ("tanh", np.tanh, -3, lambda a: a.tanh()),
    ("absolute", np.absolute, -3, lambda a: a.abs()),
]:
    case(_name, _function, _function, one(_low), _torch)

for _name, _function, _low, _call in [
    ("-a", np.negative, -3, lambda a: -a),
    ("+a", np.positive, -3, lambda a: +a),
    ("abs(a)", np.absolute, -3, abs),
    ("a + 2", np.add, -3, lambda a: a + 2),
    ("2 + a", np.add, -3, lambda a: 2 + a),
    ("a - 0.5", np.subtract, -3, lambda a: a - 0.5),
    ("0.5 - a", np.subtract, -3, lambda a: 0.5 - a),
    ("a * 3", np.multiply, -3, lambda a: a * 3),
    ("3 * a", np.multiply, -3, lambda a: 3 * a),
    ("a / 4", np.divide, -3, lambda a: a / 4),
    ("4 / a", np.divide, -3, lambda a: 4 / a),
    ("a ** 0", operator.pow, -3, lambda a: a**0),
    ("a ** 1", operator.pow, -3, lambda a: a**1),
    ("a ** 2", operator.pow, -3, lambda a: a**2),
    ("a ** 3", operator.pow, -3, lambda a: a**3),
    ("a ** -1.0", operator.pow, -3, lambda a: a**-1.0),
    ("a ** -2.0", operator.pow, -3, lambda a: a**-2.0),
    ("a ** 0.5", operator.pow, 0, lambda a: a**0.5),
    ("a ** 2.5", operator.pow, 0, lambda a: a**2.5),
    ("2.5 ** a", operator.pow, -3, lambda a: 2.5**a),
]:
    case(_name, _function, _call, one(_low), _call)

# --- elementwise: two operands -----------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("add", np.add, -3, lambda a, b: a + b),
    ("subtract", np.subtract, -3, lambda a, b: a - b),
    ("multiply", np.multiply, -3, lambda a, b: a * b),
    ("divide", np.divide, -3, lambda a, b: a / b),
    ("power", np.power, 0, lambda a, b: a**b),
    ("maximum", np.maximum, -3, lambda a, b: torch.maximum(a, b)),
    ("minimum", np.minimum, -3, lambda a, b: torch.minimum(a, b)),
]:
    case(_name, _function, _function, two(_low), _torch)

for _name, _function, _low, _call in [
    ("a + b", np.add, -3, operator.add),
    ("a - b", np.subtract, -3, operator.sub),
    ("a * b", np.multiply, -3, operator.mul),
    ("a / b", np.divide, -3, operator.truediv),
    ("a ** b", operator.pow, 0, operator.pow),
]:
    case(_name, _function, _call, two(_low), _call)

_between_multiples = two().filter(lambda drawn: np.remainder(*drawn[0]).all())
case(
    "remainder", np.remainder, np.remainder, _between_multiples, lambda a, b: torch.remainder(a, b)
)
case("a % b", np.remainder, operator.mod, _between_multiples, operator.mod)

case(
    "where",
    np.where,
    lambda a, b, condition: np.where(condition, a, b),
    draws.condition_and_two(),
    lambda a, b, condition: torch.where(torch.as_tensor(condition), a, b),
)

# --- indexing ----------------------------------------------------------------------------------


def assign(a, value, index):
    a = np.copy(a)
    a[index] = value
    return a


def add_at(a, value, index):
    a = np.copy(a)
    np.add.at(a, index, value)
    return a


case(
    "a[index]",
    operator.getitem,
    lambda a, index: a[index],
    one(options=draws.indexed),
    in_torch.getitem,
)
case(
    "a[index] = value",
    operator.setitem,
    assign,
    draws.target_index_value(),
    in_torch.setitem,
)
case("np.add.at", np.add.at, add_at, draws.target_index_value(adding=True), in_torch.add_at)

# --- products ----------------------------------------------------------------------------------

for _name, _call in (("matmul", np.matmul), ("a @ b", operator.matmul)):
    case(_name, np.matmul, _call, two(signature=np.matmul.signature), operator.matmul)

DOTS = [
    ((), ()), ((), (2, 3)), ((2,), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)),
    ((2, 3), (3, 2)), ((2, 2, 3), (3,)), ((2, 3), (2, 3, 1)), ((3,), (2, 3, 2)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)),
]  # fmt: skip
case(
    "dot",
    np.dot,
    lambda a, b, option: np.dot(a, b),
    of_shapes(*((None, pair) for pair in DOTS)),
    lambda a, b, option: in_torch.dot(a, b),
)

_VDOTS = [
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((2, 3), (6,)),
    ((3, 2), (2, 3)),
    ((0,), (2, 0)),
]
case(
    "vdot",
    np.vdot,
    lambda a, b, option: np.vdot(a, b),
    of_shapes(*((None, pair) for pair in _VDOTS)),
    lambda a, b, option: torch.vdot(a.reshape(-1), b.reshape(-1)),
)

EINSUMS = [
    ("ii->", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->ji", [(2, 2, 3)]),
    ("iii->i", [(2, 2, 2)]),
    ("ij->ji", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(0, 3)]),
    ("ij->", [(3, 0)]),
    (",i->i", [(), (3,)]),
    ("i,i", [(3,), (3,)]),
    ("i,j->ij", [(2,), (3,)]),
    ("ij,jk", [(2, 3), (3, 2)]),
    ("ij,kj->ik", [(2, 3), (1, 3)]),
    ("ij,ij->i", [(2, 3), (1, 3)]),
    ("ij,ij->", [(2, 1), (2, 3)]),
    ("ii,i->", [(3, 3), (3,)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 1)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...ij,jk", [(2, 2, 3), (3, 2)]),
    ("...i,...i->...", [(2, 1, 3), (2, 3)]),
    ("i...->...", [(2, 3)]),
    ("i,ij,j->", [(2,), (2, 3), (3,)]),
    ("i , i j -> j", [(2,), (2, 3)]),
]
case(
    "einsum",
    np.einsum,
    lambda *operands, option: np.einsum(option, *operands),
    of_shapes(*EINSUMS),
    lambda *operands, option: torch.einsum(option, *operands),
)

# --- neural networks ---------------------------------------------------------------------------

case("relu", mg.relu, mg.relu, one(), lambda a: a.relu())
case("sigmoid", mg.sigmoid, mg.sigmoid, one(), lambda a: a.sigmoid())
case(
    "softmax",
    mg.softmax,
    mg.softmax,
    one(options=draws.along, min_dims=1, min_side=1),
    lambda a, axis: a.softmax(axis),
)
case(
    "log_softmax",
    mg.log_softmax,
    mg.log_softmax,
    one(options=draws.along, min_dims=1, min_side=1),
    lambda a, axis: a.log_softmax(axis),
)
case(
    "logsumexp",
    mg.logsumexp,
    mg.logsumexp,
    one(options=reducing, min_side=1),
    lambda a, axis, keepdims: a.logsumexp(dims(a, axis), keepdim=keepdims),
)
case(
    "cross_entropy",
    mg.cross_entropy,
    mg.cross_entropy,
    one(options=draws.labels_for, min_dims=1, min_side=1),
    in_torch.cross_entropy,
)

# --- reductions --------------------------------------------------------------------------------

for _name, _call in (("sum", np.sum), ("a.sum", lambda a, **options: a.sum(**options))):
    case(
        _name,
        np.sum,
        _call,
        one(options=reducing),
        lambda a, axis, keepdims: a.sum(dims(a, axis), keepdim=keepdims),
    )
case(
    "mean",
    np.mean,
    np.mean,
    one(options=reducing, min_side=1),
    lambda a, axis, keepdims: a.mean(dims(a, axis), keepdim=keepdims),
)
for _name, _function in (("max", np.max), ("min", np.min), ("amax", np.amax), ("amin", np.amin)):
    case(
        _name,
        _function,
        _function,
        one(options=reducing, min_side=1, unique=True),
        lambda a, axis, keepdims, name="a" + _name[-3:]: getattr(torch, name)(
            a, dims(a, axis), keepdim=keepdims
        ),
    )
for _name, _function in (("var", np.var), ("std", np.std)):
    case(
        _name,
        _function,
        _function,
        draws.spread(),
        lambda a, axis, keepdims, ddof, name=_name: getattr(torch, name)(
            a, dims(a, axis), correction=ddof, keepdim=keepdims
        ),
    )
case("norm", np.linalg.norm, np.linalg.norm, draws.measured(None), in_torch.norm)
case(
    "norm of vectors",
    np.linalg.norm,
    np.linalg.norm,
    draws.measured(0, 1, 2, 3, 2.5, 1.5, 0.5, -1, -2.0, np.inf, -np.inf),
    in_torch.norm,
)
case(
    "norm of matrices",
    np.linalg.norm,
    np.linalg.norm,
    draws.measured_as_matrices(),
    in_torch.norm,
)
case("cumsum", np.cumsum, np.cumsum, one(options=draws.along_or_flat), in_torch.cumsum)

# --- shapes: one operand -----------------------------------------------------------------------

case(
    "reshape",
    np.reshape,
    np.reshape,
    one(options=draws.reshaped),
    lambda a, shape: a.reshape(shape),
)
case(
    "a.reshape", np.reshape, lambda a: a.reshape(-1, 1), one(min_side=1), lambda a: a.reshape(-1, 1)
)
case("ravel", np.ravel, np.ravel, one(), lambda a: a.reshape(-1))
case("a.T", np.transpose, lambda a: a.T, one(), in_torch.permute)
case(
    "transpose",
    np.transpose,
    np.transpose,
    one(options=draws.permuted, min_dims=3),  # a.T and swapaxes have two
    in_torch.permute,
)
case(
    "swapaxes",
    np.swapaxes,
    np.swapaxes,
    one(options=draws.swapped, min_dims=1),
    lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
)
case(
    "moveaxis",
    np.moveaxis,
    np.moveaxis,
    one(options=draws.moved, min_dims=1),
    lambda a, source, destination: a.movedim(source, destination),
)
case(
    "expand_dims",
    np.expand_dims,
    np.expand_dims,
    one(options=draws.inserted),
    in_torch.expand_dims,
)
case("squeeze", np.squeeze, np.squeeze, one(options=draws.squeezable), in_torch.squeeze)
case(
    "broadcast_to",
    np.broadcast_to,
    np.broadcast_to,
    one(options=draws.wider),
    lambda a, shape: a.broadcast_to(shape),
)
for _name, _function in [("tril", np.tril), ("triu", np.triu)]:
    _draw = one(options=lambda shape: st.fixed_dictionaries({"k": st.integers(-2, 2)}), min_dims=2)
    case(_name, _function, _function, _draw, lambda a, k, name=_name: getattr(torch, name)(a, k))
case("flip", np.flip, np.flip, one(options=draws.flipped), lambda a, axis: a.flip(dims(a, axis)))
case("copy", np.copy, np.copy, one(), lambda a: a.clone())
case("a.astype", np.ndarray.astype, lambda a: a.astype(a.dtype), one(), lambda a: a.clone())

# --- shapes: padding ---------------------------------------------------------------------------

case("pad", np.pad, np.pad, draws.padded("constant"), in_torch.pad)
case(
    "pad with elements",
    np.pad,
    np.pad,
    draws.padded("edge", "reflect", "symmetric", "wrap"),
    in_torch.pad,
)

# --- shapes: joining and splitting -------------------------------------------------------------

case(
    "concatenate",
    np.concatenate,
    lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    several(),
    in_torch.concatenate,
)
case(
    "stack",
    np.stack,
    lambda *arrays, axis: np.stack(arrays, axis=axis),
    several(same_shape=True),
    lambda *arrays, axis: torch.stack(arrays, axis),
)


def split_and_use(a, where, last_only, split=np.split):
    """Something that depends on each part in its own way, or on the last alone."""
    used = split(a, where, 1)[-1 if last_only else 0 :]
    return sum((part * part).sum() * (k + 1) for k, part in enumerate(used))


case(
    "split",
    np.split,
    split_and_use,
    draws.parts(),
    lambda a, where, last_only: split_and_use(
        a, where, last_only, split=lambda a, where, axis: a.tensor_split(where, axis)
    ),
)
