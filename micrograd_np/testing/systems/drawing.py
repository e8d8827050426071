"""How the inputs of a layer are drawn: by NumPy from a seed, with what is hard among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from micrograd_np.testing.systems.system import Example

Array = NDArray[Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

KINDS = ("normal", "small", "large", "whole", "shifted", "repeated")


@dataclass(frozen=True)
class Drawing:
    """Draws arrays of one dtype and kind.

    Attributes
    ----------
    rng
        Where the numbers come from.
    dtype
        ``"float32"`` or ``"float64"``.
    kind
        Standard normals, by themselves, of a hundredth or of 30 times that size; whole numbers from
        -2 to 2; normals far from 0; or one row over and over again.
    """

    rng: np.random.Generator
    dtype: str
    kind: str

    @classmethod
    def by(cls, draw: Draw) -> Drawing:
        """Draw a way of drawing."""
        seed = draw(st.integers(0, 2**32 - 1))
        dtype = draw(st.sampled_from(["float32", "float64"]))
        return cls(np.random.default_rng(seed), dtype, draw(st.sampled_from(KINDS)))

    def array(self, *shape: int) -> Array:
        """Return an array of a shape."""
        if self.kind == "whole":
            return self.rng.integers(-2, 3, shape).astype(self.dtype)
        normals = self.rng.normal(size=shape)
        if self.kind == "repeated":
            normals = np.broadcast_to(normals[:1], shape)
        scale = {"small": 0.01, "large": 30.0}.get(self.kind, 1.0)
        return (normals * scale + (10 if self.kind == "shifted" else 0)).astype(self.dtype)

    def example(self, arrays: dict[str, Array], **facts: Any) -> Example:
        """Return the arrays and facts as an example that says what it is."""
        shapes = [f"{name} {'x'.join(map(str, a.shape))}" for name, a in arrays.items()]
        told = [f"{name}={fact}" for name, fact in facts.items() if np.ndim(fact) == 0]
        return Example(arrays, facts, " ".join([self.dtype, self.kind, *told, *shapes]))
