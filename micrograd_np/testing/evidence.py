"""What was seen while properties were tried: how far apart the sides ever were, and where."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from micrograd_np.testing.agreement import Agreement


@dataclass
class Series:
    """The errors of one gradient in one dtype: one for each example.

    Attributes
    ----------
    radii
        Of each example the largest error between any two sides, in any element.
    elements, undecided
        How many elements there were, and how many of them hang on a kink and were not compared.
    worst, sides, example
        The largest error, between which sides, and in which example.
    """

    radii: array[float] = field(default_factory=lambda: array("d"))
    elements: int = 0
    undecided: int = 0
    worst: float = 0.0
    sides: str = ""
    example: str = ""

    @property
    def median(self) -> float:
        """The median error of an example."""
        return median(self.radii) if self.radii else 0.0


@dataclass
class Evidence:
    """What was seen of one property.

    Attributes
    ----------
    name, group, family
        Of the property.
    sides
        Which were compared: ``"hand"``, ``"auto"``, ``"torch"``, ``"differences"``.
    examples
        How many were tried.
    three_way
        In how many of them three sides or more were compared.
    seconds
        How long that took.
    series
        A `Series` by (gradient, dtype).
    seen
        In how many examples there was what.
    failure
        What disagreed, with the smallest example that was found, or "".
    left_out
        Why nothing was tried, or "".
    """

    name: str
    group: str
    family: str
    sides: tuple[str, ...]
    examples: int = 0
    three_way: int = 0
    seconds: float = 0.0
    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    failure: str = ""
    left_out: str = ""

    @property
    def ok(self) -> bool:
        """Whether all sides agreed in all examples."""
        return not self.failure

    def add(self, agreement: Agreement) -> None:
        """Note one example: how far apart the sides are."""
        self.examples += 1
        self.three_way += len({side for pair in agreement.pairs for side in pair.sides}) > 2
        self.seen.update(agreement.seen)
        errors: dict[tuple[str, str], float] = {}
        for pair in agreement.pairs:
            key = pair.gradient, pair.wanted.value.dtype.name
            series = self.series.setdefault(key, Series())
            found = pair.distance
            series.elements += pair.wanted.value.size
            series.undecided += found.undecided
            errors[key] = max(errors.get(key, 0.0), found.radii)
            if found.radii > series.worst or not series.example:
                series.worst, series.sides = found.radii, "-".join(pair.sides)
                series.example = agreement.example
        for key, radii in errors.items():
            self.series[key].radii.append(radii)

    def worst(self, dtype: str | None = None) -> Series | None:
        """Return the series with the largest error, of one dtype or of all."""
        some = [s for (_, name), s in self.series.items() if dtype in (None, name)]
        return max(some, key=lambda series: series.worst, default=None)

    def median(self, dtype: str) -> float:
        """Return the median error of all gradients of one dtype."""
        radii = [r for (_, name), s in self.series.items() if name == dtype for r in s.radii]
        return median(radii) if radii else 0.0

    def gradients(self) -> list[str]:
        """Return the names of what was compared."""
        return list({gradient: None for gradient, _ in self.series})

    def dtypes(self) -> list[str]:
        """Return the names of the dtypes that were met."""
        return sorted({dtype for _, dtype in self.series})


def by_family(found: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence of each family of operations as that of one property."""
    families: dict[str, list[Evidence]] = {}
    for one in found:
        families.setdefault(one.family or one.name, []).append(one)
    return [_together(name, some) if some[0].family else some[0] for name, some in families.items()]


def _together(family: str, found: list[Evidence]) -> Evidence:
    some = {side for one in found for side in one.sides}
    sides = tuple(side for side in ("auto", "torch", "differences") if side in some)
    whole = Evidence(family, found[0].group, family, sides)
    for one in found:
        whole.examples += one.examples
        whole.three_way += one.three_way
        whole.seconds += one.seconds
        whole.seen.update(one.seen)
        for key, series in one.series.items():
            of_all = whole.series.setdefault(key, Series())
            of_all.radii.extend(series.radii)
            of_all.elements += series.elements
            of_all.undecided += series.undecided
            if series.worst > of_all.worst or not of_all.example:
                of_all.worst, of_all.sides = series.worst, series.sides
                of_all.example = f"{one.name}: {series.example}"
    whole.failure = "\n\n".join(f"{one.name}: {one.failure}" for one in found if one.failure)
    whole.left_out = "; ".join({one.left_out: None for one in found if one.left_out})
    return whole
