"""Which of the values of a backward pass are gradients, and of what: told by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import simple
from micrograd_np.compare.running.paths import is_leaf, last_key, leaves
from micrograd_np.compare.running.stepping import RETURNED
from micrograd_np.compare.running.subject import Mismatch, Subject

_BEFORE = r"(?:dL_?d_?|dJ_?d_?|dE_?d_?|grad_?|delta_?|nabla_?|g_|d_|∇_?|∂_?|d|g)"
_AFTER = r"(?:_grad(?:ient)?|_g|_bar|\.grad|_adj)"
_NAMED = re.compile(rf"^(?:{_BEFORE}(?P<a>.+)|(?P<b>.+?){_AFTER})$")

CONTAINERS = ("grads", "grad", "gradients", "g", "gradient", RETURNED, "dparams", "d", "dp", "out")
"""What people call a dict or list of gradients, whose keys may be the names of the parameters."""


Tokens = tuple[str | int, ...]


@lru_cache(maxsize=4096)
def tokens(path: str) -> Tokens:
    """Return the steps of a path: variable, keys, indices.

    Examples
    --------
    >>> tokens("params['W1']"), tokens("cache.hs[2]")
    (('params', 'W1'), ('cache', 'hs', 2))
    """
    steps = re.findall(r"\[(-?\d+)\]|\['(.*?)'\]|\.?([^\[\].]+)", path)
    return tuple(int(number) if number else key or name for number, key, name in steps)


@lru_cache(maxsize=4096)
def stems(path: str) -> tuple[Tokens, ...]:
    """Return what a value may be the gradient of, by its name: ``dW1`` and ``grads['W1']`` of W1.

    Examples
    --------
    >>> stems("dW1"), stems("grads['dW1']"), stems("dWs[2]")
    ((('W1',),), (('W1',), ('dW1',)), (('Ws', 2),))
    """
    steps = tokens(path)
    found: list[Tokens] = []
    for start in range(len(steps)):
        first, rest = steps[start], steps[start + 1 :]
        if isinstance(first, int):
            break
        found += [(name, *rest) for name in _without_d(first)]
    for place, step in enumerate(steps[:-1]):
        is_key = isinstance(steps[place + 1], str)
        if is_key and (step in CONTAINERS or (not place and _without_d(str(step)))):
            found.append(steps[place + 1 :])
    return tuple(dict.fromkeys(found))


def _without_d(name: str) -> list[str]:
    match = _NAMED.match(name) if not name.startswith("grads") else None
    return [match["a"] or match["b"]] if match else []


@lru_cache(maxsize=65536)
def names_it(path: str, quantity: str) -> bool:
    """Whether a value's name says that it is the gradient of a quantity."""
    whole = tokens(quantity)
    return any(whole[-len(name) :] == name for name in stems(path))


@dataclass(frozen=True)
class Wanted:
    """A gradient that the backward pass gives.

    Attributes
    ----------
    name
        What it is called there: ``dW1``, ``grads['W1']``.
    path
        Where it is found in the backward pass's variables.
    source
        The input that it is the gradient of.
    """

    name: str
    path: str
    source: str


def gradients(
    subject: Subject,
    inputs: Mapping[str, Any],
    found: Mapping[str, Any],
    names: Sequence[str] | None = None,
) -> list[Wanted]:
    """Find the gradients that a backward pass has given.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        What they were run on.
    found
        The variables of the backward pass at its end, and what it has returned.
    names
        What the returned ones are called, in order: by the inputs, with or without ``d``.

    Raises
    ------
    Mismatch
        If there are none.
    """
    sources = {
        path: value
        for name, value in inputs.items()
        for path, value in leaves(value, name)
        if np.asarray(value).dtype.kind == "f"
    }
    returned = _returned(subject, found, names)
    wanted = [w for path in returned.items() if (w := _match(path, sources))]
    if not wanted:
        local = {
            path: path
            for name in _assigned(subject)
            if name in found and name != RETURNED
            for path, _ in leaves(found[name], name)
        }
        wanted = [w for path in local.items() if (w := _match(path, sources))]
    known: dict[str, Wanted] = {}
    for one in wanted:
        taken = any(one.name == other.name for other in known.values())
        unique = Wanted(f"d{one.source}", one.path, one.source) if taken else one
        known.setdefault(one.source, unique)
    if not known:
        raise Mismatch(
            f"{subject.backward.file}:{subject.backward.start}: {subject.backward.name} gives no "
            f"gradient of {', '.join(sources) or 'anything'}: assign or return "
            f"{', '.join('d' + last_key(path) for path in list(sources)[:3])}, or say what it "
            "returns by names=[...]"
        )
    return list(known.values())


def _assigned(subject: Subject) -> list[str]:
    written: list[str] = []
    for node in simple(subject.backward_body):
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in written:
                written.append(part.id)
    return written


def _returned(
    subject: Subject, found: Mapping[str, Any], names: Sequence[str] | None
) -> dict[str, str]:
    """Return what the backward pass has returned: names by paths."""
    value = found.get(RETURNED)
    if value is None:
        return {}
    if subject.is_one and isinstance(value, tuple) and len(value) == 2 and not names:
        inner = value[1]
        if isinstance(inner, (dict, list, tuple)) and not is_leaf(inner):
            called = _called(subject, 1) or "grads"
            return {
                f"{RETURNED}[1]{path[len('x') :]}": f"{called}{path[1:]}"
                for path, _ in leaves(inner, "x")
            }
    if isinstance(value, (tuple, list)):
        paths = {}
        for i, item in enumerate(value):
            called = names[i] if names is not None and i < len(names) else _called(subject, i)
            for path, _ in leaves(item, "x"):
                paths[f"{RETURNED}[{i}]{path[1:]}"] = f"{called or f'd[{i}]'}{path[1:]}"
        return paths
    if is_leaf(value):
        called = names[0] if names else _called(subject, None)
        return {RETURNED: called} if called else {}
    return {path: path for path, _ in leaves(value, RETURNED)}


def _called(subject: Subject, place: int | None) -> str:
    """Return the name that stands at a place of what is returned, "" if it is no name."""
    for node in simple(subject.backward_body):
        if isinstance(node, ast.Return) and node.value is not None:
            value: ast.expr = node.value
            if place is not None:
                items = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
                if place >= len(items):
                    return ""
                value = items[place]
            return ast.unparse(value) if isinstance(value, (ast.Name, ast.Attribute)) else ""
    return ""


def _match(named: tuple[str, str], sources: Mapping[str, Any]) -> Wanted | None:
    path, name = named
    inside = tokens(name)
    plain: Tokens = inside[1:] if inside[0] == RETURNED else inside
    candidates = [*stems(name), *([plain] if path.startswith(RETURNED) and plain else [])]
    for candidate in candidates:
        for source in sources:
            if tokens(source)[-len(candidate) :] == candidate:
                shown = name if inside[0] != RETURNED else f"d{last_key(source)}"
                if inside[0] == RETURNED and isinstance(tokens(source)[-1], int):
                    shown = f"d{source}"
                return Wanted(shown, path, source)
    return None
