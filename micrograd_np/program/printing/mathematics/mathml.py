r"""LaTeX as MathML: of the small part of LaTeX that the equations are written in.

Groups, ``^``, ``_``, ``\frac``, ``\sqrt``, ``\underset``, ``\overset``, accents, fonts,
``\left`` and ``\right``, and the commands below, each of which is one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from micrograd_np.program.printing.mathematics.equations import Equation

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "ϕ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "partial": "∂", "infty": "∞", "top": "⊤", "ldots": "…",
}  # fmt: skip
_OPERATORS = {
    "odot": "⊙", "cdot": "⋅", "times": "×", "leq": "≤", "geq": "≥", "neq": "≠", "wedge": "∧",
    "vee": "∨", "oplus": "⊕", "neg": "¬", "leftarrow": "←", "rightarrow": "→", "ast": "∗",
    "in": "∈", "star": "⋆",
}  # fmt: skip
_BRACKETS = {"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "|": "‖"}
_FUNCTIONS = {
    "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "arg", "det",
}  # fmt: skip
_LIMITS = {"max": "max", "min": "min", "sum": "∑", "prod": "∏"}
_SPACES = {",": "0.17em", ";": "0.28em", " ": "0.33em"}
_ACCENTS = {"hat": "^", "bar": "¯", "overline": "‾", "tilde": "~"}
_FONTS = {
    "mathit": "font-style:italic",
    "mathrm": "font-style:normal",
    "mathbf": "font-weight:bold",
}
_BEFORE_A_SIGN = ("", "=", "(", "[", ",", r"\odot", r"\leftarrow")
_DOUBLE = {"R": "ℝ", "Z": "ℤ", "L": "ℒ", "F": "ℱ"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)


def mathml(equations: Iterable[Equation]) -> str:
    """Return equations as a table: in each row the equation in MathML, and its number."""
    rows = [
        f"<tr><td>{element(equation.text)}</td>"
        f'<td style="text-align:right">({equation.number})</td></tr>'
        for equation in equations
    ]
    return "\n".join(["<table>", *rows, "</table>"]) + "\n"


def element(latex: str, display: str = "block") -> str:
    """Return a formula as a ``math`` element.

    Raises
    ------
    ValueError
        If a command is none that the equations are written in.
    """
    return (
        f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="{display}">'
        f"{convert(latex)}</math>"
    )


def convert(latex: str) -> str:
    """Return LaTeX as one MathML element."""
    reader = _Reader([t for t in _TOKEN.findall(latex) if not t.isspace()])
    return reader.row(())


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def next(self) -> str:
        """The token that comes next, "" at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        """Return the next token and go on."""
        token = self.next
        self.position += 1
        return token

    def row(self, ends: tuple[str, ...]) -> str:
        """Read up to a closing token, which is taken too."""
        parts: list[str] = []
        before = ""
        while self.next and self.next not in ends:
            if self.next in ("}", r"\right"):
                raise ValueError(f"{self.next} closes nothing in {' '.join(self.tokens)}")
            if self.next == "-" and before in _BEFORE_A_SIGN:
                self.take()
                parts.append('<mo form="prefix">−</mo>')
            else:
                before = self.next
                parts.append(self.scripted())
        if ends and not self.take():
            raise ValueError(f"{ends[0]} is missing in {' '.join(self.tokens)}")
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def scripted(self) -> str:
        """Read one thing, with what stands below and above it."""
        first = self.next
        base = self.atom()
        scripts: dict[str, str] = {}
        while self.next in ("_", "^"):
            place = self.take()
            if place in scripts:
                raise ValueError(f"{place} stands twice in {' '.join(self.tokens)}")
            scripts[place] = self.atom()
        if not scripts:
            return base
        below, above = scripts.get("_", ""), scripts.get("^", "")
        kind = "under" if first[1:] in _LIMITS else "sub"
        if below and above:
            name = "munderover" if kind == "under" else "msubsup"
        else:
            name = ("munder" if kind == "under" else "msub") if below else "msup"
        return f"<{name}>{base}{below}{above}</{name}>"

    def atom(self) -> str:
        """Read one thing: a group, a command, a number, a letter or a sign."""
        token = self.take()
        if token == "{":
            return self.row(("}",))
        if token.startswith("\\") and len(token) > 1:
            return self.command(token[1:])
        if token[:1].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        if token in "()[]|":
            return f'<mo stretchy="false">{token}</mo>'
        if token == ",":
            return '<mo separator="true">,</mo>'
        if token == ":":
            return '<mo lspace="0" rspace="0">:</mo>'
        return f"<mo>{escape('−' if token == '-' else token)}</mo>"

    def command(self, name: str) -> str:
        """Read what belongs to a command."""
        if name in _LETTERS:
            return f"<mi>{_LETTERS[name]}</mi>"
        if name in _OPERATORS:
            return f"<mo>{_OPERATORS[name]}</mo>"
        if name in _BRACKETS:
            return f'<mo stretchy="false">{_BRACKETS[name]}</mo>'
        if name in _FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in _LIMITS and name != "sum" and self.next != "_":
            return f"<mi>{_LIMITS[name]}</mi>"
        if name in _LIMITS:
            return f'<mo movablelimits="false">{_LIMITS[name]}</mo>'
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"/>'
        if name in _FONTS:
            return self.word(_FONTS[name])
        if name in ("mathbb", "mathcal"):
            return f"<mi>{_DOUBLE[self.plain()]}</mi>"
        if name in _ACCENTS:
            accent = f'<mo stretchy="false">{_ACCENTS[name]}</mo>'
            return f'<mover accent="true">{self.atom()}{accent}</mover>'
        if name == "frac":
            return f"<mfrac>{self.atom()}{self.atom()}</mfrac>"
        if name == "sqrt" and self.next == "[":
            self.take()
            degree = self.row(("]",))
            return f"<mroot>{self.atom()}{degree}</mroot>"
        if name == "sqrt":
            return f"<msqrt>{self.atom()}</msqrt>"
        if name in ("underset", "overset"):
            other, base = self.atom(), self.atom()
            tag = "munder" if name == "underset" else "mover"
            return f"<{tag}>{base}{other}</{tag}>"
        if name == "left":
            return self.fenced()
        if name in ("_", "#", "$", "%", "&", "{", "}"):
            return f"<mi>{escape(name)}</mi>"
        raise ValueError(f"\\{name} is no command that the equations are written in")

    def fenced(self) -> str:
        """Read what stands between two tall brackets."""
        opening = self.take()
        inner = self.row((r"\right",))
        return f"<mrow>{_fence(opening)}{inner}{_fence(self.take())}</mrow>"

    def plain(self) -> str:
        """Read a group of plain characters."""
        if self.take() != "{":
            raise ValueError(f"a font without a group in {' '.join(self.tokens)}")
        found = []
        while self.next not in ("}", ""):
            found.append(self.take().removeprefix("\\"))
        self.take()
        return "".join(found)

    def word(self, style: str) -> str:
        """Read a word in a font."""
        text = self.plain()
        tag = "mn" if text.isdigit() else "mi"
        return f'<{tag} style="{style}">{escape(text)}</{tag}>'


def _fence(token: str) -> str:
    token = _BRACKETS.get(token.removeprefix("\\"), token)
    return f"<mo>{escape(token)}</mo>"
