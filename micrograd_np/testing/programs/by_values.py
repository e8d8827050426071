"""The derivative of what a program computes, from values alone: differences in long double.

The steps are taken again with the leaves moved along a direction. What was computed without being
recorded stays where it was, since no gradient goes through it, and a step back changes no value.
"""

from dataclasses import replace
from functools import cache

import numpy as np

import micrograd_np as mg
from micrograd_np.numeric.differences import slope
from micrograd_np.testing.agreement import Pair
from micrograd_np.testing.operations.measured import along, weights_for
from micrograd_np.testing.programs.sides import Ours, update


class Moved(Ours):
    """What the steps make of leaves that are moved by so much along their directions.

    Only those are that are there in the end, with a gradient that can be asked for.
    """

    def __init__(self, names, amount):
        super().__init__()
        self.names, self.amount = names, amount

    def leaf(self, name, array, requires_grad):
        moved = _wide(array)
        if name in self.names:
            moved = moved + self.amount * _direction(array)
        self.tensors[name] = mg.Tensor(moved)

    def compute(self, name, text, operands, options, recording=True):
        super().compute(name, text, operands, options, recording=False)

    def write(self, name, how, value, index, recording):
        target = self.tensors[name].copy()
        with mg.no_grad():
            update(target, how, self.tensors.get(value, value), index)
        self.tensors[name] = target

    def hold(self, name, before, after):
        """Take a step that is not recorded: of a write, gradients go by as if there were none."""
        value = _wide(after)
        if before is not None:
            value = value + (self.tensors[name].data - _wide(before))
        self.tensors[name] = mg.Tensor(value)


def along_a_direction(both, radii):
    """Compare what the last step, which goes back, makes of the gradients, along one direction.

    Parameters
    ----------
    both
        Both sides and their log. All gradients were cleared before the last step.
    radii
        How far rounding moves each gradient.
    """
    name, seed, *_ = both.log[-1][1]
    leaves = both.ours.leaves()

    @cache
    def value_at(amount):
        side = Moved(leaves, amount)
        for number, (what, args) in enumerate(both.log):
            if number in both.held:
                side.hold(args[0], *both.held[number])
            elif what not in ("backward", "zero_grad"):
                getattr(side, what)(*args)
        out = side.tensors[name].data
        return np.sum(out if seed is None else out * seed)

    with np.errstate(all="ignore"):
        found = slope(lambda a, b: value_at(b) - value_at(a), [1.0], np.longdouble)
    known = [radii[name] for leaf in leaves if (name := f"gradient of {leaf}") in radii]
    wanted = along(known, [_direction(of.value) for of in known])
    is_undecided = wanted.undecided | found.kink | (not found.settled)
    wanted = replace(wanted, radius=wanted.radius + found.error, undecided=is_undecided)
    return Pair("along a direction", ("differences", "auto"), np.asarray(found.value), wanted)


def _wide(array):
    return array.astype(np.longdouble) if array.dtype.kind == "f" else array


def _direction(array):
    return weights_for(np.asarray(array, np.float64))
