"""How the lengths of a result's axes follow from those of its operands.

No operation has a rule for that: NumPy is asked. The operation is computed on zeros, with one
length at a time one longer than it was. The axes of the result that grow with it are made of it;
where NumPy refuses, that length is tied to another (the two sides of a matrix product), and both
are one from then on. What cannot be told is a length of its own, ``result.shape[0]``, which is
right whatever it is.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import empty, full, ones, zeros

from micrograd_np.mode import plain
from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.program.containers import inside
from micrograd_np.program.linear import Term, is_whole, linear, sliced
from micrograd_np.program.numbers import Number, Simple, atom, canonical, of
from micrograd_np.program.probe import Probe
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand

if TYPE_CHECKING:
    from micrograd_np.program.recording import Trace

Shape = tuple[int | Number, ...]

_INDEXING = (operator.getitem, operator.setitem, np.add.at, scatter)

FURTHEST = 64
"""How many more elements NumPy is asked about, or three times as many."""

MOST_TIED = 3
"""How many lengths NumPy is asked about together."""


def result_shape(trace: Trace, operation: Operation, args: Any, options: Any, out: Any) -> Any:
    """Return the shape of a result in numbers that hold for other inputs too.

    Parameters
    ----------
    trace
        Knows which lengths are the same.
    operation, args, options
        What is computed.
    out
        The result of the recorded run: an array or several.

    Returns
    -------
    tuple, or list of tuples
        For each axis an int or a Number; None for a length that only the result itself tells.
    """
    several = isinstance(out, (tuple, list))
    shapes = [np.shape(part) for part in (out if several else [out])]
    found: Any
    known = _stated(trace, operation, args)
    if known is not None:
        if operation.called in (operator.setitem, np.add.at):
            _ask(trace, operation, args, options, shapes)  # what is written has to fit
            _fix_short_places(trace, *args[:2])
        found = [known]
    elif operation.elementwise:
        found = [broadcast(trace, [shape_of(a) for a in args])] * len(shapes)
    elif not several and not shapes[0] and len(_arrays(args)) < 2:
        found = shapes
    else:
        found = _ask(trace, operation, args, options, shapes)
    return found if several else found[0]


def _arrays(args: Any) -> list[Traced]:
    return [a for a in inside(args) if isinstance(a, Traced) and a.ndim]


def _fix_short_places(trace: Trace, base: Traced, index: Any) -> None:
    """Hold on to lengths where a slice leaves one element: more of them would be broadcast to."""
    probe = Probe(trace, OPERATIONS[operator.getitem], (base, index), {})
    (places,) = probe(set()) or [()]
    for it in {trace.representative(it) for n in base.shape for it in of(n).atoms()}:
        (more,) = probe({it}) or [places]
        if any(n <= 1 and n != m for n, m in zip(places, more, strict=True)):
            trace.fix(it)


def _stated(trace: Trace, operation: Operation, args: Any) -> Shape | None:
    """Return the shape of a result where it is an argument, or that of an argument."""
    if operation.called in (operator.setitem, np.add.at):
        return shape_of(args[0])
    if operation.function in (zeros, ones, empty, full):
        shape = args[0] if isinstance(args[0], tuple) else (args[0],)
        return shape if all(isinstance(n, (int, Number)) for n in shape) else None
    if operation.called in (scatter, expand, np.broadcast_to, np.reshape):
        shape = args[-1] if isinstance(args[-1], tuple) else (args[-1],)
        if operation.called in (expand, np.broadcast_to):
            broadcast(trace, [shape, shape_of(args[0])])  # what is broadcast has to fit
        if all(plain(n) >= 0 for n in shape):
            return shape
        return _inferred(shape, args[0]) if operation.called is np.reshape else None
    return None


def _inferred(shape: Shape, x: Traced) -> Shape:
    """Return a shape in which -1 stands for what is left of the elements."""
    size, known = of(x.size), of(1)
    for n in shape:
        known = known * n if plain(n) >= 0 else known
    left = of(size / known) if plain(known) else of(0)
    whole = isinstance(left.coefficient, int) and all(p > 0 for p in left.factors.values())
    length = left if whole else size // known
    return tuple(n if plain(n) >= 0 else _as_length(length) for n in shape)


def _as_length(n: Any) -> int | Number:
    """Return a number that depends on nothing, or is at most one, as the integer that it is."""
    if not isinstance(n, Number) or not n.factors:
        return int(plain(n))
    return n if plain(n) > 1 else Fixed(plain(n))


def shape_of(value: Any) -> Shape:
    """Return the shape of an operand, () of a plain number."""
    return value.shape if isinstance(value, (np.ndarray, Traced)) else ()


def broadcast(trace: Trace, shapes: list[Shape]) -> Shape:
    """Return the shape that arrays of these shapes broadcast to."""
    ndim = max(map(len, shapes))
    out: list[int | Number] = []
    for axis in range(ndim):
        lengths = [shape[axis - ndim] for shape in shapes if axis - ndim >= -len(shape)]
        longer = [n for n in lengths if not (isinstance(n, int) and n == 1)]
        for other in longer[1:]:
            trace.unite(longer[0], other)
        out.append(trace.canonical(longer[0]) if longer else 1)
    return tuple(out)


def _ask(
    trace: Trace, operation: Operation, args: Any, options: Any, shapes: list[tuple[int, ...]]
) -> list[tuple[int | Number | None, ...]]:
    atoms = sorted(
        {trace.representative(it) for n in _numbers((args, options)) for it in n.atoms()},
        key=lambda it: (it.array.sequence, getattr(it, "axis", 0)),
    )
    probe = Probe(trace, operation, args, options)
    grown: dict[tuple[Simple, ...], list[tuple[int, ...]]] = {}
    tied: list[Simple] = []
    unknown = fixed = False
    followed: set[Simple] = set()
    for it in atoms:
        result = probe({it})
        if result is None:
            followers = _followers(it, atoms)
            result = probe({it, *followers}) if followers else None
            followed |= followers if result is not None else set()
        if result is None:
            tied.append(it)
        else:
            grown[(it,)] = result
    tied = [it for it in tied if it not in followed]
    while tied:
        first = tied.pop(0)
        group = _partners(probe, first, tied)
        if group is None:
            unknown = unknown or probe({first}, times=2) is not None
            may_broadcast = operation.broadcasts or operation.called is operator.setitem
            masked = operation.called in _INDEXING and _picks_by_mask(args)
            if may_broadcast and first.array.role == "input" and not masked:
                trace.fix(first)  # to a length that is no input's
                fixed = True
            continue
        lax = any(_may_differ(probe, it) for it in group)
        for it in group[1:]:
            tied.remove(it)
            trace.unite(atom(first), atom(it), lax)
        grown[group] = probe(set(group)) or []
    for it in atoms if operation.view and len(shapes) == 1 else ():
        short = probe(set(), one={it})
        if short is not None and len(short[0]) != len(shapes[0]):
            trace.fix(it)  # of one, the axis would vanish: np.squeeze
    if _clips(operation, args):
        (shape,) = shapes
        others = [grown_shapes[0] for grown_shapes in grown.values() if grown_shapes]
        wholes = _whole_axes(args[0], args[1], len(shape))
        return [
            tuple(
                _clipped(n, i, others, args) if wholes[i] is None or n <= 1 else wholes[i]
                for i, n in enumerate(shape)
            )
        ]
    unsteady = _unsteady(probe, grown, shapes)
    found = [
        [
            _unknown(n, len(shapes) > 1 or (part, axis) in unsteady)
            if unknown or (part, axis) in unsteady
            else _length(trace, grown, part, axis, n, fixed)
            for axis, n in enumerate(shape)
        ]
        for part, shape in enumerate(shapes)
    ]
    if any(n is None for shape in found for n in shape):
        _fill_in_constants(probe, _arrays(args), found, shapes)
    return [tuple(shape) for shape in found]


def _unsteady(
    probe: Probe,
    grown: dict[tuple[Simple, ...], list[tuple[int, ...]]],
    shapes: list[tuple[int, ...]],
) -> set[tuple[int, int]]:
    """Return which axes of which results do not go on to grow as they do by the first step.

    Half a length grows at every other step: told from one, it would be the same for all lengths,
    or as much longer as the whole. NumPy is asked for others, shorter and longer ones, but where
    an axis is just as long as one of the operands'.
    """
    axes = [(part, axis) for part, shape in enumerate(shapes) for axis in range(len(shape))]

    def growth(longer: list[tuple[int, ...]], part: int, axis: int) -> int | None:
        try:
            return longer[part][axis] - shapes[part][axis]
        except IndexError:  # another number of results or of axes
            return None

    def is_told(part: int, axis: int) -> bool:
        steps = {group: growth(longer, part, axis) for group, longer in grown.items()}
        by = [group for group, step in steps.items() if step]
        return len(by) == 1 and steps[by[0]] == 1 and by[0][0].number == shapes[part][axis]

    doubtful = [place for place in axes if not is_told(*place)]
    found: set[tuple[int, int]] = set()
    for group, longer in grown.items() if doubtful else ():
        number = min(FURTHEST, *(int(it.number) for it in group))
        for more in (-1, max(2, number), 3 * number + 1):
            further = probe(set(group), more=more) or []
            for part, axis in doubtful:
                first, then = growth(longer, part, axis), growth(further, part, axis)
                if first is not None and then is not None and then != more * first:
                    found.add((part, axis))
    return found


def _unknown(n: int, varies: bool) -> int | None:
    """Return a length that only the result tells; one must stay one, lest it be broadcast."""
    if n > 1:
        return None
    return Fixed(n) if varies else n


def _whole_axes(base: Traced, index: Any, ndim: int) -> list[Any]:
    """Return the lengths of axes of ``base[index]`` that are whole axes of `base`, else None."""
    found = [None if cut is None or not is_whole(cut[1]) else cut[0] for cut in sliced(base, index)]
    return found if len(found) == ndim else [None] * ndim


class Fixed(int):
    """A length of at most one that could be another for other inputs: the program needs it so."""


def _clipped(n: int, axis: int, others: list[tuple[int, ...]], args: Any) -> int | None:
    """Return a length that a slice or a mask has left: told by the result, unless it is one."""
    if n > 1:
        return None
    varies = _picks_by_mask(args) or any(shape[axis : axis + 1] != (n,) for shape in others)
    return Fixed(n) if varies else n


def _fill_in_constants(
    probe: Probe, arrays: list[Traced], found: list[Any], shapes: list[tuple[int, ...]]
) -> None:
    """Tell lengths that follow from those of operands that are the same for any input."""
    for x in arrays:
        for axis, n in enumerate(x.shape):
            if isinstance(n, int) and n > 1:
                alone = {x: tuple(m + (a == axis) for a, m in enumerate(x.value.shape))}
                alike = {
                    other: tuple(
                        m + (m == n and isinstance(k, int))
                        for m, k in zip(other.value.shape, other.shape, strict=True)
                    )
                    for other in arrays
                }
                grown = probe(set(), shapes=alone) or probe(set(), shapes=alike) or []
                for part, shape in enumerate(grown):
                    for i, length in enumerate(shape):
                        if length == n + 1 and shapes[part][i : i + 1] == (n,):
                            found[part][i] = n


def _followers(it: Simple, atoms: list[Simple]) -> set[Simple]:
    """Return the lengths of slices that grow with a length: that of ``x[1:]`` with that of x."""
    mine = Term(atom(it))
    return {o for o in atoms if o is not it and linear(canonical(atom(o))).get(mine) == 1}


def _partners(probe: Probe, first: Simple, tied: list[Simple]) -> tuple[Simple, ...] | None:
    """Return `first` and those tied to it: the fewest that NumPy accepts together."""
    same = [it for it in tied if it.number == first.number]
    for count in range(1, min(len(same), MOST_TIED - 1) + 1):
        for others in combinations(same, count):
            if probe({first, *others}) is not None:
                return (first, *others)
    if same and probe({first, *same}) is not None:
        return (first, *same)
    return None


def _may_differ(probe: Probe, it: Simple) -> bool:
    """Whether NumPy also takes another length where two are the same: it broadcasts or flattens."""
    if probe(set(), one={it}) is not None:
        return True
    for x in _arrays(probe.args):
        shape = x.value.shape
        flat = (1,) * (len(shape) - 1) + (int(np.prod(shape)),)
        has_it = any(it in of(n).atoms() for n in map(probe.trace.canonical, x.shape))
        if has_it and shape != flat and probe(set(), shapes={x: flat}) is not None:
            return True
    return False


def _clips(operation: Operation, args: Any) -> bool:
    """Whether lengths follow from the operands' up to a bound only, as where a slice ends."""
    if operation.function is not operator.getitem:
        return False
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    sliced = any(isinstance(part, slice) and part != slice(None) for part in index)
    return sliced or _picks_by_mask(index)


def _picks_by_mask(args: Any) -> bool:
    """Whether lengths depend on how many elements of a mask are true."""
    return any(isinstance(part, Traced) and part.dtype == bool for part in inside(args))


def _length(
    trace: Trace, grown: Any, part: int, axis: int, n: int, fixed: bool
) -> int | Number | None:
    """Return what an axis of the result is made of, None where that cannot be told.

    `fixed` tells that it may also be made of a length that the program holds for.
    """
    if n <= 1:
        # A part of a split: with longer operands it is longer, and would not be broadcast.
        others = [shapes[part][axis] for shapes in grown.values() if len(shapes) > max(part, 1)]
        return Fixed(n) if any(other != n for other in others) else n
    growth: dict[Simple, int] = {}
    for group, shapes in grown.items():
        if not shapes or len(shapes) <= part or len(shapes[part]) <= axis:
            return None
        if shapes[part][axis] != n:
            growth[group[0]] = shapes[part][axis] - n
    if len(growth) == 1:
        ((it, step),) = growth.items()
        if step == 1 and it.number == n:
            same: Number = trace.canonical(atom(it))
            return same
        if step == 1:
            shifted: Number = trace.canonical(atom(it)) + (n - it.number)
            return shifted
    whole: Any = 1
    for it, step in growth.items():
        if step * it.number != n:
            return None
        whole = trace.canonical(atom(it)) * whole
    if not growth:
        return n if fixed else None
    if n % plain(whole):
        return None
    length: Number | int = whole * (n // plain(whole))
    return length


def _numbers(value: Any) -> Iterable[Number]:
    for item in inside(value):
        if isinstance(item, Number):
            yield item
        elif isinstance(item, Traced):
            yield from (n for n in item.shape if isinstance(n, Number))
