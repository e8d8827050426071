"""Values as expressions in torch.

How an operation is called there is in its record. Here is what holds for all of them: what options
are called (``dim=``, ``keepdim=``, ``correction=``), and what has to be converted so that torch
computes in the dtype in which NumPy does.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from micrograd_np.operation import Operation
from micrograd_np.program.numbers import Number, of
from micrograd_np.program.printing.python import LARGEST_LITERAL, Writer
from micrograd_np.program.printing.torch import axes as _axes  # noqa: F401  (adds its spellings)
from micrograd_np.program.printing.torch import calls
from micrograd_np.program.printing.torch.types import (
    DTYPES,
    OF_MATH,
    Kind,
    depends_on_input,
    is_number,
    kind_of,
    numpy_result,
    torch_result,
)
from micrograd_np.program.recording import TAKE
from micrograd_np.program.simplify.forms import made_by, number_of
from micrograd_np.program.traced import Traced

_OPTIONS = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction", "k": "diagonal"}
_SAME_OPTIONS = ("rtol", "atol", "equal_nan")


class TorchWriter(Writer):
    """Writes values as expressions in torch, instead of NumPy."""

    module = "torch"
    uses_math = False

    @property
    def math(self) -> str:
        """What the module math is called: not as a value is."""
        return "math_" if "math" in self.names.values() else "math"

    def tree(self, value: Any) -> ast.expr:
        """Return the syntax tree of anything that may stand in an expression: a tree is its own."""
        if isinstance(value, ast.expr):
            return value
        return super().tree(value.item() if isinstance(value, np.generic) else value)

    def dtype(self, dtype: np.dtype[Any]) -> ast.expr:
        """Return a dtype.

        Raises
        ------
        NotImplementedError
            If torch does not have it.
        """
        if dtype.name not in DTYPES:
            raise NotImplementedError(
                f"torch has no dtype {dtype.name}; it has {', '.join(sorted(DTYPES))}. "
                "Convert with astype"
            )
        return super().dtype(dtype)

    def computed(self, value: Traced) -> ast.expr:
        """Return the tree of what computes a value."""
        if value.role == "number":
            return self.number(of(value.args[0]))
        if value.role == "constant":
            return self.constant(value)
        if value.operation is TAKE:
            whole, index = value.args
            return ast.Subscript(self.tree(whole), ast.Constant(index))
        assert value.operation is not None
        function = value.operation.called or value.operation.function
        if is_number(value):
            return self.of_numbers(value, function)
        spelling = calls.SPELLINGS.get(function)
        return self.spelled(value) if spelling is None else spelling(self, value)

    def of_numbers(self, value: Traced, function: Callable[..., Any]) -> ast.expr:
        """Return what is computed of Python numbers, by Python."""
        if function in OF_MATH:
            self.uses_math = True
            return self.call(f"{self.math}.{OF_MATH[function]}", [self.tree(value.args[0])])
        assert value.operation is not None
        return filled(value.operation.prints, [self.tree(arg) for arg in value.args])

    def spelled(self, value: Traced) -> ast.expr:
        """Return a call or an operator, as the record of the operation has it."""
        operation = value.operation
        assert operation is not None
        args, options = given(operation, value.args, value.options)
        template = self.template(value, operation, len(args))
        count = self.operand_count(operation, args)
        same = operation.kind == "constant" and not _is_ufunc(operation)
        trees = self.operands(value, args[:count], tensors="." in template, same=same)
        trees += [self.tree(arg) for arg in args[count:]]
        if made_by(value, np.argmax, np.argmin, np.argsort) and args[0].dtype == np.dtype(bool):
            trees[0] = self.converted(args[0], np.dtype(np.int64))  # torch does not order bools
        return self.with_options(value, template, trees, options)

    def template(self, value: Traced, operation: Operation, count: int) -> str:
        """Return how an operation is written: its torch name in the way that `prints` has it."""
        name, prints = operation.torch, operation.prints
        if "{" in name or (prints and "." not in prints):
            return name if "{" in name else prints
        if not name:
            self.refuse(value, operation.name)
        places = [f"{{{i}}}" for i in range(count)]
        if prints.startswith("{0}."):
            return f"{{0}}.{name}({', '.join(places[1:])})"
        return f"torch.{name}({', '.join(places)})"

    def operand_count(self, operation: Operation, args: Sequence[Any]) -> int:
        """Return how many of the arguments are operands: the others say what to do with them."""
        if _is_ufunc(operation) or operation.kind == "constant":
            return len(args)
        return max((i + 1 for i in range(len(args)) if operation.takes_array(i)), default=1)

    def with_options(
        self, value: Traced, template: str, trees: list[ast.expr], options: dict[str, Any]
    ) -> ast.expr:
        """Fill a template; options that have no place in it become keywords."""
        operation = value.operation
        assert operation is not None
        if "ddof" in operation.parameters:  # torch's default is another
            keepdims = {key: options.pop(key) for key in ("keepdims",) if key in options}
            options = {**options, "ddof": options.get("ddof", 0), **keepdims}
        if options.get("axis") == () and not operation.view:  # torch would reduce all
            self.refuse(value, f"{operation.name} over no axis")
        if options.get("axis", ...) is None:
            del options["axis"]
        every = tuple(range(np.ndim(getattr(value.args[0], "value", 0))))
        if options.get("keepdims") and "axis" not in options:
            options = {"axis": every, **options}
        placed = {"axis": self.tree(options.pop("axis", every))} if "{axis}" in template else {}
        made = filled(template, trees, placed)
        for key, item in options.items():
            known = key in _OPTIONS or key in _SAME_OPTIONS
            if known and isinstance(made, ast.Call) and template.count("(") == 1:
                made.keywords.append(ast.keyword(_OPTIONS.get(key, key), self.tree(item)))
            else:
                self.refuse(value, f"{operation.name} with {key}={item!r}")
        return made

    def refuse(self, value: Traced, what: str) -> NoReturn:
        """Raise an error that names what cannot be written, and the user's line."""
        where = f"{value.line}: " if value.line is not None else ""
        raise NotImplementedError(f"{where}{what} has no equivalent in torch")

    # --- operands ------------------------------------------------------------------------------

    def operands(
        self, value: Traced, args: Sequence[Any], tensors: bool = True, same: bool = False
    ) -> list[ast.expr]:
        """Return operands, converted so that torch computes in the dtype that NumPy does.

        Parameters
        ----------
        value
            What is computed of them.
        args
            The operands.
        tensors
            Whether Python numbers have to become tensors.
        same
            Whether all have to have the same dtype.
        """
        wanted = numpy_result(args)
        if wanted.kind in "biu" and value.dtype.kind in "fc":
            wanted = value.dtype
        kinds = [kind_of(arg) for arg in args]
        convert: set[int] = set()
        for i in sorted(range(len(args)), key=lambda i: kinds[i].level):
            is_other = kinds[i].level == 2 or kinds[i].dtype != wanted
            if is_other and (same or torch_result(kinds) != wanted):
                convert.add(i)
                kinds[i] = Kind(wanted, min(kinds[i].level, 1))
        return [
            self.converted(arg, wanted)
            if i in convert
            else self.tensor(arg, wanted, beside=kinds)
            if tensors
            else self.tree(arg)
            for i, arg in enumerate(args)
        ]

    def converted(self, value: Any, dtype: np.dtype[Any]) -> ast.expr:
        """Return a value as a tensor of a dtype."""
        if is_number(value):
            return self.tensor(value, dtype)
        if value.dtype == dtype:
            return self.tree(value)
        return method(self.tree(value), "to", [self.dtype(dtype)])

    def tensor(self, value: Any, dtype: np.dtype[Any], beside: Sequence[Kind] = ()) -> ast.expr:
        """Return a value as a tensor; a number as one of a dtype, unless that is of no account."""
        if not is_number(value):
            return self.tree(value)
        if depends_on_input(value):
            return self.call("torch.as_tensor", [self.tree(value)], {"dtype": dtype})
        number = number_of(value)
        literal = (
            float(number.coefficient)
            if number is not None and not number.factors and dtype.kind == "f"
            else None
        )
        tree = self.tree(value) if literal is None else self.literal(literal)
        decided = any(kind.level == 0 and kind.dtype == dtype for kind in beside)
        if decided and literal is not None and not literal - float(np.float32(literal)):
            return self.call("torch.tensor", [tree])
        return self.call("torch.tensor", [tree], {"dtype": dtype})

    # --- arrays that are not computed -----------------------------------------------------------

    def constant(self, value: Traced) -> ast.expr:
        """Return an array that is not computed from the inputs, written out."""
        array = np.asarray(value.value)
        if is_number(value):
            return self.literal(array.item())
        if array.size > LARGEST_LITERAL:
            return super().constant(value)  # raises
        if not array.size:
            options = {"dtype": array.dtype}
            return self.call("torch.zeros", [self.tree(array.shape)], options)
        natural = array.dtype in (np.dtype(np.int64), np.dtype(bool))
        options = {} if natural else {"dtype": array.dtype}
        return self.call("torch.tensor", [self.tree(array.tolist())], options)

    def filled_with(self, number: Number, shape: Any, dtype: np.dtype[Any]) -> ast.expr:
        """Return an array all of whose elements are one number."""
        if not number.factors and number.coefficient in (0, 1):
            name = "zeros" if number.coefficient == 0 else "ones"
            return self.call(f"torch.{name}", [self.size(shape)], {"dtype": dtype})
        return self.call("torch.full", [self.size(shape), self.number(number)], {"dtype": dtype})

    def size(self, shape: Any) -> ast.Tuple:
        """Return a shape as torch takes it: a tuple."""
        lengths = shape if isinstance(shape, (tuple, list)) else (shape,)
        return ast.Tuple([self.tree(n) for n in lengths])


def given(
    operation: Operation, args: Sequence[Any], options: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return what is needed by position, and options by keyword, however they were given."""
    args, options = list(args), dict(options)
    names, required = operation.parameters, 0
    if operation.kind == "constant" and not _is_ufunc(operation):
        names, required = _signature(operation.called or operation.function)
        options = {**dict(zip(names[required:], args[required:], strict=False)), **options}
        args = args[:required]
    if operation.every is None and operation.kind == "differentiable":
        while len(args) < len(names) and names[len(args)] in options:
            if names[len(args)] in (*_OPTIONS, *_SAME_OPTIONS):
                break
            args.append(options.pop(names[len(args)]))
    return args, options


def _is_ufunc(operation: Operation) -> bool:
    return isinstance(operation.called or operation.function, np.ufunc)


@lru_cache(maxsize=256)
def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], int]:
    """Return the names of a function's arguments, and how many have no default."""
    parameters = inspect.signature(function).parameters.values()
    required = [p for p in parameters if p.default is inspect.Parameter.empty]
    return tuple(p.name for p in parameters), len(required)


def method(of: ast.expr, name: str, args: Sequence[ast.expr] = ()) -> ast.expr:
    """Return the call of a method."""
    return ast.Call(ast.Attribute(of, name), list(args), [])


def filled(
    template: str, trees: Sequence[ast.expr], options: dict[str, ast.expr] | None = None
) -> ast.expr:
    """Return a template such as ``{0}.flip({axis})`` with trees in its places."""
    places = {f"_{i}": tree for i, tree in enumerate(trees)}
    places.update({f"_{key}": tree for key, tree in (options or {}).items()})
    made: ast.expr = _Fill(places).visit(copy.deepcopy(_parsed(template)))
    return made


@lru_cache(maxsize=512)
def _parsed(template: str) -> ast.expr:
    return ast.parse(re.sub(r"\{(\w+)\}", r"_\1", template), mode="eval").body


class _Fill(ast.NodeTransformer):
    def __init__(self, places: dict[str, ast.expr]) -> None:
        self.places = places

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a place by what stands there."""
        return self.places.get(node.id, node)


__all__ = ["TorchWriter", "filled", "given", "method"]
