"""The explorer from Python: the page opens beside a notebook, and stays until it is closed."""

from __future__ import annotations

import html
import threading
import webbrowser
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from micrograd_np.compare.report.html import fragment
from micrograd_np.explorer.own import Own
from micrograd_np.explorer.questions import OwnQuestions, Questions
from micrograd_np.explorer.server import Server
from micrograd_np.explorer.views import Given, Views


class Explorer:
    """A page that is being served; :func:`explore` makes one.

    Attributes
    ----------
    url
        Its address, which is known to this computer alone.
    """

    def __init__(self, server: Server, picture: str) -> None:
        self.url = server.url
        self._server = server
        self._picture = picture
        self._thread = threading.Thread(target=server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it. The page is kept by the browser, and its knobs no longer answer."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Explorer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._thread.is_alive() else "closed"
        return f"<Explorer {state}>"

    def _repr_html_(self) -> str:
        """Return for notebooks what it shows, and where it can be touched."""
        link = f'<p><a href="{html.escape(self.url)}" target="_blank">the live page</a></p>'
        return f"<div>{link if self._thread.is_alive() else '<p>closed</p>'}{self._picture}</div>"


def explore(
    forward: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
    *args: Any,
    browser: bool = True,
    **inputs: Any,
) -> Explorer:
    """Open a page on which a backward pass can be walked line by line, broken and repaired.

    Parameters
    ----------
    forward, backward, *args, **inputs
        As for :func:`micrograd_np.compare`; nothing: the network of the post.
    browser
        Whether a browser is opened.

    Returns
    -------
    Explorer
        Has the ``url``, and is ended by ``close()``, by leaving a ``with`` block, or with Python.

    Raises
    ------
    ValueError
        As `compare` does.
    RuntimeError, TimeoutError
        As `compare` does.

    Examples
    --------
    >>> with explore(browser=False) as explorer:
    ...     explorer.url.startswith("http://127.0.0.1:")
    True
    """
    if forward is None:
        questions = Questions()
        server = Server(questions.answers(), closing=questions.close)
        picture = questions.picture()
    else:
        given = Given(forward, backward, args, inputs)
        name = getattr(forward, "__name__", "the backward pass")
        picture = fragment(Views(given, name).report)
        own = Own(name, lambda: nullcontext(given), lambda: 0)
        server = Server(OwnQuestions(own).answers())
    explorer = Explorer(server, picture)
    if browser:
        webbrowser.open(explorer.url)
    return explorer
