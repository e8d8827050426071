"""``micrograd-np explore`` at the terminal."""

import re
import signal
import socket
import subprocess
import sys

import pytest

from micrograd_np import cli_explore
from micrograd_np.cli import main

COMMAND = [sys.executable, "-m", "micrograd_np", "explore", "--no-browser"]


def started(*arguments):
    return subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_it_prints_the_address_and_ends_with_an_interrupt():
    run = started()
    first = run.stdout.readline()
    assert re.fullmatch(r"The explorer is at http://127\.0\.0\.1:\d+/#[\w-]{32}\n", first)
    assert run.stdout.readline() == "Ctrl-C ends it.\n"
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert (out, err, run.returncode) == ("\n", "", 0)


def test_the_browser_is_opened_at_the_address(monkeypatch):
    opened = []
    monkeypatch.setattr(cli_explore.webbrowser, "open", opened.append)
    monkeypatch.setattr(
        "micrograd_np.explorer.server.Server.serve_forever",
        lambda self: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    assert main(["explore"]) == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#[\w-]{32}", opened[0])
    assert main(["explore", "--no-browser"]) == 0
    assert len(opened) == 1


def test_another_address_is_warned_of():
    run = started("--host", "0.0.0.0")
    warning = run.stderr.readline()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=20)
    assert warning.startswith("micrograd-np explore: warning: 0.0.0.0 can be reached from other")


def test_a_port_can_be_chosen_and_may_be_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["explore", "--no-browser", "--port", port]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"micrograd-np explore: error: cannot listen on 127.0.0.1:{port}: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.py"], "none.py: cannot be read (No such file or directory)"),
        (["none.py", "--export", "p.html"], "none.py: cannot be read"),
        (["--port", "70000"], "argument --port: must be a whole number of at most 65535"),
        (["--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid: "),
        (["--export", "page.py"], "--export page.py: no source is overwritten"),
        (
            ["--export", "no/folder/p.html"],
            "--export no/folder/p.html: there is no folder no/folder",
        ),
        (["a.py", "b.py"], "unrecognized arguments: b.py"),
    ],
)
def test_bad_usage_is_told_in_one_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("micrograd_np.explorer.export.of_the_post", dict)
    try:
        status = main(["explore", "--no-browser", *arguments])
    except SystemExit as left:
        status = left.code
    error = capsys.readouterr().err
    assert status == 2
    assert error.startswith(f"micrograd-np explore: error: {said}")
    assert error.count("\n") == 1


def test_a_file_that_cannot_be_run_is_not_exported(tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text("def forward(", encoding="utf-8")
    assert main(["explore", str(path), "--export", str(tmp_path / "p.html")]) == 2
    assert "broken.py:1: SyntaxError" in capsys.readouterr().err
    assert not (tmp_path / "p.html").exists()


def test_no_source_is_overwritten_by_its_own_page(tmp_path):
    path = tmp_path / "net"
    path.write_text("x = 1", encoding="utf-8")
    assert main(["explore", str(path), "--export", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "x = 1"


def test_nothing_is_left_beside_the_users_file(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text("import numpy as np\nprint('heard')\n", encoding="utf-8")
    run = started(str(path))
    run.stdout.readline()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=20)
    assert [one.name for one in tmp_path.iterdir()] == ["homework.py"]
