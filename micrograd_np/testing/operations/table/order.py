"""Sorted and partitioned arrays."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import along_or_flat, one
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.this_numpy import since

_KINDS = st.sampled_from([None, "quicksort", "stable", "heapsort", "mergesort"])


@st.composite
def _sorting(draw, shape):
    options = draw(along_or_flat(shape)) if shape else {"axis": None}
    if draw(st.booleans()):
        options["kind"] = draw(_KINDS)
    elif draw(st.booleans()):
        options["stable"] = draw(st.booleans())
    if since("2.5.0") and "kind" not in options and draw(st.booleans()):
        options["descending"] = draw(st.booleans())
    return options


def _sort(a, axis, kind=None, stable=False, descending=False):
    lines, along = (a.reshape(-1), 0) if axis is None else (a, axis)
    return lines.sort(along, descending=descending)[0]


case(
    "sort",
    np.sort,
    np.sort,
    one(options=_sorting, unique=True),
    _sort,
    complex=False,
    unsupported={"order": "f0"},
)
case(
    "sort_complex",
    np.sort_complex,
    lambda a: np.real(np.sort_complex(a)) if a.dtype.kind != "O" else np.sort(a),
    one(min_dims=1, unique=True),
    lambda a: a.sort()[0].double(),
    analytic=False,
)


@st.composite
def _parting(draw, shape):
    axis = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    n = int(np.prod(shape)) if axis is None else shape[axis]
    place = st.integers(-n, n - 1)
    kth = draw(place | st.lists(place, min_size=1, max_size=2).map(tuple))
    options = {"kth": kth, "axis": axis}
    return options | ({"kind": "introselect"} if draw(st.booleans()) else {})


def _parts(a, kth, axis, kind="introselect"):
    """What a partition determines: what stands at a place, and which elements on either side."""
    parted = np.partition(a, kth, axis=axis, kind=kind)
    return _of_parts(parted, kth, axis, np.concatenate)


def _of_parts(parted, kth, axis, join):
    axis = 0 if axis is None else axis
    if not parted.shape[axis]:  # NumPy parts nothing at any place
        return join([parted, parted])
    at = (kth if isinstance(kth, int) else kth[0]) % int(parted.shape[axis])
    parted = parted.swapaxes(0, axis)
    before, here, after = parted[:at], parted[at : at + 1], parted[at + 1 :]
    return join([(before**2).sum(0)[None], here, (after**3).sum(0)[None]])


case(
    "partition",
    np.partition,
    _parts,
    one(options=_parting, min_dims=1, min_side=1, unique=True),
    lambda a, kth, axis, kind="": _of_parts(_sort(a, axis), kth, axis, torch.cat),
    unsupported={"order": "f0"},
)
