"""Attention with several heads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from micrograd_np.checks import random_generator, whole
from micrograd_np.lifting import as_numbers, cast
from micrograd_np.nn import init
from micrograd_np.nn.layers import Linear, dropout, probability
from micrograd_np.nn.module import Misfit, Module, parameter
from micrograd_np.rules.nn import linear, softmax


class MultiheadAttention(Module):
    """Mixtures of values, weighted by how queries fit keys (Vaswani et al., 2017).

    Each head computes softmax(q k^T / sqrt(d)) v on its part of the projected features.

    Parameters
    ----------
    embed_dim, num_heads
        How long vectors are, and into how many parts they are cut, a head for each.
    dropout
        The probability with which a weight is left out in training.
    bias
        Whether the projections have biases.
    batch_first
        Whether the batch is the first axis, (N, L, E); else it is the second, (L, N, E).
    generator, dtype
        As of :class:`Linear`: the first projections as :func:`init.xavier_uniform_`.

    Attributes
    ----------
    in_proj_weight, in_proj_bias
        Parameters of shape (3 E, E) and (3 E,): for queries, keys and values.
    out_proj
        A :class:`Linear`, from E to E.

    Raises
    ------
    ValueError
        If `num_heads` does not divide `embed_dim`. From a call with arrays that do not fit.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        *,
        generator: Any = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        embed_dim, num_heads = whole("embed_dim", embed_dim, 0), whole("num_heads", num_heads)
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"num_heads is {num_heads}, which does not divide {embed_dim}")
        self.embed_dim, self.num_heads, self.bias = embed_dim, num_heads, bias
        self.dropout, self.batch_first = probability(dropout), bool(batch_first)
        rng = random_generator(generator)
        self.in_proj_weight = parameter((3 * embed_dim, embed_dim), dtype)
        init.xavier_uniform_(self.in_proj_weight, generator=rng)
        self.in_proj_bias = parameter((3 * embed_dim,), dtype) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, generator=rng, dtype=dtype)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data[...] = 0
        self.generator = rng

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Return mixtures of values, a row for each query, and the weights.

        Parameters
        ----------
        query, key, value
            Of shape (L, N, E), (S, N, E) and (S, N, E), as `batch_first` says; or without N.
        key_padding_mask
            Of shape (N, S): True for keys that are left out. A query for which all are left out
            sees them all alike; PyTorch's result is nan there.
        need_weights
            Whether the weights are returned; else None.
        attn_mask
            Of shape (L, S) or (N num_heads, L, S): True where a query must not see a key; or
            numbers that are added.
        average_attn_weights
            Whether the weights are averaged over the heads.
        is_causal
            Whether a query sees only the keys up to its own position. Unlike PyTorch's, it does
            not need a mask besides.

        Returns
        -------
        out
            Of the shape of `query`.
        weights
            Of shape (N, L, S); without the average (N, num_heads, L, S).
        """
        to_itself = query is key and key is value
        given = [as_numbers(x) for x in ((query,) if to_itself else (query, key, value))]
        single = given[0].ndim == 2
        given = [self._batched(x, given[0].ndim) for x in given]
        query, key, value = given * 3 if to_itself else given
        self._check(query, key, value)
        q, k, v = map(self._heads, self._projected(query, key, value))
        scores = (q * (1 / math.sqrt(q.shape[-1]))) @ k.swapaxes(-2, -1)
        scores = self._masked(scores, attn_mask, key_padding_mask, is_causal)
        weights = softmax(scores)
        if self.training and self.dropout:
            weights = dropout(weights, self.dropout, self.generator)
        out = (weights @ v).swapaxes(-3, -2)
        out = self.out_proj(out.reshape(*out.shape[:-2], self.embed_dim))
        if single:
            out, weights = out[0], weights[0]
        elif not self.batch_first:
            out = out.swapaxes(0, 1)
        if not need_weights:
            return out, None
        return out, weights.mean(axis=-3) if average_attn_weights else weights

    def _batched(self, x: Any, ndim: int) -> Any:
        """Return what was given with the batch first."""
        if x.ndim != ndim or ndim not in (2, 3):
            raise Misfit(
                self, f"expected query, key and value of 2 or 3 axes, all alike, got {x.shape}"
            )
        if ndim == 2:
            return x[None]
        return x if self.batch_first else x.swapaxes(0, 1)

    def _check(self, query: Any, key: Any, value: Any) -> None:
        (N, _, E), S = query.shape, key.shape[1]
        if self.embed_dim != E or key.shape != (N, S, E) or value.shape != (N, S, E):
            shapes = ", ".join(str(x.shape) for x in (query, key, value))
            raise Misfit(
                self,
                f"expected query (N, L, {self.embed_dim}), key and value (N, S, "
                f"{self.embed_dim}), the batch first, got {shapes}",
            )

    def _projected(self, *given: Any) -> list[Any]:
        """Return queries, keys and values: by one product, if they are made of the same."""
        E, bias = self.embed_dim, self.in_proj_bias
        if given[0] is given[1] is given[2]:
            together = linear(given[0], self.in_proj_weight)
            together = together if bias is None else together + bias
            return [together[..., i * E : (i + 1) * E] for i in range(3)]
        parts = [slice(i * E, (i + 1) * E) for i in range(3)]
        made = [linear(x, self.in_proj_weight[part]) for x, part in zip(given, parts, strict=True)]
        return made if bias is None else [m + bias[p] for m, p in zip(made, parts, strict=True)]

    def _heads(self, x: Any) -> Any:
        """Return the parts that heads see, of shape (N, num_heads, L, d)."""
        size = self.embed_dim // self.num_heads
        return x.reshape(*x.shape[:2], self.num_heads, size).swapaxes(1, 2)

    def _masked(self, scores: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool) -> Any:
        """Return scores of shape (N, heads, L, S), minus infinity where a key is not to be seen."""
        N, heads, L, S = scores.shape
        if attn_mask is not None:
            shapes = {(L, S): (L, S), (N * heads, L, S): (N, heads, L, S)}
            scores = self._without(scores, "attn_mask", attn_mask, shapes)
        if is_causal:
            scores = np.where(np.arange(S) > np.arange(L)[:, None], -np.inf, scores)
        if key_padding_mask is not None:
            shapes = {(N, S): (N, 1, 1, S), **({(S,): (1, 1, 1, S)} if N == 1 else {})}
            scores = self._without(scores, "key_padding_mask", key_padding_mask, shapes)
        return scores

    def _without(self, scores: Any, name: str, mask: Any, shapes: dict[Any, Any]) -> Any:
        """Return scores, minus infinity where a mask is True; or with a mask of numbers added.

        `shapes` has those that it may have, and what it is to be broadcast in.
        """
        mask = as_numbers(mask)
        if mask.shape not in shapes or (mask.dtype != bool and mask.dtype.kind != "f"):
            wanted = " or ".join(map(str, shapes))
            raise Misfit(
                self,
                f"expected {name} of bools, True for what is left out, or of floating-point "
                f"numbers that are added, of shape {wanted}, got {mask.dtype} of {mask.shape}",
            )
        mask = mask.reshape(shapes[mask.shape])
        if mask.dtype == bool:
            return np.where(mask, -np.inf, scores)
        return scores + cast(mask, scores.dtype)
