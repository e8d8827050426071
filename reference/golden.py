"""What R itself computes for the network of the post, to 17 significant digits.

The file `data/r_golden.txt` has one record per line: a name, the number of rows, the number of
columns, then the values row by row. Seventeen digits determine a float64, so reading them back
gives the very numbers R had. The records are:

- ``rows``: which 90 rows of iris are trained on, in this order, counted from 1 as R counts;
- ``W1``, ``W2``: the weights R draws with seed 0 (both biases begin at zero);
- ``it1_...``: every intermediate value of the first iteration, named as in `reference.post`;
- ``after{n}_...``: weights, biases, loss and test accuracy after n = 1, 10, 100, 1000, 2000 steps.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def read() -> dict[str, Array]:
    """Return every record by its name.

    Returns
    -------
    dict of str to float64 array (rows, columns)
        Always two-dimensional, a single number too. The arrays are read-only, because every call
        hands out the same ones: take a ``.copy()`` to write into. The dict is the caller's own.

    Raises
    ------
    ValueError
        If a record has not as many values as its rows and columns announce.

    Examples
    --------
    >>> records = read()
    >>> records["W1"].shape
    (4, 6)
    >>> records["it1_loss"].tolist()
    [[1.0984274176093627]]
    """
    return dict(_records())


@cache
def _records() -> dict[str, Array]:
    text = (Path(__file__).parent / "data" / "r_golden.txt").read_text(encoding="ascii")
    return dict(_record(line) for line in text.splitlines())


def _record(line: str) -> tuple[str, Array]:
    name, rows, columns, *numbers = line.split()
    values = np.array([float(number) for number in numbers]).reshape(int(rows), int(columns))
    values.flags.writeable = False
    return name, values
