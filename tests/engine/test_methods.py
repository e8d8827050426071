"""A Tensor has the methods and attributes of ndarray, with its signatures and its answers."""

import inspect

import numpy as np
import pytest

import micrograd_np as mg

LEFT_OUT = {
    "base": "a tensor holds an array; its memory is the array's affair",
    "byteswap": "about bytes",
    "ctypes": "about bytes",
    "dump": "pickle the tensor",
    "dumps": "pickle the tensor",
    "getfield": "about bytes",
    "resize": "changes the array under views of it",
    "setfield": "about bytes",
    "setflags": "about memory",
    "tobytes": "about bytes",
    "tostring": "about bytes",
    "tofile": "a file holds no gradients",
    "view": "reads the same bytes as another type",
}
"""What ndarray has and a Tensor has not, and why."""

ARRAY = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
SQUARE = np.array([[3.0, 1.0], [2.0, 4.0]])


def test_every_attribute_is_there_or_left_out_for_a_reason():
    names = {n for n in dir(np.ndarray) if not n.startswith("_") and hasattr(ARRAY, n)}
    missing = names - set(dir(mg.Tensor)) - set(LEFT_OUT)
    assert not missing
    assert not set(LEFT_OUT) & set(dir(mg.Tensor))


DIFFERENTIABLE = [
    ("T", lambda a: a.T),
    ("mT", lambda a: a.mT),
    ("real", lambda a: a.real),
    ("imag", lambda a: (a + 1j * a).imag),
    ("flat", lambda a: np.stack(list(a.flat))),
    ("flat[1]", lambda a: a.flat[1]),
    ("sum", lambda a: a.sum()),
    ("sum", lambda a: a.sum(0, np.float64, None, keepdims=True, initial=2.0)),
    ("sum", lambda a: a.sum(axis=1, where=[True, False, True])),
    ("prod", lambda a: a.prod(axis=1)),
    ("mean", lambda a: a.mean(axis=(0, 1), keepdims=True)),
    ("mean", lambda a: a.mean(0, "float64")),
    ("var", lambda a: a.var(axis=1, ddof=1)),
    ("std", lambda a: a.std(0, None, None, 1)),
    ("max", lambda a: a.max(axis=0, initial=0.0)),
    ("min", lambda a: a.min(1, keepdims=True)),
    ("cumsum", lambda a: a.cumsum()),
    ("cumsum", lambda a: a.cumsum(1, np.float64)),
    ("cumprod", lambda a: a.cumprod(axis=1)),
    ("trace", lambda a: a.trace()),
    ("trace", lambda a: a.trace(1, dtype=np.float64)),
    ("dot", lambda a: a.dot([1.0, 2.0, 3.0])),
    ("clip", lambda a: a.clip(2.25, 5.5)),
    ("clip", lambda a: a.clip(min=2.5)),
    ("conj", lambda a: a.conj()),
    ("conjugate", lambda a: a.conjugate()),
    ("take", lambda a: a.take([0, 0, 2], axis=1)),
    ("take", lambda a: a.take([7, -1], mode="wrap")),
    ("compress", lambda a: a.compress([True, False, True], axis=1)),
    ("repeat", lambda a: a.repeat(2)),
    ("repeat", lambda a: a.repeat([1, 2], axis=0)),
    ("diagonal", lambda a: a.diagonal(1)),
    ("reshape", lambda a: a.reshape(3, 2)),
    ("reshape", lambda a: a.reshape((3, -1), order="F")),
    ("transpose", lambda a: a.transpose(1, 0)),
    ("swapaxes", lambda a: a.swapaxes(0, 1)),
    ("squeeze", lambda a: a[None].squeeze(0)),
    ("ravel", lambda a: a.ravel("F")),
    ("flatten", lambda a: a.flatten()),
    ("flatten", lambda a: a.flatten("F")),
    ("copy", lambda a: a.copy("F")),
    ("astype", lambda a: a.astype(np.float32, casting="same_kind", copy=False)),
    ("to_device", lambda a: a.to_device("cpu") * 1),
]


@pytest.mark.parametrize("call", [c for _, c in DIFFERENTIABLE], ids=[n for n, _ in DIFFERENTIABLE])
def test_a_method_gives_what_ndarrays_gives_and_lets_gradients_through(call):
    wanted = np.asarray(call(ARRAY))
    x = mg.tensor(ARRAY, requires_grad=True)
    out = call(x)
    assert isinstance(out, mg.Tensor)
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    seed = np.cos(np.arange(out.size)).reshape(out.shape)
    out.backward(seed)
    direction = np.sin(1.0 + np.arange(6)).reshape(2, 3)
    step = 1e-6
    high = [np.sum(call(ARRAY + s * direction).astype(float) * seed) for s in (step, -step)]
    slope = (high[0] - high[1]) / (2 * step)
    tolerance = 1e-7 if wanted.dtype == np.float64 else 0.2  # a float32 has seven digits
    np.testing.assert_allclose(np.sum(x.grad * direction), slope, rtol=tolerance, atol=tolerance)


PLAIN = [
    lambda a: a.argmax(),
    lambda a: a.argmax(axis=1, keepdims=True),
    lambda a: a.argmin(0),
    lambda a: a.argsort(),
    lambda a: a.argsort(axis=0, kind="stable"),
    lambda a: a.argsort(stable=True),
    lambda a: a.argpartition(1),
    lambda a: a.nonzero(),
    lambda a: a[0].searchsorted([1.5, 4.0], side="right"),
    lambda a: a.all(),
    lambda a: a.any(axis=0, keepdims=True),
    lambda a: a.round(1),
    lambda a: a.itemsize,
    lambda a: a.nbytes,
    lambda a: a.strides,
    lambda a: a.device,
    lambda a: a.item(4),
    lambda a: a.item(1, 1),
    lambda a: a.tolist(),
    lambda a: 3.0 in a,
    lambda a: 7.0 in a,
    lambda a: "auto" in a,
    lambda a: a == "auto",
    lambda a: a != "auto",
    lambda a: divmod(a, 2.0)[0],
]


@pytest.mark.parametrize("call", PLAIN)
def test_what_has_no_gradient_is_ndarrays_answer(call):
    wanted, given = call(ARRAY), call(mg.tensor(ARRAY, requires_grad=True))
    given = given.data if isinstance(given, mg.Tensor) else given
    np.testing.assert_array_equal(given, wanted)


WRITES = [
    lambda a: a.sort(),
    lambda a: a.sort(axis=0),
    lambda a: a.partition(1),
    lambda a: a.fill(2.5),
    lambda a: a.put([0, 5], [7.0, 8.0]),
    lambda a: a.__imod__(2.0),
    lambda a: a.__ifloordiv__(2.0),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_method_that_writes_changes_the_tensor_and_no_leaf(write):
    wanted = ARRAY.copy()
    write(wanted)
    leaf = mg.tensor(ARRAY, requires_grad=True)
    t = leaf.copy()
    write(t)
    np.testing.assert_array_equal(t.data, wanted)
    t.sum().backward() if t.requires_grad else None
    with pytest.raises(RuntimeError, match="on a leaf"):
        write(leaf)


@pytest.mark.parametrize("name", [n for n in dir(np.ndarray) if not n.startswith("_")])
def test_a_method_has_ndarrays_parameters(name):
    ours = getattr(mg.Tensor, name, None)
    if name in LEFT_OUT or not callable(ours):
        return
    try:
        theirs = inspect.signature(getattr(np.ndarray, name)).parameters.values()
    except ValueError:  # before NumPy 2.4 they do not say
        pytest.skip("this NumPy does not tell the signatures of ndarray's methods")
    given = inspect.signature(ours).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in given.values())
    missing = [
        p.name
        for p in theirs
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name not in given and not takes_any
    ]
    assert not missing


def test_integers_can_be_shifted_and_chosen_by():
    n = mg.tensor([0, 1, 2])
    assert (n << 1).tolist() == [0, 2, 4]
    assert (8 >> n).tolist() == [8, 4, 2]
    n |= 1
    assert n.tolist() == [1, 1, 3]
    x = mg.tensor([10.0, 20.0], requires_grad=True)
    mg.tensor([1, 0]).choose([x, 2 * x]).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 1.0])
