"""What a backward pass is called with: each parameter by its name, or by what is left for it."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import items

SEEDS = ("dout", "dloss", "dL", "dJ", "dy", "grad_output", "upstream", "grad_out", "g", "dvalout")
"""What people call the gradient that a backward pass is given."""

CACHES = ("cache", "caches", "memory", "memo", "ctx", "context", "saved", "tape", "intermediates")
"""What people call the hidden values that a forward pass hands over."""

_LIKE_A_SEED = re.compile(r"(?i)d_?[a-z]\w*|\w*(grad|upstream|delta|error|dout)\w*")


@dataclass
class Offered:
    """What there is to give to a backward pass.

    Attributes
    ----------
    known
        The inputs and variables of the forward pass, by name.
    handed_over
        What it returns beside the loss.
    seed
        The gradient of its result, None if there is none to give.
    """

    known: Mapping[str, Any]
    handed_over: Sequence[Any]
    seed: Any


def arguments(
    parameters: Mapping[str, inspect.Parameter], offered: Offered, bound: Any = None
) -> tuple[dict[str, Any], list[str]]:
    """Return a value for each parameter, and the parameters for which there is none.

    Parameters
    ----------
    parameters
        Of the backward pass, by name.
    offered
        What there is.
    bound
        The object whose method it is, None if it is none.
    """
    named: dict[str, Any] = {}
    for item in offered.handed_over:
        named |= {step.strip("[]'\"."): value for step, value in items(item)}
    given: dict[str, Any] = {}
    open_: list[str] = []
    has_seed = False
    first = next(iter(parameters), "")
    for name, parameter in parameters.items():
        if name in offered.known and not _is_another(name, parameters, offered, named):
            given[name] = offered.known[name]
        elif name == first and bound is not None:
            given[name] = bound
        elif name in named:
            given[name] = named[name]
        elif name in SEEDS and offered.seed is not None:
            given[name] = offered.seed
            has_seed = True
        elif parameter.kind is parameter.VAR_POSITIONAL:
            given[name] = _several(offered)
        elif parameter.kind is parameter.VAR_KEYWORD:
            given[name] = _by_name(offered, parameters)
        elif parameter.default is not parameter.empty:
            given[name] = parameter.default
        else:
            open_.append(name)
    rest = [one for one in offered.handed_over if not any(one is v for v in given.values())]
    if not has_seed and (seed := _seed_among(open_, rest, offered.seed)):
        given[seed] = offered.seed
        open_.remove(seed)
    if len(rest) == 1 and (cache := [name for name in open_ if name in CACHES]):
        given[cache[0]] = rest.pop()
        open_.remove(cache[0])
    filled = _filled(open_, rest)
    return given | filled, [name for name in open_ if name not in filled]


def _is_another(
    name: str,
    parameters: Mapping[str, inspect.Parameter],
    offered: Offered,
    named: Mapping[str, Any],
) -> bool:
    """Whether a parameter is called as a variable that is a cache, and another one is handed over.

    As in ``h, cache = step(x, h)`` in a loop that ends in ``return loss, caches``.
    """
    if name not in CACHES or len(offered.handed_over) != 1:
        return False
    (only,) = offered.handed_over
    taken = (offered.known[one] for one in parameters if one in offered.known)
    is_taken = any(value is only for value in taken) or any(one in named for one in parameters)
    return isinstance(only, (tuple, list, Mapping)) and not is_taken


def _several(offered: Offered) -> tuple[Any, ...]:
    """Return what ``*cache`` is."""
    only = offered.handed_over[0] if len(offered.handed_over) == 1 else None
    return tuple(only) if isinstance(only, (tuple, list)) else tuple(offered.handed_over)


def _by_name(offered: Offered, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``**cache`` is: what forward hands over by name, or else its variables."""
    for one in offered.handed_over:
        if isinstance(one, Mapping):
            return {name: value for name, value in one.items() if name not in parameters}
    return {name: value for name, value in offered.known.items() if name not in parameters}


def _seed_among(names: Sequence[str], rest: Sequence[Any], seed: Any) -> str | None:
    """Return the parameter that is the gradient of what forward returns, if one has to be."""
    if seed is None or not names:
        return None
    if np.ndim(seed) and len(names) == len(rest) + 1:
        alike = [name for name in names if _LIKE_A_SEED.fullmatch(name)]
        return alike[0] if alike else names[0]
    if len(names) == 1 and not rest and _LIKE_A_SEED.fullmatch(names[0]):
        return names[0]
    return None


def _filled(names: Sequence[str], rest: Sequence[Any]) -> dict[str, Any]:
    """Give what forward has handed over to the parameters that no name tells about."""
    if len(names) == 1 and rest:
        return {names[0]: rest[0] if len(rest) == 1 else tuple(rest)}
    return dict(zip(names, rest, strict=True)) if len(names) == len(rest) else {}


def suggested(names: Iterable[str], known: Iterable[str]) -> str:
    """Return names, each with the ones there are that may have been meant.

    Examples
    --------
    >>> suggested(["X", "hiden", "foo"], ["x", "hidden", "loss"])
    'X (did you mean x?), hiden (did you mean hidden?), foo'
    """
    by_lower: dict[str, list[str]] = {}
    for name in known:
        by_lower.setdefault(name.lower(), []).append(name)
    told = []
    for name in names:
        found = by_lower.get(name.lower(), [])
        if not found:
            close = difflib.get_close_matches(name.lower(), by_lower, n=2, cutoff=0.7)
            close += [one for one in by_lower if len(name) > 1 and one.startswith(name.lower())]
            found = [one for lower in dict.fromkeys(close) for one in by_lower[lower]]
        told.append(f"{name} (did you mean {' or '.join(found[:2])}?)" if found else name)
    return ", ".join(told)
