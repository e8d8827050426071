"""Running a program: every value by name, with rounding errors, or back from any value to any."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.checks import numerical, told
from micrograd_np.engine import evaluate, propagate
from micrograd_np.graph import Node
from micrograd_np.making import leaf
from micrograd_np.mode import mode
from micrograd_np.operation import OPERATIONS
from micrograd_np.perturbing import Rounding
from micrograd_np.program.calls import computed
from micrograd_np.program.containers import replaced
from micrograd_np.program.numbers import (
    Axis,
    Number,
    Simple,
    canonical,
    evaluate_atom,
    of,
    sides,
)
from micrograd_np.program.numbers import evaluate as evaluate_number
from micrograd_np.program.record import Record, is_scaled
from micrograd_np.program.recording import TAKE
from micrograd_np.program.traced import Traced
from micrograd_np.tensor import Tensor, apply

Array = NDArray[Any]


def run(record: Record, args: Sequence[Any]) -> dict[str, Array]:
    """Compute every value of a program."""
    found = Values(record, _given(record, args))
    with mode(call=None):
        return found.compute(computed)


def perturbed(
    record: Record, rng: np.random.Generator | None, args: Sequence[Any]
) -> dict[str, Array]:
    """Compute every value with rounding errors; the comparisons are those of a plain run."""
    given = _given(record, args or [value.value for value in record.inputs])
    plain = Rounding(None)
    with np.errstate(all="ignore"):
        with mode(call=plain):
            Values(record, given).compute(computed)
        with mode(call=Rounding(rng, plain.decisions)):
            return Values(record, given).compute(computed)


def pull(
    record: Record,
    args: Sequence[Any],
    seeds: Mapping[str, Any],
    to: str,
    stop_at: Collection[str],
) -> Array:
    """Pull gradients back from some values to another, on Tensors."""
    by_name = {name: value for value, name in record.names.items() if not value.backward}
    if not isinstance(seeds, Mapping):
        raise TypeError(f"seeds is {told(seeds)}, expected names and gradients")
    for name in (*seeds, to, *stop_at):
        if not isinstance(name, str):
            raise TypeError(f"a name is {told(name)}, expected a text")
        if name not in by_name:
            raise KeyError(f"no value of the forward pass is called {name!r}")
    cut = {by_name[name] for name in stop_at}
    given = _given(record, args or [value.value for value in record.inputs])
    values = Values(record, given)
    made: dict[Traced, Any] = {}

    def keep(value: Traced, out: Any) -> Any:
        out = out if isinstance(out, (Tensor, tuple)) else _constant(out)
        made[value] = out
        if value in cut and isinstance(out, Tensor) and out.dtype.kind == "f":
            return Tensor(out.data, leaf(out.data))
        return out

    with mode(call=None, recording=True):
        for value in record.inputs:
            array = np.asarray(values.found[value])
            node = leaf(array) if array.dtype.kind == "f" else None
            is_number = value.is_python_number and node is None
            made[value] = values.found[value] if is_number else Tensor(array, node)
            values.found[value] = keep(value, made[value])
        values.compute_each(_apply, backward=False, keep=keep)
    begin = [(made[by_name[name]], numerical(g)) for name, g in seeds.items()]
    for (out, g), name in zip(begin, seeds, strict=True):
        if g.shape != out.shape:
            raise ValueError(f"the seed of {name} has shape {g.shape}, but {name} has {out.shape}")
        if g.dtype.kind == "c" and out.dtype.kind != "c":
            raise TypeError(f"the seed of {name} is {g.dtype}, but {name} is {out.dtype}")
    target = values.found[by_name[to]]
    node = target.requires_grad and target._node
    nodes = [(out._node, g.astype(out.dtype)) for out, g in begin if out._node is not None]
    found = propagate(nodes, targets={node}) if isinstance(node, Node) else {}
    gradient = found.get(node) if isinstance(node, Node) else None
    return np.zeros(target.shape, target.dtype) if gradient is None else np.array(gradient)


class Values:
    """The values of one run."""

    def __init__(self, record: Record, given: Mapping[Traced, Any]) -> None:
        self.record = record
        self.found: dict[Traced, Any] = dict(given)
        self._check_inputs()

    def compute(self, call: Callable[..., Any]) -> dict[str, Array]:
        """Compute all of them, and return them by name."""
        self.compute_each(call)
        names = self.record.names
        by_name = {
            names[value]: np.array(out) if _is_borrowed(value) else np.asarray(out)
            for value, out in self.found.items()
            if value in names and not isinstance(out, (tuple, list))
        }
        for value, name in zip(self.record.gradients, self.record.gradient_names, strict=True):
            if name not in by_name:
                by_name[name] = np.array(self.of(value))
        return by_name

    def compute_each(
        self, call: Callable[..., Any], backward: bool = True, keep: Any = None
    ) -> None:
        """Compute one after the other; `keep` may put another in the place of a value."""
        for value in self.record.values:
            if value.operation is None or (value.backward and not backward):
                continue
            args, options = replaced((list(value.args), value.options), self.of)
            if value.operation is TAKE:
                out = args[0][args[1]]
            elif is_scaled(value):
                out = self._scaled(call, value, args[0])
            else:
                out = call(value.operation, args, options)
            self._check(value, out)
            self.found[value] = keep(value, out) if keep is not None else out
        self._check_ties()

    def _scaled(self, call: Callable[..., Any], value: Traced, x: Any) -> Any:
        """Compute x times a number as it is written: ``2 * x / N``."""
        above, below = (
            math.prod(map(self._factor, factors)) for factors in sides(of(canonical(value.args[1])))
        )
        if above == -1:
            x = call(OPERATIONS[np.negative], [x], {})
        elif above != 1 or getattr(x, "dtype", None) != value.dtype:
            x = call(OPERATIONS[np.multiply], [above, x], {})
        return x if below == 1 else call(OPERATIONS[np.divide], [x, below], {})

    def _factor(self, factor: Any) -> Any:
        if isinstance(factor, (int, float)):
            return factor
        it, power = factor
        return evaluate_atom(it, self.look_up) ** power

    def of(self, item: Any) -> Any:
        """Return what something in an expression is in this run."""
        if isinstance(item, Traced):
            if item.role == "number":
                number = self.number(item.args[0])
                return number if isinstance(number, Tensor) else np.asarray(number, item.dtype)
            return item.value if item.role == "constant" else self.found[item]
        return self.number(item)

    def number(self, number: Any) -> Any:
        """Return what a number is in this run."""
        return evaluate_number(number, self.look_up) if isinstance(number, Number) else number

    def look_up(self, it: Simple) -> Any:
        """Return what a length or an input number is in this run."""
        array = self.found[it.array]
        return array.shape[it.axis] if isinstance(it, Axis) else array

    # --- whether the program holds for these lengths --------------------------------------------

    def _check_inputs(self) -> None:
        for value in self.record.inputs:
            self._check(value, self.found[value])
        for it in self.record.fixed:
            if it.array in self.found:
                self._check_fixed(it, self.found[it.array])
        self._check_ties()

    def _check_fixed(self, it: Simple, array: Any) -> None:
        """Refuse another length than the one that the program holds for."""
        length = array.shape[it.axis] if isinstance(it, Axis) else array
        if length != it.number:
            name = self.record.names.get(it.array, "a value")
            what = f"{name}.shape[{it.axis}]" if isinstance(it, Axis) else name
            line = self.record.fixed[it]
            why = f": {line} used it as a plain number" if line else ""
            raise ValueError(f"the program holds for {what} = {it.number}{why}")

    def _check_ties(self) -> None:
        """Refuse lengths that differ where NumPy would broadcast, or a user's code has compared."""
        for a, b in self.record.trace.ties:
            known = all(it.array in self.found for n in (a, b) for it in of(n).atoms())
            if known and self.number(a) != self.number(b):
                raise ValueError(
                    f"the program holds where {self._text(a)} = {self._text(b)}; here they are "
                    f"{self.number(a)} and {self.number(b)}: these axes have to stay of one length"
                )

    def _text(self, n: Any) -> str:
        """Return a length as a message has it."""
        shown = [
            f"{self.record.names[it.array]}.shape[{it.axis}]"
            if isinstance(it, Axis)
            else "a number"
            for it in of(n).atoms()
        ]
        return shown[0] if len(shown) == 1 else f"a length made of {' and '.join(shown)}"

    def _check(self, value: Traced, out: Any) -> None:
        """Refuse a result of another shape than follows from the inputs."""
        if isinstance(out, (tuple, list)):
            return
        shape = np.shape(out) if not isinstance(out, Tensor) else out.shape
        for axis in range(len(shape)):
            if Axis(value, axis) in self.record.fixed:
                self._check_fixed(Axis(value, axis), out)
        own = {it for n in value.shape if isinstance(n, Number) for it in n.atoms()}
        canonical = self.record.trace.canonical
        if all(it.array is not value for it in own) or value.operation is None:
            try:
                wanted = tuple(
                    shape[axis] if _is_own(canonical(n), value, axis) else self.number(canonical(n))
                    for axis, n in enumerate(value.shape)
                )
            except KeyError:  # it follows from an input that comes later
                return
            if len(shape) != len(value.shape) or wanted != tuple(shape):
                name = self.record.names.get(value, "a value")
                raise ValueError(
                    f"{name} has shape {tuple(shape)}, but the program holds for {wanted}: axes "
                    "that were of one length, or of length one, when it was recorded have to stay "
                    "so"
                )


def _is_borrowed(value: Traced) -> bool:
    """Whether an array may be the user's own, or share memory with another."""
    operation = value.operation
    return operation is None or operation.view or operation is TAKE or operation.name == "np.einsum"


def _is_own(number: Any, value: Traced, axis: int) -> bool:
    return isinstance(number, Number) and number.atoms() == {Axis(value, axis)}


def _given(record: Record, args: Sequence[Any]) -> dict[Traced, Any]:
    if len(args) != len(record.inputs):
        names = ", ".join(record.names[value] for value in record.inputs)
        raise TypeError(f"the program takes {len(record.inputs)} inputs ({names}), got {len(args)}")
    given: dict[Traced, Any] = {}
    for value, arg in zip(record.inputs, args, strict=True):
        arg = arg.data if isinstance(arg, Tensor) else arg
        keep = value.is_python_number and isinstance(arg, (bool, int, float, complex))
        given[value] = arg if keep else numerical(arg)
        if given[value] is arg and not keep and np.ndim(arg) != value.ndim:
            raise ValueError(
                f"{record.names[value]} has {np.ndim(arg)} axes, but the program takes {value.ndim}"
            )
    return given


def _apply(operation: Any, args: list[Any], options: dict[str, Any]) -> Any:
    if operation.kind == "constant":
        return evaluate(operation, replaced(args, _array), replaced(options, _array))
    args = [replaced(a, _array) if not isinstance(a, Tensor) else a for a in args]
    return apply(operation, tuple(args), replaced(options, _array))


def _array(item: Any) -> Any:
    return item.data if isinstance(item, Tensor) else item


def _constant(out: Any) -> Any:
    return Tensor(np.asarray(out)) if not isinstance(out, (bool, int, float, complex)) else out
