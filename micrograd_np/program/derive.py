"""``mg.derive``: record a function and its backward pass, and write them down."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from micrograd_np.checks import refuse_mask, told
from micrograd_np.engine import propagate
from micrograd_np.frames import Line, last_users_line
from micrograd_np.graph import Node
from micrograd_np.making import leaf
from micrograd_np.mode import MODE, mode
from micrograd_np.program.creation import traced_creation
from micrograd_np.program.names import (
    check_names,
    gradient_names,
    rename,
    seed_name,
    unique_names,
)
from micrograd_np.program.printing.plan import unnamed_lines
from micrograd_np.program.program import Program
from micrograd_np.program.record import Record, alive, first_difference, release
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify import rewrite
from micrograd_np.program.traced import Traced, TraceError
from micrograd_np.tensor import Tensor


def derive(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    names: Mapping[str, str] | Sequence[str] | None = None,
) -> Program:
    """Record `f` and its backward pass, and simplify it to what one would write by hand.

    Parameters
    ----------
    f
        Takes arrays and numbers, and returns one array made of them by NumPy functions.
    *args
        Its arguments. Their lengths and values are examples: the program holds for others.
    argnums
        The positions of the arguments to differentiate by; None: every floating-point one.
    names
        What to call the arguments, one name each; or a mapping from names in the program to
        others.

    Returns
    -------
    Program
        If the result is not a single number, it has one more input: the gradient to begin with.

    Raises
    ------
    TypeError
        If something on the way cannot be recorded: a branch on a value, ``float()``, a result
        that is no array. The message names the line.
    ValueError
        If the result does not depend on the arguments; if names are no identifiers or not unique.

    Notes
    -----
    A length stays open while it is only computed with: ``X.shape[0]``, ``len(X)``. Where a loop
    counts to it, or it is made a plain number, the program and the source it prints hold for that
    length and refuse another. Axes of length one stay so, and lengths that were the same where
    NumPy would broadcast.

    `f` is given Tensors, to which ``isinstance(x, np.ndarray)`` says yes, but not ``type(x)``. It
    is run a second time, and refused if it then computes something else: what is drawn at random,
    or counted from call to call, has to be an argument.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> def f(x, w):
    ...     h = np.tanh(x @ w)
    ...     loss = np.sum(h * h)
    ...     return loss
    >>> program = mg.derive(f, np.ones((3, 2)), np.ones(2), argnums=1)
    >>> for statement in program.backward:
    ...     print(f"{statement.name:4}", statement.text)
    dh   2 * h
    u2   1 - t1
    du1  dh * u2
    u3   x.T
    dw   u3 @ du1
    """
    wanted = _positions(f, args, argnums)
    record = _recorded(f, args, wanted, _parameter_names(f, args, names))
    if isinstance(names, Mapping):
        rename(record.names, names)
        record = _named(record)
    program = Program(record)
    release(record.values)
    return program


def _recorded(
    f: Callable[..., Any], args: Sequence[Any], wanted: Sequence[int], parameters: Sequence[str]
) -> Record:
    """Run f and its backward pass once, and keep what the results depend on."""
    trace = Trace(rewrite)
    with traced_creation(), mode(call=trace, recording=True, depth=MODE.get().depth + 1):
        tensors = [_traced(trace, arg, parameters[i], i in wanted, i) for i, arg in enumerate(args)]
        inputs = [_traced_of(t) for t in tensors if isinstance(t, Tensor)]
        by = [_traced_of(tensors[i]) for i in wanted]  # f may make something else of the tensors
        out = _called(f, tensors)
        if trace.refusal is not None:
            raise trace.refusal  # the function has caught it
        result = _checked(f, out, trace)
        trace.close_forward()
        forward = list(trace.values)
        if result.operation is not None:
            result.name = result.name or ("out" if result.shape else "value")
        _name_inputs(inputs, parameters)
        seed = _seed(trace, result)
        found = _backward(trace, out, seed)
    trace.close()
    line = first_difference(forward, _again(f, args, wanted).values)
    if line is not None:
        raise another_each_time(line, f)
    if not any(x in found for x in by):
        raise ValueError(
            f"{where(f)}: the result does not depend on "
            f"{', '.join(v.name for v in by) or 'any floating-point argument'}; return what is "
            "computed from it, or differentiate by another: argnums="
        )
    gradients = [_gradient(trace, x, found) for x in by]
    given = [*inputs, *([seed] if seed.role == "input" else [])]
    values = alive(trace, [result, *gradients], given)
    return _named(Record(trace, {}, given, values, [result], by, gradients))


def _named(record: Record) -> Record:
    """Return a record with a name for each value."""
    lines = unnamed_lines(record.values, record.returned)
    names = unique_names(record.values, record.trace.size_names.values(), lines)
    grads = gradient_names(names, record.wanted, record.gradients)
    return replace(record, names=names, gradient_names=grads)


# --- before ------------------------------------------------------------------------------------


def _positions(f: Any, args: Sequence[Any], argnums: int | Sequence[int] | None) -> list[int]:
    if argnums is None:
        found = [i for i, arg in enumerate(args) if _is_floating(arg)]
        if not found:
            kinds = ", ".join(_kind(arg) for arg in args) or "none"
            raise TypeError(
                f"{_name(f)} got no floating-point array or number to differentiate by (arguments: "
                f"{kinds}); pass one as float"
            )
        return found
    if isinstance(argnums, Sequence) and not argnums:
        raise ValueError("argnums is empty; give positions to differentiate by, or None for all")
    given = list(argnums) if isinstance(argnums, Sequence) else [argnums]
    for i in given:
        if not isinstance(i, (int, np.integer)) or isinstance(i, bool):
            raise TypeError(f"argnums holds positions of arguments, whole numbers, not {told(i)}")
        if not -len(args) <= i < len(args):
            raise ValueError(f"argnums has {i}, but {_name(f)} got {len(args)} arguments")
        if not _is_floating(args[i]):
            raise TypeError(
                f"argnums has {i}, but that argument is {_kind(args[i])}: only floating-point "
                "arrays and numbers have a gradient; pass it as float"
            )
    return [i % len(args) for i in given]


def _kind(arg: Any) -> str:
    return str(getattr(arg, "dtype", type(arg).__name__))


def _is_floating(arg: Any) -> bool:
    if type(arg).__module__.partition(".")[0] == "torch":
        raise TypeError("an argument is a torch.Tensor; derive takes NumPy arrays: x.numpy()")
    if isinstance(arg, (np.ndarray, np.generic, Tensor)):
        return arg.dtype.kind == "f"
    return isinstance(arg, float)


def _parameter_names(
    f: Callable[..., Any], args: Sequence[Any], names: Mapping[str, str] | Sequence[str] | None
) -> list[str]:
    """Return what the arguments are called; "" for one of any number of arguments."""
    if names is not None and not isinstance(names, Mapping):
        if not isinstance(names, Sequence):
            raise TypeError(f"names is a sequence or a mapping of names, not {told(names)}")
        if isinstance(names, str) or len(names) != len(args):
            raise ValueError(f"names: {_name(f)} got {len(args)} arguments, so many names it needs")
        check_names(names)
        return list(names)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return [""] * len(args)
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (plain + [""] * len(args))[: len(args)]


def _traced(trace: Trace, arg: Any, name: str, wanted: bool, position: int) -> Any:
    refuse_mask(arg)
    value = arg.data if isinstance(arg, Tensor) else arg
    if not isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        if isinstance(value, (list, tuple, dict)) and value:
            raise TypeError(
                f"argument {position} is a {type(value).__name__}; pass its arrays as arguments of "
                "their own (f(x, *params)), or bind it: lambda x: f(x, value)"
            )
        return arg
    array = np.array(value) if isinstance(value, (np.ndarray, np.generic)) else value
    traced = trace.input(array, name)
    node: Node | None = None
    if wanted:
        node = leaf(np.asarray(array))
        traced.nodes.append(node)
        node.shape = traced.shape  # type: ignore[assignment]  # lengths stand for ints
    return Tensor(traced, node)  # type: ignore[arg-type]  # stands for an array


def _name_inputs(inputs: Sequence[Traced], parameters: Sequence[str]) -> None:
    """Name those of any number of arguments by the variables that held them, each once."""
    taken = set(parameters)
    unnamed: dict[str, list[Traced]] = {}
    for value in inputs:
        if value.name not in parameters or not value.name:
            unnamed.setdefault(value.name or "x", []).append(value)
    for name, several in unnamed.items():
        for i, value in enumerate(several):
            number = i + 1
            value.name = name if len(several) == 1 else f"{name}_{number}"
            while value.name in taken:
                number += 1
                value.name = f"{name}_{number}"
            taken.add(value.name)


def _traced_of(tensor: Tensor) -> Any:
    """Return what stands for the array of a tensor."""
    return tensor._value


def _checked(f: Any, out: Any, trace: Trace) -> Traced:
    if not isinstance(out, Tensor):
        what = "None" if out is None else f"a {type(out).__name__}"
        raise TypeError(
            f"{where(f)} returned {what}; to be derived it has to return one array or number, "
            "made of its arguments by NumPy functions"
        )
    result: Traced = _traced_of(out)
    known = isinstance(result, Traced) and result.trace is trace
    if not known or out._node is None:
        raise ValueError(
            f"{where(f)}: the result does not depend on any argument that is differentiated by; "
            "return what is computed from one by functions that have a derivative (comparisons, "
            "argmax, floor and // have none)"
        )
    return result


def where(f: Callable[..., Any]) -> str:
    """Return where a function stands, and what it is called, for messages."""
    code = getattr(f, "__code__", None)
    place = f"{Line(code.co_filename, code.co_firstlineno)}: " if code is not None else ""
    return f"{place}{_name(f)}"


def another_each_time(line: Line | str, f: Callable[..., Any]) -> TraceError:
    """Return the error for a function that computes something else when it is run again."""
    return TraceError(
        f"{line or where(f)}: what is computed here is another each time, from random numbers "
        "or from what the last call has kept: pass it as an argument"
    )


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", repr(f))


def _called(f: Callable[..., Any], tensors: Sequence[Any]) -> Any:
    """Call f; what the library or NumPy refuses, it refuses with the line of f."""
    try:
        return f(*tensors)
    except TraceError:
        raise
    except (
        TypeError, ValueError, IndexError, AttributeError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        line, is_last = last_users_line(error)
        if isinstance(error, AttributeError) and isinstance(error.obj, Tensor):
            raise AttributeError(
                f"{line}: a Tensor has no {error.name}; write np.{error.name}(...) if there is a "
                "rule for it, or use functions that have one"
            ) from error
        if isinstance(error, TypeError) and is_last and "'Tensor'" in str(error):
            raise TraceError(
                f"{line}: {error}. f gets Tensors and lengths, which take the operators and NumPy "
                "functions that have a rule"
            ) from error
        if line is not None and _comes_from_trace(error):
            raise TraceError(
                f"{line}: NumPy cannot put a traced value into a plain array. Make the array in "
                "the function and by its full name, as in out = np.zeros((n, k)); out[i] = value"
            ) from error
        if line is None or is_last:
            raise
        raise type(error)(f"{line}: {error}") from error


def _comes_from_trace(error: BaseException) -> bool:
    cause = error.__cause__ or error.__context__
    return isinstance(cause, TraceError)


def _again(f: Callable[..., Any], args: Sequence[Any], wanted: Sequence[int]) -> Trace:
    """Record the forward pass once more."""
    again = Trace(rewrite)
    with traced_creation(), mode(call=again, recording=True, depth=MODE.get().depth + 1):
        f(*(_traced(again, arg, "", i in wanted, i) for i, arg in enumerate(args)))
    again.close()
    return again


# --- the backward pass -------------------------------------------------------------------------


def _seed(trace: Trace, result: Traced) -> Traced:
    """Return the gradient to begin with: 1 for a single number, else an input of its own."""
    if not result.shape:
        return trace.number(1, result.dtype)
    seed = trace.input(np.ones_like(result.value), seed_name(result, trace.values))
    seed.shape = result.shape
    seed.is_seed = True
    return seed


def _backward(trace: Trace, out: Tensor, seed: Traced) -> dict[Traced, Traced]:
    """Record the backward pass; return the gradient of every value that has one."""
    trace.backward = True
    made = {node: value for value in trace.values for node in value.nodes}
    parts: dict[Traced, list[Traced]] = {}

    def watch(node: Node, grad: Any, *_: Any) -> None:
        if node in made:
            parts.setdefault(made[node], []).append(grad._value)
            grad._value.kept = bool(made[node].name) and made[node].role != "input"

    assert out._node is not None
    with mode(recording=False), np.errstate(all="ignore"):
        found = propagate(
            [(out._node, Tensor(seed))],  # type: ignore[arg-type]  # stands for an array
            targets=set(made),
            lift=Tensor,
            watch=watch,
        )
    gradients = {made[node]: g._value for node, g in found.items()}
    for value, gradient in sorted(gradients.items(), key=lambda pair: _importance(pair[0])):
        _call_adjoint(gradient, value, "")
    for value, several in parts.items():
        if len(several) > 1:
            for i, part in enumerate(several):
                _call_adjoint(part, value, f"_{i + 1}")
    return gradients


def _importance(value: Traced) -> tuple[bool, bool, int]:
    """Order values by who gives an adjoint its name: the user's variables, inputs, the rest."""
    return (not value.name, value.role == "input", -value.sequence)


def _call_adjoint(gradient: Traced, value: Traced, suffix: str) -> None:
    if gradient.backward and gradient.operation is not None and gradient.adjoint_of is None:
        gradient.adjoint_of, gradient.suffix = value, suffix
        if value.name and not suffix:
            gradient.name = "d" + value.name


def _gradient(trace: Trace, x: Traced, found: dict[Traced, Traced]) -> Traced:
    known = found.get(x)
    if known is not None:
        return known
    zeros = trace.zeros(x)
    if zeros.operation is not None and zeros.adjoint_of is None:
        zeros.adjoint_of, zeros.name = x, f"d{x.name}"
    return zeros
