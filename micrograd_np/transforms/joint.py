"""An operation of any number of operands and results with one rule for all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.engine import note, stub
from micrograd_np.graph import Node, Part
from micrograd_np.mode import MODE, plain
from micrograd_np.operation import Operation, Rule
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.run import name_of

Pull = Callable[[list[Any], tuple[Any, ...]], list[Any]]
"""``pull(gs, values)``: the gradients of all operands or uses.

It is given those of all results, None for one that nothing depends on, and what was kept of the
operands; where they are Tensors, what it computes is recorded.
"""


def operation_of(f: Callable[..., Any]) -> Operation:
    """Return a record for a function whose rule is given anew with each call.

    Raises
    ------
    TypeError
        If it is no function.
    """
    if not callable(f):
        raise TypeError(f"got {trees.described(f)}, expected a function")
    return Operation(f, name_of(f), results=0, partial=True, analytic=False)


def record_jointly(
    operation: Operation,
    outs: Sequence[Any],
    operands: Sequence[Tensor],
    pull: Pull,
    uses: Sequence[Node] | None = None,
    reads: Sequence[Any] = (),
) -> list[Tensor]:
    """Record results that were computed without recording.

    Parameters
    ----------
    operation
        What to call it.
    outs
        The results: floating-point arrays.
    operands
        What they were computed from.
    pull
        The rule.
    uses
        The nodes whose gradients `pull` returns; by default those of the operands. One may stand
        here more than once.
    reads
        Arrays that `pull` will read besides.

    Returns
    -------
    list of Tensor
    """
    first = 0 if uses is None else len(operands)
    uses = uses or []
    values = [x._value for x in operands] + list(map(stub, uses))
    parents = [x._node for x in operands] + list(uses)
    rules = tuple((first + k, _rule(k)) for k in range(len(parents) - first))
    kept = tuple(map(stub, outs))
    options = {"pull": pull, "reads": list(reads)}
    whole = Node((), np.dtype(bool), operation, parents, rules, values, options, kept)
    results = [Tensor(out, Part(whole, index, out)) for index, out in enumerate(outs)]
    note(MODE.get().call, None, whole)
    for x in operands:
        for result in results:
            if np.may_share_memory(plain(x._value), plain(result._value)):
                x._relate(result)
    return results


@lru_cache
def _rule(k: int) -> Rule:
    def rule(gs: list[Any], outs: tuple[Any, ...], *values: Any, pull: Pull, reads: Any) -> Any:
        # The rules of one pass share what the first of them has computed: it stands behind `gs`.
        if len(gs) == len(outs):
            gs.append(pull(gs[:], values))
        return gs[-1][k]

    return rule
