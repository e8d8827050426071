"""What PyTorch says of the automatic gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from micrograd_np.compare.report.report import Gradient
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import name_of
from micrograd_np.compare.running.in_torch import NotAsked, in_torch
from micrograd_np.rounding import Radius, distance

MOST_VALUES = 1000
"""With more values on the way, PyTorch is asked only where that is wished: it takes a second."""


class Opinion:
    """PyTorch's gradients on the user's inputs.

    Parameters
    ----------
    case
        The forward pass on them.
    is_wished
        Whether the user wants it: then it may take long, and is told why it cannot be had.

    Attributes
    ----------
    notes
        Why it cannot be had.
    """

    def __init__(self, case: Case, is_wished: bool) -> None:
        self.case = case
        self.notes: list[str] = []
        self._found = {}
        values = len(case.followed.quantities) + len(case.followed.hidden)
        if values > MOST_VALUES and not is_wished:
            return
        try:
            self._found = in_torch(case)
        except NotAsked as error:
            if is_wished:
                self.notes.append(f"PyTorch could not be asked: {error}")

    def of(self, gradient: Gradient, radii: Mapping[str, Radius]) -> Gradient:
        """Return a gradient with how far PyTorch's is from the automatic one."""
        found = self._found.get(gradient.of)
        if found is None:
            return gradient
        radius = radii.get(name_of(self.case.right[gradient.of].key))
        if radius is None:  # the loss does not depend on it
            return replace(gradient, torch=float("inf") if found.any() else 0.0)
        return replace(gradient, torch=distance(found, radius).radii)
