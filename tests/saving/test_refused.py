"""What cannot be saved is named, with its place in the tree."""

import enum
from collections import OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pytest

from micrograd_np.io import load, save
from saving.drawn import Layer, same

Point = namedtuple("Point", "x y")
Colour = enum.IntEnum("Colour", "RED")
OBJECTS = np.array([None, 1], object)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [{1, 2}]}, "tree['a'][0] is a set: save takes dicts, "),
        ([print], "tree[0] is a builtin_function_or_method: save takes "),
        (Layer, "tree is a type: save takes "),
        (Path("a"), "tree is a PosixPath: save takes "),
        (bytearray(b"a"), "tree is a bytearray: save takes "),
        ((OBJECTS,), "tree[0] has dtype object, "),
        (np.zeros(2, "i4,O"), "tree has dtype [('f0', '<i4'), ('f1', 'O')], "),
        (np.zeros(2, "i4,O")[0], "tree has dtype [('f0', '<i4'), ('f1', 'O')], "),
        (np.array(["a"], np.dtypes.StringDType()), "tree has dtype StringDType()"),
        (np.zeros(1, np.dtype("f8", metadata={"a": 1})), "tree has dtype float64, "),
        (np.zeros(1, "i4,f8")[["f1", "f0"]], "tree has dtype {'names': ['f1', 'f0'], "),
        (np.rec.array([(1, 2.0)]), "tree is a recarray of shape (1,): "),
        (np.rec.array([(1, 2.0)])[0], "tree has dtype (numpy.record, [('f0', '<i8'), "),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "save its .data and its .mask"),
        (np.ones((1, 1)).view(np.matrix), "tree is a matrix of shape (1, 1): it "),
        ({"a": Point(1, [2])}, "tree['a'] is a Point of 0, 1: it would come back as another"),
        (OrderedDict(a=1), "tree is an OrderedDict of a: it would come back as another type; "),
        ([Colour.RED], "tree[0] is a Colour: it would come back as another type; save int(it)"),
        (Layer(a=Layer(b={1})), "tree.state_dict()['a'].state_dict()['b'] is a set: "),
        ({"a": {(1, 2): 3}}, "tree['a'] has a key of type tuple, (1, 2): save takes keys that "),
        ({np.int64(1): 3}, "tree has a key of type int64, np.int64(1): "),
        ({b"a": 3}, "tree has a key of type bytes, b'a': "),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_saved_is_named(tree, message, tmp_path):
    with pytest.raises(TypeError) as caught:
        save(tree, tmp_path / "file")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def circle(kind):
    inner = [1]
    tree = {"a": kind([inner])}
    inner.append(tree)
    return tree


def test_what_holds_itself_is_refused(tmp_path):
    for kind in (list, tuple):
        with pytest.raises(ValueError, match=r"^tree\['a'\]\[0\]\[1\] is one of the containers"):
            save(circle(kind), tmp_path / "file")
    layer = Layer()
    layer.state["self"] = layer
    with pytest.raises(ValueError, match=r"^tree.state_dict\(\)\['self'\] is one of "):
        save(layer, tmp_path / "file")


def test_as_deep_as_may_be(tmp_path):
    for nest in (lambda inner: [inner], lambda inner: (inner,), lambda inner: {"a": inner}):
        deep = nest(1)
        for _ in range(98):
            deep = nest(deep)
        save(nest(deep), tmp_path / "file")
        assert same(nest(deep), load(tmp_path / "file"))
        with pytest.raises(ValueError, match=r"^tree\[.*\]... has more than 100 levels: "):
            save(nest(nest(deep)), tmp_path / "file")

    class Endless:
        def state_dict(self):
            return Endless()

    with pytest.raises(ValueError, match="more than 100 levels"):
        save(Endless(), tmp_path / "file")


def test_a_container_twice_is_no_circle(tmp_path):
    inner = [np.ones(2)]
    save([inner, [inner]], tmp_path / "file")
    assert same([inner, [inner]], load(tmp_path / "file"))
