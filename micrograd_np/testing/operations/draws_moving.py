"""How operands and options are drawn of what moves elements about: joins, picks, writes."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.draws import one, spelled
from micrograd_np.testing.operations.this_numpy import options_since, since

ORDERS = st.sampled_from(["C", "F"])


def just(**strategies):
    return lambda _shape: st.fixed_dictionaries(strategies)


# --- one operand -------------------------------------------------------------------------------


def reshaped(shape):
    size = math.prod(shape)
    ways = [(size,), (1, size), (size, 1, 1), shape[::-1], *([(-1,), -1] if size else [])]
    if not since("2.1.0"):
        return st.fixed_dictionaries({"newshape": st.sampled_from(ways), "order": ORDERS})
    return st.fixed_dictionaries(
        {"shape": st.sampled_from(ways), "order": ORDERS, "copy": st.sampled_from([None, True])}
    )


def cast(shape):
    also = options_since("2.1.0", device=st.sampled_from([None, "cpu"]))
    dtypes = st.sampled_from([None, np.float64])
    return st.fixed_dictionaries({"dtype": dtypes, "copy": st.booleans(), **also})


def resized(shape):
    sizes = st.integers(0, 5)
    return st.fixed_dictionaries({"new_shape": sizes | st.lists(sizes, max_size=3).map(tuple)})


def moved(shape):
    orders = st.permutations(range(len(shape))).map(tuple)
    axes = strategies.axis(len(shape))
    return st.one_of(
        st.fixed_dictionaries({"source": axes, "destination": axes}),
        st.fixed_dictionaries({"source": orders, "destination": orders}),
    )


def rolled_back(shape):
    ndim = len(shape)
    return st.fixed_dictionaries({"axis": strategies.axis(ndim), "start": st.integers(-ndim, ndim)})


def turned(shape):
    axes = hnp.valid_tuple_axes(len(shape), min_size=2, max_size=2)
    return st.fixed_dictionaries({"k": st.integers(-5, 5), "axes": axes})


@st.composite
def rolled(draw, shape):
    axis = draw(strategies.axes(len(shape)))
    by = st.integers(-4, 4)
    if isinstance(axis, tuple) and draw(st.booleans()):
        return {"shift": draw(st.tuples(*[by] * len(axis))), "axis": axis}
    if isinstance(axis, int) and draw(st.booleans()):
        return {"shift": (draw(by), draw(by)), "axis": axis}
    return {"shift": draw(by), "axis": axis}


@st.composite
def repeated(draw, shape):
    axis = draw(st.none() | strategies.axis(len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    counts = st.integers(0, 3)
    each = counts | counts.map(lambda n: [n]) | hnp.arrays(np.int64, (n,), elements=counts)
    return {"repeats": draw(each), "axis": axis}


def tiled(shape):
    counts = st.integers(0, 3)
    return st.fixed_dictionaries({"reps": counts | st.lists(counts, max_size=4).map(tuple)})


def on_diagonals(shape):
    axes = hnp.valid_tuple_axes(len(shape), min_size=2, max_size=2)
    return st.builds(
        lambda offset, axes: {"offset": offset, "axis1": axes[0], "axis2": axes[1]},
        st.integers(-3, 3),
        axes,
    )


@st.composite
def windows(draw, shape):
    """A window for every axis, for one, or for an axis twice."""
    ndim = len(shape)
    size = lambda axis: st.integers(1, max(shape[axis], 1))
    axis = draw(
        st.none() | strategies.axis(ndim) | strategies.axis(ndim).map(lambda axis: (axis, axis))
    )
    axes = range(ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    if isinstance(axis, tuple):
        window = (1, draw(size(axis[0])))
    else:
        window = tuple(draw(size(axis)) for axis in axes)
    window = window[0] if len(window) == 1 and draw(st.booleans()) else window
    return {
        "window_shape": window,
        "axis": axis,
        "subok": draw(st.booleans()),
        "writeable": draw(st.booleans()),
    }


@st.composite
def padded_by_values(draw):
    """An array with elements, and a mode that computes what is put around it."""
    a = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=1)), unique=True))
    mode = draw(st.sampled_from(["linear_ramp", "mean", "maximum", "minimum"]))
    options = {"pad_width": draw(spelled(a.ndim, st.integers(0, 4))), "mode": mode}
    if mode == "linear_ramp":
        options["end_values"] = draw(spelled(a.ndim, st.integers(-2, 2) | st.just(0.5)))
    elif draw(st.booleans()):
        options["stat_length"] = draw(spelled(a.ndim, st.integers(1, 3)))
    return [a], options


@st.composite
def padded_by_reflection(draw):
    a = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=1))))
    return [a], {
        "pad_width": draw(spelled(a.ndim, st.integers(0, 7))),
        "mode": draw(st.sampled_from(["reflect", "symmetric"])),
        "reflect_type": draw(st.sampled_from(["even", "odd"])),
    }


# --- several operands --------------------------------------------------------------------------


@st.composite
def joined(draw, *groups):
    """Operands of one of some groups of shapes, and a dtype to join them in."""
    given = draw(st.sampled_from(groups))
    options = {
        "dtype": draw(st.sampled_from([None, np.float64])),
        "casting": "unsafe",
    }
    return [draw(strategies.arrays(shape)) for shape in given], options


@st.composite
def grids(draw):
    sides = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    options = {
        "copy": draw(st.booleans()),
        "sparse": draw(st.booleans()),
        "indexing": draw(st.sampled_from(["xy", "ij"])),
    }
    return [draw(strategies.arrays((n,) if n else ())) for n in sides], options


@st.composite
def broadcast_together(draw):
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=2, max_side=3))
    return [draw(strategies.arrays(shape)) for shape in drawn.input_shapes], {
        "subok": draw(st.booleans())
    }


@st.composite
def appended(draw):
    shape = draw(strategies.shapes(max_dims=2))
    axis = draw(st.none() | strategies.axis(len(shape)))
    other = list(shape)
    if axis is None:
        other = list(draw(strategies.shapes(max_dims=2)))
    else:
        other[axis] = draw(st.integers(0, 3))
    return [draw(strategies.arrays(shape)), draw(strategies.arrays(tuple(other), margin=1 / 32))], {
        "axis": axis
    }


def cuts(n):
    return st.lists(st.integers(-n - 1, n + 1), max_size=3).map(tuple)


@st.composite
def cut(draw, min_dims=1, even=False, along=True):
    """An array, and where it is cut: into so many parts, or at some places in any order."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=min_dims))))
    axis = (
        draw(strategies.axis(a.ndim))
        if along
        else {1: 0 if a.ndim == 1 else 1, 2: 0, 3: 2}[min_dims]
    )
    n = a.shape[axis]
    counts = [k for k in range(1, 4) if not even or n % k == 0]
    options = {"indices_or_sections": draw(st.sampled_from(counts) | cuts(n))}
    return [a], {**options, "axis": axis} if along else options


# --- picking -----------------------------------------------------------------------------------


@st.composite
def taken(draw, shape):
    axis = draw(st.none() | strategies.axis(len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    low, high = (-n, n - 1) if mode == "raise" else (-2 * n - 2, 2 * n + 2)
    where = draw(strategies.shapes(max_dims=2)) if n else (0,)
    elements = st.integers(low, high) if n else st.just(0)
    return {
        "indices": draw(hnp.arrays(np.int64, where, elements=elements)),
        "axis": axis,
        "mode": mode,
    }


@st.composite
def indices_along(draw, shape, unique=False):
    axis = draw(st.none() | strategies.axis(len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    count = draw(st.integers(0, 3)) if n else 0
    if axis is None:
        where = (count,)
    else:
        where = [n if n == 0 or draw(st.booleans()) else 1 for n in shape]
        where[axis] = count
    elements = st.integers(-n, n - 1) if n else st.just(0)
    return {"indices": draw(hnp.arrays(np.int64, tuple(where), elements=elements)), "axis": axis}


@st.composite
def compressed(draw, shape):
    axis = draw(st.none() | strategies.axis(len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    return {"condition": draw(hnp.arrays(bool, draw(st.integers(0, n)))), "axis": axis}


def extracted(shape):
    return st.fixed_dictionaries({"condition": hnp.arrays(bool, shape)})


@st.composite
def deleted(draw, shape):
    axis = draw(st.none() | strategies.axis(len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    kinds = [st.slices(n), hnp.arrays(bool, (n,)), st.just([])]
    if n:
        kinds.append(st.integers(-n, n - 1))
        kinds.append(st.lists(st.integers(-n, n - 1), max_size=4))
    return {"obj": draw(st.one_of(kinds)), "axis": axis}


@st.composite
def inserted(draw):
    """An array, what is inserted, and before what: once or at several places."""
    shape = draw(strategies.shapes(max_dims=2))
    axis = draw(st.none() | strategies.axis(len(shape)))
    flat = shape if axis is not None else (math.prod(shape),)
    along = 0 if axis is None else axis % len(flat)
    n = flat[along]
    at = st.integers(-n, n)
    masks = hnp.arrays(bool, (n,)) if since("2.2.0") else st.nothing()  # integers before
    obj = draw(st.one_of(at, st.lists(at, max_size=3), st.slices(n), masks))
    if isinstance(obj, slice):
        count = len(range(*obj.indices(n)))
    else:
        count = (
            1
            if isinstance(obj, int)
            else int(np.sum(obj) if isinstance(obj, np.ndarray) else len(obj))
        )
    hole = [*flat[:along], *([] if isinstance(obj, int) else [count]), *flat[along + 1 :]]
    value = tuple(m if draw(st.booleans()) else 1 for m in hole)[draw(st.integers(0, len(hole))) :]
    return [draw(strategies.arrays(shape)), draw(strategies.arrays(value, margin=1 / 32))], {
        "obj": obj,
        "axis": axis,
    }


@st.composite
def chosen(draw):
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=4, max_dims=2, max_side=3))
    a, *choices = drawn.input_shapes
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    elements = st.integers(0, 2) if mode == "raise" else st.integers(-5, 5)
    options = {"a": draw(hnp.arrays(np.int64, a, elements=elements)), "mode": mode}
    return [draw(strategies.arrays(shape)) for shape in choices], options


@st.composite
def selected(draw):
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=4, max_dims=2, max_side=3))
    *choices, one_condition, other = drawn.input_shapes
    conditions = [draw(hnp.arrays(bool, one_condition)), draw(hnp.arrays(bool, other))]
    options = {"condlist": conditions, "default": draw(st.sampled_from([0, 2.5, -1]))}
    return [draw(strategies.arrays(shape)) for shape in choices], options


@st.composite
def pieces(draw, shape):
    """Two conditions that are never true together, and whether there is a function for the rest."""
    which = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 2)))
    return {"condlist": [which == 0, which == 1], "with_rest": draw(st.booleans())}


# --- writing -----------------------------------------------------------------------------------


@st.composite
def put(draw):
    a = draw(strategies.arrays(draw(strategies.shapes(min_side=1))))
    values = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=1)), margin=1 / 32))
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    n = a.size
    low, high = (-n, n - 1) if mode == "raise" else (-2 * n - 2, 2 * n + 2)
    ind = draw(
        hnp.arrays(np.int64, draw(strategies.shapes(max_dims=2)), elements=st.integers(low, high))
    )
    return [a, values], {"ind": ind, "mode": mode}


@st.composite
def masked(draw):
    a = draw(strategies.arrays(draw(strategies.shapes())))
    values = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=1)), margin=1 / 32))
    return [a, values], {"mask": draw(hnp.arrays(bool, a.shape))}


@st.composite
def copied(draw):
    a = draw(strategies.arrays(draw(strategies.shapes())))
    part = lambda: tuple(n if draw(st.booleans()) else 1 for n in a.shape)[
        draw(st.integers(0, a.ndim)) :
    ]
    where = draw(st.just(True) | hnp.arrays(bool, part()))
    casting = draw(st.sampled_from(["same_kind", "unsafe"]))
    return [a, draw(strategies.arrays(part(), margin=1 / 32))], {"where": where, "casting": casting}


@st.composite
def put_along(draw):
    (a,), options = draw(one(options=indices_along, min_dims=1))
    hole = options["indices"].shape
    keep = tuple(n if draw(st.booleans()) else 1 for n in hole)
    return [a, draw(strategies.arrays(keep, margin=1 / 32))], options


@st.composite
def diagonals(draw):
    n = draw(st.integers(1, 3))
    shape = draw(st.sampled_from([(n, n), (n, 2), (n, 4), (7, n), (n, n, n)]))
    value = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=1)), margin=1 / 32))
    return [draw(strategies.arrays(shape)), value], {"wrap": draw(st.booleans())}


@st.composite
def lines(draw):
    """Two end points that broadcast against each other, and how many numbers lie between them."""
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    a, b = drawn.input_shapes
    retstep, endpoint = draw(st.booleans()), draw(st.booleans())
    options = {
        "num": draw(st.integers(1 + endpoint if retstep else 0, 4)),
        "endpoint": endpoint,
        "retstep": retstep,
        "axis": draw(strategies.axis(len(drawn.result_shape) + 1).filter(lambda axis: axis != -1)),
        "dtype": draw(st.sampled_from([None, np.float64])),
        "device": draw(st.sampled_from([None, "cpu"])),
    }
    return [draw(strategies.arrays(a)), draw(strategies.arrays(b, margin=1 / 32))], options
