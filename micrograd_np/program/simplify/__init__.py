"""Algebra on single statements: what makes a recorded backward pass read as if written by hand."""

from micrograd_np.program.simplify import (
    arithmetic,
    choosing,
    identities,
    placing,
    reducing,
    shaping,
)
from micrograd_np.program.simplify.forms import rewrite

__all__ = ["arithmetic", "choosing", "identities", "placing", "reducing", "rewrite", "shaping"]
