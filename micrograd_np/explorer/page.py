"""The page as text, and the policy that it is held to."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("page.html")


@cache
def text() -> str:
    """Return the page."""
    return FILE.read_text(encoding="utf-8")


@cache
def policy(connects: bool = True) -> str:
    """Return the Content-Security-Policy: the page's own script and style, and nothing else.

    Parameters
    ----------
    connects
        Whether the page may ask its server; an exported one has none.
    """
    scripts, styles = (_hashes(tag) for tag in ("script", "style"))
    rules = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": styles,
        "connect-src": "'self'" if connects else "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    if connects:
        rules["frame-ancestors"] = "'none'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hashes(tag: str) -> str:
    """Return the hashes of what stands in elements of a kind."""
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", text(), re.DOTALL)
    digests = (hashlib.sha256(one.encode()).digest() for one in found)
    return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
