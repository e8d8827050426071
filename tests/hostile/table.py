"""The table of all calls, and what each of them may be given."""

import numpy as np

import micrograd_np as mg
from hostile.calls import functions, layers, methods, operators, tools, training, transforms
from hostile.inputs import DISGUISES, JUNK
from hostile.known import KNOWN
from hostile.values import NOTHING, plain_of

CALLS = [
    call
    for module in (operators, methods, functions, transforms, layers, training, tools)
    for call in module.CALLS
]

_A_FEW = {
    "float16", "other byte order", "complex", "list of fractions", "subclass", "masked", "locked",
    "backwards", "nan", "empty", "one axis more", "leaf", "result", "list of leaves", "None", "-1",
    "2**100", "text", "recursive list", "recursive dict", "generator", "structured", "datetimes",
    "lying", "refusing", "class", "function", "object", "boasting",
}  # fmt: skip
"""What is given to calls that take long."""

_OF_TENSORS = {
    "float16", "float32", "longdouble", "other byte order", "complex", "int8", "uint64", "bool",
    "nan", "inf", "empty", "rows of nothing", "first", "one axis more", "transposed", "backwards",
    "zero strides", "Fortran order", "result", "True", "-1", "2**62", "np.float16", "[[], []]",
}  # fmt: skip
"""What a tensor is made of."""


def hostile(call, position):
    """Return what stands for a good argument, by name."""
    argument = call.arguments[position]
    if argument.accepts is None:
        return {}
    known = KNOWN.get((call.name, position), {})
    found = _replacing(argument, call.slow)
    return {name: make for name, make in found.items() if not known.keys() & {name, "*"}}


def _replacing(argument, a_few):
    good = plain_of(argument.make())
    found = dict(JUNK)
    if good is not NOTHING:
        found = {**_disguised(np.asarray(good)), **found}
    found = {name: make for name, make in found.items() if name not in argument.skips}
    if a_few:
        found = {name: make for name, make in found.items() if name in _A_FEW}
    return found


def _disguised(array):
    return {name: lambda f=f: f(array) for name, f in DISGUISES.items()}


def in_tensors(call, position):
    """Return tensors of hostile numbers, by name, if the argument is one."""
    argument = call.arguments[position]
    if not argument.is_operand:
        return {}
    found = {}
    for name, make in _replacing(argument, call.slow).items():
        if name in _OF_TENSORS:

            def tensor(make=make):
                value = make()
                if isinstance(value, mg.Tensor):
                    return value
                array = np.array(value)
                return mg.tensor(array, requires_grad=array.dtype.kind in "fc")

            found[f"tensor of {name}"] = tensor
    known = KNOWN.get((call.name, position), {})
    return {name: make for name, make in found.items() if name not in known}
