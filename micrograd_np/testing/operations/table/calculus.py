"""Differences, slopes and areas of sampled functions, interpolation, and convolution."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch


def bent(z):
    """Something that is not linear in a result, so that it has a second derivative."""
    return z + z * z


# --- differences -------------------------------------------------------------------------------


@st.composite
def differences(draw, ends=0):
    """An array, as many arrays to stand before and after it, and how to take differences."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1))))
    axis = draw(strategies.axis(a.ndim))
    operands = [a]
    for shift in [1 / 32, 1 / 64][:ends]:
        shape = list(a.shape)
        shape[axis] = draw(st.integers(0, 2))
        operands.append(
            draw(strategies.arrays(draw(st.sampled_from([(), tuple(shape)])), margin=shift))
        )
    return operands, {"n": draw(st.integers(0 if ends == 0 else 1, 3)), "axis": axis}


def diff_of_three(a, before, after, n, axis, diff=np.diff):
    return diff(a, n, axis, prepend=before, append=after)


def their_diff(a, n, axis, prepend=None, append=None):
    """As torch's, which broadcasts no number along the other axes."""
    shape = list(a.shape)
    shape[axis] = 1
    ends = [e.expand(shape) if e is not None and e.ndim == 0 else e for e in (prepend, append)]
    return torch.diff(a, n, axis, *ends)


case(
    "diff",
    np.diff,
    lambda a, **options: +np.diff(a, **options),
    differences(),
    their_diff,
    complex=True,
)
case(
    "diff, prepend",
    np.diff,
    lambda a, before, **options: np.diff(a, prepend=before, **options),
    differences(1),
    lambda a, before, **options: their_diff(a, prepend=before, **options),
)
case(
    "diff, append",
    np.diff,
    lambda a, after, **options: np.diff(a, append=after, **options),
    differences(1),
    lambda a, after, **options: their_diff(a, append=after, **options),
)
case(
    "diff, prepend and append",
    np.diff,
    diff_of_three,
    differences(2),
    lambda *operands, **options: diff_of_three(*operands, **options, diff=their_diff),
)


@st.composite
def with_ends(draw, ends):
    return [
        draw(strategies.arrays(draw(strategies.shapes(max_dims=2)), margin=s))
        for s in [1 / 16, 1 / 32, 1 / 64][: 1 + ends]
    ], {}


def their_ediff1d(ary, to_end=None, to_begin=None):
    ends = [None if e is None else e.reshape(-1) for e in (to_begin, to_end)]
    parts = [ends[0], torch.diff(ary.reshape(-1)), ends[1]]
    return torch.cat([part for part in parts if part is not None])


case("ediff1d", np.ediff1d, np.ediff1d, with_ends(0), their_ediff1d, complex=True)
case("ediff1d, to_end", np.ediff1d, np.ediff1d, with_ends(1), their_ediff1d)
case(
    "ediff1d, to_begin",
    np.ediff1d,
    lambda ary, begin: np.ediff1d(ary, to_begin=begin),
    with_ends(1),
    lambda ary, begin: their_ediff1d(ary, to_begin=begin),
)
case("ediff1d, to_end and to_begin", np.ediff1d, np.ediff1d, with_ends(2), their_ediff1d)

# --- areas -------------------------------------------------------------------------------------


@st.composite
def sampled(draw, places):
    """Values along an axis, and `places`: none, their distance, or a coordinate for each."""
    y = draw(strategies.arrays(draw(strategies.shapes(min_dims=1))))
    axis = draw(strategies.axis(y.ndim))
    shape = {"none": None, "dx": (), "row": (y.shape[axis],), "all": y.shape}[places]
    return [y, *([] if shape is None else [draw(strategies.arrays(shape, margin=1 / 32))])], {
        "axis": axis
    }


def their_trapezoid(y, x=None, dx=1.0, axis=-1):
    y = y.movedim(axis, -1)
    if x is not None:
        dx = torch.diff(x if x.ndim == 1 else x.movedim(axis, -1))
    return ((y[..., 1:] + y[..., :-1]) / 2 * dx).sum(-1)


case("trapezoid", np.trapezoid, np.trapezoid, sampled("none"), their_trapezoid, complex=True)
case(
    "trapezoid, dx",
    np.trapezoid,
    lambda y, dx, axis: np.trapezoid(y, dx=dx, axis=axis),
    sampled("dx"),
    lambda y, dx, axis: their_trapezoid(y, dx=dx, axis=axis),
)
for _places in ("row", "all"):
    case(
        f"trapezoid, x for {_places}",
        np.trapezoid,
        np.trapezoid,
        sampled(_places),
        their_trapezoid,
        complex=True,
    )

# --- slopes ------------------------------------------------------------------------------------


@st.composite
def increasing(draw, count):
    """So many places in order, no two of them the same; twice as far apart as the numbers are."""
    steps = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    return np.cumsum(np.array(steps, float)) / 4 + 1 / 32


@st.composite
def sloping(draw, places):
    """Values along axes, and `places`: none, one distance, or distances or coordinates of each."""
    edge_order = draw(st.sampled_from([1, 2]))
    shape = draw(strategies.shapes(min_dims=1, max_dims=2, min_side=edge_order + 1))
    operands = [draw(strategies.arrays(shape))]
    axis = draw(strategies.axes(len(shape)))
    along = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else [axis]
    if places == "one":
        operands.append(draw(strategies.arrays((), low=1)))
    if places == "each":
        for a in along:
            operands.append(draw(strategies.arrays((), low=1) | increasing(shape[a])))
    return operands, {"axis": axis, "edge_order": edge_order}


def as_one(slopes, stack=np.stack):
    """An array of the slopes along several axes, or those along one."""
    return stack(slopes) if isinstance(slopes, (tuple, list)) else slopes


def their_slopes(f, *spacing, axis, edge_order):
    axes = range(f.ndim) if axis is None else axis if isinstance(axis, tuple) else [axis]
    spacing = (
        spacing * len(axes) if len(spacing) == 1 else spacing or [torch.tensor(1.0)] * len(axes)
    )
    found = [slope(f, dx, a, edge_order) for a, dx in zip(axes, spacing, strict=True)]
    return as_one(found[0] if len(found) == 1 else found, torch.stack)


def slope(f, dx, axis, edge_order):
    """Return the slope along one axis: at each place, of the polynomial through its neighbours."""
    f = f.movedim(axis, 0)
    count = f.shape[0]
    x = torch.arange(count) * dx if dx.ndim == 0 else dx
    rows = []
    for place in range(count):
        if edge_order == 1 and place in (0, count - 1):
            i = min(place, count - 2)
            rows.append((f[i + 1] - f[i]) / (x[i + 1] - x[i]))
        else:
            i, j, k = (n + min(max(place, 1), count - 2) for n in (-1, 0, 1))
            rows.append(
                f[i] * (2 * x[place] - x[j] - x[k]) / ((x[i] - x[j]) * (x[i] - x[k]))
                + f[j] * (2 * x[place] - x[i] - x[k]) / ((x[j] - x[i]) * (x[j] - x[k]))
                + f[k] * (2 * x[place] - x[i] - x[j]) / ((x[k] - x[i]) * (x[k] - x[j]))
            )
    return torch.stack(rows).movedim(0, axis)


for _places in ("none", "one", "each"):
    case(
        f"gradient, spacing of {_places}",
        np.gradient,
        lambda *operands, **options: as_one(np.gradient(*operands, **options)),
        sloping(_places),
        their_slopes,
        complex=_places == "none",  # complex scalars are divided otherwise than arrays
        rounds_otherwise=_places == "each",  # a program holds for coordinates of any spacing
    )

# --- interpolation -----------------------------------------------------------------------------


@st.composite
def interpolated(draw, *ends):
    """Places, nodes and values there; and `ends`: numbers for places outside of the nodes."""
    count = draw(st.integers(1, 5))
    x = draw(strategies.arrays(draw(strategies.shapes(max_dims=2)), margin=1 / 64))
    xp = draw(increasing(count)) - 2
    fp = draw(strategies.arrays((count,), margin=1 / 32))
    return [x, xp, fp, *(draw(strategies.arrays((), margin=1 / 64)) for _ in ends)], {}


@st.composite
def periodic(draw):
    """Places, nodes in any order and values there; and the period, or that as an option."""
    (x, xp, fp), options = draw(interpolated())
    order = draw(st.permutations(range(len(xp))))
    return [x, xp[order], fp, np.array(draw(st.sampled_from([2.7, -2.7, 5.3])))], options


def at_places(x, xp, fp, left=None, right=None, period=None):
    """Interpolate in plain Python."""
    places = sorted(zip(xp, fp, strict=True), key=lambda node: number(node[0]))
    if period is not None:
        period = abs(period)
        fold = lambda place: place - period * int(np.floor(number(place) / number(period)))
        places = sorted(((fold(p), f) for p, f in places), key=lambda node: number(node[0]))
        places = [
            (places[-1][0] - period, places[-1][1]),
            *places,
            (places[0][0] + period, places[0][1]),
        ]
        x = objects([fold(place) for place in x.reshape(-1)]).reshape(x.shape)
    return np.frompyfunc(lambda place: one_place(place, places, left, right), 1, 1)(x)


def number(it):
    return float(it.detach() if hasattr(it, "detach") else it)


def one_place(place, nodes, left, right):
    (first, value), (last, final) = nodes[0], nodes[-1]
    if place < first:
        return value if left is None else left
    if place > last:
        return final if right is None else right
    for (x0, f0), (x1, f1) in pairwise(nodes):
        if x0 <= place <= x1:
            return f0 + (f1 - f0) / (x1 - x0) * (place - x0)
    raise AssertionError


def their_interp(x, xp, fp, **options):
    places = at_places(objects([*x.reshape(-1)]), [*xp], [*fp], **options)
    return torch.stack([*places, x.sum() * fp[0] * 0])[:-1].reshape(x.shape)


def objects(items):
    """Return a row of objects that NumPy might else take for arrays."""
    row = np.empty(len(items), object)
    for k, item in enumerate(items):
        row[k] = item
    return row


for _name, _draw, _names in (
    ("interp", interpolated(), ()),
    ("interp, left", interpolated("left"), ("left",)),
    ("interp, right", interpolated("right"), ("right",)),
    ("interp, left and right", interpolated("left", "right"), ("left", "right")),
    ("interp, period", periodic(), ("period",)),
):

    def _call(x, xp, fp, *ends, names=_names):
        x = x + 0 * sum(ends)  # a tensor if they are: NumPy does not look whether they are alone
        return bent(np.interp(x, xp, fp, **dict(zip(names, ends, strict=True))))

    def _theirs(x, xp, fp, *ends, names=_names):
        return bent(their_interp(x, xp, fp, **dict(zip(names, ends, strict=True))))

    def _exact(x, xp, fp, *ends, names=_names):
        return bent(at_places(x, xp, fp, **dict(zip(names, (e[()] for e in ends), strict=True))))

    case(_name, np.interp, _call, _draw, _theirs, exact=_exact)


def interp_of_complex(x, xp, fp, imag, call=np.interp):
    z = bent(call(x, xp, fp + 1j * imag))
    return z.real + 2 * z.imag


def their_complex_interp(x, xp, fp):
    return their_interp(x, xp, torch.real(fp)) + 1j * their_interp(x, xp, torch.imag(fp))


@st.composite
def interpolated_complex(draw):
    (x, xp, fp), options = draw(interpolated())
    return [x, xp, fp, draw(strategies.arrays(fp.shape, margin=1 / 64))], options


case(
    "interp, complex fp",
    np.interp,
    interp_of_complex,
    interpolated_complex(),
    lambda x, xp, fp, imag: interp_of_complex(x, xp, fp, imag, call=their_complex_interp),
    exact=lambda x, xp, fp, imag: interp_of_parts(x, xp, fp, imag),
)


def interp_of_parts(x, xp, fp, imag):
    real, imag = at_places(x, xp, fp), at_places(x, xp, imag)
    return real + real * real - imag * imag + 2 * (imag + 2 * real * imag)


# --- angles ------------------------------------------------------------------------------------


@st.composite
def winding(draw):
    """Angles along an axis, and a period no half of which is a difference of two of them."""
    (p,), options = draw(draws.one(-9, 9, options=draws.along, min_dims=1))
    discont = draw(st.sampled_from([None, 4.3]))
    return [p], {**options, "period": draw(st.sampled_from([2 * np.pi, 2.17])), "discont": discont}


def unwrapped(p, axis, period, discont, values):
    """Move each element by as many periods as NumPy has found."""
    turns = np.rint((np.unwrap(values, discont, axis, period=period) - values) / period)
    return p + turns * period


case(
    "unwrap",
    np.unwrap,
    lambda p, **options: bent(np.unwrap(p, **options)),
    winding(),
    lambda p, **options: bent(
        p + torch.as_tensor(unwrapped(0, **options, values=p.detach().numpy()))
    ),
    exact=lambda p, **options: bent(unwrapped(p, **options, values=p.astype(float))),
    only_double="NumPy adds up the steps before an element: those that cancel leave a rounding",
)

# --- convolution -------------------------------------------------------------------------------


@st.composite
def overlapping(draw):
    a, v = (draw(strategies.arrays((draw(st.integers(1, 6)),), margin=s)) for s in (1 / 16, 1 / 32))
    return [a, v], {"mode": draw(st.sampled_from(["full", "same", "valid"]))}


def their_convolve(a, v, mode):
    """As a sum over all pairs."""
    total = a.shape[0] + v.shape[0] - 1
    pairs = a[:, None] * v
    places = torch.arange(a.shape[0])[:, None] + torch.arange(v.shape[0])
    full = torch.zeros(total, dtype=pairs.dtype).index_add(0, places.reshape(-1), pairs.reshape(-1))
    shorter, longer = sorted((a.shape[0], v.shape[0]))
    start = {"full": 0, "same": (shorter - 1) // 2, "valid": shorter - 1}[mode]
    count = {"full": total, "same": longer, "valid": longer - shorter + 1}[mode]
    return full[start : start + count]


def their_correlate(a, v, mode):
    if a.shape[0] < v.shape[0]:
        return torch.conj(their_correlate(v, a, mode)).flip(0)
    return their_convolve(a, torch.conj(v).flip(0), mode)


case("convolve", np.convolve, np.convolve, overlapping(), their_convolve, complex=True)
case("correlate", np.correlate, np.correlate, overlapping(), their_correlate, complex=True)
