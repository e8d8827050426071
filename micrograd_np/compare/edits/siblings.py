"""Edits that write a statement as its siblings are written: what was copied and not adapted.

``dk = dscores.T @ q`` stands beside ``dq = dscores @ k``; ``dW2`` is made as ``dW1`` is. A sibling
with the one's names in the place of the other's is a likelier repair than most.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from micrograd_np.compare.edits.text import Context, Edit, Text, target_of
from micrograd_np.compare.running.code import Code

_COST = 1.15
"""How unlikely it is that a statement was meant to be as its sibling is."""

_PLACE = (ast.Name, ast.Attribute, ast.Subscript)
_WORD = re.compile(r"[A-Za-z_]\w*")


def siblings(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield a statement's siblings, with this one's names in the place of theirs."""
    own = target_of(node)
    if not isinstance(own, _PLACE) or not context.shapes:  # what they read may not be there
        return
    called, written = text.of(own), text.data.decode()
    words = context.made("words", lambda: set(_WORD.findall(text.code.text)))
    for other, place, source in _written(text.code):
        if other is node:
            continue
        renamed = _renamed(source, place, called, words)
        if renamed is not None and renamed != written and "\n" not in renamed:
            yield Edit(renamed, "wrong derivative", _COST)


@lru_cache(maxsize=16)
def _written(code: Code) -> list[tuple[ast.stmt, str, str]]:
    """Return the statements of a function that write one thing, with that and their texts."""
    return [
        (node, code.span(its), code.span(node))
        for node in ast.walk(code.tree)
        if isinstance(node, ast.stmt) and isinstance(its := target_of(node), _PLACE)
    ]


def _renamed(source: str, place: str, called: str, words: set[str]) -> str | None:
    """Return a statement that writes one thing as another one does that writes another.

    Examples
    --------
    >>> words = {"dq", "dk", "q", "k", "dscores"}
    >>> _renamed("dq = dscores @ k", "dq", "dk", words)
    'dk = dscores @ q'
    >>> _renamed("dW1 = x.T @ dh1", "dW1", "dW2", {"dW1", "dW2", "x", "dh1", "dh2"})
    'dW2 = x.T @ dh2'
    """
    old, new = _difference(place, called)
    if not old or not new or len(old) + len(new) > 24:
        return None
    if not source.startswith(place) and f"({place}," not in source:
        return None
    head, _, rest = source.partition(place)

    def other(found: re.Match[str]) -> str:
        word = found.group()
        for one, another in ((old, new), (new, old)):
            for changed in (word.replace(one, another, 1), _last(word, one, another)):
                if changed != word and changed in words:
                    return changed
        return word

    return f"{head}{called}{_WORD.sub(other, rest)}"


def _last(word: str, old: str, new: str) -> str:
    head, found, tail = word.rpartition(old)
    return f"{head}{new}{tail}" if found else word


def _difference(one: str, other: str) -> tuple[str, str]:
    """Return in what two names differ.

    Examples
    --------
    >>> _difference("grads['W1']", "grads['W2']")
    ('1', '2')
    >>> _difference("dgamma", "dbeta")
    ('gamm', 'bet')
    """
    first = _common(one, other)
    last = _common(one[first:][::-1], other[first:][::-1])
    return one[first : len(one) - last], other[first : len(other) - last]


def _common(one: str, other: str) -> int:
    """Return how long two texts are the same from their beginning."""
    pairs = zip(one, other, strict=False)  # until the shorter one ends
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
