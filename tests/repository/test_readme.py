"""The Python of the README runs and prints what the README says."""

import doctest
import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")


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


def test_it_is_short():
    assert len(TEXT.splitlines()) < 220
