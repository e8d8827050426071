"""What is saved comes back as it was."""

import math
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.io import load, save
from saving.drawn import Layer, same

NAN = struct.unpack("<d", bytes.fromhex("230100000000f8ff"))[0]  # a negative one with a payload


@pytest.fixture
def back(tmp_path):
    """Return a function that saves a tree and loads it."""

    def saved_and_loaded(tree):
        save(tree, tmp_path / "file")
        return load(tmp_path / "file")

    return saved_and_loaded


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**53, -(2**53), 2**128 - 1, 10**5000, -0.0, 5e-324, math.pi,
        math.inf, -math.inf, NAN, 1j, complex(-0.0, NAN), "", "Grüße 🙂\n\0", "\ud83d\ude00",
        "\udc00", b"", b"\0\xff", np.float16(0.1), np.float32(-0.0), np.float64(NAN),
        np.longdouble(0.1), np.complex64(1j), np.int8(-1), np.uint64(2**64 - 1), np.bool_(True),
        np.str_("a\0\0"), np.str_(""), np.bytes_(b"a\0"),
        np.datetime64("2026-02-03T04", "h"), np.datetime64("NaT", "s"),
        np.timedelta64(3, "D"), np.void(b"abc"), np.array((1, 2.0), "i4,>f8")[()],
        [], (), {}, [[]], ([],), {"": {}}, [1, (2, [3])],
        {1: "a", "1": "b", None: "c", 2.5: "d", math.inf: "e", -7: "f", "\ud800": "g"},
        {10**5000: "a"}, {True: 1, False: 2}, {1.0: 1}, {math.nan: 1, -math.nan: 2},
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_value(value, back):
    assert same(value, back(value))
    assert same({"a": [value]}, back({"a": [value]}))


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.0), np.zeros((2, 0, 3)), np.arange(3, dtype=">i4"), np.float32([[1, NAN]]),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(24.0).reshape(2, 3, 4).T,
        np.arange(10.0)[::3], np.arange(10.0)[::-1], np.broadcast_to(np.float16(1), (2, 3)),
        np.array(["a", "bcd", ""]), np.array([b"a", b"bc"]), np.array(["\U0001f642"], ">U2"),
        np.ndarray(2, "S0"), np.zeros(2, "V3"), np.array(["2026-01-01", "NaT"], "M8[ns]"),
        np.array([1, 2], ">m8[25s]"), np.longdouble([0.1, -0.0]), np.clongdouble([1j]),
        np.zeros(2, [("a", "i1"), ("β", ">f8", (2, 2)), ("c", [("d", "U3")])]),
        np.zeros(2, np.dtype("i1,f8", align=True)), np.zeros(2, [(("title", "name"), "f4")]),
        np.zeros((1,) * 40), np.zeros(1, [("\ud800", "f8")]),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}"[:30],
)  # fmt: skip
def test_an_array(array, back):
    assert same(array, back(array))
    assert same([array, {"a": array}], back([array, {"a": array}]))


def test_a_header_as_long_as_numpy_reads(tmp_path):
    # A longer and longer name: from one length on, np.load would not read the header.
    fields = [(f"f{i}", "|S1") for i in range(500)]
    room = 9800 - len(repr(fields))
    found = []
    for length in range(room + 70, room + 100):
        array = np.zeros((1000, 2), [*fields, ("x" * length, "|S1")], order="F")
        try:
            save(array, tmp_path / "file")
        except TypeError:
            found.append("refused")
        else:
            found.append("saved")
            assert load(tmp_path / "file").dtype == array.dtype
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 2


def test_a_file_that_is_mapped_into_memory(tmp_path, back):
    np.save(tmp_path / "array.npy", np.arange(3.0))
    assert same(np.arange(3.0), back(np.load(tmp_path / "array.npy", mmap_mode="r")))


def test_what_is_loaded_is_independent(back):
    a = np.ones(2)
    found = back([a, a, a[:1]])
    found[0][:] = 5.0
    assert same([np.ones(2), np.ones(1)], found[1:])
    assert same(np.ones(2), a)


def test_tensors_come_back_as_arrays(back):
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = np.float32(2) * x
    assert same([x.data, y.data, y.sum().data], back([x, y, y.sum()]))


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_random_generators_go_on(kind, back):
    rng = np.random.Generator(getattr(np.random, kind)(7))
    rng.integers(5, dtype=np.int32)  # half of a draw is kept for the next one
    found = back({"rng": rng, "bits": rng.bit_generator})
    other = np.random.Generator(getattr(np.random, kind)(8))
    for state in found.values():
        other.bit_generator.state = state
        ahead = np.random.Generator(getattr(np.random, kind)())
        ahead.bit_generator.state = rng.bit_generator.state
        assert same(ahead.integers(100, size=9), other.integers(100, size=9))
        assert same(ahead.integers(5, dtype=np.int32), other.integers(5, dtype=np.int32))


def test_objects_with_a_state(back):
    layer = Layer(weight=mg.tensor([1.0]), inner=Layer(step=3))
    assert same({"l": {"weight": np.ones(1), "inner": {"step": 3}}}, back({"l": layer}))
    assert same({"step": 3}, back(Layer(step=3)))


def test_the_same_tree_is_the_same_file(tmp_path):
    for name in "ab":
        save({"w": np.ones(3), "step": 3}, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}  # none is of today


@pytest.mark.parametrize("name", ["file", "file.npz", "file.ckpt.1", "ä b\n"])
@pytest.mark.parametrize("kind", [str, Path])
def test_the_file_is_called_as_given(name, kind, tmp_path):
    save([1], kind(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert load(kind(tmp_path / name)) == [1]


def test_arguments_in_the_wrong_order(tmp_path):
    for path in (tmp_path / "file", str(tmp_path / "file")):
        with pytest.raises(TypeError, match=r"what to save comes first.*: save\(tree, path\)"):
            save(path, {"w": np.ones(2)})
    with pytest.raises(TypeError, match=r"^path is of type int, expected a str or a PathLike"):
        save([1], 3)
    with pytest.raises(TypeError, match=r"^path is of type int"):
        load(0)
    save("a string is a tree", tmp_path / "file")
    assert load(tmp_path / "file") == "a string is a tree"


def test_importing_it_imports_little():
    code = (
        "import sys, micrograd_np; before = set(sys.modules); import micrograd_np.io; "
        "print(sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    known = ["copy", "errno", "micrograd_np.encoding", "micrograd_np.io", "micrograd_np.trees"]
    assert set(eval(run.stdout)) <= set(known)
