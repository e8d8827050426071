"""Names of variables as mathematicians write them: ``W1`` as W with an index, ``mu`` as μ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

GREEK = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
    "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi",
    "Omega",
])  # fmt: skip
_OTHER_NAMES = {"eps": r"\varepsilon", "lam": r"\lambda"}
_ACCENTS = ("hat", "bar", "tilde")
_DIVIDED = re.compile(r"([^\W\d_]+)_?(\d+)|([^\W\d_]+)_(\w*[^\W_])|([^\W\d_])([^\W\d_])")


@dataclass(frozen=True)
class Symbol:
    """What stands for a value.

    Attributes
    ----------
    base
        Its letter or word, in LaTeX.
    index
        What tells it from others of that letter, "" if nothing does.
    adjoint
        Of what it is the derivative by this symbol; "" if it is the symbol itself.
    part
        Which part of that derivative it is, "" if it is all.
    """

    base: str
    index: str = ""
    adjoint: str = ""
    part: str = ""

    @property
    def text(self) -> str:
        """The symbol of the whole array."""
        return self.at("")

    def at(self, entry: str) -> str:
        """Return the symbol of an entry, such as ``n,:``; of the whole array for ""."""
        text = f"{self.base}_{{{self.index}}}" if self.index else self.base
        if entry:
            text = f"({text})_{{{entry}}}" if self.index else f"{text}_{{{entry}}}"
        if self.adjoint:
            text = rf"\frac{{\partial {self.adjoint}}}{{\partial {text}}}"
        return rf"\left({text}\right)_{{{self.part}}}" if self.part else text

    def adjoint_to(self, result: str, part: str) -> Symbol:
        """Return the symbol of the derivative of a result by the value of this symbol."""
        return Symbol(self.base, self.index, result, part)


def symbols(names: Iterable[str]) -> dict[str, Symbol]:
    r"""Return a symbol for every name, each another.

    A name that would look like one before it is written as it is.

    Examples
    --------
    >>> [symbol.text for symbol in symbols(["W1", "mu", "hidden", "x_hat", "W_1"]).values()]
    ['W_{1}', '\\mu', '\\mathit{hidden}', '\\hat{x}', '\\mathit{W\\_1}']
    """
    found: dict[str, Symbol] = {}
    taken: set[str] = set()
    for name in names:
        symbol = symbol_of(name)
        if symbol.text in taken:
            symbol = Symbol(_word(name))
        taken.add(symbol.text)
        found[name] = symbol
    return found


def symbol_of(name: str) -> Symbol:
    """Return what a mathematician would write for a name."""
    whole = _letter(name)
    if whole:
        return Symbol(whole)
    divided = _DIVIDED.fullmatch(name)
    if divided is None:
        return Symbol(_word(name))
    base, index = (part for part in divided.groups() if part is not None)
    if divided[1]:
        return Symbol(_letter(base) or _word(base), index)
    # Two letters are an index if it is Wq, not if it is dx.
    if _letter(base) and (divided[3] or (base.isupper() and index.islower())):
        parts = [
            part if part.isdigit() else _letter(part) or _word(part) for part in index.split("_")
        ]
        return Symbol(_letter(base), ",".join(parts))
    return Symbol(_word(name))


def _letter(name: str) -> str:
    """Return a single letter, Greek or with an accent, or ""."""
    if len(name) == 1 and name != "_":
        return name
    plain = name.rstrip("_")
    if plain in GREEK:
        return f"\\{plain}"
    if plain in _OTHER_NAMES:
        return _OTHER_NAMES[plain]
    for accent in _ACCENTS:
        if plain.endswith(accent):
            letter = plain.removesuffix(accent).rstrip("_")
            if len(letter) == 1 or letter in GREEK:
                return rf"\{accent}{{{_letter(letter)}}}"
    return ""


def _word(name: str) -> str:
    return rf"\mathit{{{escaped(name)}}}"


_SPECIAL = re.compile(r"[_#$%&{}]")


def escaped(text: str) -> str:
    """Return plain text as it may stand in LaTeX."""
    text = text.replace("\\", "").replace("^", "").replace("~", "")
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)
