"""The whole of reverse mode: how an operation is recorded, and how gradients travel back.

:func:`record` computes an operation and makes its node; :func:`propagate` walks from a result to
the leaves, newest node first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from micrograd_np.edges import cast, check_unchanged, fit, freed_graph, not_an_array
from micrograd_np.errors import named
from micrograd_np.graph import NOTHING, Leaf, Node, Part, Stub, View
from micrograd_np.mode import MODE, Symbolic
from micrograd_np.operation import Joint, Operation
from micrograd_np.pending import Pending

Watch = Callable[[Node, Any, Node, Any, Any], None]
ndarray = np.ndarray
_FLOAT64 = np.dtype(np.float64)


def evaluate(operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
    """Compute an operation on arrays: what it gives, and no more."""
    call = MODE.get().call
    if call is not None:
        return call(operation, values, kwargs)
    try:
        return operation.function(*values, **kwargs)
    except Exception as error:
        raise named(error, operation, values) from None


def record(
    operation: Operation,
    values: list[Any],
    parents: list[Node | None],
    wanted: int,
    kwargs: dict[str, Any],
) -> tuple[Any, Any]:
    """Compute an operation, and record it if an operand needs a gradient.

    The one place through which every operation passes.

    Parameters
    ----------
    operation
        What to compute.
    values
        Its positional arguments as arrays, scalars or options. The list is kept.
    parents
        The node of each of them or None. The list is kept.
    wanted
        Which of them have a node: bit i is set for position i.
    kwargs
        Its keyword arguments.

    Returns
    -------
    out, node
        The result as an array and its node or None; for an operation with several results two
        tuples.
    """
    recording, call, _ = MODE.get()
    try:
        if call is not None:
            out = call(operation, values, kwargs)
        elif kwargs:
            out = operation.function(*values, **kwargs)
        else:
            out = operation.function(*values)
    except Exception as error:
        raise named(error, operation, values) from None
    if type(out) is not ndarray:
        if operation.residual:
            out, residual = out
            kwargs = {**kwargs, operation.residual: residual}
        elif type(out) is tuple or type(out) is list:
            return _record_several(operation, values, parents, wanted * recording, kwargs, out)
        out = _as_array(out)
    dtype = out.dtype
    if not (wanted and recording):
        return out if dtype is _FLOAT64 else check_numeric(operation, out), None
    if dtype is not _FLOAT64 and dtype.kind not in "fc":
        return check_numeric(operation, out), None  # cast to integers: a constant
    shares = operation.view and (out.base is not None or out is values[0])
    plan = operation.plans.get((wanted, len(values)))
    rules, drop, drop_out = plan or operation.plan(wanted, len(values))
    for position in drop:
        values[position] = parents[position] or stub(values[position])
    if type(out) is not ndarray:
        for value, parent in zip(values, parents, strict=True):
            if value is out:
                return out, parent  # it has turned out to change nothing
        for known in out.nodes:  # a program computes the same of the same once, and back once
            if known.operation is operation and known.parents == parents:
                return out, known
    kept = None if drop_out else out
    make = View if shares else Node
    node = make(out.shape, dtype, operation, parents, rules, values, kwargs, kept)
    if call is not None:
        note(call, out, node)
    return out, node


def note(call: Any, out: Any, node: Node) -> None:
    """Let who computes in place of NumPy know of the node of a result, None for several."""
    if isinstance(out, Symbolic):
        out.nodes.append(node)  # type: ignore[attr-defined]  # as all do that stand for an array
    elif hasattr(call, "recorded"):
        call.recorded(node)


def _as_array(out: Any) -> Any:
    return out if isinstance(out, Symbolic) else np.asarray(out)


def check_numeric(operation: Operation, out: Any) -> Any:
    """Let numbers pass, and refuse what may hold anything: tensors, too."""
    if out.dtype.kind not in "biufc":
        raise TypeError(
            f"{operation.name} gave a result of dtype {out.dtype}, which has no gradient; make its "
            "operands numeric, np.asarray(x, dtype=float)"
        )
    return out


def _record_several(
    operation: Operation,
    values: list[Any],
    parents: list[Node | None],
    wanted: int,
    kwargs: dict[str, Any],
    outs: Iterable[Any],
) -> tuple[tuple[Any, ...], tuple[Node | None, ...]]:
    """Record an operation with several results: a node for the whole, and one for each of them."""
    outs = tuple(check_numeric(operation, _as_array(out)) for out in outs)
    if operation.results not in (0, len(outs)):
        raise TypeError(
            f"{operation.name} returned {len(outs)} arrays, but its record says "
            f"results={operation.results}: mg.defvjp({operation.name}, ..., results={len(outs)})"
        )
    if not wanted:
        return outs, (None,) * len(outs)
    if type(outs[0]) is not ndarray:
        for known in outs[0].nodes:  # as above; if it is of this operation, it is one of its parts
            if known.operation is operation and known.parents[0].parents == parents:
                whole = known.parents[0]
                return outs, tuple(Part(whole, index, out) for index, out in enumerate(outs))
    rules, drop, drop_out = operation.plan(wanted, len(values))
    for position in drop:
        values[position] = parents[position] or stub(values[position])
    kept = tuple(map(stub, outs)) if drop_out else outs
    whole = Node((), np.dtype(bool), operation, parents, rules, values, kwargs, kept)
    parts = tuple(
        Part(whole, index, out) if out.dtype.kind in "fc" else None
        for index, out in enumerate(outs)
    )
    call = MODE.get().call
    if call is not None:
        for out, part in zip(outs, parts, strict=True):
            if part is not None:
                note(call, out, part)
        note(call, None, whole)
    return outs, parts


def stub(value: Any) -> Any:
    """Return what stands for an array that is not kept; anything else as it is."""
    return Stub(value.shape, value.dtype) if _is_array(value) else value


def _is_array(value: Any) -> bool:
    return isinstance(value, ndarray) or (isinstance(value, Symbolic) and value.is_array)


def propagate(
    seeds: Iterable[tuple[Node, Any]],
    *,
    targets: Collection[Node] | None = None,
    lift: Callable[[Any, Node | None], Any] | None = None,
    keep: bool = False,
    watch: Watch | None = None,
) -> dict[Node, Any]:
    """Send gradients from results back to what they were made of.

    Nodes are visited newest first, so that a node's gradient is complete before it is passed on;
    a gradient is forgotten as soon as that is done.

    Parameters
    ----------
    seeds
        Nodes and the gradients to start from, of their shape and dtype.
    targets
        The nodes whose gradients are returned. None: every leaf collects its own.
    lift
        Makes a Tensor of an array and its node. Given, rules are handed Tensors, so that they pass
        through :func:`record` in turn; else they are handed arrays.
    keep
        Whether the nodes keep what they need for another pass.
    watch
        Told of every contribution to a node's gradient before it is added up: the node, the
        gradient, the node whose rule has returned it, what that was given, and the sum of the
        contributions before, None if there is none.

    Returns
    -------
    dict
        The gradients of those targets that were reached.

    Raises
    ------
    RuntimeError
        If a node was freed by an earlier pass, or an array it needs was changed in place.
    ValueError, TypeError
        If a rule returns a gradient of the wrong shape, or none.
    """
    watcher: Any = MODE.get().call
    if hasattr(watcher, "watch"):
        with np.errstate(all="ignore"):  # it looks at every gradient
            return _propagate(seeds, targets, lift, keep, _both(watcher.watch, watch))
    return _propagate(seeds, targets, lift, keep, watch)


def _both(first: Watch, second: Watch | None) -> Watch:
    def watch(*told: Any) -> None:
        first(*told)
        if second is not None:
            second(*told)

    return watch


def _propagate(
    seeds: Iterable[tuple[Node, Any]],
    targets: Collection[Node] | None,
    lift: Callable[[Any, Node | None], Any] | None,
    keep: bool,
    watch: Watch | None,
) -> dict[Node, Any]:
    sums: dict[Node, Any] = {}
    queue: list[tuple[int, Node]] = []
    found: dict[Node, Any] = {}
    oldest = min((node.sequence for node in targets), default=0) if targets is not None else 0
    within = any(node.rules for node in targets) if targets is not None else False
    leaves: list[Node] = []  # they pass nothing on, and are looked at when all is done
    for node, seed in seeds:
        _add(sums, queue, node, seed)
    only: Node | None = None  # the one that is next, where there is no other
    while queue or only is not None:
        node = heappop(queue)[1] if only is None else only
        only = None
        rules = node.rules
        if not rules:
            if type(node) is Part:
                g = _written(sums.pop(node))
                if targets is not None and node in targets:
                    found[node] = g
                _pass_on(sums, queue, node, g)
            else:
                leaves.append(node)
            continue
        g = sums.pop(node)
        if type(g) is Pending:
            g = g.written()
        if within and targets is not None and node in targets:
            found[node] = g
        args, out, kwargs, parents = node.args, node.out, node.kwargs, node.parents
        if args is None:
            raise freed_graph(node)
        if type(out) is tuple and not (node.operation and node.operation.partial):
            g = [_zeros(stub) if part is None else part for part, stub in zip(g, out, strict=True)]
        if lift is not None:
            args, out, kwargs = _lifted(node, lift)
        if out is None:
            out = node
        grads = rules[0][1](g, out, *args, **kwargs) if type(rules) is Joint else None
        are_two = len(args) == 2 and not kwargs and grads is None
        if are_two:  # as most are: a call with each by itself is the faster one
            first, second = args
        for position, rule in rules:
            parent: Any = parents[position]
            if oldest and parent.sequence < oldest:
                continue  # nothing that old depends on a target
            if are_two:
                grad = rule(g, out, first, second)
            else:
                grad = rule(g, out, *args, **kwargs) if grads is None else grads[position]
            if Leaf.touched > node.sequence and parent.changed > node.sequence:
                check_unchanged(node, position)
            try:
                if grad.shape != parent.shape:
                    grad = fit(grad, parent, node, position)
                if grad.dtype is not parent.dtype:
                    grad = cast(grad, parent.dtype)
            except AttributeError:
                raise not_an_array(grad, node, position) from None
            if watch is not None:
                watch(parent, _written(grad), node, g, _written(sums.get(parent)))
            if parent in sums:
                sums[parent] = sums[parent] + grad
                continue
            sums[parent] = grad
            if parent.operation is None:
                leaves.append(parent)
                continue
            if only is None and not queue:
                only = parent
                continue
            heappush(queue, (-parent.sequence, parent))
            if only is not None:
                heappush(queue, (-only.sequence, only))
                only = None
        if not keep:
            node.args = node.out = None
            node.parents, node.kwargs = (), NOTHING
    for leaf in leaves:
        if targets is None:
            leaf.collect(sums)  # type: ignore[attr-defined]  # what has no operation is a Leaf
        elif leaf in targets:
            found[leaf] = _written(sums.pop(leaf))
    return found


def _written(g: Any) -> Any:
    return g.written() if type(g) is Pending else g


def _add(sums: dict[Node, Any], queue: list[tuple[int, Node]], node: Node, g: Any) -> None:
    if node in sums:
        sums[node] = sums[node] + g
    else:
        sums[node] = g
        heappush(queue, (-node.sequence, node))


def _pass_on(sums: dict[Node, Any], queue: list[tuple[int, Node]], node: Part, g: Any) -> None:
    """Pass the gradient of one of several results on to their whole."""
    (whole,) = node.parents
    assert whole is not None
    if whole.args is None:
        raise freed_graph(whole)
    if whole not in sums:
        _add(sums, queue, whole, [None] * len(whole.out))
    known = sums[whole][node.index]  # rules that were given this result as a Tensor used it, too
    sums[whole][node.index] = g if known is None else known + g


def _zeros(stub: Any) -> Any:
    return np.zeros(stub.shape, stub.dtype)


def _lifted(
    node: Node, lift: Callable[[Any, Node | None], Any]
) -> tuple[list[Any], Any, dict[str, Any]]:
    """Return what `node` kept as Tensors that still know which nodes they came from."""
    assert node.args is not None
    assert node.operation is not None
    args = [
        lift(value, parent) if _carries_gradient(value) else value
        for value, parent in zip(node.args, node.parents, strict=True)
    ]
    out, kwargs = node.out, node.kwargs
    if isinstance(out, tuple):
        out = tuple(
            lift(part, Part(node, i, part)) if _carries_gradient(part) else part
            for i, part in enumerate(out)
        )
    elif _is_array(out):
        out = lift(out, node)
    kwargs = {
        key: lift(value, None) if isinstance(value, Symbolic) and value.is_array else value
        for key, value in kwargs.items()
        if key != node.operation.residual
    }
    return args, out, kwargs


def _carries_gradient(value: Any) -> bool:
    return _is_array(value) and (value.dtype.kind in "fc" or type(value) is not ndarray)
