"""The page as one file that needs no server: a walk with its knobs standing still."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from micrograd_np.explorer import derivation, judging, mistakes
from micrograd_np.explorer.knobs import Knobs, described
from micrograd_np.explorer.message import Arrays
from micrograd_np.explorer.own import Own
from micrograd_np.explorer.page import policy, text
from micrograd_np.explorer.pytorch import torch_is_here
from micrograd_np.explorer.questions import offered
from micrograd_np.explorer.training import Automatic, ByHand, Course, as_message
from micrograd_np.explorer.walk import as_message as walk_message
from micrograd_np.explorer.walk import walk

STEPS = 600
"""How many steps of training are recorded."""

OWN_STEPS, LONGEST = 200, 5.0
"""How many steps are recorded of the user's own code, and seconds after which they end."""

EVERY = 20
"""Of so many steps, the weights before one are recorded."""

DIGITS = 10
"""To how many digits losses are recorded: as many as the page shows."""


def page(record: dict[str, Any]) -> str:
    """Return the page with a record in place of a server."""
    data = json.dumps(record, allow_nan=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # so that nothing in it ends the element
    rules = html.escape(policy(connects=False), quote=True)
    head = f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
    element = f'<script type="application/json" id="record">{data}</script>'
    whole = text().replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{head}', 1)
    return whole.replace("<script>", f"{element}\n<script>", 1)


def write(path: Path, record: dict[str, Any]) -> None:
    """Write the page.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.write_text(page(record), encoding="utf-8")


def of_own(own: Own) -> dict[str, Any]:
    """Return a record of code of the user's.

    Raises
    ------
    ValueError
        If it cannot be run: with the reason.
    """
    found = own.message(0)
    if "lines" not in found:
        raise ValueError(found["error"])
    descent = own.descent(Knobs().lr)
    descent.run(OWN_STEPS, LONGEST)
    steps = len(descent.radii)
    train = _recorded(descent.message(0, steps), descent.hand, steps)
    return {
        "start": {"own": found | {"torch": _torch()}, "knobs": described(["lr"])},
        "automatic": train.pop("automatic"),
        "trains": {"{}": train},
    }


def of_the_post() -> dict[str, Any]:
    """Return a record of the network of the post, and of the mistakes of the menu."""
    return _Recorder(Knobs()).record()


def _torch() -> str:
    return "here" if torch_is_here() else "absent"


@dataclass
class _Recorder:
    """Records what the page may ask about one network."""

    knobs: Knobs

    def __post_init__(self) -> None:
        self.automatic = Automatic(self.knobs)

    def record(self) -> dict[str, Any]:
        """Return all of it; arrays that stand in several places once."""
        arrays = Arrays()
        edits: list[dict[str, str]] = [{}]
        menu = mistakes.menu(self.knobs.depth, self.knobs.activation)
        edits += [{one.line: one.name} for one in menu]
        walks, reports, trains = {}, {}, {}
        automatic = None
        for chosen in edits:
            key = json.dumps(chosen, separators=(",", ":"))  # as JavaScript writes it
            instead = mistakes.chosen(chosen, self.knobs.depth, self.knobs.activation)
            walks[key] = walk_message(self.knobs, walk(self.knobs, instead), arrays)
            reports[key] = judging.message(self.knobs, instead)
            trains[key] = self._train(instead)
            automatic = trains[key].pop("automatic")  # the same for all
        first = walks["{}"] | {"torch": _torch(), "arrays": arrays.sent}
        first |= offered(self.knobs.depth, self.knobs.activation)
        return {
            "start": {"knobs": described(), "walk": first},
            "walks": {key: {"lines": one["lines"], "ok": one["ok"], "error": one["error"]}
                      for key, one in walks.items()},
            "reports": reports,
            "trains": trains,
            "automatic": automatic,
            "derivation": derivation.message(self.knobs),
        }  # fmt: skip

    def _train(self, instead: dict[str, str]) -> dict[str, Any]:
        """Return a training with a line changed."""
        hand = ByHand(self.knobs, instead)
        with np.errstate(all="ignore"):
            self.automatic.run(STEPS)
            hand.run(STEPS)
        return _recorded(as_message(hand, self.automatic, 0, STEPS), hand.course, STEPS)


def _recorded(message: dict[str, Any], hand: Course, steps: int) -> dict[str, Any]:
    """Return a training with the hand-written weights at every so many steps."""
    found: dict[str, Any] = _shorter(message)
    arrays = Arrays()
    found["snapshots"] = [
        [arrays.add(w) for w in hand.weights[step]] for step in range(0, steps + 1, EVERY)
    ]
    return found | {"most": steps, "every": EVERY, "arrays": arrays.sent}


def _shorter(value: Any) -> Any:
    """Return a message with its numbers to the digits that the page shows."""
    if isinstance(value, dict):
        return {key: _shorter(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shorter(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
