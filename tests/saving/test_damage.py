"""A file that is not whole, or not of ours, raises one clear error, or loads as what was saved."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from micrograd_np.io import load, save
from saving.drawn import TREES, same

TREE = {
    "w": np.arange(3.0),
    "b/c": [np.float32([[1, 2]]), (True, 2**100, 1.5)],
    "text": "\ud800",
    "step": np.int64(3),
    "bits": b"\0\xff",
}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def refusal(path):
    """Return what the error says that loading a file raises: one line, and which file it is."""
    with pytest.raises(ValueError, match=r" .*(or load another copy|np\.load.*|_np)$") as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(f"{str(path)!r} ")
    assert said.isprintable()
    return said.removeprefix(f"{str(path)!r} ")


def refused_or_same(data, path, tree):
    """Assert that bytes are refused, or load as a tree; return whether they are refused."""
    path.write_bytes(data)
    try:
        found = load(path)
    except ValueError as error:
        said = str(error)
        return said.startswith(f"{str(path)!r} ") and said.isprintable()
    assert same(tree, found)
    return False


# --- cut off or changed --------------------------------------------------------------------------


def test_cut_off_anywhere(path):
    save(TREE, path)
    data = path.read_bytes()
    for length in range(len(data)):
        assert refused_or_same(data[:length], path, TREE)


def test_every_single_byte(path):
    save(TREE, path)
    data = path.read_bytes()
    refused = 0
    for i in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[i] ^= flip
            refused += refused_or_same(damaged, path, TREE)
    assert refused > 1.5 * len(data)  # of three: what else is in headers is not read


@settings(
    max_examples=settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=TREES, data=st.data())
def test_drawn_damage(path, tree, data):
    save(tree, path)
    whole = path.read_bytes()
    length = len(whole)
    places = st.integers(0, length - 1)
    # The last part is the directory, in which each byte has a meaning.
    places = st.one_of(places, st.integers(max(length - 200, 0), length - 1))
    for _ in range(10):
        damaged = bytearray(whole)
        changes = data.draw(
            st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=6)
        )
        for place, value in changes:
            damaged[place] = value
        refused_or_same(damaged, path, tree)
        start, stop = sorted((data.draw(places), data.draw(places)))
        for part in (whole[:stop], whole[start:], whole[:start] + whole[stop:], whole + whole):
            refused_or_same(part, path, tree)


def test_a_file_of_ours_inside_of_another(path):
    save({"inner": np.ones(2)}, path)
    inner = np.frombuffer(path.read_bytes(), np.uint8)
    tree = {"file": inner, "w": np.ones(3)}
    save(tree, path)
    data = path.read_bytes()
    assert same(tree, load(path))
    end = data.index(inner.tobytes()) + inner.size
    for length in range(end - 10, len(data)):  # some leave the inner file whole, at the end
        assert refused_or_same(data[:length], path, tree)


def test_a_place_with_zeros(path):
    save(np.arange(10_000.0), path)
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)  # a page that never reached the disk
    path.write_bytes(data)
    assert refusal(path).startswith("is cut off or damaged (BadZipFile: Bad CRC-32 for file 'array")


# --- of another kind -----------------------------------------------------------------------------


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def compressed():
    file = io.BytesIO()
    np.savez_compressed(file, w=np.ones(3))
    return file.getvalue()


def npy():
    file = io.BytesIO()
    np.save(file, np.ones(3))
    return file.getvalue()


NONE_OF_OURS = "has no entry #tree.json, save did not write it; "


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty: it is damaged, or no file that save wrote; "),
        (b"w,b\n1,2\n", "begins with b'w,b\\n1,': it is damaged, or no file that save wrote; "),
        (pickle.dumps({"w": 1}), "begins with b'\\x80\\x04"),
        (bytes(100), "begins with b'\\x00\\x00"),
        (npy(), "is an .npy file of one array; np.load reads it"),
        (npz(w=np.ones(3)), NONE_OF_OURS),
        (npz(w=np.array([None])), NONE_OF_OURS),
        (compressed(), NONE_OF_OURS),
        (b"PK\x05\x06" + bytes(18), NONE_OF_OURS),
        (
            b"PK\x03\x04" + bytes(100),
            "is cut off or damaged (BadZipFile: File is not a zip file); ",
        ),
    ],
)
def test_a_file_of_another_kind(data, said, path):
    path.write_bytes(data)
    assert refusal(path).startswith(said)


def test_no_file(path, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"'.*file'"):
        load(path)
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


# --- written by somebody who meant it ------------------------------------------------------------


def written(path, structure, compression=zipfile.ZIP_STORED, **entries):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("#tree.json", structure)
        for name, data in entries.items():
            archive.writestr(f"{name}.npy", data)


def tree_of(node):
    return json.dumps({"format": 1, "tree": node})


def test_a_newer_version(path):
    written(path, '{"format": 2, "future": []}')
    assert refusal(path) == (
        "has format 2, this version reads up to 1; load it with a newer micrograd_np"
    )


@pytest.mark.parametrize(
    "structure",
    [
        "", "{", "nonsense", "\xff", "[]", "3", "{}", '{"format": 1}', '{"tree": 1}',
        '{"format": "1", "tree": 1}', '{"format": null, "tree": 1}', "[" * 100_000,
        '{"format": 1, "tree": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"format": 1, "tree": ' + "1" * 5000 + "}",
        *map(tree_of, [
            {}, {"set": [1]}, {"a": 1, "b": 2}, {"tuple": 3}, {"tuple": "abc"}, {"dict": {"a": 1}},
            {"dict": [1]}, {"dict": [["a"]]}, {"dict": [["a", 1, 2]]}, {"dict": [[[], 1]]},
            {"dict": [[{"dict": []}, 1]]}, {"int": 3}, {"int": "x"}, {"float": 1.5}, {"float": ""},
            {"float": "00"}, {"float": "zz"}, {"complex": [1, 2]}, {"complex": "00" * 8},
            {"bytes": "f"}, {"bytes": [1]}, {"str": "ff"}, {"str": None}, {"np.str_": [[]]},
            {"np.bytes_": "f"}, {"number": ["<f8", ""]}, {"number": ["<f8", "00" * 16]},
            {"number": ["O", "00" * 8]},
            {"number": ["nonsense", "00"]}, {"number": "<f8"}, {"array": 3}, {"array": "missing"},
            {"array": ""}, {"array": "../w"}, {"scalar": "missing"}, {"array": "#tree.json"},
        ]),
    ],
)  # fmt: skip
def test_a_structure_that_is_none(structure, path):
    written(path, structure)
    assert refusal(path).startswith("is cut off or damaged (")


def header(text):
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x93NUMPY", b"nonsense", npy()[:-1], npz(w=np.ones(3)), header(""), header("3"),
        header("{"), header("(" * 5000), header("-" * 9000), header(" " * 30_000),
        header("[" * 9000 + "]" * 9000),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': '\\d', }"),
        header("{'descr': 'nonsense', 'fortran_order': False, 'shape': (), }"),
        header("{'descr': [('a',)], 'fortran_order': False, 'shape': (), }"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (), }") + pickle.dumps(print),
        b"\x93NUMPY\x09\x00" + npy()[8:],
    ],
    ids=range(21),
)  # fmt: skip
def test_an_array_that_is_none(data, path):
    written(path, tree_of({"array": "w"}), w=data)
    assert refusal(path).startswith("is cut off or damaged (")


def test_a_compressed_entry_is_refused_before_it_is_unpacked(path):
    written(path, tree_of({"array": "w"}), zipfile.ZIP_DEFLATED, w=bytes(10**8))
    assert "compressed, or larger than the file" in refusal(path)
