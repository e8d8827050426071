"""What optimisers have in common: groups of parameters, state by name, steps in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.checks import number, numerical, told
from micrograd_np.graph import Leaf
from micrograd_np.nn.module import writable
from micrograd_np.tensor import Tensor

Array = NDArray[Any]
Group = dict[str, Any]


_ASIDE = {
    "params", "decoupled_weight_decay", "foreach", "fused", "capturable", "differentiable"
}  # fmt: skip
"""What a group of PyTorch's has besides: how it computes, and what is looked at elsewhere."""


class Optimizer:
    """Changes parameters by their gradients; the base of :class:`SGD` and :class:`Adam`.

    Parameters
    ----------
    params
        Leaf tensors that require a gradient, ``model.parameters()``; or groups of them, dicts of
        ``"params"`` and options that differ from the others'.
    options
        What holds for groups that do not say otherwise.

    Attributes
    ----------
    param_groups
        The groups, with all options: ``optimizer.param_groups[0]["lr"] = 0.01`` changes one.

    Raises
    ------
    TypeError
        If something among the parameters is no leaf tensor that requires a gradient.
    ValueError
        If there are none, one is there twice, or an option is out of range.
    """

    _keeps: frozenset[str] = frozenset()
    """What is kept of a parameter, once there is something."""
    _decoupled = False
    """Whether weight decay is no part of the gradient, as PyTorch's states tell of Adam."""

    def __init__(self, params: Iterable[Any], options: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params is a Tensor, expected an iterable of them: [tensor]")
        if hasattr(params, "parameters"):
            raise TypeError("params is a module, expected its parameters: module.parameters()")
        if not isinstance(options, Mapping):
            raise TypeError(f"{_name(self)}: options are {told(options)}, expected a dict")
        try:
            given = list(params)
        except TypeError:
            raise TypeError(f"params is {told(params)}, expected an iterable of tensors") from None
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        self.param_groups: list[Group] = []
        for group in groups:
            if not isinstance(group, dict) or "params" not in group:
                raise TypeError(f"params has {told(group)}, expected groups with 'params'")
            unknown = sorted(map(str, group.keys() - options.keys() - {"params"}))
            if unknown:
                raise ValueError(f"{_name(self)} has no option {', '.join(unknown)}")
            full = {**options, **group, "params": _listed(group["params"])}
            self._check(full)
            self.param_groups.append(full)
        every = self._parameters()
        if not every:
            raise ValueError(f"{_name(self)}: there are no parameters to optimise")
        if len({id(parameter) for parameter in every}) < len(every):
            raise ValueError(f"{_name(self)}: a parameter is there twice")
        self._state: list[dict[str, Any]] = []
        self._scratch: dict[tuple[np.dtype[Any], int], Array] = {}

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def _check(self, group: Group) -> None:
        """Raise an error if an option of a group is no number, or out of range."""
        for name in ("lr", "weight_decay", "momentum", "eps"):
            if name in group and not float(number(name, group[name])) >= 0:
                raise ValueError(f"{_name(self)}: {name} is {group[name]}, expected 0 or more")

    def _update(self, p: Array, g: Array, state: dict[str, Any], group: Group, s: Array) -> None:
        """Change a parameter in place.

        Parameters
        ----------
        p, g
            The parameter's array and its gradient.
        state
            What is kept of the parameter from step to step.
        group
            The options.
        s
            Memory to compute in, of the shape and dtype of `p`.
        """
        raise NotImplementedError

    def step(self) -> None:
        """Change each parameter that has a gradient, in place."""
        for group in self.param_groups:
            self._check(group)  # its options may have been changed
        every = [(group, p) for group in self.param_groups for p in group["params"]]
        self._state += [{} for _ in every[len(self._state) :]]
        for _, parameter in every:
            if parameter.grad is not None:
                writable(parameter)  # or an error, before anything is written
        for (group, parameter), state in zip(every, self._state, strict=True):
            if parameter.grad is not None:
                p = parameter.data
                self._update(p, parameter.grad, state, group, self._memory(p))
                parameter.data = p  # tells its node that it has changed

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters():
            parameter.grad = None

    def _memory(self, p: Array, number: int = 0) -> Array:
        """Return memory like that of `p`: the same for all parameters of a dtype."""
        key = (p.dtype, number)
        if key not in self._scratch or self._scratch[key].size < p.size:
            largest = max(q.size for q in self._parameters() if q.dtype == p.dtype)
            self._scratch[key] = np.empty(largest, p.dtype)
        return self._scratch[key][: p.size].reshape(p.shape)

    # --- its state -----------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each parameter, by its number, and the groups: as PyTorch does.

        The arrays are the optimiser's own, which the next step changes.
        """
        numbers = {id(parameter): i for i, parameter in enumerate(self._parameters())}
        return {
            "state": {i: dict(state) for i, state in enumerate(self._state) if state},
            "param_groups": [
                {**group, "params": [numbers[id(parameter)] for parameter in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over copies of a state: one of PyTorch's, too.

        Raises
        ------
        ValueError
            If it is for other groups, for parameters of other shapes, or has options that this
            optimiser does not have. Nothing has been taken over.
        """
        if not isinstance(state, Mapping) or not {"state", "param_groups"} <= state.keys():
            raise ValueError(f"{_name(self)}: expected what state_dict() of an optimiser returns")
        groups = state["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        found = [len(group["params"]) for group in groups]
        if found != sizes:
            raise ValueError(
                f"{_name(self)}: the state is for groups of {found} parameters, expected {sizes}"
            )
        numbers = [number for group in groups for number in group["params"]]
        states = [
            self._taken(state["state"].get(number, {}), parameter)
            for number, parameter in zip(numbers, self._parameters(), strict=True)
        ]
        full = [
            self._options(mine, new) for mine, new in zip(self.param_groups, groups, strict=True)
        ]
        self._state = states
        for mine, options in zip(self.param_groups, full, strict=True):
            mine.update(options)

    def _taken(self, state: Mapping[str, Any], parameter: Tensor) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for name, value in state.items():
            if name == "step":
                taken[name] = int(value)
            elif value is not None:
                array = numerical(value)
                if not np.can_cast(array.dtype, parameter.dtype, "same_kind"):
                    raise ValueError(
                        f"{_name(self)}: {name} is {array.dtype}, its parameter {parameter.dtype}"
                    )
                array = array.astype(parameter.dtype)  # a copy
                if array.shape != parameter.shape:
                    raise ValueError(
                        f"{_name(self)}: {name} has shape {array.shape}, its parameter "
                        f"{parameter.shape}"
                    )
                taken[name] = array
        if taken and taken.keys() != self._keeps:
            raise ValueError(
                f"{_name(self)}: the state of a parameter has {', '.join(taken)}; expected "
                f"{', '.join(sorted(self._keeps))}"
            )
        return taken

    def _options(self, group: Group, new: Mapping[str, Any]) -> Group:
        taken = {key: _number(new[key]) for key in new if key in group and key != "params"}
        taken |= {"initial_lr": new["initial_lr"]} if "initial_lr" in new else {}
        if new.get("decoupled_weight_decay", self._decoupled) != self._decoupled:
            raise ValueError(f"{_name(self)}: the state is of the other of Adam and AdamW")
        others = sorted(key for key in new.keys() - taken.keys() - _ASIDE if new[key])
        if others:
            raise ValueError(f"{_name(self)}: the state has options it lacks: {', '.join(others)}")
        self._check({**group, **taken})
        return taken


def _number(value: Any) -> Any:
    """Return an option: as a plain number, where it is kept in an array."""
    return value.item() if hasattr(value, "item") else value


def _listed(params: Any) -> list[Tensor]:
    try:
        listed = [params] if isinstance(params, Tensor) else list(params)
    except TypeError:
        raise TypeError(f"'params' is {told(params)}, expected an iterable of tensors") from None
    for parameter in listed:
        if not isinstance(parameter, Tensor) or not isinstance(parameter._node, Leaf):
            kind = f"a {type(parameter).__module__.partition('.')[0]} {type(parameter).__name__}"
            kind = "a result" if isinstance(parameter, Tensor) else kind
            if isinstance(parameter, Tensor) and not parameter.requires_grad:
                kind = "a constant"
            raise TypeError(
                f"an optimiser takes leaf tensors that require a gradient, got {kind}; make one by "
                "mg.tensor(x, requires_grad=True)"
            )
        if parameter.dtype.kind != "f":
            raise TypeError(f"an optimiser takes real parameters, got {parameter.dtype}")
    return listed


def _name(optimizer: Optimizer) -> str:
    return type(optimizer).__name__
