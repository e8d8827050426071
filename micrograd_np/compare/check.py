"""``mg.check``: hand-written gradients against wanted ones, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.checks import refuse_mask
from micrograd_np.numeric.report import aligned
from micrograd_np.pictures import BAD, GOOD, OPEN, table
from micrograd_np.rounding import Distance, distance, estimated_radius
from micrograd_np.tensor import Tensor

Array = NDArray[Any]

SAME = 256.0
"""Up to how many estimated radii two gradients count as the same. The estimate does not know how
far terms have cancelled, so it is wider than what is allowed where the radius is measured."""

UNSURE = 65536.0
"""Up to how many estimated radii a strong cancellation could still explain the difference."""


@dataclass(frozen=True)
class Row:
    """One gradient, compared.

    Attributes
    ----------
    name
        Of the gradient.
    shape, dtype
        Of the given one; None if there is none.
    distance
        How far it is from the wanted one.
    given, wanted
        Both values where the error is greatest, or None.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: np.dtype[Any] | None
    distance: Distance
    given: Any = None
    wanted: Any = None

    @property
    def verdict(self) -> str:
        """``"ok"``, ``"unsure"`` or ``"WRONG"``."""
        if not self.distance.problem and self.distance.radii <= SAME:
            return "ok"
        if not self.distance.problem and self.distance.radii <= UNSURE:
            return "unsure"
        return "WRONG"


@dataclass(frozen=True)
class Check:
    """What :func:`check` found: print it, or ask ``ok``.

    Attributes
    ----------
    rows
        One :class:`Row` for each name, in the order given.
    """

    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient is the wanted one, up to rounding."""
        return all(row.verdict == "ok" for row in self.rows)

    def __repr__(self) -> str:
        rows = [_HEAD, *map(_cells, self.rows)]
        return "\n".join([*aligned(rows), *self._notes()])

    def _repr_html_(self) -> str:
        """Return the table for notebooks."""
        colours = {"ok": GOOD, "unsure": OPEN}
        rows = ((_cells(row), colours.get(row.verdict, BAD)) for row in self.rows)
        return table(_HEAD, rows, self._notes())

    def _notes(self) -> list[str]:
        notes = [
            "error in radii: in units of eps times the largest magnitude in the wanted array",
            "(without the computation there is nothing to measure the rounding radius by);",
            f"up to {SAME:g} are ok, so an element much smaller than the largest is hardly tested",
        ]
        if any(row.verdict == "unsure" for row in self.rows):
            notes += [
                "unsure: a small mistake, or rounding where large terms (nearly) cancel each other"
            ]
        return notes


_HEAD = ("gradient", "shape", "dtype", "greatest error", "at", "radii", "verdict")


def _cells(row: Row) -> tuple[str, ...]:
    shape = "x".join(map(str, row.shape)) if row.shape else "()" if row.shape == () else "-"
    far = row.distance
    if far.problem:
        return (str(row.name), shape, str(row.dtype or "-"), "-", "-", "-", f"WRONG: {far.problem}")
    place = "-" if far.index is None else str(list(far.index))
    radii = f"{far.radii:.1f}" if far.radii < 1000 else f"{far.radii:.1e}"
    return (
        str(row.name), shape, str(row.dtype), f"{far.error:.3g}", place, radii, row.verdict,
    )  # fmt: skip


def check(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> Check:
    """Compare gradients written by hand with wanted ones, strictly: nothing is broadcast or cast.

    Parameters
    ----------
    given
        Arrays by name: NumPy arrays, Tensors, torch tensors, or what ``np.asarray`` takes.
    wanted
        By the same names: a leaf after ``backward()``, whose ``.grad`` is meant (a Tensor, or a
        torch tensor that requires a gradient), or the gradient itself as an array.

    Returns
    -------
    Check
        Prints as a table, one row each with shape, dtype, greatest error and where, the error in
        rounding radii, and a verdict; its ``ok`` says whether all agree. Here a radius is eps
        times the largest magnitude in the wanted array.

    Raises
    ------
    ValueError
        If there is nothing to compare, a wanted leaf holds no gradient yet, or what is given is a
        leaf itself.
    TypeError
        If a wanted array is not floating-point, or an argument is not a mapping.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> W = mg.tensor([[0.5], [0.25]], requires_grad=True)
    >>> ((X @ W) ** 2).sum().backward()
    >>> dW = 2 * X.T @ (X @ W.data)
    >>> mg.check({"dW": dW}, {"dW": W}).ok
    True
    >>> mg.check({"dW": dW.ravel()}, {"dW": W}).rows[0].distance.problem
    'shape (2,), wanted (2, 1)'
    """
    for argument, value in (("given", given), ("wanted", wanted)):
        if not isinstance(value, Mapping):
            raise TypeError(
                f"check takes two dicts of gradients by name; {argument} is a "
                f"{type(value).__name__}"
            )
    names = [*given, *(name for name in wanted if name not in given)]
    if not names:
        raise ValueError("check has nothing to compare: both dicts are empty")
    return Check(tuple(_compare(name, given, wanted) for name in names))


def _compare(name: str, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> Row:
    if name not in wanted:
        array = array_of(given[name])
        return Row(name, array.shape, array.dtype, _problem("none is wanted by this name"))
    refuse_mask(given.get(name))
    refuse_mask(wanted[name])
    right = gradient_of(name, wanted[name])
    if right.dtype.kind not in "fc":
        raise TypeError(
            f"wanted[{name!r}] has dtype {right.dtype}; a gradient is a floating-point array"
        )
    if name not in given:
        return Row(name, None, None, _problem("not given"))
    array = array_of(given[name])
    if getattr(given[name], "is_leaf", False) and given[name].grad is not None:
        raise ValueError(f"given[{name!r}] is a leaf that holds a gradient: pass its .grad")
    far = distance(array, estimated_radius(right))
    if far.index is None:
        return Row(name, array.shape, array.dtype, far)
    return Row(name, array.shape, array.dtype, far, array[far.index], right[far.index])


def _problem(text: str) -> Distance:
    return Distance(np.inf, None, np.inf, 0, text)


def gradient_of(name: str, value: Any, side: str = "wanted") -> Array:
    """Return the gradient that a value of a side stands for."""
    if not getattr(value, "requires_grad", False):
        return array_of(value)
    if not value.is_leaf:
        raise ValueError(
            f"{side}[{name!r}] is a result, which holds no gradient: pass the leaf it was made of"
        )
    if value.grad is None:
        raise ValueError(f"{side}[{name!r}] holds no gradient yet: call backward() first")
    return array_of(value.grad)


def array_of(value: Any) -> Array:
    """Return what a Tensor, a tensor of PyTorch or something like an array holds."""
    if isinstance(value, Tensor):
        return value.data
    if type(value).__module__.startswith("torch"):
        value = value.detach().cpu().resolve_conj().numpy()
    return np.asarray(value)
