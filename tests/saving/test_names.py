"""What the arrays are called in the file: np.load finds them there."""

import zipfile

import numpy as np

from micrograd_np.io import load, save
from saving.drawn import Layer, same


def names(tree, folder):
    save(tree, folder / "file")
    with np.load(folder / "file") as found:
        assert found.files[0] == "#tree.json"
        return found.files[1:]


def test_names_are_places(tmp_path):
    a = np.ones(2)
    tree = {"model": {"0.weight": a, "0.bias": a}, "past": [a, (a,)], "by": {3: a}, "Größe": a}
    assert names(tree, tmp_path) == [
        "model/0.weight", "model/0.bias", "past/0", "past/1/0", "by/3", "Größe",
    ]  # fmt: skip
    assert names(a, tmp_path) == ["array"]
    assert names(Layer(w=a, rng=np.random.MT19937(0)), tmp_path) == ["w", "rng/state/key"]


def test_keys_that_are_no_names_are_numbered(tmp_path):
    a = np.ones(2)
    keys = [
        "",
        "..",
        "a/b",
        "a",
        "a.npy",
        "x" * 65,
        0,
        "0",
        -1,
        None,
        True,
        2.5,
        "#1",
        "\ud800",
        "a b",
    ]
    wanted = [f"#{i}" for i in range(15)]
    wanted[3], wanted[6] = "a", "0"
    assert names(dict.fromkeys(keys, a), tmp_path) == wanted
    assert names({"/": {"a": a}, "..": [a], "a/b": a, "a": {"b": a}}, tmp_path) == [
        "#0/a", "#1/0", "#2", "a/b",
    ]  # fmt: skip


def test_no_array_is_called_like_the_structure(tmp_path):
    tree = {"#tree.json": np.ones(2), "#tree.json.npy": np.zeros(1), "#tree": np.ones(3)}
    save(tree, tmp_path / "file")
    assert same(tree, load(tmp_path / "file"))


def test_the_structure_is_json_that_can_be_read(tmp_path):
    save({"w": np.ones(2), "step": 3, "lr": (0.1, None), "n": 2**53}, tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "file") as archive:
        assert archive.read("#tree.json").decode() == (
            '{"format": 1, "tree": {"dict": [["w", {"array": "w"}], ["step", 3], '
            '["lr", {"tuple": [0.1, null]}], ["n", {"int": "0x20000000000000"}]]}}'
        )
