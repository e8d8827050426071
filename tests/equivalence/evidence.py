"""Collects how far apart the three sides ever were, for the table at the end of a run."""

from dataclasses import dataclass, field

from hypothesis import target

from micrograd_np.rounding import Distance


@dataclass
class Record:
    """What was seen of one property in one dtype."""

    examples: int = 0
    elements: int = 0
    undecided: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    example: str = ""


EVIDENCE: dict[tuple[str, str], Record] = {}


def agree(
    what: str,
    dtype: str,
    example: str,
    distances: dict[tuple[str, str], Distance],
    sizes: dict[str, int],
) -> None:
    """Assert that every distance is explained by rounding, and keep the largest.

    `distances` is by (pair of sides, name of the gradient), such as ("hand-auto", "dW1"); `sizes`
    has the number of elements of each gradient.
    """
    record = EVIDENCE.setdefault((what, dtype), Record())
    record.examples += 1
    for (sides, name), distance in distances.items():
        assert distance.ok, f"{what}, {example}: {name} of {sides} is {distance}"
        record.undecided += distance.undecided
        record.elements += sizes[name]
        if distance.radii > max(record.worst.values(), default=0):
            record.example = f"{name} of {sides}, {example}"
        record.worst[sides] = max(record.worst.get(sides, 0), distance.radii)
    target(max(distance.radii for distance in distances.values()))


def table() -> list[str]:
    """Return the evidence, a line per property and dtype."""
    lines = []
    for (what, dtype), record in sorted(EVIDENCE.items()):
        worst = "  ".join(f"{sides} {radii:.2f}" for sides, radii in sorted(record.worst.items()))
        lines.append(f"{what}, {dtype}: {record.examples} examples, worst radii {worst}")
        lines.append(
            f"    worst: {record.example}; elements hanging on a kink: "
            f"{record.undecided / record.elements:.1%}"
        )
    return lines
