"""What a user may give to a layer by mistake is refused, and not computed with."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import nn
from micrograd_np.nn import functional as F


def test_attention_refuses_masks_that_do_not_fit():
    layer, x = nn.MultiheadAttention(4, 2), np.ones((3, 2, 4), "f4")  # L = S = 3, N = 2
    for masks, got in (
        ({"key_padding_mask": np.zeros((3, 2), bool)}, r"\(2, 3\), got bool of \(3, 2\)"),
        ({"key_padding_mask": np.zeros((2, 3), int)}, "got int64"),
        ({"attn_mask": np.triu(np.ones((3, 3), int), 1)}, "got int64"),
        ({"attn_mask": np.zeros((2, 3, 3))}, r"\(4, 3, 3\), got float64 of \(2, 3, 3\)"),
        ({"attn_mask": np.zeros((1, 3))}, r"got float64 of \(1, 3\)"),
    ):
        name = next(iter(masks))
        with pytest.raises(
            ValueError, match=f"MultiheadAttention.*expected {name} of bools.*{got}"
        ):
            layer(x, x, x, **masks)


def test_a_mask_for_a_single_sequence_needs_no_batch():
    layer, x = nn.MultiheadAttention(4, 2, generator=0), np.eye(3, 4, dtype="f4")
    _, weights = layer(x, x, x, key_padding_mask=np.array([False, False, True]))
    assert not weights.data[:, 2].any()


def test_half_precision_is_normalised_without_overflow():
    x = np.array([[1000, 2000, -1000, 0], [1, 2, 3, 4]], "f2") / np.float16(5)
    for layer in (nn.LayerNorm(4, dtype="f2"), nn.BatchNorm1d(4, dtype="f2")):
        out = layer(x)
        assert out.dtype == "f2"
        exact = type(layer)(4, dtype=float)(x.astype(float))
        np.testing.assert_allclose(out.data, exact.data, atol=2e-3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.Dropout()(np.arange(3)),
            ValueError,
            "expected floating-point numbers, got int",
        ),
        (lambda: F.mse_loss([1], [2]), TypeError, "mse_loss: expected floating-point numbers"),
        (lambda: F.l1_loss(np.uint8([1]), np.uint8([2])), TypeError, "got uint8 and uint8"),
    ],
)
def test_integers_do_not_wrap_around(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_no_rows_are_picked_by_no_numbers():
    assert nn.Embedding(3, 2)([]).shape == (0, 2)


@pytest.mark.parametrize(
    "options",
    [{}, {"weight": [1.0, 2.0, 3.0]}, {"label_smoothing": 0.1}, {"ignore_index": 2}],
)
def test_a_program_of_a_loss_holds_for_other_batches(options):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5, 3)), rng.integers(0, 2, 5)
    program = mg.derive(lambda x, y: F.cross_entropy(x, y, **options), X, y)
    other = rng.normal(size=(8, 3)), rng.integers(0, 3, 8)
    found = program.run(*other)
    value, grad = mg.value_and_grad(lambda x: F.cross_entropy(x, other[1], **options))(other[0])
    np.testing.assert_allclose(found[program.outputs[0]], value, rtol=1e-12)
    np.testing.assert_allclose(found[program.outputs[1]], grad, rtol=1e-9, atol=1e-15)
