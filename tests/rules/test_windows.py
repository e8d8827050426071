"""Convolution: what is taken together, and that it does not matter to the result."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rules import windows
from micrograd_np.rules.windows import AT_ONCE, convolution
from rules.gradients import gradients, numbered
from rules.matrices import near, unlike

SHAPES = {  # N, G, C, H, W; G, O, C, kh, kw; stride, dilation
    "one group": ((5, 1, 2, 4, 6), (1, 3, 2, 2, 3), (1, 1), (1, 1)),
    "groups": ((3, 2, 1, 5, 4), (2, 2, 1, 3, 2), (1, 2), (1, 1)),
    "apart": ((4, 3, 2, 6, 7), (3, 1, 2, 2, 3), (2, 1), (3, 2)),
    "one image": ((1, 2, 3, 3, 5), (2, 4, 3, 1, 2), (2, 3), (1, 2)),
}


def by_hand(x, w, stride, dilation):
    """Return each element as the sum over a window by itself."""
    (N, G, _, H, W), (_, many, _, kh, kw) = x.shape, w.shape
    (down, right), (dh, dw) = stride, dilation
    oh, ow = (H - dh * (kh - 1) - 1) // down + 1, (W - dw * (kw - 1) - 1) // right + 1
    out = np.empty((N, G, many, oh, ow))
    for n, group, o, i, j in np.ndindex(*out.shape):
        rows = slice(i * down, i * down + dh * (kh - 1) + 1, dh)
        columns = slice(j * right, j * right + dw * (kw - 1) + 1, dw)
        out[n, group, o, i, j] = np.sum(x[n, group, :, rows, columns] * w[group, o])
    return out


@pytest.mark.parametrize("at_once", [1, 200, AT_ONCE])
@pytest.mark.parametrize("name", SHAPES)
def test_however_few_images_are_taken_together_it_is_the_same(name, at_once, monkeypatch):
    monkeypatch.setattr(windows, "AT_ONCE", at_once)
    x_shape, w_shape, stride, dilation = SHAPES[name]
    x, w = unlike(*x_shape), np.sin(1.0 + np.arange(np.prod(w_shape))).reshape(w_shape)
    wanted = by_hand(x, w, stride, dilation)
    np.testing.assert_allclose(convolution(x, w, stride, dilation), wanted, atol=1e-14)
    seed = numbered(wanted.shape)
    by_x, by_w = gradients(lambda x, w: convolution(x, w, stride, dilation), x, w, seed=seed)
    other_x, other_w = np.cos(x), np.cos(w)  # it is linear in each of them
    along = (by_hand(other_x, w, stride, dilation), by_hand(x, other_w, stride, dilation))
    near(np.sum(by_x * other_x), np.sum(along[0] * seed))
    near(np.sum(by_w * other_w), np.sum(along[1] * seed))


def test_windows_are_one_apart_where_nothing_else_is_told():
    """And so are their elements; forward, backward and in what is differentiated again."""
    one = (1, 1)
    x, w = unlike(2, 1, 2, 4, 6), np.sin(1.0 + np.arange(18.0)).reshape(1, 3, 2, 1, 3)
    near(convolution(x, w), by_hand(x, w, one, one))
    seed = numbered((2, 1, 3, 4, 4))
    told = gradients(lambda x, w: convolution(x, w, one, one), x, w, seed=seed)
    for found, wanted in zip(gradients(convolution, x, w, seed=seed), told, strict=True):
        np.testing.assert_array_equal(found, wanted)
    near(windows.windows(x, (2, 3)), windows.windows(x, (2, 3), one, one))
    parts = unlike(2, 3, 3, 4)
    np.testing.assert_array_equal(
        windows.overlapped(parts, (4, 6)), windows.overlapped(parts, (4, 6), one, one)
    )
    (by_image,) = gradients(lambda x: windows.windows(x, (2, 3)), unlike(4, 6), seed=parts)
    np.testing.assert_array_equal(by_image, windows.overlapped(parts, (4, 6)))
    (by_part,) = gradients(lambda g: windows.overlapped(g, (4, 6)), parts, seed=unlike(4, 6))
    np.testing.assert_array_equal(by_part, windows.windows(unlike(4, 6), (2, 3)))


def images(*shape):
    return np.broadcast_to(0.0, shape)


TOGETHER = {  # images, kernels, and how many of the images at once
    "few": (images(8, 2, 3, 128, 64), images(2, 7, 3, 2, 5), 4),
    "few and a rest": (images(10, 2, 3, 128, 64), images(2, 7, 3, 2, 5), 4),
    "one that is too large": (images(3, 2, 3, 1024, 256), images(2, 7, 3, 2, 5), 1),
    "many": (images(5, 1, 1, 4, 8), images(1, 9, 1, 3, 2), AT_ONCE // 64),
    "of one pixel": (images(AT_ONCE, 1, 1, 1, 1), images(1, 9, 1, 1, 1), AT_ONCE),
    "of no pixel": (images(3, 1, 1, 0, 4), images(1, 9, 1, 1, 1), AT_ONCE),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_as_many_images_are_taken_together_as_are_laid_out_at_once(name):
    """Each in as many elements as it has, times the width of a kernel."""
    x, w, step = TOGETHER[name]
    wanted = [slice(first, first + step) for first in range(0, len(x), step)]
    assert windows._few_at_once(x, w) == wanted


def test_all_are_taken_together_where_it_is_recorded_what_is_done():
    x, w, _ = TOGETHER["few"]
    small = np.zeros((2, 1, 1, 2, 2)), np.zeros((1, 1, 1, 1, 1))
    for one, other in ((mg.tensor(small[0]), w), (x, mg.tensor(small[1])), (x[:0], w)):
        assert windows._few_at_once(one, other) == [slice(None)]
