"""The table has every public callable: a new one fails here until it is entered."""

import inspect

import micrograd_np as mg
from hostile.table import CALLS
from micrograd_np.nn import functional, init

NO_CALLS = {
    "__annotations__", "__class__", "__doc__", "__init__", "__init_subclass__", "__module__",
    "__slots__", "__subclasshook__", "__weakref__",
    "__firstlineno__", "__static_attributes__",  # since Python 3.13
}  # fmt: skip
"""What a class has besides what is called."""


def public_names():
    """Yield for each public callable the names that it may have in the table."""
    for name in mg.__all__:
        value = getattr(mg, name)
        if name == "Tensor":
            yield from ([f"Tensor{member}"] for member in members_of(value))
        elif name not in ("nn", "optim"):
            yield [f"mg.{name}"]
            yield from methods_of(value, "mg")
    for module, prefix in ((mg.nn, "nn"), (mg.optim, "optim"), (functional, "nn.functional")):
        for name in module.__all__:
            value = getattr(module, name)
            if not inspect.ismodule(value):
                yield [f"{prefix}.{name}"]
                yield from methods_of(value, prefix)
    for name, value in vars(init).items():
        if inspect.isfunction(value) and value.__module__ == init.__name__ and name[0] != "_":
            yield [f"nn.init.{name}"]
    yield from methods_of(type(mg.derive(lambda x: x * x, 1.0)), "mg")


def members_of(tensor):
    """Yield the names of a tensor's methods, operators, attributes, and what can be assigned."""
    yield ""
    for name in dir(tensor):
        value = inspect.getattr_static(tensor, name)
        is_special = name.startswith("__") and name not in NO_CALLS
        if name[0] != "_" or (is_special and value is not getattr(object, name, None)):
            yield f".{name}"
        if isinstance(value, property) and value.fset is not None and name not in NO_CALLS:
            yield f".{name}="


def methods_of(kind, prefix):
    """Yield the names of a class's methods, by itself or a class that it is derived from."""
    if not inspect.isclass(kind):
        return
    for name in dir(kind):
        if name[0] != "_" and callable(getattr(kind, name)):
            owners = [kind] if name == "forward" else kind.__mro__
            yield [f"{prefix}.{owner.__name__}.{name}" for owner in owners]


def test_every_public_callable_is_in_the_table():
    known = {name for call in CALLS for name in call.names}
    missing = [names[0] for names in public_names() if known.isdisjoint(names)]
    assert not missing
