"""What the README says is so: its Python runs, and its commands print what it shows."""

import doctest
import re
from pathlib import Path

import pytest

from micrograd_np.cli import main
from micrograd_np.testing.properties import PROPERTIES

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
EVIDENCE = re.search(r"^```text\n(property .*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[1]


def test_blocks_of_python_are_true():
    blocks = list(re.finditer(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
    assert blocks
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    names = {}
    failures = []
    for block in blocks:
        line = TEXT[: block.start(1)].count("\n")
        test = doctest.DocTestParser().get_doctest(block[1], names, README.name, str(README), line)
        assert test.examples, f"line {line + 1}: a block of Python without a prompt is not run"
        runner.run(test, out=failures.append, clear_globs=False)
        names = test.globs  # one session from the first block to the last
    assert not failures, "".join(failures)


def test_the_derived_source_is_what_the_command_prints(tmp_path, monkeypatch, capsys):
    section = TEXT.split("\n## Have the backward pass written for you\n")[1].partition("\n## ")[0]
    (file,) = re.findall(r"^```py\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```text\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r"^```sh\n(.*?)\n```$", section, re.MULTILINE | re.DOTALL)
    program, *arguments = command.split()
    assert program == ".venv/bin/micrograd-np"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(file, encoding="utf-8")
    assert main(arguments) == 0
    assert capsys.readouterr() == (shown, "")


def test_the_wrong_line_is_what_the_command_finds(tmp_path, monkeypatch, capsys):
    section = TEXT.split("\n## Find the wrong line of a backward pass\n")[1].partition("\n## ")[0]
    (file,) = re.findall(r"^```py\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```text\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r"^```sh\n(.*?)\n```$", section, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homework.py").write_text(file, encoding="utf-8")
    assert main(command.split()[1:]) == 1
    said, errors = capsys.readouterr()
    assert errors == ""
    # The radii of correct lines are small, and depend on how the computer rounds.
    radii = re.compile(r" +\d\.\d$", re.MULTILINE)
    assert radii.sub("", said) == radii.sub("", shown)


@pytest.mark.parametrize("option", re.findall(r"`(--[a-z]+)", TEXT))
def test_every_option_exists(option, capsys):
    described = ""
    for command in ([], ["derive"], ["compare"], ["explore"], ["verify"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        described += capsys.readouterr().out
    assert f" {option} " in described


def test_the_evidence_adds_up():
    rows = re.findall(r"^(\S.*?) {2,}([\d,]+) +\d", EVIDENCE, re.MULTILINE)
    assert {name for name, _ in rows} == {one.family or one.name for one in PROPERTIES}
    told, by_three = re.search(r"\n([\d,]+) examples of .*, ([\d,]+) of them by", EVIDENCE).groups()
    assert sum(int(count) for _, count in rows) == int(told.replace(",", ""))
    assert int(by_three.replace(",", "")) > 100_000
    assert "0 disagreements" in EVIDENCE


def test_it_is_short():
    assert len(TEXT.replace(EVIDENCE, "").splitlines()) < 400
