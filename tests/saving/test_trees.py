"""Whatever is drawn comes back as it was, and NumPy reads its arrays by their names."""

import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from micrograd_np.io import load, save
from saving.drawn import TREES, arrays, same, same_elements, trees

# The file is written anew for every example.
anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def arrays_in(tree):
    if isinstance(tree, np.ndarray):
        return [tree]
    inner = tree.values() if isinstance(tree, dict) else tree
    return [a for item in inner for a in arrays_in(item)]


@anew
@given(TREES)
def test_a_tree_comes_back_to_the_bit(tmp_path, tree):
    save(tree, tmp_path / "file")
    found = load(tmp_path / "file")
    assert same(tree, found)
    save(found, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "file").read_bytes()


@anew
@given(trees(arrays()))
def test_every_array_has_a_name_of_its_own(tmp_path, tree):
    save(tree, tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "file") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert len(set(names)) == len(names)
    assert all(part not in ("", ".", "..") for name in names for part in name.split("/"))
    with np.load(tmp_path / "file") as found:
        read = [found[name] for name in found.files if name != "#tree.json"]
    assert len(read) == len(arrays_in(tree))
    assert all(map(same_elements, arrays_in(tree), read))


GOOD = st.from_regex(r"[A-Za-z_0-9][\w.-]{0,20}", fullmatch=True)


@settings(anew, max_examples=settings.default.max_examples // 2)
@given(st.dictionaries(GOOD.filter(lambda key: not key.endswith(".npy")), arrays(), max_size=5))
def test_the_arrays_of_a_flat_dict_are_called_as_there(tmp_path, tree):
    save(tree, tmp_path / "file")
    with np.load(tmp_path / "file") as found:
        assert sorted(found.files) == sorted([*tree, "#tree.json"])
        assert all(same_elements(array, found[key]) for key, array in tree.items())
