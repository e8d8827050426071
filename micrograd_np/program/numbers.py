"""Numbers that a program computes from the lengths of axes: ``N``, ``1 / N``, ``2 * N * K``.

While a program is recorded, ``X.shape`` holds such numbers instead of integers, so that the
program is one for any length. Each is a coefficient times powers of *atoms*; an atom is the length
of an axis, a Python number that is an input, or a sum or quotient that cannot be taken apart.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from micrograd_np.frames import is_users
from micrograd_np.mode import Symbolic, plain
from micrograd_np.program.fixing import Fixing

if TYPE_CHECKING:
    from micrograd_np.program.traced import Traced

Real = int | float


class Axis(NamedTuple):
    """The length of an axis of an array."""

    array: Traced
    axis: int

    @property
    def number(self) -> Real:
        """The length in the recorded run."""
        length: int = self.array.value.shape[self.axis]
        return length


class Input(NamedTuple):
    """A Python number that is an input of the program."""

    array: Traced

    @property
    def number(self) -> Real:
        """The number in the recorded run."""
        value: Real = self.array.value
        return value


class Compound:
    """What arithmetic other than products makes of numbers: ``N - 1``, ``N // 2``."""

    __slots__ = ("key", "left", "right", "sign")

    def __init__(self, sign: str, left: Number | Real, right: Number | Real) -> None:
        self.sign = sign
        self.left = left
        self.right = right
        self.key = (sign, of(left).key, of(right).key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compound) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def number(self) -> Real:
        """Its value in the recorded run."""
        result: Real = ARITHMETIC[self.sign](_real(self.left), _real(self.right))
        return result


Simple = Axis | Input
"""What has a value in every run by itself."""

Atom = Axis | Input | Compound

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


class Number(Fixing, Symbolic):
    """A coefficient times powers of atoms.

    It compares by the value of the recorded run, so that code that looks at shapes works; where
    it is a user's code that looks, the trace takes note (see `Trace.fix`).
    """

    __slots__ = ("coefficient", "factors", "key")

    def __init__(self, coefficient: Real, factors: dict[Atom, int]) -> None:
        self.coefficient = coefficient
        self.factors = factors
        self.key = (coefficient, frozenset(factors.items()))

    @property
    def value(self) -> Real:
        """What it is in the recorded run."""
        return self.evaluate(lambda it: it.number)

    def evaluate(self, look_up: Callable[[Simple], Real]) -> Real:
        """Return what it is where `look_up` tells what the atoms are."""
        above: Real = self.coefficient
        below: Real = 1
        for atom, power in self.factors.items():
            number = evaluate_atom(atom, look_up)
            if power > 0:
                above = above * number**power
            else:
                below = below * number**-power
        return above if below == 1 and type(below) is int else above / below

    def atoms(self) -> set[Simple]:
        """Return the lengths and inputs that it is made of."""
        found: set[Simple] = set()
        for atom in self.factors:
            if isinstance(atom, Compound):
                for side in (atom.left, atom.right):
                    found |= side.atoms() if isinstance(side, Number) else set()
            else:
                found.add(atom)
        return found

    # --- arithmetic ----------------------------------------------------------------------------

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return product(self, other)
        return product(self, of(other)) if isinstance(other, (int, float)) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self * power_of(of(other), -1) if is_number(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return power_of(self, -1) * of(other) if is_number(other) else NotImplemented

    def __neg__(self) -> Any:
        return self * -1

    def __pos__(self) -> Number:
        return self

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, int):
            return power_of(self, other)
        return _compound("**", self, other)

    def __add__(self, other: Any) -> Any:
        return _add(self, other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _add(self, other, -1)

    def __rsub__(self, other: Any) -> Any:
        return _add(-self, other, 1)

    def __floordiv__(self, other: Any) -> Any:
        return _compound("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _compound("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return _compound("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _compound("%", other, self)

    def __rpow__(self, other: Any) -> Any:
        return _compound("**", other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    # --- looking at it -------------------------------------------------------------------------

    @property  # type: ignore[misc]  # what isinstance asks for cannot be assigned to here
    def __class__(self) -> type:
        """For a user's ``isinstance(n, int)``, the type of the length that it stands for."""
        return type(self.value) if _is_asked_by_user() else Number

    def __eq__(self, other: object) -> Any:
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(operator.ne, other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(operator.le, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(operator.ge, other)

    def _compared(self, compare: Callable[[Any, Any], Any], other: Any) -> Any:
        """Compare as in the recorded run; if the user does, the program holds for that outcome."""
        if _is_asked_by_user(3):
            same = isinstance(other, Number) and self.value == other.value
            if same and compare in (operator.eq, operator.ne):
                it = next(iter(self.atoms()))
                it.array.trace.unite(self, other)
            else:
                for number in (self, other):
                    if isinstance(number, Number):
                        number._fix()
        return compare(self.value, plain(other))

    def __hash__(self) -> int:
        if _is_asked_by_user():
            self._fix()
        return hash(self.value)

    def __bool__(self) -> bool:
        if _is_asked_by_user():
            self._fix()
        return bool(self.value)

    def __repr__(self) -> str:
        return repr(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        """Take part in a NumPy ufunc, which is recorded; afterwards, as the number that it was."""
        from micrograd_np.tensor import dispatch

        if any(it.array.trace.open for it in self.atoms()):
            return dispatch(ufunc, args, kwargs)
        return getattr(ufunc, method)(*map(plain, args), **kwargs)

    def _fix(self) -> None:
        for atom in self.atoms():
            atom.array.trace.fix(atom)


def _is_asked_by_user(depth: int = 2) -> bool:
    """Whether it is a user's code that looks at a number: `depth` calls up from here."""
    return is_users(sys._getframe(depth))


def is_number(value: Any) -> bool:
    """Whether `value` is a Python number or stands for one."""
    return isinstance(value, (int, float, Number)) and not isinstance(value, bool)


def of(value: Any) -> Number:
    """Return a Python number as a Number."""
    return value if isinstance(value, Number) else Number(value, {})


def atom(it: Atom) -> Number:
    """Return an atom as a Number."""
    return Number(1, {it: 1})


def lone(n: Any) -> Simple | None:
    """Return the length or input that a number is, None if it is computed."""
    number = of(n)
    it = next(iter(number.factors), None)
    alone = number.coefficient == 1 and list(number.factors.values()) == [1]
    return it if alone and not isinstance(it, Compound) else None


def product(a: Number, b: Number) -> Any:
    """Multiply; a plain number where no atom is left."""
    factors = dict(a.factors)
    for it, power in b.factors.items():
        factors[it] = factors.get(it, 0) + power
        if not factors[it]:
            del factors[it]
    coefficient = _reduced(a.coefficient * b.coefficient)
    return Number(coefficient, factors) if factors else coefficient


def power_of(a: Number, exponent: int) -> Any:
    """Raise to a whole power."""
    if exponent == 0:
        return 1
    coefficient = a.coefficient**exponent if exponent > 0 else 1 / a.coefficient**-exponent
    factors = {it: power * exponent for it, power in a.factors.items()}
    return Number(_reduced(coefficient), factors) if factors else _reduced(coefficient)


def _reduced(coefficient: Real) -> Real:
    """Return whole coefficients as integers: they are exact, and read better."""
    whole = isinstance(coefficient, float) and coefficient.is_integer() and abs(coefficient) < 2**53
    return int(coefficient) if whole else coefficient


def _add(a: Any, b: Any, sign: int) -> Any:
    if not is_number(b):
        return NotImplemented
    first, second = of(a), of(b)
    if first.factors == second.factors:
        coefficient = first.coefficient + sign * second.coefficient
        return Number(coefficient, first.factors) if coefficient and first.factors else coefficient
    if not second.factors and not second.coefficient:
        return a
    if not first.factors and not first.coefficient:
        return b if sign > 0 else -b
    addend = second.coefficient if not second.factors else second
    if isinstance(addend, (int, float)) and addend < 0:
        addend, sign = -addend, -sign
    return _compound("+" if sign > 0 else "-", a, addend)


def _compound(sign: str, left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)):
        return NotImplemented
    return atom(Compound(sign, left, right))


def _real(value: Any) -> Real:
    number: Real = value.value if isinstance(value, Number) else value
    return number


def canonical(value: Any) -> Any:
    """Return a number in terms of the lengths that stand for all that are the same."""
    if isinstance(value, Number):
        for it in value.atoms():
            return it.array.trace.canonical(value)
    return value


def evaluate(value: Any, look_up: Callable[[Simple], Real]) -> Real:
    """Return what a number is where `look_up` tells what the atoms are."""
    number: Real = value.evaluate(look_up) if isinstance(value, Number) else value
    return number


def evaluate_atom(it: Atom, look_up: Callable[[Simple], Real]) -> Real:
    """Return what an atom is where `look_up` tells what the simple ones are."""
    if isinstance(it, Compound):
        number: Real = ARITHMETIC[it.sign](evaluate(it.left, look_up), evaluate(it.right, look_up))
        return number
    return look_up(it)


def sides(number: Number) -> tuple[list[Any], list[Any]]:
    """Return the factors above and below the line, as a number is written.

    Each is a plain number, or an atom and its power; a coefficient of 1 is left out.
    """
    above: list[Any] = [] if number.coefficient == 1 else [number.coefficient]
    below: list[Any] = []
    for it, power in number.factors.items():
        (above if power > 0 else below).append((it, abs(power)))
    inverse = _whole_inverse(number.coefficient)
    if inverse and not below:
        above, below = ([-1] if inverse < 0 else []) + above[1:], [abs(inverse)]
    return above, below


def _whole_inverse(coefficient: Real) -> int:
    """Return n if a coefficient is 1 / n and reads better so, else 0."""
    if isinstance(coefficient, int) or not coefficient or len(repr(abs(coefficient))) <= 8:
        return 0
    inverse = 1 / coefficient
    whole = abs(inverse) > 1 and inverse.is_integer() and 1 / inverse == coefficient
    return int(inverse) if whole else 0


def exact(coefficient: Real) -> Fraction | None:
    """Return a coefficient as a fraction with a small denominator, or None."""
    fraction = Fraction(coefficient).limit_denominator(1000)
    return fraction if float(fraction) == float(coefficient) else None
