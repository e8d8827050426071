"""Functions that write into an array."""

import numpy as np

from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import picked
from micrograd_np.testing.operations.table.indexing import target


def writes(function):
    """Return what a copy has become that `function` has written into."""

    def call(a, value, **options):
        a = target(a, value)
        function(a, value, **options)
        return a

    return call


for _function, _draw, _write in (
    (np.put, moving.put(), lambda a, v, ind, mode: np.put(a, ind, v, mode=mode)),
    (np.place, moving.masked(), lambda arr, vals, mask: np.place(arr, mask, vals)),
    (np.putmask, moving.masked(), lambda a, values, mask: np.putmask(a, mask, values)),
    (np.copyto, moving.copied(), np.copyto),
    (
        np.put_along_axis,
        moving.put_along(),
        lambda arr, values, indices, axis: np.put_along_axis(arr, indices, values, axis),
    ),
    (np.fill_diagonal, moving.diagonals(), np.fill_diagonal),
):
    case(_function.__name__, _function, writes(_write), _draw, picked(writes(_write)))
