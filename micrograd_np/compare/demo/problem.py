"""The data to work on: iris as in the post, or a CSV file of the user's own."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import iris

Array = NDArray[Any]

TRAINING_SHARE = 0.6


class BadInput(Exception):
    """Something the user gave is wrong; the message says what and where, in one line."""


@dataclass(frozen=True)
class Problem:
    """Rows to train on and rows to test with.

    Attributes
    ----------
    X, X_test
        Features, of shape (rows, columns), floating-point.
    y, y_test
        Classes as positions in `classes`.
    classes
        The labels, sorted.
    source
        Where the rows come from, for the reader.
    """

    X: Array
    y: Array
    X_test: Array
    y_test: Array
    classes: tuple[str, ...]
    source: str

    def astype(self, dtype: str) -> Problem:
        """Return the same problem with features of another dtype.

        Raises
        ------
        BadInput
            If one of them is too large for it.
        """
        with np.errstate(over="ignore"):
            X, X_test = self.X.astype(dtype), self.X_test.astype(dtype)
        if not (np.isfinite(X).all() and np.isfinite(X_test).all()):
            largest = max(np.abs(self.X).max(), np.abs(self.X_test).max())
            raise BadInput(f"{self.source}: {largest:g} is too large for {dtype}")
        return replace(self, X=X, X_test=X_test)


def from_iris() -> Problem:
    """Return iris, with the 90 rows for which R's own results are known to train on."""
    _, _, classes = iris.load()
    return Problem(*iris.split(), classes, "iris, 90 rows to train on and 60 to test with")


def from_csv(path: Path, seed: int) -> Problem:
    """Read a CSV file: numeric columns, the last column the label.

    Parameters
    ----------
    path
        The file. Its first row is a header if none of its feature cells is a number.
    seed
        Draws the 60 % of the rows that are trained on.

    Raises
    ------
    BadInput
        If the file cannot be read, a cell is empty or no finite number, a row has another number
        of columns, or there are fewer than two classes or rows.
    """
    features, labels = _read(path)
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise BadInput(f"{path}: the last column holds one class only, {classes[0]!r}; need two")
    X = np.array(features)
    y = np.array([classes.index(label) for label in labels])
    order = np.random.default_rng(seed).permutation(len(X))
    count = min(max(round(TRAINING_SHARE * len(X)), 1), len(X) - 1)
    train, test = order[:count], order[count:]
    source = f"{path.name}, {len(train)} rows to train on and {len(test)} to test with"
    return Problem(X[train], y[train], X[test], y[test], classes, source)


def _read(path: Path) -> tuple[list[list[float]], list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path}: is not a CSV file in UTF-8 ({error})") from None
    rows = [(line, row) for line, row in rows if row not in ([], [""])]
    if not rows:
        raise BadInput(f"{path}: the file is empty")
    names = [f"column {position + 1}" for position in range(len(rows[0][1]))]
    if len(names) < 2:
        raise BadInput(f"{path}: needs numeric columns and a label, separated by commas")
    if all(_number(cell) is None for cell in rows[0][1][:-1]):
        names = [f"column {name!r}" for name in rows.pop(0)[1]]
    if not rows:
        raise BadInput(f"{path}: there is a header and no rows")
    features = [_features(path, line, row, names) for line, row in rows]
    return features, [row[-1] for _, row in rows]


def _features(path: Path, line: int, row: list[str], names: list[str]) -> list[float]:
    if len(row) != len(names):
        raise BadInput(f"{path}, row {line}: has {len(row)} columns, expected {len(names)}")
    features: list[float] = []
    for cell, name in zip(row, names, strict=True):
        number = _number(cell)
        is_label = len(features) == len(row) - 1
        if not cell:
            raise BadInput(f"{path}, row {line}, {name}: the cell is empty")
        if number is None and not is_label:
            raise BadInput(f"{path}, row {line}, {name}: {cell!r} is not a number")
        if number is not None and not math.isfinite(number):
            raise BadInput(f"{path}, row {line}, {name}: {cell!r} is not a finite number")
        features.append(number or 0.0)
    return features[:-1]


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
