"""The inputs of a function that is called from the command line: drawn, given, or left out."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from micrograd_np.cli_options import BadInput


class Draw(NamedTuple):
    """An array to draw."""

    shape: tuple[int, ...]
    dtype: str


class Call:
    """A function and what it is called with.

    Parameters
    ----------
    f
        The function.
    target
        How the command line names it.

    Attributes
    ----------
    names, values
        The arguments. Those of ``*w`` are called w_1, w_2.
    """

    def __init__(self, f: Callable[..., Any], target: str) -> None:
        self.f = f
        self.target = target
        self.name = target.rpartition(":")[2]
        self.signature = _signature(f, target)
        parameters = self.signature.parameters.values()
        self.several = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
        single = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        self.known = [p.name for p in single]
        self.required = [p.name for p in single if p.default is p.empty]
        self.given: dict[str, Any] = {}
        self.names: list[str] = []
        self.values: list[Any] = []

    def missing(self, given: Mapping[str, Any]) -> list[str]:
        """Return the parameters without a default that are not given."""
        return [name for name in self.required if name not in given]

    def chosen(
        self, shapes: Sequence[tuple[str, Draw]], numbers: Sequence[tuple[str, float]]
    ) -> dict[str, Any]:
        """Return what --shape and --value give, by parameter."""
        found: dict[str, Any] = {}
        options = [("--shape", *pair) for pair in shapes] + [("--value", *pair) for pair in numbers]
        for option, name, value in options:
            if name not in self.known:
                raise BadInput(
                    f"{option} {name}: {self.name} has no such parameter; {self._takes()}"
                )
            if name in found:
                raise BadInput(f"{option} {name}: that input is given twice")
            found[name] = value
        return found

    def examples(self, made: tuple[Any, ...] | dict[str, Any] | None) -> dict[str, Any]:
        """Return what the function ``example_inputs`` made, by parameter."""
        if isinstance(made, tuple):
            try:
                return dict(self.signature.bind_partial(*made).arguments)
            except TypeError:
                raise BadInput(
                    f"{self.target}: example_inputs() returned {len(made)} arguments in order; "
                    f"{self._takes()}, some of them perhaps by name only: return a dict"
                ) from None
        for name in made or {}:
            if name not in self.known:
                raise BadInput(
                    f"{self.target}: example_inputs() has {name!r}, which is no parameter; "
                    f"{self._takes()}"
                )
        return dict(made or {})

    def give(self, given: Mapping[str, Any], seed: int) -> None:
        """Take over the arguments, and draw those that are to be drawn."""
        missing = self.missing(given) or (self.known if not given else [])
        if missing:
            raise BadInput(
                f"{self.target}: no input for {', '.join(missing)}: write a function "
                f"example_inputs that returns the arguments of {self.name}, or give "
                f"--shape {missing[0]}=90,4 or --value {missing[0]}=0.5"
            )
        if not given:
            raise BadInput(f"{self.target}: takes no inputs, so there is nothing to derive by")
        values = _drawn(given, seed, list(self.signature.parameters))
        for name, value in values.items():
            several = list(value) if name in self.several else [value]
            self.values += several
            self.names += [f"{name}_{i + 1}" if name in self.several else name
                           for i in range(len(several))]  # fmt: skip
        self.given = values

    def positions(self, wrt: Sequence[str] | None) -> list[int] | None:
        """Return the positions of what to differentiate by; None for all that can be."""
        import numpy as np

        if wrt is None:
            return None
        for name in wrt:
            if name not in self.names:
                raise BadInput(
                    f"--wrt: there is no input {name!r}; there are {', '.join(self.names)}"
                )
            value = self.values[self.names.index(name)]
            dtype = np.dtype(getattr(value, "dtype", type(value)))
            if dtype.kind != "f":
                kind = type(value).__name__ if dtype.kind == "O" else dtype.name
                raise BadInput(
                    f"--wrt {name}: it is {kind}, and only floating-point arrays and numbers have "
                    "a gradient"
                )
        return [self.names.index(name) for name in dict.fromkeys(wrt)]

    @property
    def function(self) -> Callable[..., Any]:
        """The function of the given arguments, in order: the others keep their defaults."""
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        positional = [p.name for p in self.signature.parameters.values() if p.kind in plain]
        return self.f if positional[: len(self.names)] == self.names else _Bound(self)

    def _takes(self) -> str:
        several = [f"*{name}" for name in self.several]
        return f"{self.name} takes {', '.join(self.known + several) or 'nothing'}"


def _signature(f: Callable[..., Any], target: str) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        name = target.rpartition(":")[2]
        raise BadInput(
            f"{target}: the names of its parameters are not known; write a function of your own "
            f"that calls {name}, and derive that"
        ) from None


def _drawn(given: Mapping[str, Any], seed: int, order: Sequence[str]) -> dict[str, Any]:
    """Return arguments in order, so that what is drawn does not depend on that of the options."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def draw(value: Any) -> Any:
        if not isinstance(value, Draw):
            return value
        if value.dtype == "int64":
            return rng.integers(2, size=value.shape)
        return rng.standard_normal(value.shape).astype(value.dtype)

    return {name: draw(given[name]) for name in order if name in given}


class _Bound:
    """The function of a call, of the given arguments in order.

    It has the code of the user's function, so that errors name its line.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        kind = inspect.Parameter.POSITIONAL_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(it, kind) for it in call.names])
        self.__name__ = call.name
        self.__code__ = getattr(call.f, "__code__", None)

    def __call__(self, *values: Any) -> Any:
        rest = iter(values)
        bound = self.call.signature.bind_partial()
        for name, given in self.call.given.items():
            several = name in self.call.several
            bound.arguments[name] = tuple(islice(rest, len(given))) if several else next(rest)
        bound.apply_defaults()
        return self.call.f(*bound.args, **bound.kwargs)
