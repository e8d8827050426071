"""Formulas in LaTeX, put together so that parentheses come out right.

An operation's record says how it is written as the definition of a LaTeX macro does: ``#1 + #2``.
How tightly a formula holds together is read off its template: what is outside all brackets there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

ODOT = r"\odot"


class Level(IntEnum):
    """How tightly a formula holds together."""

    RELATION = 0
    SUM = 1
    BIG = 2
    PRODUCT = 3
    FRACTION = 4
    POWER = 5
    ATOM = 6


@dataclass(frozen=True)
class Formula:
    r"""A piece of LaTeX.

    Attributes
    ----------
    text
        The LaTeX.
    level
        How tightly it holds together.
    sign
        What it is held together by: ``"-"`` for a negative, ``\odot``, ``"scale"`` for a number
        times an array, "" for a product of matrices.
    """

    text: str
    level: Level = Level.ATOM
    sign: str = ""

    def at_least(self, level: Level) -> str:
        """Return the text, in parentheses if it does not hold together so tightly."""
        return self.text if self.level >= level else parenthesised(self.text)


ONES = Formula(r"\mathbf{1}")
"""An array of ones."""

_TALL = re.compile(r"\\(frac|sum|left\W|max_|min_|mathrm\{\w+\}_)")


def parenthesised(text: str, opening: str = "(", closing: str = ")") -> str:
    """Return a text between parentheses that are as tall as it is."""
    if _TALL.search(text):
        return rf"\left{opening}{text}\right{closing}"
    return f"{opening}{text}{closing}"


def indicator(condition: str) -> Formula:
    """Return what is 1 where a condition holds, and 0 elsewhere."""
    return Formula(rf"\mathbf{{1}}{parenthesised(condition, '[', ']')}")


# --- templates ---------------------------------------------------------------------------------

_PLACE = re.compile(r"#(\w+)")
_BRACKETS = re.compile(
    r"\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]|\|[^|]*\||\\lfloor[^\\]*\\rfloor|\\lceil[^\\]*\\rceil"
)
_RELATION = re.compile(r"[=<>]|\\(neq|leq|geq|wedge|vee|oplus|neg)\b")
_CALL = re.compile(r"([(\[])([^()\[\]]*)([)\]])")


@lru_cache(maxsize=512)
def outside(template: str) -> str:
    """Return what of a template is outside all brackets."""
    before = ""
    while template != before:
        before, template = template, _BRACKETS.sub("", template)
    return template.strip()


@lru_cache(maxsize=512)
def level_of(template: str) -> Level:
    """Return how tightly what a template makes holds together."""
    outer = outside(template)
    if _RELATION.search(outer):
        return Level.RELATION
    if outer[:1] in ("-", "+") or " + " in outer or " - " in outer:
        return Level.SUM
    if "_{#axis}" in template:
        return Level.BIG
    if ODOT in outer or "#1 #2" in outer:
        return Level.PRODUCT
    if outer == r"\frac":
        return Level.FRACTION
    return Level.POWER if "^" in outer else Level.ATOM


def fill(
    template: str, operands: Sequence[Formula], named: Mapping[str, str] | None = None
) -> Formula:
    """Return a template with its operands in their places.

    Parameters
    ----------
    template
        LaTeX with ``#1``, ``#2`` for operands, and ``#name`` for what `named` holds.
    operands
        In order.
    named
        Other texts.
    """
    level = level_of(template)
    if level == Level.SUM and len(operands) == 2 and template[:2] == "#1":
        return sum_of(operands[0], operands[1], template[3])
    if level == Level.PRODUCT:
        return product(operands[0], operands[1], ODOT if ODOT in template else "")
    outer = outside(template)
    named = named or {}

    def put(match: re.Match[str]) -> str:
        key = match[1]
        if not key.isdigit():
            return named[key]
        operand = operands[int(key) - 1]
        return operand.at_least(_needed(level)) if match[0] in outer else operand.text

    def bracketed(match: re.Match[str]) -> str:
        return parenthesised(_PLACE.sub(put, match[2]), match[1], match[3])

    text = _PLACE.sub(put, _CALL.sub(bracketed, template)).replace("+ -", "- ")
    return Formula(text, level, outer[0] if level == Level.SUM else "")


def _needed(level: Level) -> Level:
    """Return how tightly an operand must hold together that stands outside brackets."""
    if level in (Level.POWER, Level.ATOM):
        return Level.ATOM
    return Level.SUM if level == Level.RELATION else Level.BIG


# --- sums and products -------------------------------------------------------------------------


def negative(x: Formula) -> Formula:
    """Return minus a formula."""
    if x.sign == "-" and x.level == Level.SUM:
        return positive_of(x)
    return Formula(f"-{x.at_least(Level.BIG)}", Level.SUM, "-")


def positive_of(x: Formula) -> Formula:
    """Return a negative without its sign."""
    return Formula(x.text[1:], Level.BIG)


def sum_of(a: Formula, b: Formula, sign: str = "+") -> Formula:
    """Return a + b or a - b; a negative b turns the sign around."""
    first = a.at_least(Level.SUM)
    if b.level == Level.SUM and b.sign == "-":
        b, sign = positive_of(b), "-" if sign == "+" else "+"
    elif sign == "+" and b.level == Level.SUM and b.text.startswith("-"):
        return Formula(f"{first} - {b.text[1:]}", Level.SUM)
    return Formula(
        f"{first} {sign} {b.at_least(Level.SUM if sign == '+' else Level.BIG)}", Level.SUM
    )


def product(a: Formula, b: Formula, sign: str = "") -> Formula:
    r"""Return a product.

    Parameters
    ----------
    a, b
        The factors.
    sign
        ``\odot``, ``"scale"`` if `a` is a number, or "" for a product of matrices.
    """
    if sign == "scale" and b.level == Level.SUM and b.sign == "-":
        return negative(product(a, positive_of(b), sign))
    if a.level == Level.SUM and a.sign == "-":
        return negative(product(positive_of(a), b, sign))
    left, right = _factor(a, sign, first=True), _factor(b, sign, first=False)
    open_ended = b.level == Level.BIG and right == b.text
    level = Level.BIG if open_ended else Level.PRODUCT
    return Formula(f"{left} {_between(left, right, sign)}{right}", level, sign)


def _factor(x: Formula, sign: str, first: bool) -> str:
    if x.level == Level.BIG:  # what follows would be taken as a part of the sum
        return parenthesised(x.text) if first or sign != "scale" else x.text
    alike = x.sign == sign or (x.sign == "scale" and (first or sign == ODOT))
    if x.level == Level.PRODUCT and (alike or (not first and sign == "scale")):
        return x.text
    return x.at_least(Level.FRACTION)


_WORD_ENDS = re.compile(r"(\\math\w+\{[^{}]*\}|\\frac\{.*\})(_\{.*\})?$")


def _between(left: str, right: str, sign: str) -> str:
    """Return what keeps two factors apart."""
    if sign == ODOT:
        return rf"{ODOT} "
    if right[:1].isdigit():
        return r"\cdot "
    wide = right.startswith((r"\math", r"\frac", r"\sum")) or _WORD_ENDS.search(left)
    return r"\, " if wide else ""


def power(base: Formula, exponent: str) -> Formula:
    """Return a power; `exponent` is LaTeX."""
    return Formula(f"{base.at_least(Level.ATOM)}^{{{exponent}}}", Level.POWER)


def fraction(above: str, below: str) -> Formula:
    """Return a fraction."""
    return Formula(rf"\frac{{{above}}}{{{below}}}", Level.FRACTION)
