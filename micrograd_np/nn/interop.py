"""To PyTorch and from it: layers with the same options, whose parameters share memory."""

from __future__ import annotations

import inspect
from typing import Any

from numpy.typing import NDArray

from micrograd_np import nn
from micrograd_np.making import leaf
from micrograd_np.nn.module import Module, options_of
from micrograd_np.tensor import Tensor

Array = NDArray[Any]

LAYERS = frozenset(
    name
    for name in nn.__all__
    if isinstance(getattr(nn, name), type)
    and name not in ("Module", "Sequential")
    and not name.endswith("Loss")
)
"""What has a counterpart of the same name in ``torch.nn``."""

_SAME = ("inplace", "device", "dtype")
"""Options of PyTorch's layers that make no difference to what they compute."""


def from_torch(module: Any) -> Module:
    """Return the layers of :mod:`micrograd_np.nn` that do what a module of PyTorch does.

    Parameters
    ----------
    module
        A layer that :mod:`micrograd_np.nn` has, too, or a Sequential of such.

    Returns
    -------
    Module
        Its parameters share the memory of PyTorch's where that is on the CPU: what trains one
        trains the other (``copy.deepcopy`` parts them). What requires no gradient there is a
        buffer here.

    Raises
    ------
    TypeError
        If there is no such layer here, such as a module of one's own, whose `forward` cannot be
        converted; or a dtype that NumPy does not have.
    ValueError
        If it has an option that the layer here does not have.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> import torch  # doctest: +SKIP
    >>> mg.from_torch(torch.nn.Linear(4, 3))(np.ones((2, 4), np.float32)).shape  # doctest: +SKIP
    (2, 3)
    """
    name = type(module).__name__
    known = getattr(type(module), "__module__", "").startswith("torch.nn.")
    if known and name == "Sequential":
        made: Module = nn.Sequential()
        for key, part in module._modules.items():
            setattr(made, key, from_torch(part))
    elif known and name in LAYERS:
        made = getattr(nn, name)(**_options(module))
        for key, parameter in module.named_parameters():
            _put(made, key, parameter, is_trained=parameter.requires_grad)
        for key, buffer in module.named_buffers():
            _put(made, key, buffer, is_trained=False)
    else:
        raise TypeError(
            f"from_torch: there is no {name} here, expected Sequential or one of "
            f"{', '.join(sorted(LAYERS))}. A module of your own you derive from mg.nn.Module; give "
            "its load_state_dict what PyTorch's state_dict() returns"
        )
    return made.train(module.training)


def to_torch(module: Module) -> Any:
    """Return the layers of ``torch.nn`` that do what a module does.

    Parameters
    ----------
    module
        A layer of :mod:`micrograd_np.nn`, or a Sequential of such.

    Returns
    -------
    torch.nn.Module
        Its parameters share the memory of this one's, if that can be written to.

    Raises
    ------
    TypeError
        If it is a module of one's own, whose `forward` cannot be converted, or has a dtype that
        PyTorch does not have.
    ImportError
        If PyTorch is not installed.
    """
    import torch

    name = type(module).__name__
    if type(module) is nn.Sequential:
        made = torch.nn.Sequential()
        for key, part in vars(module).items():
            if isinstance(part, Module):
                made.add_module(key, to_torch(part))
    elif type(module) is getattr(nn, name, None) and name in LAYERS:
        layer = getattr(torch.nn, name)
        takes = inspect.signature(layer).parameters
        options = {key: value for key, (value, _) in options_of(module).items() if key in takes}
        made = layer(**options)
        trained = {key for key, _ in module.named_parameters()}
        for key, array in module.state_dict().items():
            _put_in_torch(made, key, array, is_trained=key in trained)
    else:
        raise TypeError(
            f"to_torch: {name} is a module of your own, whose forward cannot be converted. Derive "
            "one from torch.nn.Module, and give its load_state_dict the arrays of state_dict()"
        )
    return made.train(module.training)


def _options(module: Any) -> dict[str, Any]:
    """Return what a layer of PyTorch was made with, as its attributes tell."""
    layer = type(module).__name__
    ours = inspect.signature(getattr(nn, layer)).parameters
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(type(module).__init__).parameters.items():
        value = getattr(module, name, parameter.default)
        if layer == "MultiheadAttention":
            value = _of_attention(module, name, value)
        if isinstance(parameter.default, bool) and not isinstance(value, bool):
            value = value is not None  # bias=True makes a parameter
        if name in ours:
            found[name] = tuple(value) if isinstance(value, list) else value
        elif name not in _SAME and name != "self" and value != parameter.default:
            raise ValueError(f"from_torch: {layer} here has no option {name}, which is {value!r}")
    if found.get("dim", 0) is None:
        raise ValueError(f"from_torch: {layer} has no dim: say along which axis, {layer}(dim=-1)")
    return found


def _of_attention(module: Any, name: str, value: Any) -> Any:
    """Return an option of PyTorch's attention that is not to be had by its name."""
    if name == "bias":
        return module.in_proj_bias is not None
    if name == "add_bias_kv":
        return module.bias_k is not None
    if name in ("kdim", "vdim"):
        return None if value == module.embed_dim else value
    return value


def _owner(module: Any, key: str) -> tuple[Any, str]:
    *parts, name = key.split(".")
    for part in parts:
        module = getattr(module, part)
    return module, name


def _put(made: Module, key: str, value: Any, is_trained: bool) -> None:
    owner, name = _owner(made, key)
    try:
        array = value.detach().cpu().numpy()
    except TypeError as error:
        raise TypeError(f"from_torch: {key} is {value.dtype}, which NumPy does not have") from error
    if is_trained:
        setattr(owner, name, Tensor(array, leaf(array)))
    else:
        owner.register_buffer(name, array)


def _put_in_torch(made: Any, key: str, array: Array, is_trained: bool) -> None:
    import torch

    owner, name = _owner(made, key)
    try:
        value = torch.from_numpy(array if array.flags.writeable else array.copy())
    except TypeError as error:
        raise TypeError(f"to_torch: {key} is {array.dtype}, which PyTorch does not have") from error
    if name in owner._parameters:
        value = torch.nn.Parameter(value, requires_grad=is_trained)
    setattr(owner, name, value)
