"""The iris data set: 150 flowers, 4 measurements each, 3 species; as R ships it.

Fisher, R. A. (1936), "The use of multiple measurements in taxonomic problems", Annals of Eugenics
7, 179-188; the measurements were collected by Edgar Anderson.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import golden

Array = NDArray[Any]

FEATURES = ("Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width")
"""Names of the columns of X, in order; all four are in centimetres."""


def load() -> tuple[Array, Array, tuple[str, ...]]:
    """Return the 150 rows, in the order of the file.

    Returns
    -------
    X : float64 array (150, 4)
        The measurements, in the order of `FEATURES`.
    y : integer array (150,)
        The species as a position in `names`, counted from 0.
    names : tuple of str
        The species in alphabetical order.

    Examples
    --------
    >>> X, y, names = load()
    >>> X[0].tolist(), int(y[0]), names
    ([5.1, 3.5, 1.4, 0.2], 0, ('setosa', 'versicolor', 'virginica'))
    """
    path = Path(__file__).parent / "data" / "iris.csv"
    with path.open(encoding="ascii", newline="") as file:
        flowers = list(csv.DictReader(file))
    names = tuple(sorted({flower["Species"] for flower in flowers}))
    X = np.array([[float(flower[feature]) for feature in FEATURES] for flower in flowers])
    y = np.array([names.index(flower["Species"]) for flower in flowers], dtype=np.intp)
    return X, y, names


def split() -> tuple[Array, Array, Array, Array]:
    """Return 90 rows to train on and the other 60 to test with.

    The post does not say which 90 rows it drew. These are a stated set, the one for which
    `reference.golden` holds R's results; it begins with the rows that the post prints figures of.

    Returns
    -------
    X_train : float64 array (90, 4)
    y_train : integer array (90,)
        In the order of the record ``rows`` of `reference.golden.read`.
    X_test : float64 array (60, 4)
    y_test : integer array (60,)
        In the order of the file.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = split()
    >>> X_train.shape, X_test.shape
    ((90, 4), (60, 4))
    """
    X, y, _ = load()
    train = golden.read()["rows"][0].astype(np.intp) - 1  # R counts from 1
    test = np.setdiff1d(np.arange(len(X)), train)  # ascending: the order of the file
    return X[train], y[train], X[test], y[test]
