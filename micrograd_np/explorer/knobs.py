"""The knobs: what can be chosen of the network, and the checks that a choice has to pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")
DTYPES = ("float64", "float32")

MOST_DEPTH = 4
MOST_HIDDEN = 16
MOST_ROWS = 90
MOST_SEED = 99


class Refused(ValueError):
    """A choice that is not offered; the message says what was given and what is."""


@dataclass(frozen=True)
class Knob:
    """One knob, as the page shows it.

    Attributes
    ----------
    name
        The field of :class:`Knobs`.
    label
        What stands beside it.
    least, most
        The range of a number.
    stops
        The values that a slider passes through; numbers in the range between them are taken, too.
    choices
        The names to choose from, where it is no number.
    whole
        Whether the number is whole.
    """

    name: str
    label: str
    least: float = 0
    most: float = 0
    stops: Sequence[float] = ()
    choices: Sequence[str] = ()
    whole: bool = True

    def checked(self, value: Any) -> Any:
        """Return a choice, if it is one.

        Raises
        ------
        Refused
            If it has another type, is out of range, or is not offered.
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise Refused(f"{self.name}: choose one of {', '.join(self.choices)}")
            return value
        kinds = (int,) if self.whole else (int, float)
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        if not is_number or not self.least <= value <= self.most:  # nan is in no range
            kind = "a whole number" if self.whole else "a number"
            raise Refused(f"{self.name}: give {kind} from {self.least:g} to {self.most:g}")
        return value if self.whole else float(value)


def _steps(least: int, most: int, *parts: float) -> tuple[float, ...]:
    """Return the stops of a slider that goes through powers of ten."""
    found = [float(f"{part}e{power}") for power in range(least, most) for part in parts]
    return (*found, 10.0**most)


KNOBS = (
    Knob("hidden", "hidden units", 1, MOST_HIDDEN, range(1, MOST_HIDDEN + 1)),
    Knob("depth", "hidden layers", 1, MOST_DEPTH, range(1, MOST_DEPTH + 1)),
    Knob("activation", "activation", choices=ACTIVATIONS),
    Knob("rows", "batch rows", 1, MOST_ROWS, range(1, MOST_ROWS + 1)),
    Knob("seed", "seed", 0, MOST_SEED, range(MOST_SEED + 1)),
    Knob("scale", "initial scale", 1e-4, 10, _steps(-4, 1, 1, 2, 5), whole=False),
    Knob("reg", "reg", 0, 1, (0.0, *_steps(-5, 0, 1, 2, 5)), whole=False),
    Knob("lr", "learning rate", 1e-4, 1, _steps(-4, 0, 1, 2, 5), whole=False),
    Knob("dtype", "dtype", choices=DTYPES),
)


@dataclass(frozen=True)
class Knobs:
    """A choice of all of them; as it stands, the network of the post.

    Attributes
    ----------
    hidden, depth, activation
        Units of a hidden layer, how many such layers, and what follows each.
    rows
        How many of the 90 rows make the batch.
    seed
        Draws the weights; 0 with the sizes of the post has those of the post.
    scale
        The standard deviation of the weights.
    reg, lr
        Strength of the regularization, and the learning rate.
    dtype
        Of all arrays.
    """

    hidden: int = 6
    depth: int = 1
    activation: str = "relu"
    rows: int = MOST_ROWS
    seed: int = 0
    scale: float = 0.01
    reg: float = 1e-3
    lr: float = 1e-2
    dtype: str = "float64"


def read(given: Any) -> Knobs:
    """Return what was chosen; what is not told stays as in the post.

    Raises
    ------
    Refused
        If something is no knob, or not offered.
    """
    if not isinstance(given, Mapping):
        raise Refused("knobs: give an object of names and values")
    known = {knob.name: knob for knob in KNOBS}
    for name in given:
        if name not in known:
            raise Refused(f"knobs: there is none of that name; there are {', '.join(known)}")
    return Knobs(**{name: known[name].checked(value) for name, value in given.items()})


def described(only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the knobs as the page is told of them, each with its first position.

    Parameters
    ----------
    only
        The names of some of them; nothing: all.
    """
    start = asdict(Knobs())
    names = [field.name for field in fields(Knobs)]
    assert sorted(names) == sorted(knob.name for knob in KNOBS)
    return [
        {
            "name": knob.name,
            "label": knob.label,
            "stops": list(knob.stops),
            "choices": list(knob.choices),
            "value": start[knob.name],
        }
        for knob in KNOBS
        if not only or knob.name in only
    ]
