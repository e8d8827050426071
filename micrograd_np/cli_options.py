"""What the commands share: how options are read, and how bad usage is reported."""

import argparse
import math
import sys
from collections.abc import Callable
from typing import NoReturn

AGREES, DISAGREES, BAD_USAGE = 0, 1, 2


class BadInput(Exception):
    """What the user gave cannot be worked on."""


class Parser(argparse.ArgumentParser):
    """A parser that reports bad usage in one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and leave."""
        print(f"{self.prog}: error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """Return what reads a whole number in a range."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            bound = f"of at least {least}" if number < least else f"of at most {most}"
            raise argparse.ArgumentTypeError(f"must be a whole number {bound}, got {text!r}")
        return number

    return convert


def number(least: float, inclusive: bool) -> Callable[[str], float]:
    """Return what reads a finite number from `least` on."""

    def convert(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and (number > least or (inclusive and number == least))):
            bound = "at least" if inclusive else "greater than"
            raise argparse.ArgumentTypeError(f"must be a number {bound} {least:g}, got {text!r}")
        return number

    return convert
