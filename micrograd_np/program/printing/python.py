"""Values as Python expressions: a syntax tree for each, so that parentheses come out right."""

from __future__ import annotations

import ast
import operator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import empty, eye, identity, ones, zeros

from micrograd_np.mode import plain
from micrograd_np.operation import Operation
from micrograd_np.program.calls import OF_ARRAYS
from micrograd_np.program.numbers import Atom, Axis, Compound, Input, Number, canonical, of, sides
from micrograd_np.program.printing.plan import Plan
from micrograd_np.program.record import is_scaled
from micrograd_np.program.simplify.forms import made_by, number_of, same_shape
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand

_SIGNS: dict[str, ast.operator] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "//": ast.FloorDiv(),
    "%": ast.Mod(),
    "**": ast.Pow(),
}

_FLOATING = (zeros, ones, empty, eye, identity)
"""They make floating-point arrays unless told otherwise."""

LARGEST_LITERAL = 128
"""How many elements of a constant array are written out."""


@lru_cache(maxsize=512)
def _template(text: str, count: int) -> ast.expr:
    """Parse a template such as ``{0} + {1}``; {0} becomes the name _0."""
    return ast.parse(text.format(*(f"_{i}" for i in range(count))), mode="eval").body


class Writer:
    """Writes values as expressions in NumPy.

    Parameters
    ----------
    plan
        Tells which values have a name.
    names
        Their names.
    sizes
        The names of lengths.
    """

    module = "np"

    def __init__(self, plan: Plan, names: dict[Traced, str], sizes: dict[Atom, str]) -> None:
        self.plan = plan
        self.names = names
        self.sizes = sizes

    def text(self, value: Any) -> str:
        """Return a value as text: its name if it has a line of its own."""
        return ast.unparse(self.tree(value))

    def expression(self, value: Traced) -> str:
        """Return what computes a value, as text."""
        return ast.unparse(self.computed(value))

    # --- trees ---------------------------------------------------------------------------------

    def tree(self, value: Any) -> ast.expr:
        """Return the syntax tree of anything that may stand in an expression."""
        if isinstance(value, Traced):
            if value.role == "input" or self.plan.is_line(value):
                return ast.Name(self.names[value])
            return self.computed(value)
        if isinstance(value, Number):
            return self.number(of(canonical(value)))
        if isinstance(value, (tuple, range)):
            return ast.Tuple([self.tree(item) for item in value])
        if isinstance(value, list):
            return ast.List([self.tree(item) for item in value])
        if isinstance(value, dict):
            return ast.Dict(list(map(self.tree, value)), list(map(self.tree, value.values())))
        if isinstance(value, slice):
            # A length that is 0 in this run is another in the next.
            from_first = type(value.start) is int and value.start == 0 and value.step is None
            start = None if from_first else value.start
            bounds = (start, value.stop, value.step)
            return ast.Slice(*(None if b is None else self.tree(b) for b in bounds))
        if isinstance(value, np.ndarray):  # of no elements: it has its shape and its dtype alone
            return self.call("np.zeros", [self.tree(value.shape)], {"dtype": value.dtype})
        if isinstance(value, np.dtype):
            return self.dtype(value)
        if isinstance(value, type):
            return (
                self.dtype(np.dtype(value))
                if issubclass(value, np.generic)
                else ast.Name(value.__name__)
            )
        if isinstance(value, (bool, int, float, complex, str)) or value is None or value is ...:
            return self.literal(value)
        if isinstance(value, np.generic):
            return self.literal(value)
        raise TypeError(f"cannot write {value!r} as an expression")

    def _is_any_float(self, dtype: np.dtype[Any]) -> bool:
        """Whether a number of a dtype is as good as one of Python's: all are of that dtype."""
        floats = {value.dtype for value in self.names if value.dtype.kind in "fc"}
        return dtype == np.float64 and floats <= {dtype}

    def literal(self, value: Any) -> ast.expr:
        """Return a Python constant; infinities and nan by the names NumPy has for them."""
        if isinstance(value, np.generic):
            plain = self.literal(value.item())
            name = f"{self.module}.{value.dtype.name}"
            return plain if self._is_any_float(value.dtype) else self.call(name, [plain])
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value != value:
                return _name(f"{self.module}.nan")
            if value < 0:
                return ast.UnaryOp(ast.USub(), self.literal(-value))
            if value == float("inf"):
                return _name(f"{self.module}.inf")
        return ast.Constant(value)

    def dtype(self, dtype: np.dtype[Any]) -> ast.expr:
        """Return a dtype."""
        return _name(f"{self.module}.{dtype.name}")

    def call(
        self, name: str, args: list[ast.expr], options: dict[str, Any] | None = None
    ) -> ast.Call:
        """Return a call."""
        keywords = [ast.keyword(key, self.tree(item)) for key, item in (options or {}).items()]
        return ast.Call(_name(name), args, keywords)

    def computed(self, value: Traced) -> ast.expr:
        """Return the tree of what computes a value."""
        if value.role == "number":
            return self.number(of(value.args[0]))
        if value.role == "constant":
            return self.constant(value)
        operation = value.operation
        assert operation is not None
        if is_scaled(value):
            return self.scaled(value.args[0], of(value.args[1]))
        if made_by(value, expand, np.broadcast_to):
            return self.broadcast(value)
        args = value.args
        if value.backward and made_by(value, np.add) and made_by(args[1], np.matmul):
            # The matrix product first: a sum of two has no order.
            args = args if made_by(args[0], np.matmul, np.add) else args[::-1]
        return self.operation(operation, args, value.options)

    def operation(self, operation: Operation, args: Any, options: dict[str, Any]) -> ast.expr:
        """Return a call of an operation, as its record says that it is written."""
        if operation.function in _FLOATING and options.get("dtype") == np.float64:
            options = {key: value for key, value in options.items() if key != "dtype"}
        operands = [self.operand(operation, i, args) for i in range(len(args))]
        if operation.called is np.reshape and isinstance(args[1], tuple) and args[1]:
            lengths = [self.tree(n) for n in args[1]]
            if operation.prints and not _is_number(args[0]):
                return ast.Call(ast.Attribute(operands[0], "reshape"), lengths, [])
        if operation.spread:
            operands = [ast.Tuple(operands)]
        of_number = False
        if operation.called in OF_ARRAYS:
            if _is_number(args[0]):
                operands[0] = self.call(f"{self.module}.asarray", operands[:1])
        elif operation.prints.startswith(("{0}.", "~")):
            of_number = _is_number(args[0])
        if operation.prints and not of_number:
            filled = _filled(_template(operation.prints, len(operands)), operands)
            if not options:
                return filled
            if isinstance(filled, ast.Call):
                filled.keywords = self.call("f", [], options).keywords
                return filled
        return self.call(operation.name, operands, options)

    def operand(self, operation: Operation, position: int, args: Any) -> ast.expr:
        """Return an operand; a number typed, where the arrays beside it do not have its dtype."""
        arg = args[position]
        if operation.called is operator.getitem and position == 1:
            return self.index(arg)
        tree = self._argument(arg)
        if not isinstance(arg, Traced) or arg.role != "number":
            return tree
        if operation.called is operator.getitem:
            return self.call(f"{self.module}.{arg.dtype.name}", [tree])
        if not operation.elementwise and arg.dtype == np.float64:
            return self.floating(of(arg.args[0]))
        beside = [v.dtype for v in args if isinstance(v, Traced) and v.role != "number"]
        if operation.elementwise and beside and np.result_type(*beside, arg.dtype) in beside:
            return tree
        return self.call(f"{self.module}.{arg.dtype.name}", [tree])

    def floating(self, number: Number) -> ast.expr:
        """Return a number so that NumPy takes it for a floating-point one."""
        if not isinstance(plain(number), int):
            return self.number(number)
        if not number.factors:
            return self.literal(float(number.coefficient))
        return self.call(f"{self.module}.float64", [self.number(number)])

    def index(self, index: Any) -> ast.expr:
        """Return what stands between the brackets of an index."""
        if isinstance(index, tuple) and len(index) == 1:
            index = index[0]
        return self.tree(index)

    def argument(self, index: Any) -> str:
        """Return an index as the argument of a call."""
        if isinstance(index, tuple) and len(index) == 1:
            index = index[0]
        if isinstance(index, tuple):
            return ast.unparse(ast.Tuple(list(map(self._argument, index))))
        return ast.unparse(self._argument(index))

    def _argument(self, part: Any) -> ast.expr:
        """Return what is given to a call, where slices cannot be written with colons."""
        if not isinstance(part, slice):
            return self.tree(part)
        bounds = [self.tree(bound) for bound in (part.start, part.stop, part.step)]
        if part.step is None:
            bounds = bounds[1:2] if part.start is None else bounds[:2]
        return ast.Call(ast.Name("slice"), bounds, [])

    def broadcast(self, value: Traced) -> ast.expr:
        """Return an array that is one value, or others repeated."""
        inner, shape = value.args
        known = number_of(inner)
        if known is None:
            return self.call("np.broadcast_to", [self.tree(inner), self.shape(value, shape)])
        options = {} if value.dtype == np.float64 else {"dtype": value.dtype}
        if not known.factors and known.coefficient in (0, 1):
            name = "zeros" if known.coefficient == 0 else "ones"
            return self.call(f"np.{name}", [self.shape(value, shape)], options)
        fill = self.number(known)
        if isinstance(plain(known), int):  # np.full would make integers
            options = {"dtype": value.dtype} if known.factors else options
            fill = fill if known.factors else self.literal(float(known.coefficient))
        return self.call("np.full", [self.shape(value, shape), fill], options)

    def shape(self, value: Traced, shape: tuple[Any, ...]) -> ast.expr:
        """Return the shape of a value: as that of another array, where its lengths have no name."""
        lengths = [canonical(n) for n in shape]
        if not any(it in self.sizes for n in lengths for it in of(n).factors):
            arrays = [value.adjoint_of, *(v for v in self.names if v.role == "input")]
            for array in arrays if any(isinstance(n, Number) for n in lengths) else ():
                known = array is not None and (array.role == "input" or self.plan.is_line(array))
                if array is not None and known and same_shape(array.shape, shape):
                    return ast.Attribute(self.tree(array), "shape")
        return self.tree(shape[0] if len(shape) == 1 else tuple(shape))

    def constant(self, value: Traced) -> ast.expr:
        """Return an array that is not computed from the inputs, written out."""
        array = np.asarray(value.value)
        if array.ndim == 0 and self._is_any_float(array.dtype):
            return self.literal(array.item())
        if array.ndim == 0 and array.dtype.kind in "fiu":
            return self.call(f"np.{array.dtype.name}", [self.literal(array.item())])
        if array.size > LARGEST_LITERAL:
            where = f"{value.line}: " if value.line else ""
            raise ValueError(
                f"{where}the program holds a constant array of shape {array.shape} that is too "
                "large to write out; pass it to the function as an argument, so that it is an input"
            )
        if not array.size:
            return self.tree(array)
        natural = np.array(array.tolist()).dtype == array.dtype
        options = {} if natural else {"dtype": array.dtype}
        return self.call("np.array", [_nested(array.tolist())], options)

    # --- numbers -------------------------------------------------------------------------------

    def number(self, number: Number) -> ast.expr:
        """Return a number: ``N``, ``1 / N``, ``2 * N * K``."""
        above, below = sides(of(canonical(number)))
        top = self._product(above)
        return top if not below else ast.BinOp(top, ast.Div(), self._product(below))

    def scaled(self, x: Traced, number: Number) -> ast.expr:
        """Return x times a number: ``x / N``, ``reg * x``, ``-x``."""
        above, below = sides(of(canonical(number)))
        tree = self.tree(x)
        if above == [-1]:
            tree = ast.UnaryOp(ast.USub(), tree)
        elif above:
            tree = ast.BinOp(self._product(above), ast.Mult(), tree)
        return tree if not below else ast.BinOp(tree, ast.Div(), self._product(below))

    def _product(self, parts: list[Any]) -> ast.expr:
        trees = [self.literal(p) if isinstance(p, (int, float)) else p for p in parts]
        trees = [t if isinstance(t, ast.expr) else self.atom(t) for t in trees]
        if not trees:
            return ast.Constant(1)
        result = trees[0]
        for factor in trees[1:]:
            result = ast.BinOp(result, ast.Mult(), factor)
        return result

    def atom(self, it: Any) -> ast.expr:
        """Return the length of an axis, an input number, a sum."""
        if isinstance(it, tuple) and not isinstance(it, (Axis, Input)):
            base, power = it
            tree = self.atom(base)
            return tree if power == 1 else ast.BinOp(tree, ast.Pow(), ast.Constant(power))
        if isinstance(it, Compound):
            return ast.BinOp(self.tree(it.left), _SIGNS[it.sign], self.tree(it.right))
        if isinstance(it, Input):
            return ast.Name(self.names[it.array])
        if it in self.sizes:
            return ast.Name(self.sizes[it])
        shape = ast.Attribute(self.tree(it.array), "shape")
        return ast.Subscript(shape, ast.Constant(it.axis))


def _is_number(value: Any) -> bool:
    """Whether a value is a Python number where it is printed, which has no methods of an array."""
    if not isinstance(value, Traced) or value.is_python_number:
        return True
    prints = value.operation.prints if value.operation is not None else ""
    if made_by(value, np.real, np.imag):  # of a Python number they are one
        return _is_number(value.args[0])
    of_numbers = bool(prints) and "." not in prints and not value.shape
    return of_numbers and all(map(_is_number, value.args))


def _name(dotted: str) -> ast.expr:
    first, *rest = dotted.split(".")
    tree: ast.expr = ast.Name(first)
    for part in rest:
        tree = ast.Attribute(tree, part)
    return tree


def _nested(value: Any) -> ast.expr:
    if isinstance(value, list):
        return ast.List([_nested(item) for item in value])
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return (
            _name("np.nan")
            if value != value
            else (_name("np.inf") if value > 0 else ast.UnaryOp(ast.USub(), _name("np.inf")))
        )
    return ast.Constant(value)


def _copy(tree: Any, operands: list[ast.expr]) -> Any:
    """Return a copy of a tree in which _0, _1, ... are the operands."""
    if isinstance(tree, list):
        return [_copy(item, operands) for item in tree]
    if not isinstance(tree, ast.AST):
        return tree
    if isinstance(tree, ast.Name) and tree.id[0] == "_" and tree.id[1:].isdigit():
        return operands[int(tree.id[1:])]
    return type(tree)(*(_copy(getattr(tree, field), operands) for field in tree._fields))


def _filled(template: ast.expr, operands: list[ast.expr]) -> ast.expr:
    filled: ast.expr = _copy(template, operands)
    return filled


class _Namer(Writer):
    """Writes calls on names: constants are known by theirs, too."""

    def constant(self, value: Traced) -> ast.expr:
        """Return the name of an array that is not computed from the inputs."""
        return ast.Name(self.names[value])


class _Everything:
    """A plan in which every value is a line."""

    def is_line(self, value: Traced) -> bool:
        """Whether it has a name: all have."""
        return value.operation is not None


def statement_texts(program: Any) -> dict[Traced, str]:
    """Return every statement of a program as a call on names; a write as what it changes."""
    writer = _Namer(_Everything(), program.names, {})  # type: ignore[arg-type]  # all of a plan it asks
    return {value: _statement_text(writer, value) for value in program.values if value.operation}


def _statement_text(writer: Writer, value: Traced) -> str:
    if made_by(value, operator.setitem, np.add.at):
        base, index, operand = value.args
        sign = "=" if made_by(value, operator.setitem) else "+="
        return (
            f"{writer.text(base)} with [{index_text(writer, index)}] {sign} {writer.text(operand)}"
        )
    if made_by(value, scatter):
        operand, index, shape = value.args
        where = index_text(writer, index)
        return f"zeros({writer.text(shape)}) with [{where}] += {writer.text(operand)}"
    return writer.expression(value)


def index_text(writer: Writer, index: Any) -> str:
    """Return an index as it stands between brackets."""
    tree = ast.Subscript(ast.Name("_"), writer.index(index))
    return ast.unparse(tree)[2:-1]


__all__ = ["Writer", "index_text", "statement_texts"]
