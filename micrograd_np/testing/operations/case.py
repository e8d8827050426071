"""One way of calling one operation, from which every test of operations is made."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from micrograd_np.operation import OPERATIONS


@dataclass(frozen=True)
class Case:
    """One way of calling one operation."""

    name: str
    family: str
    """The file of the table that it stands in."""
    record: Any
    """The function whose record this exercises; or that is made of several operations."""
    call: Callable[..., Any]
    """``call(*operands, **options)`` in NumPy: one array."""
    draw: st.SearchStrategy[tuple[list[np.ndarray], dict[str, Any]]]
    """Draws operands and options, by NumPy's names."""
    torch: Callable[..., Any] | None = None
    """The same in torch; None where it has nothing of the kind."""
    exact: Callable[..., Any] | None = None
    """The same for object arrays of mpmath's numbers, where `call` itself cannot take them."""
    analytic: bool | None = None
    """Whether a complex step passes through `call`; by default what the record says."""
    complex: bool = False
    """Whether operands may be complex."""
    refused: str = ""
    """Why no program can be derived of it, if so: what would be frozen into it."""
    is_long: bool = False
    """Whether its derived program is so long that an example or two have to do there."""
    rounds_otherwise: bool = False
    """Whether its program rounds otherwise than eager code: another formula, or order of a sum."""
    only_double: str = ""
    """Why equivalence is not asked in single precision, if so."""
    unsupported: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that the function takes of arrays and not of Tensors, with a value for each."""

    def __str__(self) -> str:
        return self.name

    @property
    def passes_a_complex_step(self) -> bool:
        """Whether the derivative is the imaginary part of a complex step's."""
        if self.analytic is not None:
            return self.analytic
        return self.record not in OPERATIONS or OPERATIONS[self.record].analytic

    @property
    def alike(self) -> int:
        """How many cases there are of the same function: they share its examples."""
        return sum(other.record is self.record for other in CASES)


CASES: list[Case] = []


def case(name, record, call, draw, torch_call=None, **facts):
    """Add a case to the table; its family is the file that calls this."""
    assert name not in {other.name for other in CASES}, f"two cases are called {name}"
    family = sys._getframe(1).f_globals["__name__"].rpartition(".")[2]
    CASES.append(Case(name, family, record, call, draw, torch_call, **facts))
