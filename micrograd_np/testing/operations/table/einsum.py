"""Sums of products with named axes."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch

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
    ("ii,i->i", [(1, 1), (3,)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 1)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...ij,jk", [(2, 2, 3), (3, 2)]),
    ("...i,...i->...", [(2, 1, 3), (2, 3)]),
    ("i...->...", [(2, 3)]),
    ("...", [(2, 3)]),
    ("...,...", [(2, 1), (3,)]),
    ("i,ij,j->", [(2,), (2, 3), (3,)]),
    ("i , i j -> j", [(2,), (2, 3)]),
    ("ab,bc,cd->ad", [(2, 3), (3, 2), (2, 2)]),
    ("aab,b->a", [(2, 2, 3), (3,)]),
]


@st.composite
def _products(draw, choices):
    subscripts, given = draw(st.sampled_from(choices))
    arrays = [draw(strategies.arrays(shape, margin=(1 + k) / 64)) for k, shape in enumerate(given)]
    optimize = draw(st.sampled_from([False, True, "greedy", "optimal"]))
    if draw(st.booleans()) and len(arrays) > 1:
        optimize = np.einsum_path(subscripts, *arrays, optimize="greedy")[0]
    options = {"optimize": optimize, "order": draw(st.sampled_from("KCFA"))}
    if draw(st.booleans()):
        options |= {"dtype": np.float64, "casting": draw(st.sampled_from(["same_kind", "unsafe"]))}
    return arrays, {"subscripts": subscripts, **options}


def _in_torch(*operands, subscripts, **_):
    return torch.einsum(subscripts, *operands)


case(
    "einsum",
    np.einsum,
    lambda *operands, subscripts: np.einsum(subscripts, *operands),
    _products(EINSUMS).map(lambda drawn: (drawn[0], {"subscripts": drawn[1]["subscripts"]})),
    _in_torch,
    complex=True,
)
case(
    "einsum with options",
    np.einsum,
    lambda *operands, subscripts, **options: np.einsum(subscripts, *operands, **options),
    _products(EINSUMS),
    _in_torch,
)

INTERLEAVED = [
    ([[0, 0]], [(3, 3)], None),
    ([[1, 0]], [(2, 3)], None),
    ([[0, 1]], [(2, 3)], [1, 0]),
    ([[0, 1], [1, 2]], [(2, 3), (3, 2)], [0, 2]),
    ([[0, 1], [1, 2]], [(2, 3), (3, 2)], None),
    ([[..., 1], [1]], [(2, 3), (3,)], [...]),
    ([[0, ...], [..., 0]], [(2, 3), (3, 2)], None),
    ([[30, 4], [4, 1]], [(2, 3), (3, 2)], None),
    ([[], [0]], [(), (3,)], [0]),
]


def _interleaved(*operands, option):
    axes, _, result = option
    given = [part for pair in zip(operands, axes, strict=True) for part in pair]
    return np.einsum(*given, *([] if result is None else [result]))


@st.composite
def _axes(draw):
    option = draw(st.sampled_from(INTERLEAVED))
    return [draw(strategies.arrays(shape)) for shape in option[1]], {"option": option}


def _interleaved_in_torch(*operands, option):
    axes, _, result = option
    if any(max([n for n in a if n is not ...], default=0) > 25 for a in axes):
        axes = [[{30: 5}.get(n, n) for n in a] for a in axes]  # after 1 and 4, as 30 is
    given = [part for pair in zip(operands, axes, strict=True) for part in pair]
    return torch.einsum(*given, *([] if result is None else [result]))


case(
    "einsum of numbered axes",
    np.einsum,
    _interleaved,
    _axes(),
    _interleaved_in_torch,
    complex=True,
)
