"""Module: layers, the parameters that they hold, and their state by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from micrograd_np.checks import numerical, refuse_mask, told
from micrograd_np.making import tensor
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of

Array = NDArray[Any]


class Misfit(ValueError):
    """What a layer was given does not fit it.

    Parameters
    ----------
    layer
        Which layer. Its name is told once a module around it has been left.
    text
        What it expects and what came.
    """

    def __init__(self, layer: Module, text: str) -> None:
        super().__init__(layer, text)
        self.layer = layer
        self.text = text
        self.name = ""

    def __str__(self) -> str:
        where = f"{self.name}: " if self.name else ""
        return f"{where}{self.layer._line()}: {self.text}"


class Loaded(NamedTuple):
    """What did not fit when a state was loaded with ``strict=False``."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A function that holds parameters. Derive from it, assign attributes, and define `forward`.

    A leaf tensor that requires a gradient is a parameter once it is an attribute, and another
    Module is a part; both are found in lists, tuples and dicts, too. What is not trained but saved
    is a buffer: :meth:`register_buffer`. Names are those of the attributes, as in PyTorch.
    ``layer.register_buffer("weight", layer.weight.data)`` freezes a parameter.

    Attributes
    ----------
    training
        Whether it is being trained, as dropout and batch normalisation want to know. True at first.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> class Scaled(mg.nn.Module):
    ...     def __init__(self):
    ...         self.linear = mg.nn.Linear(3, 2)
    ...         self.scale = mg.tensor(2.0, requires_grad=True)
    ...
    ...     def forward(self, x):
    ...         return self.linear(x) * self.scale
    >>> model = Scaled()
    >>> [name for name, _ in model.named_parameters()]
    ['scale', 'linear.weight', 'linear.bias']
    >>> model(np.ones((5, 3))).shape
    (5, 2)
    """

    training: bool = True
    _buffers: tuple[str, ...] = ()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result; what calling the module does."""
        raise NotImplementedError(f"{type(self).__name__} has to define forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result: ``forward(*args, **kwargs)``."""
        try:
            return self.forward(*args, **kwargs)
        except Misfit as error:
            names = (name for name, module in self.named_modules() if module is error.layer)
            error.name = next(names, error.name)
            raise

    # --- what it holds -------------------------------------------------------------------------

    def parameters(self) -> Iterator[Tensor]:
        """Yield the parameters, those of parts too, each once."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Yield names and parameters, those of parts too, each parameter once."""
        seen: set[int] = set()
        for prefix, module in self._walk():
            for name, parameter in module._parameters():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield prefix + name, parameter

    def modules(self) -> Iterator[Module]:
        """Yield the module itself and all its parts, each once."""
        for _, module in self.named_modules():
            yield module

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield names and modules: itself, which has the name "", and all its parts, each once."""
        seen: set[int] = set()
        for prefix, module in self._walk():
            if id(module) not in seen:
                seen.add(id(module))
                yield prefix.removesuffix("."), module

    def register_buffer(self, name: str, array: Any) -> None:
        """Make an attribute of an array that belongs to the state, but is not trained."""
        if not isinstance(name, str):
            raise TypeError(f"register_buffer: name is {told(name)}, expected a text")
        setattr(self, name, numerical(array))
        if name not in self._buffers:
            self._buffers = (*self._buffers, name)

    def _walk(
        self, prefix: str = "", above: tuple[Module, ...] = ()
    ) -> Iterator[tuple[str, Module]]:
        """Yield prefixes and modules, a shared one by each of its names; no circle twice."""
        yield prefix, self
        for name, part in _found(vars(self), Module):
            if not any(part is module for module in (*above, self)):
                yield from part._walk(f"{prefix}{name}.", (*above, self))

    def _parameters(self) -> Iterator[tuple[str, Tensor]]:
        for name, value in _found(vars(self), Tensor):
            if value.requires_grad and value.is_leaf:
                yield name, value

    # --- its state -----------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """Return the arrays of all parameters and buffers by name, sharing their memory.

        Training changes them: save them (:func:`micrograd_np.save`) or copy them
        (``copy.deepcopy``) to keep them as they are.
        """
        return {name: value_of(value) for name, value in self._named_state()}

    def _named_state(self) -> Iterator[tuple[str, Any]]:
        """Yield names, and parameters as they are and arrays of buffers."""
        for prefix, module in self._walk():
            for name, parameter in module._parameters():
                yield prefix + name, parameter
            for name in module._buffers:
                yield prefix + name, getattr(module, name)

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Copy arrays by name into parameters, and make buffers of them, in the dtypes there.

        Parameters
        ----------
        state
            What :meth:`state_dict` of a module alike has returned, or that of PyTorch's.
        strict
            Whether every name has to be there, and no other.

        Returns
        -------
        missing_keys, unexpected_keys
            The names that are missing, and those that are too many.

        Raises
        ------
        ValueError
            If names are missing or too many, with `strict`, or a shape or a kind of numbers is
            another; all of them are named, and nothing has been loaded.
        TypeError
            If the state is no mapping of names to arrays.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict takes names and arrays, got a {type(state).__name__}; "
                "mg.load(path) gives those of a file"
            )
        own = self.state_dict()
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        problems, arrays = [], {}
        for name in own:
            if name in state:
                array, problem = _fitted(name, state[name], own[name])
                arrays[name] = array
                problems += [f"wrong {name}: {problem}"] * bool(problem)
        if strict:
            problems += [f"missing {', '.join(missing)}"] * bool(missing)
            problems += [f"unexpected {', '.join(unexpected)}"] * bool(unexpected)
        if problems:
            raise ValueError(
                f"load_state_dict of {type(self).__name__}: {'; '.join(problems)}. Nothing was "
                "loaded"
            )
        for parameter in self.parameters():
            writable(parameter)  # or an error, before anything is written
        for prefix, module in self._walk():
            for name, parameter in module._parameters():
                if prefix + name in arrays:
                    assign(parameter, arrays[prefix + name])
            for name in module._buffers:
                if prefix + name in arrays:
                    setattr(module, name, arrays[prefix + name])
        return Loaded(missing, unexpected)

    # --- training and evaluation ---------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set whether it and its parts are being trained, and return it."""
        if not isinstance(mode, (bool, np.bool)):
            raise TypeError(f"train: mode is {told(mode)}, expected True or False")
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Set it and its parts to evaluation, and return it."""
        return self.train(False)

    # --- how it looks --------------------------------------------------------------------------

    def _line(self) -> str:
        """Return what it is without its parts: ``Linear(in_features=4, out_features=3)``."""
        shown = ", ".join(
            f"{name}={value!r}"
            for name, (value, default) in options_of(self).items()
            if not _is_default(value, default)
        )
        return f"{type(self).__name__}({shown})"

    def __repr__(self) -> str:
        parts = [
            f"  ({name}): " + repr(part).replace("\n", "\n  ")
            for name, part in _found(vars(self), Module)
        ]
        line = self._line()
        head = line[:-1].replace("(", "(\n  ", 1) if not line.endswith("()") else line[:-1]
        return "\n".join([head, *parts, ")"]) if parts else line

    def summary(self, *inputs: Any) -> str:
        """Return a table of the layers: parameters, how many they are, and the shape they return.

        Parameters
        ----------
        *inputs
            What to call the module with, in evaluation and without recording, so that shapes of
            results are known. Without it they are left out.

        Examples
        --------
        >>> import numpy as np, micrograd_np as mg
        >>> model = mg.nn.Sequential(mg.nn.Linear(4, 6), mg.nn.ReLU(), mg.nn.Linear(6, 3))
        >>> print(model.summary(np.ones((90, 4))))
        name  layer       parameters                count  result
              Sequential                               51  (90, 3)
        0     Linear      weight (6, 4), bias (6,)     30  (90, 6)
        1     ReLU                                      0  (90, 6)
        2     Linear      weight (3, 6), bias (3,)     21  (90, 3)
        """
        from micrograd_np.nn.summary import summary

        return summary(self, inputs)


@contextmanager
def left_as_it_was(module: Module) -> Iterator[list[Module]]:
    """Let attributes of a module and its parts be changed inside a ``with`` block."""
    held = [(part, dict(vars(part))) for part in module.modules()]
    try:
        yield [part for part, _ in held]
    finally:
        for part, attributes in held:
            vars(part).clear()
            vars(part).update(attributes)


def parameter(shape: tuple[int, ...], dtype: DTypeLike) -> Tensor:
    """Return a parameter of zeros, to be initialised."""
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype is {told(dtype)}, expected a floating-point one") from None
    return tensor(np.zeros(shape, kind), requires_grad=True)


def assign(parameter: Tensor, array: Any) -> None:
    """Copy an array into a parameter: its memory stays where it is."""
    data = writable(parameter)
    data[...] = array
    parameter.data = data  # tells its node that it has changed


def writable(parameter: Tensor) -> Array:
    """Return the array of a parameter, to be written into.

    Raises
    ------
    ValueError
        If it is read-only.
    RuntimeError
        If it is that of a result, which its graph has kept.
    """
    data = parameter.data
    if not parameter.is_leaf:
        raise RuntimeError(
            "a result is not written into, since its graph has kept it: give a parameter, or "
            "t.detach().copy()"
        )
    if not data.flags.writeable:
        raise ValueError(
            f"a parameter of shape {data.shape} is read-only, and nothing was written. In "
            "mg.detect_anomaly() it is so while a graph that has read it is alive: go back through "
            "it first, or compute it in mg.no_grad()"
        )
    return data


def options_of(module: Module) -> dict[str, tuple[Any, Any]]:
    """Return what a module was made with, as far as attributes tell, and the default of each."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(type(module)).parameters.items():
        if name in vars(module) and name not in ("generator", "dtype"):
            value = vars(module)[name]
            if parameter.default is True or parameter.default is False:
                value = value is not None and value is not False  # bias=True makes a parameter
            if not isinstance(value, (Module, Tensor)):
                found[name] = value, parameter.default
    return found


def _is_default(value: Any, default: Any) -> bool:
    """Whether an option has the value it has by default, also as a pair of it."""
    if default is inspect.Parameter.empty or isinstance(value, np.ndarray):
        return False
    return bool(value == default or value == (default, default))


def _found(
    held: Mapping[Any, Any], kind: type[Any], above: tuple[Any, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """Yield names and values of a kind among attributes, looking into lists, tuples and dicts."""
    for name, value in held.items():
        if isinstance(value, kind):
            yield str(name), value
        elif isinstance(value, (list, tuple, dict)):
            if any(value is container for container in above):
                continue  # it holds itself
            items = value if isinstance(value, dict) else dict(enumerate(value))
            for inner, found in _found(items, kind, (*above, value)):
                yield f"{name}.{inner}", found


def _fitted(name: str, value: Any, own: Array) -> tuple[Array, str]:
    """Return a copy of what a state holds in one's own dtype, and what is wrong with it."""
    if isinstance(value, Tensor) and not value.is_leaf:
        raise TypeError(
            f"{name} is a result, whose gradient would be lost; detach it, or call the module with "
            "it by mg.nn.functional_call"
        )
    try:
        refuse_mask(value)
        array = np.asarray(value_of(value))
    except TypeError as error:  # a bfloat16 of PyTorch, or what is on a GPU
        raise TypeError(f"{name} cannot be made an array: {error}") from None
    if array.shape != own.shape:
        return own, f"expected shape {own.shape}, got {array.shape}"
    if not np.can_cast(array.dtype, own.dtype, "same_kind"):
        return own, f"expected {own.dtype}, got {array.dtype}"
    return array.astype(own.dtype), ""
