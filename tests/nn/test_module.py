"""Modules: what they hold, their state by name, and how they look."""

import copy
import pickle

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import nn


class Block(nn.Module):
    """Has a parameter, a shared part, parts in a list and in a dict, and a buffer."""

    def __init__(self):
        self.scale = mg.tensor([1.0, 2.0], requires_grad=True)
        self.first = nn.Linear(2, 2, dtype=float)
        self.again = self.first
        self.rest = [nn.Linear(2, 2, bias=False, dtype=float), nn.ReLU()]
        self.by_name = {"last": nn.BatchNorm1d(2)}
        self.constant = mg.tensor([1.0, 2.0])
        self.count = 3
        self.register_buffer("seen", np.zeros(2))

    def forward(self, x):
        self.hidden = self.first(x * self.scale)  # a result is no parameter
        for layer in self.rest:
            self.hidden = layer(self.hidden)
        return self.hidden


NAMES = [
    "scale", "seen", "first.weight", "first.bias", "again.weight", "again.bias", "rest.0.weight",
    "by_name.last.weight", "by_name.last.bias", "by_name.last.running_mean",
    "by_name.last.running_var", "by_name.last.num_batches_tracked",
]  # fmt: skip


def test_parameters_and_parts_are_found_wherever_they_are():
    block = Block()
    block(np.ones((3, 2)))
    buffers = [n for n in NAMES if "running" in n or "num_" in n or n == "seen"]
    wanted = [n for n in NAMES if n not in buffers and not n.startswith("again")]
    assert [name for name, _ in block.named_parameters()] == wanted
    assert [p.size for p in block.parameters()] == [2, 4, 2, 4, 2, 2]
    assert list(block.state_dict()) == NAMES
    assert [name for name, _ in block.named_modules()] == [
        "", "first", "rest.0", "rest.1", "by_name.last"
    ]  # fmt: skip
    assert list(block.modules())[1] is block.first


def test_a_module_that_holds_itself_is_no_endless_loop():
    block = Block()
    block.first.parent = block
    assert list(block.state_dict()) == NAMES
    assert "parent" not in repr(block.rest)


def test_a_state_is_taken_over_by_value():
    first, second = Block(), Block()
    state = first.state_dict()
    assert state["first.weight"] is first.first.weight.data
    assert second.load_state_dict(state) == ([], [])
    array = second.first.weight.data
    np.testing.assert_array_equal(array, first.first.weight.data)
    assert array is not first.first.weight.data
    assert second.first.weight.dtype == float
    assert second.seen is not first.seen


def test_all_that_is_wrong_with_a_state_is_said_at_once():
    block = Block()
    before = copy.deepcopy(block.state_dict())
    state = {**Block().state_dict(), "other": np.ones(2), "scale": np.ones(3)}
    del state["seen"]
    del state["rest.0.weight"]
    with pytest.raises(ValueError, match="load_state_dict of Block: ") as error:
        block.load_state_dict(state)
    for part in (
        "wrong scale: expected shape (2,), got (3,)",
        "missing seen, rest.0.weight",
        "unexpected other",
        "Nothing was loaded",
    ):
        assert part in str(error.value)
    for name, array in block.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    with pytest.raises(ValueError, match="wrong scale"):
        block.load_state_dict(state, strict=False)
    del state["scale"]
    loaded = block.load_state_dict(state, strict=False)
    assert loaded.missing_keys == ["scale", "seen", "rest.0.weight"]
    assert loaded.unexpected_keys == ["other"]
    np.testing.assert_array_equal(block.first.weight.data, state["first.weight"])


def test_a_state_has_to_be_one():
    with pytest.raises(TypeError, match=r"takes names and arrays, got a str; mg\.load\(path\)"):
        Block().load_state_dict("block.npz")
    with pytest.raises(TypeError, match="scale cannot be made an array"):
        Block().load_state_dict({**Block().state_dict(), "scale": Unreadable()})
    for state in (3, {}, {"state": {}}):
        with pytest.raises(ValueError, match="expected what state_dict"):
            mg.optim.Adam(Block().parameters()).load_state_dict(state)


class Unreadable:
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no numbers")


def test_a_graph_from_before_loading_does_not_give_wrong_gradients():
    layer = nn.Linear(2, 2)
    loss = (layer(np.ones((1, 2))) ** 2).sum()
    x = mg.tensor(np.ones((1, 2)), requires_grad=True)
    loss = (layer(x) ** 2).sum()
    layer.load_state_dict(nn.Linear(2, 2).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_what_cannot_be_taken_over_is_said_before_anything_is():
    block = Block()
    before = block.scale.data.copy()
    for wrong, problem in (
        ([["a", "b"]], "expected shape"),
        (["a", "b"], "expected float64, got <U1"),
        ([1j, 2j], "expected float64, got complex128"),
    ):
        state = {**Block().state_dict(), "scale": [5.0, 5.0], "first.bias": wrong}
        with pytest.raises(ValueError, match=rf"wrong first\.bias: {problem}"):
            block.load_state_dict(state)
        np.testing.assert_array_equal(block.scale.data, before)
    with pytest.raises(TypeError, match=r"scale is a result, .* mg\.nn\.functional_call"):
        block.load_state_dict({**Block().state_dict(), "scale": block.scale * 2})


def test_what_is_locked_is_not_written_into_and_said_so():
    layer = nn.Linear(2, 2)
    x = mg.tensor(np.ones((1, 2)), requires_grad=True)
    optimizer = mg.optim.SGD(layer.parameters())
    with mg.detect_anomaly():
        layer(x).sum().backward()
        optimizer.step()
        alive = layer(x)
        for write in (optimizer.step, lambda: layer.load_state_dict(layer.state_dict())):
            with pytest.raises(ValueError, match=r"shape \(2, 2\) is read-only.*while a graph"):
                write()
        del alive


def test_train_and_eval_reach_every_part():
    block = Block()
    assert block.eval() is block
    assert not any(module.training for module in block.modules())
    assert block.train() is block
    assert all(module.training for module in block.modules())


def test_copies_and_pickles_are_modules_of_their_own():
    for make in (copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))):
        layer = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5, generator=1))
        other = make(layer)
        assert repr(other) == repr(layer)
        for p, q in zip(layer.parameters(), other.parameters(), strict=True):
            assert q.requires_grad
            assert q.data is not p.data
            np.testing.assert_array_equal(q.data, p.data)
        x = np.ones((4, 2), np.float32)
        np.testing.assert_array_equal(other(x).data, layer(x).data)


def test_how_a_module_looks():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.Sequential(nn.GELU("tanh"), nn.MaxPool2d(2)),
        nn.CrossEntropyLoss(label_smoothing=0.1),
    )
    assert (
        repr(model)
        == """\
Sequential(
  (0): Conv2d(in_channels=1, out_channels=4, kernel_size=(3, 3), padding=(1, 1), bias=False)
  (1): Sequential(
    (0): GELU(approximate='tanh')
    (1): MaxPool2d(kernel_size=(2, 2), stride=(2, 2))
  )
  (2): CrossEntropyLoss(label_smoothing=0.1)
)"""
    )
    assert repr(Block().first) == "Linear(in_features=2, out_features=2)"
    assert (
        repr(nn.BatchNorm1d(3, affine=False))
        == "BatchNorm1d(num_features=3, affine=False, bias=False)"
    )


def test_a_summary_has_shapes_and_counts():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), nn.Linear(144, 10)
    )
    assert (
        model.summary(np.ones((2, 1, 8, 8)))
        == """\
name  layer        parameters                      count  result
      Sequential                                   1,498  (2, 10)
0     Conv2d       weight (4, 1, 3, 3), bias (4,)     40  (2, 4, 6, 6)
1     BatchNorm2d  weight (4,), bias (4,)              8  (2, 4, 6, 6)
2     Dropout                                          0  (2, 4, 6, 6)
3     Flatten                                          0  (2, 144)
4     Linear       weight (10, 144), bias (10,)    1,450  (2, 10)"""
    )
    assert "result" not in model.summary()
    assert model.training
    assert model[1].num_batches_tracked == 0
    assert "forward" not in vars(model[0])
    attention = nn.MultiheadAttention(4, 2)
    x = np.ones((3, 1, 4))
    assert "(3, 1, 4), (1, 3, 3)" in attention.summary(x, x, x)


def test_a_summary_leaves_a_forward_of_ones_own():
    model = nn.Sequential(nn.Linear(2, 2))
    own = model[0].forward = lambda x: x
    model.summary(np.ones((1, 2)))
    assert vars(model[0])["forward"] is own


def test_a_summary_that_fails_leaves_the_module_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=r"^1: Linear"):
        model.summary(np.ones((1, 2)))
    assert model.training
    assert "forward" not in vars(model[0])


@pytest.mark.parametrize(
    ("layer", "given", "message"),
    [
        (nn.Linear(4, 2), np.ones((3, 5)), r"expected shape (..., 4), got (3, 5)"),
        (nn.Linear(4, 2), 3.0, r"expected shape (..., 4), got ()"),
        (
            nn.Conv2d(3, 2, 3), np.ones((3, 5)),
            r"expected shape (N, 3, H, W) or (3, H, W), got (3, 5)",
        ),
        (nn.Conv2d(3, 2, 3), np.ones((1, 2, 9, 9)), r"(3, H, W), got (1, 2, 9, 9)"),
        (
            nn.Conv2d(1, 2, 3, dilation=2), np.ones((1, 4, 9)),
            r"expected images of 5 x 5 or larger, padding included, got 4 x 9",
        ),
        (nn.MaxPool2d(3), np.ones((2, 2)), r"expected shape (N, C, H, W) or (C, H, W), got (2, 2)"),
        (nn.MaxPool2d(3), np.ones((2, 2, 2)), "padding included, got 2 x 2"),
        (nn.AvgPool2d(3), np.ones((2, 4, 4), int), r"expected floating-point images, got int64"),
        (nn.BatchNorm1d(3), np.ones((4, 2)), r"expected shape (N, 3) or (N, 3, L), got (4, 2)"),
        (nn.BatchNorm1d(3), np.ones((1, 3)), r"more than one value per channel, got (1, 3)"),
        (nn.BatchNorm2d(3), np.ones((4, 3)), r"expected shape (N, 3, H, W), got (4, 3)"),
        (nn.LayerNorm((2, 3)), np.ones((4, 3)), r"expected shape (..., 2, 3), got (4, 3)"),
        (nn.Flatten(2), np.ones(4), r"from start_dim to end_dim, got shape (4,)"),
    ],
)  # fmt: skip
def test_a_shape_that_does_not_fit_names_the_layer(layer, given, message):
    model = nn.Sequential(nn.Sequential(nn.ReLU(), layer))
    with pytest.raises(ValueError) as error:  # noqa: PT011  # its text is compared
        model(given)
    assert str(error.value).startswith(f"0.1: {layer!r}: ")
    assert str(error.value).endswith(message)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        layer(given)
    assert str(error.value).startswith(f"{layer!r}: ")


def test_attention_says_what_does_not_fit():
    layer = nn.MultiheadAttention(4, 2)
    with pytest.raises(ValueError, match=r"query \(N, L, 4\), key and value .* got \(1, 3, 5\)"):
        layer(*[np.ones((3, 1, 5))] * 3)
    with pytest.raises(ValueError, match="2 or 3 axes, all alike"):
        layer(np.ones((3, 4)), *[np.ones((3, 1, 4))] * 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Sequential(np.tanh), TypeError, "argument 0 is a ufunc"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "groups is 2, which does not divide"),
        (lambda: nn.Conv2d(3, 4, (1, 2, 3)), ValueError, r"kernel_size is \(1, 2, 3\), expected"),
        (lambda: nn.Conv2d(3, 4, 0), ValueError, "kernel_size is 0, expected"),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), ValueError, "padding is -1, expected"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), ValueError, "padding is 'full', expected"),
        (lambda: nn.Conv2d(3, 4, 3, 2, "same"), ValueError, "takes a stride of 1, got"),
        (lambda: nn.MaxPool2d(2, padding=2), ValueError, "padding is 2, expected at most half"),
        (lambda: nn.Dropout(1.5), ValueError, "p is 1.5, expected a probability"),
        (
            lambda: nn.MultiheadAttention(5, 2),
            ValueError,
            "num_heads is 2, which does not divide 5",
        ),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx is 3, there are 3"),
        (lambda: nn.Embedding(3, 2)([0, 3]), IndexError, r"Embedding: row 3 at \(1,\) is out of"),
        (lambda: nn.Embedding(3, 2)([0.5]), TypeError, "Embedding: rows must be integers"),
        (lambda: nn.GELU("erf")(1.0), ValueError, "approximate is 'erf', expected"),
        (lambda: nn.Module()(1), NotImplementedError, r"Module has to define forward\(self"),
    ],
)
def test_what_cannot_be_made_or_called_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_result_of_numpy_or_a_list_will_do():
    for layer, given in (
        (nn.Linear(2, 3), [[1.0, 2.0]]),
        (nn.LayerNorm(2), [[1.0, 2.0]]),
        (nn.Embedding(3, 2), [[1, 2]]),
        (nn.Flatten(), [[[1.0, 2.0]]]),
        (nn.SiLU(), [1.0, 2.0]),
        (nn.ELU(), 1.0),
        (nn.Softmax(), [1.0, 2.0]),
    ):
        assert np.isfinite(np.asarray(getattr(layer(given), "data", layer(given)))).all()
