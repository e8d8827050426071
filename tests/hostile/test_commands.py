"""The options of the commands with hostile texts: taken, or an error of one line."""

import pytest

from micrograd_np import cli, cli_compare, cli_derive, cli_explore

MODULES = (cli, cli_compare, cli_derive, cli_explore)
PARSERS = {module.__name__: module._parser() for module in MODULES}
TEXTS = [
    "", " ", "--", "-1", "0", "1.5", "nan", "-inf", "1e999", "9" * 5000, "0x10", "1_000", "٣",
    "\ud800", "\0", "a\nb", "[1, 2]", "None", "x=", "=1", "x=y=z", "*", "/", "../..", "float64 ",
    "%s", "{}", "x:", ":f", "a.py:", "a.py:f:g",
]  # fmt: skip


def options():
    for name, parser in PARSERS.items():
        for action in parser._actions:
            if action.option_strings and action.nargs != 0:
                yield name, action.option_strings[-1]


@pytest.mark.parametrize(("name", "option"), list(options()))
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_an_option(name, option, text, capsys):
    parser = PARSERS[name]
    needed = ["file.py:f" for action in parser._actions if not action.option_strings]
    try:
        parser.parse_args([*needed, f"{option}={text}"])
        status = 0
    except SystemExit as stopped:
        status = stopped.code
    err = capsys.readouterr().err
    assert status in (0, 2)
    if status:
        assert err.count("\n") == 1
        assert "error: " in err
