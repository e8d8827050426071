"""Every operation, once: how it is called, how its inputs are drawn, what it is called in torch.

Numbers are drawn on a grid of eighths that is shifted by a sixteenth for the first operand and by
a thirty-second for the second: so no operand is ever 0 and no two are ever equal, and every
example is far from any kink. (Kinks have a file of their own.)
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS

try:
    import torch
except ImportError:  # the tests that need it skip
    torch = None

Drawn = tuple[list[np.ndarray], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One way of calling one operation."""

    name: str
    record: Any
    """The function whose record this exercises; or that is made of several operations."""
    call: Callable[..., Any]
    """``call(*operands, **options)`` in NumPy."""
    draw: st.SearchStrategy[Drawn]
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


# --- how inputs are drawn ----------------------------------------------------------------------


def numbers(shape, low=-3, high=3, shift=1 / 16, unique=False):
    """Draw an array of numbers between `low` and `high`, multiples of 1/8 plus `shift`."""
    eighths = st.integers(8 * low, 8 * high - 1)
    arrays = hnp.arrays(np.int64, shape, elements=eighths, unique=unique)
    return arrays.map(lambda n: np.asarray(n / 8 + shift))


def shapes(min_dims=0, min_side=0, max_dims=3):
    """Draw a shape: 0-d and empty ones too, unless told otherwise."""
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=3) | (
        st.just(()) if min_dims == 0 else st.nothing()
    )


@st.composite
def one(draw, low=-3, high=3, options=None, unique=False, **shape):
    """One operand; `options` draws the options for a given shape."""
    a = draw(numbers(draw(shapes(**shape)), low, high, unique=unique))
    return [a], draw(options(a.shape)) if options else {}


@st.composite
def two(draw, low=-3, high=3, signature=None):
    """Two operands that broadcast against each other."""
    how_many = {"signature": signature} if signature else {"num_shapes": 2, "min_side": 0}
    drawn = draw(hnp.mutually_broadcastable_shapes(**how_many, max_dims=2, max_side=3))
    a, b = drawn.input_shapes
    return [draw(numbers(a, low, high)), draw(numbers(b, low, high, shift=1 / 32))], {}


def axis_of(ndim):
    """Draw an axis, from either end."""
    return st.integers(-ndim, ndim - 1) if ndim else st.nothing()


def axes_of(ndim):
    """Draw None, an axis or a tuple of axes."""
    several = hnp.valid_tuple_axes(ndim, min_size=1) if ndim else st.nothing()
    return st.none() | axis_of(ndim) | several


def reducing(shape):
    return st.fixed_dictionaries({"axis": axes_of(len(shape)), "keepdims": st.booleans()})


def along(shape):
    return st.fixed_dictionaries({"axis": axis_of(len(shape))})


def dims(a, axis):
    """Axes as torch wants them."""
    if axis is None:
        return tuple(range(a.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


# --- elementwise -------------------------------------------------------------------------------

for _name, _function, _low, _high, _torch in [
    ("negative", np.negative, -3, 3, lambda a: -a),
    ("positive", np.positive, -3, 3, lambda a: +a),
    ("reciprocal", np.reciprocal, -3, 3, lambda a: 1 / a),
    ("square", np.square, -3, 3, lambda a: a.square()),
    ("sqrt", np.sqrt, 0, 3, lambda a: a.sqrt()),
    ("exp", np.exp, -3, 3, lambda a: a.exp()),
    ("expm1", np.expm1, -3, 3, lambda a: a.expm1()),
    ("log", np.log, 0, 3, lambda a: a.log()),
    ("log1p", np.log1p, 0, 3, lambda a: a.log1p()),
    ("sin", np.sin, -3, 3, lambda a: a.sin()),
    ("cos", np.cos, -3, 3, lambda a: a.cos()),
    ("tanh", np.tanh, -3, 3, lambda a: a.tanh()),
    ("absolute", np.absolute, -3, 3, lambda a: a.abs()),
    ("relu", mg.relu, -3, 3, lambda a: a.relu()),
    ("sigmoid", mg.sigmoid, -3, 3, lambda a: a.sigmoid()),
]:
    case(_name, _function, _function, one(_low, _high), _torch)

for _name, _function, _call in [
    ("-a", np.negative, lambda a: -a),
    ("+a", np.positive, lambda a: +a),
    ("abs(a)", np.absolute, abs),
    ("a + 2", np.add, lambda a: a + 2),
    ("2 + a", np.add, lambda a: 2 + a),
    ("a - 0.5", np.subtract, lambda a: a - 0.5),
    ("0.5 - a", np.subtract, lambda a: 0.5 - a),
    ("a * 3", np.multiply, lambda a: a * 3),
    ("3 * a", np.multiply, lambda a: 3 * a),
    ("a / 4", np.divide, lambda a: a / 4),
    ("4 / a", np.divide, lambda a: 4 / a),
    ("a ** 0", operator.pow, lambda a: a**0),
    ("a ** 1", operator.pow, lambda a: a**1),
    ("a ** 2", operator.pow, lambda a: a**2),
    ("a ** 3", operator.pow, lambda a: a**3),
    ("a ** -1.0", operator.pow, lambda a: a**-1.0),
    ("a ** -2.0", operator.pow, lambda a: a**-2.0),
    ("2.5 ** a", operator.pow, lambda a: 2.5**a),
]:
    case(_name, _function, _call, one(), _call)
case("a ** 0.5", operator.pow, lambda a: a**0.5, one(0, 3), lambda a: a**0.5)
case("a ** 2.5", operator.pow, lambda a: a**2.5, one(0, 3), lambda a: a**2.5)

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
for _name, _function, _call in [
    ("a + b", np.add, operator.add),
    ("a - b", np.subtract, operator.sub),
    ("a * b", np.multiply, operator.mul),
    ("a / b", np.divide, operator.truediv),
    ("a ** b", operator.pow, operator.pow),
]:
    case(_name, _function, _call, two(0 if _name == "a ** b" else -3), _call)


@st.composite
def condition_and_two(draw):
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=2, max_side=3))
    c, a, b = drawn.input_shapes
    condition = draw(hnp.arrays(bool, c))
    return [draw(numbers(a)), draw(numbers(b, shift=1 / 32))], {"condition": condition}


case(
    "where",
    np.where,
    lambda a, b, condition: np.where(condition, a, b),
    condition_and_two(),
    lambda a, b, condition: torch.where(torch.as_tensor(condition), a, b),
)

# --- reductions --------------------------------------------------------------------------------

case(
    "sum",
    np.sum,
    np.sum,
    one(options=reducing),
    lambda a, axis, keepdims: a.sum(dims(a, axis), keepdim=keepdims),
)
case(
    "a.sum",
    np.sum,
    lambda a, **options: a.sum(**options),
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


@st.composite
def spread(draw):
    """What a variance is taken of: three different elements or more."""
    (a,), options = draw(one(options=reducing, min_dims=1, max_dims=2, min_side=3, unique=True))
    return [a], {**options, "ddof": draw(st.integers(0, 1))}


case(
    "var",
    np.var,
    np.var,
    spread(),
    lambda a, axis, keepdims, ddof: torch.var(a, dims(a, axis), correction=ddof, keepdim=keepdims),
)
case(
    "std",
    np.std,
    np.std,
    spread(),
    lambda a, axis, keepdims, ddof: torch.std(a, dims(a, axis), correction=ddof, keepdim=keepdims),
)
case(
    "cumsum",
    np.cumsum,
    np.cumsum,
    one(options=lambda s: st.fixed_dictionaries({"axis": st.none() | axis_of(len(s))})),
    lambda a, axis: a.reshape(-1).cumsum(0) if axis is None else a.cumsum(axis),
)

# --- neural networks ---------------------------------------------------------------------------

case(
    "softmax",
    mg.softmax,
    mg.softmax,
    one(options=along, min_dims=1, min_side=1),
    lambda a, axis: a.softmax(axis),
)
case(
    "log_softmax",
    mg.log_softmax,
    mg.log_softmax,
    one(options=along, min_dims=1, min_side=1),
    lambda a, axis: a.log_softmax(axis),
)
case(
    "logsumexp",
    mg.logsumexp,
    mg.logsumexp,
    one(options=reducing, min_side=1),
    lambda a, axis, keepdims: a.logsumexp(dims(a, axis), keepdim=keepdims),
)


def labels_for(shape):
    labels = hnp.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1))
    return st.fixed_dictionaries({"labels": labels})


case(
    "cross_entropy",
    mg.cross_entropy,
    mg.cross_entropy,
    one(options=labels_for, min_dims=1, min_side=1),
    lambda a, labels: torch.nn.functional.cross_entropy(
        a.reshape(-1, a.shape[-1]), torch.as_tensor(labels).reshape(-1)
    ),
)

# --- shapes ------------------------------------------------------------------------------------


def reshaped(shape):
    size = math.prod(shape)
    return st.sampled_from([(size,), (1, size), (size, 1, 1), *([(-1,), -1] if size else [])]).map(
        lambda shape: {"shape": shape}
    )


def permuted(shape):
    negative = lambda axes: tuple(axis - len(shape) for axis in axes)
    orders = st.permutations(range(len(shape))).map(tuple)
    return st.one_of(st.none(), orders, orders.map(negative)).map(lambda axes: {"axes": axes})


def moved(shape):
    axes = axis_of(len(shape))
    return st.fixed_dictionaries({"source": axes, "destination": axes})


def swapped(shape):
    axes = axis_of(len(shape))
    return st.fixed_dictionaries({"axis1": axes, "axis2": axes})


def inserted(shape):
    ndim = len(shape)
    return st.one_of(st.integers(-ndim - 1, ndim), st.just((0, -1))).map(
        lambda axis: {"axis": axis}
    )


def insert(a, axis):
    if isinstance(axis, tuple):
        return a.unsqueeze(0).unsqueeze(-1)
    return a.unsqueeze(axis)


def squeezable(shape):
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    return st.sampled_from([None, tuple(ones), *ones]).map(lambda axis: {"axis": axis})


def wider(shape):
    """Draw a shape to broadcast to: more axes, and more than one where there was one."""
    more = st.lists(st.integers(0, 3), max_size=2)
    sizes = st.tuples(*(st.integers(0, 3) if n == 1 else st.just(n) for n in shape))
    return st.builds(lambda more, sizes: {"shape": (*more, *sizes)}, more, sizes)


case("reshape", np.reshape, np.reshape, one(options=reshaped), lambda a, shape: a.reshape(shape))
case(
    "a.reshape", np.reshape, lambda a: a.reshape(-1, 1), one(min_side=1), lambda a: a.reshape(-1, 1)
)
case("ravel", np.ravel, np.ravel, one(), lambda a: a.reshape(-1))
case("a.T", np.transpose, lambda a: a.T, one(), lambda a: a.permute(tuple(range(a.ndim))[::-1]))
case(
    "transpose",
    np.transpose,
    np.transpose,
    one(options=permuted, min_dims=2),
    lambda a, axes: a.permute(tuple(range(a.ndim))[::-1] if axes is None else axes),
)
case(
    "swapaxes",
    np.swapaxes,
    np.swapaxes,
    one(options=swapped, min_dims=1),
    lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
)
case(
    "moveaxis",
    np.moveaxis,
    np.moveaxis,
    one(options=moved, min_dims=1),
    lambda a, source, destination: a.movedim(source, destination),
)
case("expand_dims", np.expand_dims, np.expand_dims, one(options=inserted), insert)
case(
    "squeeze",
    np.squeeze,
    np.squeeze,
    one(options=squeezable),
    lambda a, axis: a.squeeze() if axis is None else a.squeeze(axis),
)
case(
    "broadcast_to",
    np.broadcast_to,
    np.broadcast_to,
    one(options=wider),
    lambda a, shape: a.broadcast_to(shape),
)
case(
    "flip",
    np.flip,
    np.flip,
    one(options=lambda s: axes_of(len(s)).map(lambda axis: {"axis": axis})),
    lambda a, axis: a.flip(dims(a, axis)),
)
case("copy", np.copy, np.copy, one(), lambda a: a.clone())
case("a.astype", np.ndarray.astype, lambda a: a.astype(a.dtype), one(), lambda a: a.clone())


@st.composite
def several(draw, same_shape=False):
    """One to three operands to join, and the axis to join them along."""
    shape = draw(shapes(min_dims=0 if same_shape else 1, max_dims=2))
    ndim = len(shape)
    axis = draw(st.integers(-ndim - 1, ndim) if same_shape else st.none() | axis_of(ndim))
    operands = []
    for _ in range(draw(st.integers(1, 3))):
        part = list(shape)
        if not same_shape and axis is not None:
            part[axis] = draw(st.integers(0, 3))
        operands.append(draw(numbers(tuple(part))))
    return operands, {"axis": axis}


case(
    "concatenate",
    np.concatenate,
    lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    several(),
    lambda *arrays, axis: (
        torch.cat([a.reshape(-1) for a in arrays]) if axis is None else torch.cat(arrays, axis)
    ),
)
case(
    "stack",
    np.stack,
    lambda *arrays, axis: np.stack(arrays, axis=axis),
    several(same_shape=True),
    lambda *arrays, axis: torch.stack(arrays, axis),
)


@st.composite
def parts(draw):
    """An array to split, where, and which of the parts are used."""
    a = draw(numbers((draw(st.integers(0, 2)), 4)))
    where = draw(st.sampled_from([1, 2, 4, (1,), (1, 3), (0, 2), (2, 2)]))
    return [a], {"where": where, "last_only": draw(st.booleans())}


def split_and_use(a, where, last_only, split=np.split):
    """Something that depends on each part in its own way, or on the last alone."""
    used = split(a, where, 1)[-1 if last_only else 0 :]
    return sum((part * part).sum() * (k + 1) for k, part in enumerate(used))


case(
    "split",
    np.split,
    split_and_use,
    parts(),
    lambda a, where, last_only: split_and_use(
        a, where, last_only, split=lambda a, where, axis: a.tensor_split(where, axis)
    ),
)

# --- products ----------------------------------------------------------------------------------

case("matmul", np.matmul, np.matmul, two(signature=np.matmul.signature), lambda a, b: a @ b)
case("a @ b", np.matmul, operator.matmul, two(signature=np.matmul.signature), lambda a, b: a @ b)


def of_shapes(*choices):
    """Draw one of some calls, each an option and the shapes of its operands."""

    @st.composite
    def strategy(draw):
        option, given = draw(st.sampled_from(choices))
        return [draw(numbers(shape)) for shape in given], {"option": option}

    return strategy()


_DOTS = [
    ((), ()), ((), (2, 3)), ((2,), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)),
    ((2, 3), (3, 2)), ((2, 2, 3), (3,)), ((2, 3), (2, 3, 1)), ((3,), (2, 3, 2)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)),
]  # fmt: skip


def dot_in_torch(a, b, option):
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return torch.tensordot(a, b, dims=([-1], [max(b.ndim - 2, 0)]))


case(
    "dot",
    np.dot,
    lambda a, b, option: np.dot(a, b),
    of_shapes(*((None, pair) for pair in _DOTS)),
    dot_in_torch,
)

_EINSUMS = [
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
    of_shapes(*_EINSUMS),
    lambda *operands, option: torch.einsum(option, *operands),
)

# --- indexing ----------------------------------------------------------------------------------


@st.composite
def index_of(draw, shape):
    """Draw an index of any kind that NumPy takes."""
    ndim = len(shape)
    kinds = [hnp.basic_indices(shape, allow_newaxis=True, max_dims=ndim + 2)]
    kinds.append(hnp.arrays(bool, shape))
    kinds.append(st.sampled_from([True, False, None, ..., ()]))
    if ndim and shape[0]:
        first = st.integers(-shape[0], shape[0] - 1)
        kinds.append(st.lists(first, max_size=4))
        kinds.append(st.lists(first, min_size=1, max_size=4).map(lambda rows: (tuple(rows), ...)))
        kinds.append(st.lists(first, min_size=1, max_size=3).map(lambda rows: (None, rows)))
        kinds.append(first.map(np.array))
        kinds.append(st.lists(st.booleans(), min_size=shape[0], max_size=shape[0]))
    if ndim and min(shape) > 0:
        kinds.append(hnp.integer_array_indices(shape))
        rows = hnp.integer_array_indices(shape[:1])
        kinds.append(rows.map(lambda rows: (*rows, slice(None, None, -1))[:ndim]))
    return draw(st.one_of(kinds))


def indexed(shape):
    return index_of(shape).map(lambda index: {"index": index})


def positions(a, index):
    """Return which elements of `a`, counted in C order, an index picks: NumPy's own answer."""
    return torch.as_tensor(np.array(np.arange(a.numel()).reshape(a.shape)[index]))


case(
    "a[index]",
    operator.getitem,
    lambda a, index: a[index],
    one(options=indexed),
    lambda a, index: a.reshape(-1)[positions(a, index)],
)


@st.composite
def target_index_value(draw):
    """An array, an index into it and something to put there, broadcast or not."""
    a = draw(numbers(draw(shapes())))
    index = draw(index_of(a.shape))
    hole = np.array(a[index]).shape
    keep = draw(st.tuples(*(st.booleans() for _ in hole)))
    drop = draw(st.integers(0, len(hole)))
    shape = tuple(n if kept else 1 for n, kept in zip(hole, keep, strict=True))[drop:]
    return [a, draw(numbers(shape, shift=1 / 32))], {"index": index}


def assign(a, value, index):
    a = np.copy(a)
    a[index] = value
    return a


def assign_in_torch(a, value, index):
    places = positions(a, index)
    values = value.broadcast_to(places.shape).reshape(-1)
    last = {place: k for k, place in enumerate(places.reshape(-1).tolist())}
    places = torch.tensor(list(last), dtype=torch.long)
    order = torch.tensor(list(last.values()), dtype=torch.long)
    return a.reshape(-1).index_put((places,), values[order]).reshape(a.shape)


def add_at(a, value, index):
    a = np.copy(a)
    np.add.at(a, index, value)
    return a


def add_at_in_torch(a, value, index):
    places = positions(a, index)
    values = value.broadcast_to(places.shape).reshape(-1)
    flat = a.reshape(-1).index_put((places.reshape(-1),), values, accumulate=True)
    return flat.reshape(a.shape)


case("a[index] = value", operator.setitem, assign, target_index_value(), assign_in_torch)
case("np.add.at", np.add.at, add_at, target_index_value(), add_at_in_torch)
