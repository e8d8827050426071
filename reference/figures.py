"""The figures that the post prints, and ours beside them.

R's generator with seed 0 gives the post's weights, and with these weights, rows 77, 78 and 73 of
iris are the only ones that have the hidden activations it prints for its first three examples. So
whatever belongs to one of these rows alone can be reproduced to the last printed digit. Which other
rows were among its 90 it does not say; a figure that sums over all of them cannot be reproduced,
and is marked so.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import golden, iris, post

Array = NDArray[Any]


@dataclass(frozen=True)
class Figure:
    """One row of numbers printed in the post.

    Parameters
    ----------
    what : str
        What the numbers are.
    label : str
        A short name with the row number as R prints it, such as ``"probs [1]"``; unique.
    printed : tuple of str
        The numbers, exactly as printed.
    row : int or None
        The row of iris, counted from 1, that the figure depends on; None if on none or on many.
    reproducible : bool
        Whether the post says enough to compute the figure again.
    why : str
        The reason for it.

    Examples
    --------
    >>> FIGURES[3].label, FIGURES[3].printed, FIGURES[3].row
    ('probs [1]', ('0.3332967', '0.3327828', '0.3339205'), 77)
    """

    what: str
    label: str
    printed: tuple[str, ...]
    row: int | None
    reproducible: bool
    why: str


def _example(what: str, name: str, *printed: str) -> tuple[Figure, ...]:
    """Make the figures of the post's first three examples."""
    why = "depends on R's weights, on this row of iris and on N = 90 alone"
    return tuple(
        Figure(what, f"{name} [{number}]", tuple(line.split()), row, True, why)
        for number, row, line in zip((1, 2, 3), (77, 78, 73), printed, strict=True)
    )


def _dW2(number: int, printed: str, row: int | None, reproducible: bool, why: str) -> Figure:
    """Make the figure of one row of dW2, which belongs to one hidden unit."""
    what = f"gradient of the data loss with respect to the weights of hidden unit {number}"
    return Figure(what, f"dW2 [{number}]", tuple(printed.split()), row, reproducible, why)


_SILENT = "no row of iris makes this hidden unit active, so the sum is 0 whichever 90 rows it takes"
_UNIT_5 = "of all 150 rows, row 63 alone makes this hidden unit active, so the sum has one term"
_UNKNOWN = "a sum over the 90 rows that the post drew, and it does not say which they are"

FIGURES: tuple[Figure, ...] = (
    *_example(
        "activations of the hidden layer",
        "hidden",
        "0.1583907 0 0.09240448 0 0 0.01297566",
        "0.1629522 0 0.09634972 0 0 0.01663396",
        "0.1556569 0 0.08518394 0 0 0.01390234",
    ),
    *_example(
        "probabilities of the three species",
        "probs",
        "0.3332967 0.3327828 0.3339205",
        "0.3332917 0.3327686 0.3339397",
        "0.3332868 0.3328144 0.3338988",
    ),
    *_example(
        "probabilities, minus 1 at the true species",
        "minus 1",
        "0.3332967 -0.6672172 0.3339205",
        "0.3332917 -0.6672314 0.3339397",
        "0.3332868 -0.6671856 0.3338988",
    ),
    *_example(
        "gradient of the data loss with respect to the scores",
        "/ 90",
        "0.003703297 -0.007413524 0.003710227",
        "0.003703241 -0.007413682 0.003710441",
        "0.003703187 -0.007413173 0.003709987",
    ),
    _dW2(1, "2.143109e-02 -7.865665e-03 -1.356543e-02", None, False, _UNKNOWN),
    _dW2(2, "0.000000e+00 0.000000e+00 0.000000e+00", None, True, _SILENT),
    _dW2(3, "3.267824e-03 -1.908723e-03 -1.359102e-03", None, False, _UNKNOWN),
    _dW2(4, "0.000000e+00 0.000000e+00 0.000000e+00", None, True, _SILENT),
    _dW2(5, "2.085304e-06 -4.173916e-06 2.088612e-06", 63, True, _UNIT_5),
    _dW2(6, "2.761881e-03 -5.875996e-04 -2.174282e-03", None, False, _UNKNOWN),
)
"""Every row of numbers that the post prints of hidden, probs, dscores and dW2, in its order."""


def ours() -> dict[str, Array]:
    """Compute the reproducible figures with `reference.post`.

    Returns
    -------
    dict of str to float64 array
        By the label of the figure, with one number for each printed one.

    Examples
    --------
    >>> probs = next(figure for figure in FIGURES if figure.label == "probs [1]")
    >>> [as_printed(p, like) for p, like in zip(ours()["probs [1]"], probs.printed)]
    ['0.3332967', '0.3327828', '0.3339205']
    """
    X, y, _, _ = iris.split()
    W1, b1, W2, b2 = post.init()
    values = post.forward(X, y, W1, b1, W2, b2, reg=1e-3)
    lines = post.backward(X, y, W1, b1, W2, b2, 1e-3, values)

    position = {int(row): n for n, row in enumerate(golden.read()["rows"][0])}
    per_example = {
        "hidden": values["hidden"],
        "probs": values["probs"],
        "minus 1": lines["dscores_minus_onehot"],
        "/ 90": lines["dscores"],
    }
    result: dict[str, Array] = {}
    for name, array in per_example.items():
        for number, row in enumerate((77, 78, 73), start=1):
            result[f"{name} [{number}]"] = array[position[row]]

    result["dW2 [2]"] = lines["dW2_data"][1]
    result["dW2 [4]"] = lines["dW2_data"][3]
    # The one term of the sum over examples, outer(hidden[e], dscores[e]), that is not zero.
    only = position[63]
    result["dW2 [5]"] = np.outer(values["hidden"][only], lines["dscores"][only])[4]
    return result


def as_printed(value: float, like: str) -> str:
    """Format a number as R printed another one: same notation, same number of digits.

    R prints 7 significant digits for the number of a column that needs most of them, and the
    others with as many decimals. A bare ``0`` stands in columns where every number is exactly 0,
    so a number that is not would have been printed with its digits; here it is, too.

    Parameters
    ----------
    value : float
        The number to format.
    like : str
        A printed number, such as ``"0.3332967"``, ``"2.085304e-06"`` or ``"0"``.

    Returns
    -------
    str

    Examples
    --------
    >>> as_printed(1 / 3, "0.3332967"), as_printed(1 / 3, "2.085304e-06"), as_printed(1 / 3, "0")
    ('0.3333333', '3.333333e-01', '0.3333333')
    """
    value = float(value) + 0.0  # -0.0 + 0.0 is 0.0, and R prints no sign before a zero
    mantissa, exponent, _ = like.partition("e")
    _, point, decimals = mantissa.partition(".")
    if not point:
        return f"{value:.7g}"
    return f"{value:.{len(decimals)}{exponent or 'f'}}"
