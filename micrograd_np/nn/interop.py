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

KNOWN = LAYERS | {"Sequential"}

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

_SAME = ("inplace", "device", "dtype")
"""Options of PyTorch's layers that make no difference to what they compute."""


def from_torch(module: Any) -> Module:
    """Return the layers of :mod:`micrograd_np.nn` that do what a module of PyTorch does.

    Parameters
    ----------
    module
        A layer that :mod:`micrograd_np.nn` has, too, or a Sequential of such. What it has twice,
        a layer or a parameter, is one here, too.

    Returns
    -------
    Module
        Its parameters share the memory of PyTorch's where that is on the CPU: what trains one
        trains the other (``copy.deepcopy`` parts them). What requires no gradient there is a
        buffer here. Buffers are copied, since training makes new ones here.

    Raises
    ------
    TypeError
        If there is no such layer here, such as a module of one's own, whose `forward` cannot be
        converted; or a dtype that NumPy does not have.
    ValueError
        If it has an option, a parameter or a hook that the layer here does not have.
    """
    return _from_torch(module, type(module).__name__, {})


def _from_torch(module: Any, name: str, made: dict[int, Any]) -> Module:
    """Convert a module that is called so; `made` has what of PyTorch's was converted before."""
    kind = type(module).__name__
    if id(module) in made:
        known: Module = made[id(module)]
        return known
    if not getattr(type(module), "__module__", "").startswith("torch.nn.") or kind not in KNOWN:
        raise TypeError(
            f"from_torch: {name} is a {kind}, expected a torch.nn.Sequential or one of "
            f"{', '.join(sorted(LAYERS))}. A module of your own you derive from mg.nn.Module; give "
            "its load_state_dict what PyTorch's state_dict() returns"
        )
    if any(getattr(module, hooks) for hooks in _HOOKS) or "forward" in vars(module):
        raise ValueError(
            f"from_torch: {name} has hooks or a forward of its own, which would be lost; remove it"
        )
    if kind == "Sequential":
        new: Module = nn.Sequential()
        own = {**module._parameters, **module._buffers}
        for key, part in module._modules.items():
            setattr(new, key, _from_torch(part, f"{name}.{key}", made))
    else:
        new = getattr(nn, kind)(**_options(module))
        own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    unknown = own.keys() - new.state_dict().keys()
    if unknown:
        raise ValueError(f"from_torch: {name} has {', '.join(sorted(unknown))}, unlike {kind} here")
    for key, tensor in own.items():
        if tensor is not None:
            _put(new, key, tensor, made)
    _take_mode(new, module, kind)
    made[id(module)] = new
    return new


def to_torch(module: Module) -> Any:
    """Return the layers of ``torch.nn`` that do what a module does.

    Parameters
    ----------
    module
        A layer of :mod:`micrograd_np.nn`, or a Sequential of such. What it has twice, a layer or a
        parameter, is one there, too.

    Returns
    -------
    torch.nn.Module
        Its parameters share the memory of this one's, if that can be written to. Buffers are
        copied.

    Raises
    ------
    TypeError
        If it is a module of one's own, whose `forward` cannot be converted, or has a dtype that
        PyTorch does not have.
    ValueError
        If it has a parameter, a part or a forward that the layer there does not have.
    ImportError
        If PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401  (asked for first, so that all else may count on it)
    except ImportError as error:
        raise ImportError(
            "to_torch: PyTorch is not installed: pip install micrograd-np[torch]", name="torch"
        ) from error
    return _to_torch(module, type(module).__name__, {})


def _to_torch(module: Module, name: str, made: dict[int, Any]) -> Any:
    """Convert a module that is called so; `made` has what was converted before."""
    import torch

    kind = type(module).__name__
    if id(module) in made:
        return made[id(module)]
    if kind not in KNOWN or type(module) is not getattr(nn, kind):
        raise TypeError(
            f"to_torch: {name} is a {kind}, expected a mg.nn.Sequential or one of "
            f"{', '.join(sorted(LAYERS))}. A module of your own you derive from torch.nn.Module; "
            "its load_state_dict takes {k: torch.from_numpy(a) for k, a in m.state_dict().items()}"
        )
    layer = getattr(torch.nn, kind)
    if isinstance(module, nn.Sequential):
        new = layer()
        for key, part in vars(module).items():
            if isinstance(part, Module):
                new.add_module(key, _to_torch(part, f"{name}.{key}", made))
    else:
        takes = inspect.signature(layer).parameters
        new = layer(**{key: v for key, (v, _) in options_of(module).items() if key in takes})
        trained = dict(module.named_parameters())
        for key, array in module.state_dict().items():
            _put_in_torch(new, key, trained.get(key, array), made)
    lost = module.state_dict().keys() ^ new.state_dict().keys()
    if lost or "forward" in vars(module):
        what = ", ".join(sorted(lost)) or "a forward of its own"
        raise ValueError(f"to_torch: {name} has {what}, unlike {kind} there")
    _take_mode(new, module, kind)
    made[id(module)] = new
    return new


def _take_mode(new: Any, old: Any, kind: str) -> None:
    """Give a layer, with its parts, the mode of another; the parts of a Sequential have theirs."""
    if kind == "Sequential":
        new.training = old.training
    else:
        new.train(old.training)


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


def _put(new: Module, key: str, value: Any, made: dict[int, Any]) -> None:
    owner, name = _owner(new, key)
    try:
        array = value.detach().cpu().numpy()
    except TypeError as error:
        raise TypeError(f"from_torch: {key} is {value.dtype}, which NumPy does not have") from error
    if value.requires_grad:
        known = made.setdefault(id(value), Tensor(array, leaf(array)))
        setattr(owner, name, known)
    else:
        frozen = type(value).__name__ == "Parameter"
        owner.register_buffer(name, array if frozen else array.copy())


def _put_in_torch(new: Any, key: str, value: Any, made: dict[int, Any]) -> None:
    """Give a layer of PyTorch a parameter, a Tensor, or an array that is not trained."""
    import torch

    owner, name = _owner(new, key)
    array = value.data if isinstance(value, Tensor) else value
    is_parameter = name in owner._parameters
    try:
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        shares = array.flags.writeable and is_parameter
        tensor = torch.from_numpy(array if shares else array.copy())
    except TypeError as error:
        raise TypeError(f"to_torch: {key} is {array.dtype}, which PyTorch does not have") from error
    if is_parameter:
        tensor = torch.nn.Parameter(tensor, requires_grad=isinstance(value, Tensor))
        tensor = made.setdefault(id(value), tensor) if isinstance(value, Tensor) else tensor
    setattr(owner, name, tensor)
