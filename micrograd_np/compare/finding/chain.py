"""The first of several mistakes: an edit makes its line right, and yet not every gradient."""

from __future__ import annotations

from micrograd_np.compare.finding.meant import exactly
from micrograd_np.compare.finding.nearby import Nearby
from micrograd_np.compare.finding.repair import Repair, parsed
from micrograd_np.compare.finding.target import Target

LIMIT = 1.6
"""What such an edit costs at most."""


def first_of_several(nearby: Nearby) -> tuple[Target, Repair] | None:
    """Return the first line that is not what it is called for, with the edit by which it is.

    Everything that it reads is recognised. With the edit, no other gradient is wrong than before.

    Parameters
    ----------
    nearby
        Tells where to look, and what lines are called for.
    """
    look, search = nearby.look, nearby.search
    unknown = look.unknown()
    if not unknown or look.error is not None:
        return None
    at, first, its_run = unknown[0]
    odd = [(one, run) for one, run in look.writers(first, at) if one.is_misnamed(look.case, run)]
    tried = [*reversed(odd), (first, its_run)] if first in look.origins() else odd
    before = [case.try_with() for case in search.cases]
    for target, run in tried:
        whole = [one.array for one in nearby.meant.named(target, run) if one.kind == "adjoint"]
        wanted = [one for one in whole if one.shape == target.values[run].shape]
        if run or not wanted or target.is_running or target.is_start:
            continue
        code = target.steps[run].code
        for edit in search.candidates(code, target.node, exactly(target, run, wanted), LIMIT):
            if edit.kind in ("aliasing", "= for +=") or edit.text == "pass":
                continue  # what those do shows later
            instead = {target.node: parsed(edit.text)}
            left = [case.try_with(instead) for case in search.cases]
            pairs = zip(left, before, strict=True)
            if all(now is not None and was is not None and now <= was for now, was in pairs):
                return target, Repair(code, target.node, edit)
    return None
