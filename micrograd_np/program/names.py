"""What the values of a program are called: by the user's variables, each name once."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from micrograd_np.program.traced import Traced

RESERVED = {"np", "torch", "slice", "float", "ValueError"}


def check_names(names: Iterable[Any]) -> None:
    """Refuse what cannot be the name of a variable, and names that are given twice.

    Raises
    ------
    ValueError
        Naming the name.
    """
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"names: {name!r} is not an identifier; use letters, digits and _")
        if name in RESERVED:
            raise ValueError(f"names: {name!r} has a meaning of its own in the printed source")
        if name in seen:
            raise ValueError(f"names: {name!r} is given twice; each value needs a name of its own")
        seen.add(name)


def unique_names(
    values: Sequence[Traced], taken: Iterable[str], lines: Collection[Traced]
) -> dict[Traced, str]:
    """Return a name for every value, each once.

    A name that several values have, as ``h`` in a loop, is numbered in their order: ``h_1``,
    ``h_2``. The adjoint of a value is called d and that value's name. What has no name is called
    t1, t2 and so on if the source has a line for it, u1, u2 and so on as a part of a line.

    Parameters
    ----------
    values
        In the order of the program, adjoints after what they are adjoints of.
    taken
        Names that are not free.
    lines
        Those of the values that the source has a line for.
    """
    used = set(taken) | RESERVED
    names = {value: value.name for value in values if value.role == "input"}
    used.update(names.values())
    _name_groups(names, used, {v: v.name for v in values if v.adjoint_of is None})
    _name_groups(names, used, {v: v.hint for v in values if v.operation is not None})
    for value in sorted(values, key=lambda value: bool(value.suffix)):  # parts of them later
        wanted = _adjoint_name(value, names)
        if wanted and value not in names:
            names[value] = free_name(wanted, used)
    temporary, part = _numbered("t", used, ""), _numbered("u", used, "")
    for value in values:
        if value not in names:
            wanted = _adjoint_name(value, names)
            if wanted and wanted not in used:
                names[value] = free_name(wanted, used)
            else:
                names[value] = temporary() if value in lines else part()
    return names


def _adjoint_name(value: Traced, names: Mapping[Traced, str]) -> str:
    """Return ``d<name>`` where that is known, "" elsewhere."""
    of = names.get(value.adjoint_of) if value.adjoint_of is not None else None
    return f"d{of}{value.suffix}" if of else ""


def _name_groups(names: dict[Traced, str], used: set[str], wanted: Mapping[Traced, str]) -> None:
    """Give values the names they want, numbered where several want the same."""
    groups: dict[str, list[Traced]] = {}
    for value, raw in wanted.items():
        if raw and value not in names:
            groups.setdefault(raw, []).append(value)
    for raw, group in groups.items():
        free = _numbered(raw, used)
        for value in group:
            names[value] = free_name(raw, used) if len(group) == 1 else free()


def _numbered(raw: str, used: set[str], joint: str = "_") -> Callable[[], str]:
    count = 0

    def free() -> str:
        nonlocal count
        count += 1
        while f"{raw}{joint}{count}" in used:
            count += 1
        used.add(f"{raw}{joint}{count}")
        return f"{raw}{joint}{count}"

    return free


def free_name(name: str, used: set[str]) -> str:
    """Return a name, numbered if it is used already, and note that it is used."""
    if name not in used:
        used.add(name)
        return name
    return _numbered(name, used)()


def gradient_names(
    names: Mapping[Traced, str], wanted: Sequence[Traced], gradients: Sequence[Traced]
) -> list[str]:
    """Return ``d<input>`` for each gradient, or another name if some other value has that."""
    held = {name: value for value, name in names.items()}
    found: list[str] = []
    for x, gradient in zip(wanted, gradients, strict=True):
        name = f"d{names[x]}"
        if held.get(name, gradient) is not gradient:
            name = names.get(gradient, name)
            own = name not in found and gradient.adjoint_of is x
            name = name if own else free_name(f"d{names[x]}", {*held, *found})
        found.append(name)
    return found


def seed_name(result: Traced, values: Sequence[Traced]) -> str:
    """Return a name for the gradient that a backward pass begins with."""
    taken = {v.name for v in values} | {f"d{v.name}" for v in values if v.role == "input"}
    name = f"d{result.name or 'out'}"
    return name if name not in taken else free_name("dout", taken)


def rename(names: Mapping[Traced, str], wanted: Mapping[str, str]) -> None:
    """Give some values another name, and their adjoints with them.

    Raises
    ------
    ValueError
        If there is no such name, or the new one is no identifier or not free.
    """
    by_name = {name: value for value, name in names.items()}
    for old in wanted:
        if old not in by_name:
            raise ValueError(
                f"names: no value is called {old!r}; there are {', '.join(sorted(by_name))}"
            )
    check_names(wanted.get(name, name) for name in by_name)
    for old, new in wanted.items():
        value = by_name[old]
        value.name = new
        if value.adjoint_of is not None:
            value.adjoint_of = None
        for adjoint in names:
            if adjoint.adjoint_of is value and not adjoint.suffix:
                adjoint.name = "d" + new
