"""Every derivative rule, one file per family, each beside its neighbours."""

from micrograd_np.rules import elementwise, indexing, linalg, nn, reductions, shaping

__all__ = ["elementwise", "indexing", "linalg", "nn", "reductions", "shaping"]
