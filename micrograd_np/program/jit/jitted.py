"""``mg.jit``: a function that runs from source that was generated for such arguments."""

from __future__ import annotations

import functools
import inspect
import linecache
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from types import MethodType
from typing import Any

from micrograd_np import trees
from micrograd_np.frames import warn
from micrograd_np.mode import MODE
from micrograd_np.program.jit.arguments import MISS, Arguments
from micrograd_np.program.jit.constants import Constants, placed
from micrograd_np.program.jit.namespace import Namespace
from micrograd_np.program.jit.recording import Recorded, recorded
from micrograd_np.program.jit.source import Source
from micrograd_np.tensor import Tensor
from micrograd_np.transforms.run import name_of

FEW = 5
"""After how many traces a function warns that it is traced again and again."""
MOST = 64
"""How many programs a function keeps; the oldest goes first."""


@dataclass(frozen=True)
class Stats:
    """What a jitted function has made so far.

    Attributes
    ----------
    traces
        How often the function was recorded.
    buffers
        How many buffers its programs have.
    bytes
        Their size: of one workspace each.
    """

    traces: int
    buffers: int
    bytes: int


@dataclass(frozen=True, eq=False)
class Made:
    """What is kept of a program beside the code that runs."""

    text: str
    buffers: int
    bytes: int


_numbers = count(1)
"""Numbers files of generated code, so that no two have one name."""


class Jitted:
    """A function that is recorded once for each kind of arguments, and then runs from source."""

    def __init__(self, f: Callable[..., Any], donate: Sequence[int]) -> None:
        functools.update_wrapper(self, f)
        self._f = f
        self._donate = tuple(donate)
        self._programs: dict[Any, list[Any]] = {}
        self._sources: list[Made] = []
        self._traces = 0
        self._warned = False
        self._constants = Constants()
        self._lock = threading.RLock()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Compute what the function does."""
        if MODE.get().call is not None:
            return self._f(*args, **kwargs)
        kind: Any = len(args)
        given = args
        if kwargs:
            kwargs = dict(sorted(kwargs.items()))
            kind = (kind, *kwargs)
            given = (*args, *kwargs.values())
        for call in self._programs.get(kind, ()):
            out = call(*given)
            if out is not MISS:
                return out
        return self._first(kind, args, kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind it to an instance, as a method."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        return Jitted, (self._f, self._donate)

    def __repr__(self) -> str:
        return f"<jit of {name_of(self._f)}: {self._traces} traces>"

    @property
    def source(self) -> str:
        """The code that runs, of every program; "" before the first call."""
        return "\n\n".join(source.text for source in self._sources)

    @property
    def stats(self) -> Stats:
        """What was made so far."""
        return Stats(
            self._traces,
            sum(source.buffers for source in self._sources),
            sum(source.bytes for source in self._sources),
        )

    def _first(self, kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record a call with arguments of a new kind, and run that."""
        if any(type(x) is Tensor and x.requires_grad for x in trees.leaves([*args, kwargs])):
            return self._f(*args, **kwargs)  # a part of a larger graph, in which it is recorded
        given = (*args, *kwargs.values())
        with self._lock:
            for call in self._programs.get(kind, ()):  # another thread may have been here
                out = call(*given)
                if out is not MISS:
                    return out
            call = self._recorded(args, kwargs)
            self._warn()
            known = self._programs.get(kind, [])
            self._programs[kind] = [call, *known][:MOST]
        out = call(*given)
        # An argument may be another each time that it is looked at.
        return out if out is not MISS else self._f(*args, **kwargs)

    def _recording(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recorded:
        constants = self._constants
        constants.look_at(args, kwargs)
        while True:
            try:
                return recorded(self._f, args, kwargs, constants)
            except Exception:
                if not constants.give_up(args, kwargs):
                    raise

    def _recorded(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self._recording(args, kwargs)
        namespace = Namespace()
        arguments = Arguments(args, kwargs, namespace, self._constants, _parameters(self._f))
        source = Source(name_of(self._f), run, arguments, namespace, self._donated(args, run))
        run.trace.forget()
        self._traces += 1
        made = Made(source.text, source.buffers, source.bytes)
        self._sources = [made, *self._sources][:MOST]
        file = f"<jit of {name_of(self._f)}, {next(_numbers)}>"
        linecache.cache[file] = (len(source.text), None, source.text.splitlines(True), file)
        weakref.finalize(made, linecache.cache.pop, file, None).atexit = False
        space = dict(source.namespace)
        exec(compile(source.text, file, "exec"), space)
        return space[source.name]([])

    def _donated(self, args: tuple[Any, ...], run: Recorded) -> list[Any]:
        """Return the inputs that stand in the arguments that may be overwritten."""
        donated = {n % len(args) if -len(args) <= n < len(args) else n for n in self._donate}
        if any(n >= len(args) or n < 0 for n in donated):
            raise ValueError(
                f"donate is {self._donate}, but {name_of(self._f)} got {len(args)} arguments by "
                "position, and those alone can be donated"
            )
        names = {name for i, ((name,), _) in enumerate(placed(args, {})) if i in donated}
        stands_in = run.trace.arguments
        return [x for x in run.inputs if stands_in[x] in names and not x.is_python_number]

    def _warn(self) -> None:
        if self._traces > FEW and not self._warned:
            self._warned = True
            warn(
                f"{name_of(self._f)} was recorded {self._traces} times, each time for other "
                "shapes, dtypes or constants: that takes longer than it saves. Pad arrays to few "
                "shapes, and pass what changes as an array or a float",
                UserWarning,
            )


def _parameters(f: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def jit(f: Callable[..., Any] | None = None, *, donate: int | Sequence[int] = ()) -> Any:
    """Make a function that computes what `f` does from source that is generated for it.

    The first call with arguments of a structure, shapes and dtypes records what `f` computes,
    gradients included; from then on NumPy writes into buffers that are allocated once.

    Parameters
    ----------
    f
        Takes and returns arrays and numbers, also in containers. It may call
        :func:`micrograd_np.value_and_grad` and the like.
    donate
        The positions of arguments whose arrays may be overwritten: where a result has the shape
        and dtype of one, it is written into that array, which is returned.

    Returns
    -------
    callable
        The same function, with ``source`` (the code that runs) and ``stats``.

    Raises
    ------
    TypeError
        When it is first called, if `f` decides by a value (the message names the line), writes
        into an argument, or computes another thing in each call.

    Notes
    -----
    Arrays and numbers among the arguments are what varies; texts, bools, tuples of integers and
    other objects are told apart. So is an integer, until it is another one: then it varies as well,
    unless it is an axis, a length or the like.

    Results are arrays of the caller's own, zero-dimensional ones for single numbers, and Tensors
    where one was given; no gradient travels out of it to what it has read from elsewhere, but given
    a Tensor that requires one, or inside :func:`micrograd_np.grad` and the like, it is `f` itself.

    `f` is run twice to record it, and refused if it computes another thing the second time. What it
    reads from elsewhere is taken as it was then, but for tensors (parameters of a module): what is
    written into them, or assigned to them, is seen. Of plain arrays it may be seen or not: pass as
    an argument what changes.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> @mg.jit
    ... def step(w, x):
    ...     loss, gradient = mg.value_and_grad(lambda w: np.mean((x @ w) ** 2))(w)
    ...     return loss, w - 0.1 * gradient
    >>> step(np.ones(2), np.eye(2))
    (array(1.), array([0.9, 0.9]))
    """
    if f is None:
        return functools.partial(jit, donate=donate)
    if not callable(f):
        raise TypeError(f"mg.jit got {trees.described(f)}, expected a function")
    positions = [donate] if isinstance(donate, int) else list(donate)
    if not all(isinstance(n, int) for n in positions):
        raise TypeError(f"donate is {donate!r}, expected the position of an argument, or several")
    return Jitted(f, positions)
