"""Norms of vectors and matrices."""

import numpy as np

from rules import draws, in_torch
from rules.case import case

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
