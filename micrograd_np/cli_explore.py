"""The command ``micrograd-np explore``: the page on which a backward pass can be walked."""

import argparse
import contextlib
import os
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from micrograd_np import cli_compare, cli_file
from micrograd_np.cli_options import BadInput, Parser, whole

if TYPE_CHECKING:
    from micrograd_np.explorer.own import Own
    from micrograd_np.explorer.questions import OwnQuestions, Questions
    from micrograd_np.explorer.server import Server

DESCRIPTION = """\
Open a page on which a backward pass can be walked line by line, broken and repaired: that of the
network of the post, or with FILE.py your own, read as `micrograd-np compare` reads it. The page is
served by this computer to this computer; it needs no network.
"""

EPILOG = """\
  micrograd-np explore
  micrograd-np explore homework.py
  micrograd-np explore --export page.html

End it with Ctrl-C.
"""


INTERRUPTED = 130
"""The exit status of a command that an interrupt has ended, as shells count."""


def run(given: list[str]) -> None:
    """Run the command, until it is interrupted.

    Raises
    ------
    BadInput
        If the address cannot be listened on, or the page cannot be written.
    """
    options = _parser().parse_args(given)
    if options.file is None and (options.function or options.set):
        raise BadInput("--function and --set are about a file: name it, as in explore homework.py")
    if options.export is None:
        _serve(options)
        return
    try:
        _export(options)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _serve(options: argparse.Namespace) -> None:
    # Imported here so that --help and bad usage answer at once.
    from micrograd_np.explorer.server import LOOPBACK, Server, is_loopback

    # Read by PyTorch, when it is imported: on arrays so small its threads wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    host = options.host or LOOPBACK
    questions = _questions(options)
    try:
        server = Server(questions.answers(), host, options.port, questions.close)
    except OSError as error:
        place = f"{host}:{options.port}" if options.port else host
        raise BadInput(f"cannot listen on {place}: {error.strerror or error}") from None
    if not is_loopback(host):
        print(
            f"micrograd-np explore: warning: {host} can be reached from other computers; whoever "
            "has the address below can use the page",
            file=sys.stderr,
        )
    _run(server, options.browser)


def _questions(options: argparse.Namespace) -> "Questions | OwnQuestions":
    from micrograd_np.explorer.questions import OwnQuestions, Questions

    if options.file is not None:
        return OwnQuestions(_own(options.file, options.function, options.set))
    questions = Questions()
    threading.Thread(target=questions.first, daemon=True).start()  # as the browser opens
    return questions


def _own(path: Path, function: str | None = None, statements: Sequence[str] = ()) -> "Own":
    from micrograd_np.explorer.own import Own
    from micrograd_np.explorer.views import Given

    if not path.is_file():
        why = "is no file" if path.exists() else "cannot be read (No such file or directory)"
        raise BadInput(f"{path}: {why}")

    @contextlib.contextmanager
    def opened() -> Iterator[Given]:
        with cli_file.loaded(path) as module:
            forward, backward = cli_compare.functions(module, path, function)
            args, kwargs = cli_compare.inputs(module, path, forward, statements)
            with cli_file.explained(path):
                yield Given(forward, backward, args, kwargs)

    def stamp() -> list[tuple[str, int, int]]:
        """Return what changes when a file of the folder is saved: it may be imported."""
        found = []
        for one in sorted({path, *path.parent.glob("*.py")}):
            with contextlib.suppress(OSError):
                seen = one.stat()
                found.append((one.name, seen.st_mtime_ns, seen.st_size))
        return found

    return Own(path.name, opened, stamp)


def _run(server: "Server", browser: bool) -> None:
    try:
        print(f"The explorer is at {server.url}\nCtrl-C ends it.", flush=True)
        if browser:
            webbrowser.open(server.url)
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def _export(options: argparse.Namespace) -> None:
    from micrograd_np.explorer import export

    path: Path = options.export
    is_source = options.file is not None and path.resolve() == options.file.resolve()
    if path.suffix == ".py" or is_source:
        raise BadInput(f"--export {path}: no source is overwritten; name a page, as page.html")
    if not path.parent.is_dir():
        raise BadInput(f"--export {path}: there is no folder {path.parent}")
    with contextlib.suppress(ImportError):  # a third opinion where it is installed
        import torch  # noqa: F401  (from here on it is there)
    try:
        if options.file is None:
            record = export.of_the_post()
        else:
            record = export.of_own(_own(options.file, options.function, options.set))
        export.write(path, record)
    except OSError as error:
        raise BadInput(f"--export {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadInput(str(error)) from None
    print(f"Written: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="micrograd-np explore",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", type=Path, nargs="?", metavar="FILE.py", help="your forward and backward pass")
    add("--function", metavar="NAME", help="one function with forward and backward in a row")
    add(
        "--set",
        action="append",
        default=[],
        metavar="STATEMENT",
        help="change the inputs by a statement of Python, such as reg=0.1; may be given again",
    )
    add("--export", type=Path, metavar="PAGE.html", help="write a page that needs no server")
    add("--port", type=whole(0, 65535), default=0, help="where to listen (default: any free port)")
    add("--host", metavar="ADDRESS", help="listen to other computers, too (default: 127.0.0.1)")
    add(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="print the address, and open no browser",
    )
    return parser
