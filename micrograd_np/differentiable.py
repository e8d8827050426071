"""Gradients of a tensor: ``backward()`` and ``.grad``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_np.checks import numerical
from micrograd_np.engine import propagate
from micrograd_np.graph import Leaf, Node
from micrograd_np.mode import is_eager, mode, refuse_effect

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]


class Differentiable:
    """The part of a Tensor that is about its gradient."""

    __slots__ = ()
    _value: Array
    _node: Node | None

    def __init__(self, data: Array, node: Node | None = None) -> None:
        raise NotImplementedError

    @property
    def grad(self) -> Array | None:
        """The gradient that ``backward()`` collected in this leaf, an ndarray, or None.

        It can be assigned, most often to None. Of a complex number z = x + iy it is PyTorch's,
        d/dx + i d/dy: the direction of steepest ascent.
        """
        return self._node.grad if isinstance(self._node, Leaf) else None

    @grad.setter
    def grad(self, value: ArrayLike | None) -> None:
        if not isinstance(self._node, Leaf):
            raise AttributeError(
                "only a leaf that requires a gradient holds one; this tensor is "
                + ("a result" if self._node else "a constant")
            )
        if value is None:
            self._node.grad = None
            return
        given = self._like("grad", value)
        new = np.array(given, dtype=self._value.dtype)
        if new.shape != self._value.shape:
            raise ValueError(f"grad must have shape {self._value.shape}, got {new.shape}")
        self._node.grad = new

    @property
    def requires_grad(self) -> bool:
        """Whether gradients travel back through this tensor."""
        return self._node is not None

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user and not by an operation that is recorded."""
        return self._node is None or isinstance(self._node, Leaf)

    def backward(
        self,
        seed: ArrayLike | None = None,
        *,
        retain_graph: bool = False,
        create_graph: bool = False,
    ) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it was made of.

        Parameters
        ----------
        seed
            The gradient to start from, of this tensor's shape. It may be left out for a single
            real element, where it is 1. For complex numbers it is, like ``.grad``, PyTorch's
            gradient: d/d re + i d/d im.
        retain_graph
            Whether to keep what another ``backward()`` through the same graph needs.
        create_graph
            Must be False: ``.grad`` is an array. Of :func:`micrograd_np.grad` the gradient is
            differentiated in turn.

        Raises
        ------
        RuntimeError
            If the tensor requires no gradient, or the graph was freed by an earlier pass.
        ValueError
            If the seed is missing for more than one element, or has another shape.
        TypeError
            If `create_graph` is asked for.
        """
        if create_graph:
            raise TypeError(
                "backward(create_graph=True): .grad is an array, which has no graph; take the "
                "gradient by mg.grad(f)(x), which is differentiated in turn: mg.grad(mg.grad(f))(x)"
            )
        if self._node is None:
            raise RuntimeError(
                "this tensor requires no gradient: nothing it was made of has requires_grad=True"
                " (or it was made under no_grad)"
            )
        refuse_effect(
            "backward() leaves gradients in .grad: return those of mg.value_and_grad(loss)"
        )
        g = self._seed(seed)
        if self._value.dtype.kind == "c":
            g = np.conj(g)  # inside, a gradient is no conjugate: the rules need none
        if is_eager():
            propagate([(self._node, g)], keep=retain_graph)
        else:
            with mode(recording=False):
                propagate(
                    [(self._node, type(self)(np.asarray(g)))], lift=type(self), keep=retain_graph
                )

    def _seed(self, seed: Any) -> Any:
        if seed is None:
            if self._value.size != 1:
                raise ValueError(
                    f"a tensor of shape {self._value.shape} has no single gradient: pass a seed of "
                    "that shape, backward(seed), or reduce it first, t.sum().backward()"
                )
            if self._value.dtype.kind == "c":
                raise TypeError(
                    f"a {self._value.dtype} tensor has no single gradient: only a real number can "
                    "grow or shrink. Take np.abs(t), t.real or t.imag, or pass a seed"
                )
            if not self._value.ndim:
                return self._value.dtype.type(1)  # NumPy computes faster with it than with arrays
            return np.ones(self._value.shape, self._value.dtype)
        if isinstance(seed, Differentiable):
            seed = seed._value
        g = self._like("the seed", seed).astype(self._value.dtype)
        if g.shape != self._value.shape:
            raise ValueError(f"the seed must have shape {self._value.shape}, got {g.shape}")
        return g

    def _like(self, what: str, value: Any) -> Any:
        """Return numbers as an array; of a real tensor a gradient has no imaginary part."""
        g = numerical(value)
        if g.dtype.kind == "c" and self._value.dtype.kind != "c":
            raise TypeError(f"{what} is complex, the tensor is {self._value.dtype}")
        return g

    def zero_grad(self) -> None:
        """Forget the gradient collected so far."""
        if isinstance(self._node, Leaf):
            self._node.grad = None
