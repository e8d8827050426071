"""Layers that are one operation each: Linear, Embedding, Dropout, Flatten; and Sequential."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from micrograd_np.checks import number, random_generator, whole
from micrograd_np.indices import check_indices
from micrograd_np.lifting import as_numbers
from micrograd_np.nn import init
from micrograd_np.nn.module import Misfit, Module, parameter
from micrograd_np.rules.nn import linear
from micrograd_np.tensor import Tensor


class Sequential(Module):
    """Modules one after another: the result of each is what the next one is given.

    Parameters
    ----------
    *modules
        Which. They can be had by their position, ``model[0]``, which is also their name.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> model = mg.nn.Sequential(mg.nn.Linear(4, 6), mg.nn.ReLU(), mg.nn.Linear(6, 3))
    >>> model(np.ones((5, 4))).shape
    (5, 3)
    """

    def __init__(self, *modules: Module) -> None:
        for position, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(
                    f"Sequential takes modules, but argument {position} is a "
                    f"{type(module).__name__}"
                )
            setattr(self, str(position), module)

    def forward(self, x: Any) -> Any:
        """Return the result of the last module."""
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return (value for value in vars(self).values() if isinstance(value, Module))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index: Any) -> Module:
        some = list(self)[index if isinstance(index, slice) else whole("index", index)]
        return Sequential(*some) if isinstance(some, list) else some


class Linear(Module):
    """x @ weight.T + bias, along the last axis.

    Parameters
    ----------
    in_features, out_features
        The lengths of the last axis of what it is given and of what it returns.
    bias
        Whether a bias is added.
    generator
        Draws the first numbers, as :mod:`micrograd_np.nn.init` says: uniform between
        +- 1/sqrt(in_features), as PyTorch has it.
    dtype
        Of the parameters.

    Attributes
    ----------
    weight, bias
        Parameters of shape (out_features, in_features) and (out_features,).

    Raises
    ------
    ValueError
        From a call with another last axis.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        generator: Any = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_features = whole("in_features", in_features, 0)
        self.out_features = whole("out_features", out_features, 0)
        self.weight, self.bias = weight_and_bias(
            (self.out_features, self.in_features), bias, generator, dtype
        )

    def forward(self, x: Any) -> Any:
        """Return an array or Tensor of shape (..., out_features) for one of (..., in_features)."""
        x = as_numbers(x)
        if not x.ndim or x.shape[-1] != self.in_features:
            raise Misfit(self, f"expected shape (..., {self.in_features}), got {x.shape}")
        out = linear(x, self.weight)
        return out if self.bias is None else out + self.bias


class Embedding(Module):
    """A table of vectors, from which rows are picked by their number.

    Parameters
    ----------
    num_embeddings, embedding_dim
        How many vectors, and how long they are.
    padding_idx
        A row that begins as zeros and gets no gradient; it may be negative, to count from the end.
    generator
        Draws the first numbers: standard normals, as PyTorch has it.
    dtype
        Of the table.

    Attributes
    ----------
    weight
        The table, of shape (num_embeddings, embedding_dim).

    Raises
    ------
    TypeError, IndexError
        From a call with numbers that are no integers, or not those of rows: the first is named.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        generator: Any = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_embeddings = num_embeddings = whole("num_embeddings", num_embeddings, 0)
        self.embedding_dim = whole("embedding_dim", embedding_dim, 0)
        self.padding_idx = padding_idx
        self.weight = init.normal_(
            parameter((num_embeddings, self.embedding_dim), dtype), 0, 1, generator
        )
        if padding_idx is not None:
            padding_idx = whole("padding_idx", padding_idx)
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(f"padding_idx is {padding_idx}, there are {num_embeddings} rows")
            self.padding_idx = padding_idx % num_embeddings
            self.weight.data[self.padding_idx] = 0

    def forward(self, indices: Any) -> Any:
        """Return an array or Tensor of shape (..., embedding_dim) for integers of shape (...)."""
        indices = check_indices("Embedding: row", indices, self.num_embeddings)
        rows = self.weight[indices]
        if self.padding_idx is None or not isinstance(rows, Tensor):
            return rows
        is_padding = (indices == self.padding_idx)[..., None]
        return np.where(is_padding, rows.detach(), rows)


class Dropout(Module):
    """In training, zero for each element with probability p, and 1/(1 - p) of it else.

    Parameters
    ----------
    p
        The probability.
    generator
        Draws which: a numpy Generator, or what makes one. To repeat or resume a run, give the
        modules one Generator, and save it.

    Raises
    ------
    ValueError
        If p is no probability.
    """

    def __init__(self, p: float = 0.5, *, generator: Any = None) -> None:
        self.p = probability(p)
        self.generator = random_generator(generator)

    def forward(self, x: Any) -> Any:
        """Return an array or Tensor like `x`; in evaluation `x` itself."""
        if not self.training or not self.p:
            return x
        x = as_numbers(x)
        if x.dtype.kind != "f":
            raise Misfit(self, f"expected floating-point numbers, got {x.dtype}")
        return dropout(x, self.p, self.generator)


class Flatten(Module):
    """Make one axis of several.

    Parameters
    ----------
    start_dim, end_dim
        The first and the last of them.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = whole("start_dim", start_dim), whole("end_dim", end_dim)

    def forward(self, x: Any) -> Any:
        """Return an array or Tensor with the same elements."""
        x = as_numbers(x)
        ndim = max(x.ndim, 1)
        axes = self.start_dim, self.end_dim
        first, last = (axis % ndim for axis in axes)
        if not all(-ndim <= axis < ndim for axis in axes) or first > last:
            raise Misfit(self, f"expected axes from start_dim to end_dim, got shape {x.shape}")
        lengths = x.shape[first : last + 1]
        return x.reshape(*x.shape[:first], math.prod(lengths), *x.shape[last + 1 :])


def weight_and_bias(
    shape: tuple[int, ...], bias: bool, generator: Any, dtype: DTypeLike
) -> tuple[Tensor, Tensor | None]:
    """Return the parameters of a layer, drawn between +- 1/sqrt(the terms of a result)."""
    rng = random_generator(generator)
    weight = init.kaiming_uniform_(parameter(shape, dtype), math.sqrt(5), generator=rng)
    if not bias:
        return weight, None
    bound = 1 / math.sqrt(max(math.prod(shape[1:]), 1))
    return weight, init.uniform_(parameter(shape[:1], dtype), -bound, bound, rng)


def dropout(x: Any, p: float, generator: np.random.Generator) -> Any:
    """Return zero for each element with probability p, and 1/(1 - p) of it else."""
    keep = generator.random(x.shape, np.float32) >= np.float32(p)
    return x * (keep * (1 / (1 - p) if p < 1 else 0.0)).astype(x.dtype)


def probability(p: float) -> float:
    """Return a probability, or raise ValueError if it is none."""
    p = number("p", p)
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, expected a probability from 0 to 1")
    return p
