"""What the tests of the comparison share."""

import importlib.util
import itertools
import textwrap

import pytest


@pytest.fixture
def load(tmp_path):
    """Return a function that makes a module of a text, which stands in a file of its own."""
    count = itertools.count()

    def make(text):
        path = tmp_path / f"written_{next(count)}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return make
