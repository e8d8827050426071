"""Products of matrices and of arrays with named axes."""

import operator

import numpy as np

from rules import in_torch
from rules.case import case
from rules.draws import of_shapes, two
from rules.in_torch import torch

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
