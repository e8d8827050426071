"""Four layers of 1,024 units: the matrix products take most of the time, memory the rest."""

from benchmarks import mlp
from benchmarks.timing import Case


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return mlp.make("wide", (1024,) * 5, 512)
