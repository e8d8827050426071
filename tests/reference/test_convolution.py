import numpy as np
import pytest

from micrograd_np.rounding import distance, estimated_radius
from reference import convolution

CASES = {  # N, C, H, W; F, kh, kw; stride, padding
    "plain": ((2, 3, 5, 4), (2, 3, 2), 1, 0),
    "padded": ((2, 2, 4, 5), (3, 3, 3), 1, 1),
    "strided": ((1, 2, 7, 5), (2, 3, 3), 2, 1),
    "stride that leaves a rest": ((2, 1, 6, 7), (1, 3, 2), 2, 0),
    "stride larger than the kernel": ((2, 2, 7, 8), (2, 2, 1), 3, 0),
    "padding larger than the kernel": ((1, 2, 3, 2), (2, 2, 1), 1, 3),
    "both": ((1, 1, 4, 4), (2, 2, 2), 3, 3),
    "kernel of one pixel": ((2, 3, 3, 4), (4, 1, 1), 1, 0),
    "kernel of one pixel, strided": ((2, 3, 4, 5), (2, 1, 1), 2, 0),
    "kernel as large as the image": ((2, 2, 3, 4), (3, 3, 4), 1, 0),
    "kernel larger than the image": ((1, 1, 2, 2), (1, 4, 3), 1, 1),
    "one of everything": ((1, 1, 1, 1), (1, 1, 1), 1, 0),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def draw(case, dtype=np.float64):
    image, (F, kh, kw), stride, padding = case
    N, C, H, W = image
    rows, columns = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    rng = np.random.default_rng([*image, F, kh, kw])
    shapes = image, (F, C, kh, kw), (F,), (N, F, rows, columns)
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def out_of(case):
    return lambda *arrays: convolution.forward(*arrays, *case[2:])["out"]


def channels_last(images):
    return np.moveaxis(images, 1, -1)


def test_an_example_by_hand():
    # Neighbours are subtracted, so a pixel on the right of one window and on the left of another
    # gets back what the one lost and the other gained.
    x, weight = np.array([[[[1.0, 2, 3], [4, 5, 6]]]]), np.array([[[[1.0, -1]]]])
    bias, dout = np.array([10.0]), np.array([[[[1.0, 2], [3, 4]]]])
    assert convolution.forward(x, weight, bias)["out"].tolist() == [[[[9, 9], [9, 9]]]]
    gradients = convolution.backward(x, weight, bias, dout)
    assert gradients["dbias"] == [1 + 2 + 3 + 4]
    left, right = 1 * 1 + 2 * 2 + 3 * 4 + 4 * 5, 1 * 2 + 2 * 3 + 3 * 5 + 4 * 6
    assert gradients["dweight"].tolist() == [[[[left, right]]]]
    assert gradients["dx"].tolist() == [[[[1, 2 - 1, -2], [3, 4 - 3, -4]]]]


@cases
def test_gradients_equal_complex_steps(case, assert_equals_automatic_and_steps):
    x, weight, bias, dout = draw(case)
    by_hand = convolution.backward(x, weight, bias, dout, *case[2:])
    assert_equals_automatic_and_steps(by_hand, out_of(case), dout, x=x, weight=weight, bias=bias)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@cases
def test_gradients_equal_pytorch(case, dtype, assert_equals_torch, run_locked):
    torch = pytest.importorskip("torch", reason="PyTorch is what layers are compared with")
    x, weight, bias, dout = draw(case, dtype)
    _, _, stride, padding = case
    by_hand = run_locked(convolution, x, weight, bias, dout=dout, stride=stride, padding=padding)
    assert {value.dtype for value in by_hand.values()} == {np.dtype(dtype)}

    def theirs(x, weight, bias):
        return torch.nn.functional.conv2d(x, weight, bias, stride, padding)

    assert_equals_torch(by_hand, out_of(case), theirs, dout, x=x, weight=weight, bias=bias)


def test_a_kernel_of_one_pixel_is_a_matrix_product_at_every_pixel():
    x, weight, bias, dout = draw(CASES["kernel of one pixel"])
    matrix = weight[:, :, 0, 0]
    out = convolution.forward(x, weight, bias)["out"]
    found = distance(channels_last(x) @ matrix.T + bias, estimated_radius(channels_last(out)))
    assert found.ok, found
    dx = convolution.backward(x, weight, bias, dout)["dx"]
    found = distance(channels_last(dout) @ matrix, estimated_radius(channels_last(dx)))
    assert found.ok, found


def test_pixels_that_no_window_reaches_have_no_gradient():
    x, weight, bias, dout = draw(CASES["stride larger than the kernel"])
    dx = convolution.backward(x, weight, bias, dout, stride=3)["dx"]
    reached = np.zeros((7, 8), bool)
    reached[np.ix_([0, 1, 3, 4], [0, 3, 6])] = True  # two rows and one column, every 3; 6 is a rest
    assert not dx[:, :, ~reached].any()
    assert dx[:, :, reached].all()


def test_windows_in_the_frame_alone_see_the_bias():
    x, weight, bias, _ = draw(CASES["padding larger than the kernel"])
    out = convolution.forward(x, weight, bias, padding=3)["out"]
    assert np.array_equal(out[0, :, 0, 0], bias)
    assert np.array_equal(out[0, :, -1, -1], bias)


def test_whole_numbers_have_gradients_that_are_not():
    x, weight, bias = np.ones((1, 1, 2, 2), int), np.ones((1, 1, 1, 1), int), np.zeros(1, int)
    gradients = convolution.backward(x, weight, bias, np.full((1, 1, 2, 2), 0.125))
    assert gradients["dweight"].tolist() == [[[[0.5]]]]
    assert gradients["dx"].tolist() == [[[[0.125, 0.125], [0.125, 0.125]]]]


@pytest.mark.parametrize("case", [((0, 2, 3, 4), (3, 2, 2), 1, 1), ((2, 2, 3, 4), (0, 2, 2), 1, 0)])
def test_no_images_or_no_filters_at_all(case):
    x, weight, bias, dout = draw(case)
    assert convolution.forward(x, weight, bias, *case[2:])["out"].shape == dout.shape
    gradients = convolution.backward(x, weight, bias, dout, *case[2:])
    for name, array in {"dx": x, "dweight": weight, "dbias": bias}.items():
        assert gradients[name].shape == array.shape
        assert not gradients[name].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": (3, 5, 4)}, r"expected x of shape \(N, C, H, W\), given shape \(3, 5, 4\)"),
        ({"weight": (2, 1, 3, 2)}, r"expected weight of shape \(F, 3, kh, kw\), given shape"),
        ({"bias": (1,)}, r"expected bias of shape \(2,\), given shape \(1,\)"),
        ({"bias": (2, 1, 1)}, r"expected bias of shape \(2,\), given shape \(2, 1, 1\)"),
        ({"weight": (2, 3, 6, 2)}, "fits into a padded image of 5 by 4, given one of 6 by 2"),
        ({"weight": (2, 3, 3, 0)}, "fits into a padded image of 5 by 4, given one of 3 by 0"),
        ({"dout": (2, 2, 1, 1)}, r"expected dout of shape \(2, 2, 3, 3\), given shape"),
        ({"dout": (1, 2, 3, 3)}, r"expected dout of shape \(2, 2, 3, 3\), given shape"),
        ({"stride": 0}, "expected stride >= 1 and padding >= 0, given 0 and 0"),
        ({"padding": -1}, "expected stride >= 1 and padding >= 0, given 1 and -1"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"x": (2, 3, 5, 4), "weight": (2, 3, 3, 2), "bias": (2,), "dout": (2, 2, 3, 3)} | change
    arguments = {
        name: value if isinstance(value, int) else np.zeros(value) for name, value in given.items()
    }
    with pytest.raises(ValueError, match=message):
        convolution.backward(**arguments)
    if "dout" not in change:
        del arguments["dout"]
        with pytest.raises(ValueError, match=message):
            convolution.forward(**arguments)
