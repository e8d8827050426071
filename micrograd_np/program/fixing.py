"""What a length can be asked for that a program cannot keep open: it then holds for that length."""

from __future__ import annotations

import math
import operator
from typing import Any


class Fixing:
    """The part of a Number that makes plain numbers of it."""

    __slots__ = ()
    value: Any

    def _fix(self) -> None:
        raise NotImplementedError

    def _plain(self) -> Any:
        self._fix()
        return self.value

    def __index__(self) -> int:
        return operator.index(self._plain())

    def __int__(self) -> int:
        return int(self._plain())

    def __float__(self) -> float:
        return float(self._plain())

    def __abs__(self) -> Any:
        return abs(self._plain())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._plain(), digits)

    def __floor__(self) -> Any:
        return math.floor(self._plain())

    def __ceil__(self) -> Any:
        return math.ceil(self._plain())

    def __trunc__(self) -> Any:
        return math.trunc(self._plain())

    def __and__(self, other: Any) -> Any:
        return self.__index__() & other

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self.__index__() | other

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self.__index__() ^ other

    __rxor__ = __xor__

    def __lshift__(self, other: Any) -> Any:
        return self.__index__() << operator.index(other)

    def __rlshift__(self, other: Any) -> Any:
        return other << self.__index__()

    def __rshift__(self, other: Any) -> Any:
        return self.__index__() >> operator.index(other)

    def __rrshift__(self, other: Any) -> Any:
        return other >> self.__index__()

    def __invert__(self) -> int:
        return ~self.__index__()
