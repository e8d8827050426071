"""Which of the values of a backward pass are gradients, and of what: told by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import simple
from micrograd_np.compare.running.likeness import built_alike, columns, part
from micrograd_np.compare.running.paths import is_leaf, is_named, last_key, leaves, stem
from micrograd_np.compare.running.stepping import RETURNED
from micrograd_np.compare.running.subject import Mismatch, Subject

_LOSS = r"(?:[LJECl]|[Ll]oss|[Cc]ost|[Ee]rr(?:or)?|[Oo]bj(?:ective)?|[Tt]otal)"
_GRADIENT = r"(?:grad(?:ient)?s?|delta|nabla|partial|deriv(?:ative)?|adj(?:oint)?)"
_BEFORE = rf"(?:d_?{_LOSS}(?:_d_?|_|d)|{_GRADIENT}_(?:wrt|of)_|{_GRADIENT}_?|g_|d_|∇_?|∂_?|d|g)"
_AFTER = rf"(?:_?grads?|_{_GRADIENT}|_g|_bar|\.grad)"
_NAMED = re.compile(rf"^(?:{_BEFORE}(?P<a>.+)|(?P<b>.+?){_AFTER})$")

_WORDS = ("grad", "grads", "gradient", "gradients")
"""What says of itself that it is a gradient, but not of what."""

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


def is_called_gradient(name: str) -> bool:
    """Whether a variable is called as gradients are, of whatever: ``dout``, ``grad_x``, ``delta``.

    Examples
    --------
    >>> [is_called_gradient(name) for name in ("dout", "delta", "grads", "W1")]
    [True, True, True, False]
    """
    return bool(stems(name)) or name.startswith(("d", "grad", "g_", "err"))


def _without_d(name: str) -> list[str]:
    match = _NAMED.match(name) if name not in _WORDS else None
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
    every = {
        path: value
        for name, value in inputs.items()
        for path, value in leaves(value, name)
        if np.asarray(value).dtype.kind == "f"
    }
    kept_for = holders(every)
    sources = {path: value for path, value in every.items() if path not in kept_for}
    local = {
        path: path
        for name in _assigned(subject)
        if name in found and name != RETURNED
        for path, _ in leaves(found[name], name)
    }
    returned = _returned(subject, found, names)
    in_variables = [w for path in local.items() if (w := _match(path, sources, found))]
    wanted = [w for path in returned.items() if (w := _match(path, sources, found))]
    if names is not None:
        _check_names(subject, names, wanted, sources)
    wanted = [_not_updated(w, in_variables) for w in wanted]
    kept = [w for w in in_variables if w.path != stem(w.path) and stem(w.path) in inputs]
    wanted = [*wanted, *kept] if wanted else in_variables
    if names is None:
        wanted += _by_form(subject, found, inputs, wanted)
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


def holders(paths: Iterable[str]) -> dict[str, str]:
    """Return the items of containers and objects that are there for gradients, with whose.

    Examples
    --------
    >>> holders(["x", "W.data", "W.grad", "net.grads['b']", "net.params['b']"])
    {'W.grad': 'W.data', "net.grads['b']": "net.params['b']"}
    """
    every = list(paths)
    found: dict[str, str] = {}
    for path in every:
        if stem(path) == path:
            continue
        other = _beside(path, every)
        if other is None:
            other = next((o for o in every if o != path and names_it(path, o)), None)
        if other is not None and other not in found:
            found[path] = other
    return found


def _beside(path: str, sources: Iterable[str]) -> str | None:
    """Return the value beside a ``grad`` in an object or dict: ``W.data`` beside ``W.grad``."""
    *outer, last = tokens(path)
    if last not in _BESIDE or not outer:
        return None
    found = [s for s in sources if tokens(s)[:-1] == tuple(outer) and tokens(s)[-1] not in _BESIDE]
    return found[0] if len(found) == 1 else None


_BESIDE = ("grad", "grads", "gradient", "g", "d", "diff", "delta", "adjoint")


def _not_updated(one: Wanted, in_variables: Sequence[Wanted]) -> Wanted:
    """Return a gradient, or the variable that is, where an updated parameter is returned."""
    if one.name != one.source:
        return one
    return next((w for w in in_variables if w.source == one.source), one)


def _by_form(
    subject: Subject, found: Mapping[str, Any], inputs: Mapping[str, Any], wanted: Sequence[Wanted]
) -> list[Wanted]:
    """Return the gradients without a name that tells: those built like one input alone."""
    value = found.get(RETURNED)
    taken = {w.source for w in wanted}
    parts: list[tuple[str, Any, str]] = []  # path, value, what it is called
    if isinstance(value, (tuple, list)) and not is_named(value):
        parts = [(f"{RETURNED}[{i}]", v, _called(subject, i)) for i, v in enumerate(value)]
    whole = [] if value is None else [(RETURNED, value, _called(subject, None))]
    parts = [p for p in (parts or whole) if not any(w.path.startswith(p[0]) for w in wanted)]
    names = {path: called for path, _, called in (*whole, *parts) if called}
    if wanted:  # what has a name and is no gradient is something else
        choices = [[part(path, v) for path, v, called in parts if not called]]
    else:
        every = [(n, found[n], n) for n in _assigned(subject) if n in found and _may_hold(n)]
        local = [one for one in every if not is_leaf(one[1])]
        choices = [[part(path, v)] for path, v, _ in (*whole, *local)]
        choices += [columns(path, v) for path, v, _ in (*whole, *local)]
        choices.insert(1, [part(path, v) for path, v, _ in parts])
    for choice in choices:
        if alike := built_alike(choice, inputs, taken):
            return [Wanted(_shown(mine, theirs, names), mine, theirs) for mine, theirs in alike]
    return []


def _may_hold(name: str) -> bool:
    """Whether a variable is called as what holds gradients is."""
    return name in CONTAINERS or bool(_without_d(name))


def _shown(path: str, source: str, names: Mapping[str, str]) -> str:
    """Return what a gradient is called that has no name of its own."""
    for whole, called in names.items():
        if path.startswith(whole):
            return called + path[len(whole) :]
    if not path.startswith(RETURNED):
        return path
    return f"d{source}" if isinstance(tokens(source)[-1], int) else f"d{last_key(source)}"


def _assigned(subject: Subject) -> list[str]:
    written: list[str] = []
    for node in simple(subject.backward_body):
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and one.id not in written:
                written.append(one.id)
    return written


def _returned(
    subject: Subject, found: Mapping[str, Any], names: Sequence[str] | None
) -> dict[str, str]:
    """Return what the backward pass has returned: names by paths."""
    value = found.get(RETURNED)
    if names is not None:
        _check_count(subject, value, names)
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
    if isinstance(value, (tuple, list)) and not is_named(value):
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


def _check_count(subject: Subject, value: Any, names: Sequence[str]) -> None:
    code = subject.backward
    count = len(value) if isinstance(value, (tuple, list)) else int(value is not None)
    if len(names) != count:
        raise Mismatch(
            f"{code.file}:{code.start}: names are {len(names)} ({', '.join(names)}), and "
            f"{code.name} returns {count}: give one for each, in order"
        )


def _check_names(
    subject: Subject, names: Sequence[str], found: Sequence[Wanted], sources: Iterable[str]
) -> None:
    for i, name in enumerate(names):
        place = f"{RETURNED}[{i}]"
        is_there = any(w.path == RETURNED or w.path.startswith(place) for w in found)
        if name not in ("", "_") and not is_there:
            raise Mismatch(
                f"{subject.backward.file}:{subject.backward.start}: names: {name} is the gradient "
                f"of no input: they are {', '.join(sources)}; _ stands for what is none"
            )


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


def _match(
    named: tuple[str, str], sources: Mapping[str, Any], found: Mapping[str, Any]
) -> Wanted | None:
    path, name = named
    inside = tokens(name)
    plain: Tokens = inside[1:] if inside[0] == RETURNED else inside
    candidates = [*stems(name), *([plain] if path.startswith(RETURNED) and plain else [])]
    for candidate in candidates:
        for source in sources:
            if tokens(source)[-len(candidate) :] == candidate:
                return Wanted(_shown_of(name, source), path, source)
    beside = _beside(name, sources)
    if beside is None:
        alike = [s for s in sources for c in stems(name) if _in_other_case(s, c)]
        alike = [s for s in alike if np.shape(sources[s]) == _shape_at(found, path)]
        beside = alike[0] if len(set(alike)) == 1 else None
    return Wanted(_shown_of(name, beside), path, beside) if beside is not None else None


def _in_other_case(source: str, candidate: Tokens) -> bool:
    """Whether a name is that of a source but for capitals: ``dw`` of ``W``."""
    whole = [str(step).lower() for step in tokens(source)]
    return whole[-len(candidate) :] == [str(step).lower() for step in candidate]


def _shape_at(found: Mapping[str, Any], path: str) -> tuple[int, ...] | None:
    root = stem(path)
    shapes = {known: np.shape(value) for known, value in leaves(found[root], root)}
    return shapes.get(path)


def _shown_of(name: str, source: str) -> str:
    """Return what a gradient is called: by its own name, if it has one."""
    return name if tokens(name)[0] != RETURNED else _shown(name, source, {})
