"""Windows over images, what is made of them, and the function behind the Gaussian unit."""

from hypothesis import strategies as st

from micrograd_np.rules.windows import convolution, overlapped, windows
from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch

# --- draws -------------------------------------------------------------------------------------


@st.composite
def laid_over(draw):
    """Lengths of an image, and windows of which at least one has a place in it."""
    kernel, stride, dilation, rest = (
        draw(st.tuples(*[st.integers(low, high)] * 2))
        for low, high in ((1, 3), (1, 3), (1, 2), (0, 3))
    )
    lengths = tuple(d * (k - 1) + 1 + r for k, d, r in zip(kernel, dilation, rest, strict=True))
    return lengths, {"kernel": kernel, "stride": stride, "dilation": dilation}


@st.composite
def seen(draw):
    lengths, options = draw(laid_over())
    stacked = draw(st.lists(st.integers(0, 2), max_size=2))
    return [draw(strategies.arrays((*stacked, *lengths)))], options


@st.composite
def over_each_other(draw):
    lengths, options = draw(laid_over())
    kernel = options.pop("kernel")
    counts = places(lengths, kernel, **options)
    stacked = draw(st.lists(st.integers(0, 2), max_size=2))
    return [draw(strategies.arrays((*stacked, *kernel, *counts)))], {"lengths": lengths, **options}


@st.composite
def images_and_kernels(draw):
    lengths, options = draw(laid_over())
    kernel = options.pop("kernel")
    N = draw(st.integers(0, 2))
    G, O, C = draw(st.tuples(*[st.integers(1, 2)] * 3))  # noqa: E741  # as in the docstring
    x, w = (
        draw(strategies.arrays((N, G, C, *lengths))),
        draw(strategies.arrays((G, O, C, *kernel), margin=1 / 32)),
    )
    return [x, w], options


def places(lengths, kernel, stride, dilation):
    return tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(lengths, kernel, stride, dilation, strict=True)
    )


# --- in torch ----------------------------------------------------------------------------------


def unfold(x, kernel, stride, dilation):
    stacked, counts = x.shape[:-2], places(x.shape[-2:], kernel, stride, dilation)
    if not x.numel():
        return x.new_zeros((*stacked, *kernel, *counts)) + x.sum()
    images = x.reshape(-1, 1, *x.shape[-2:])
    seen = torch.nn.functional.unfold(images, kernel, dilation, 0, stride)
    return seen.reshape(*stacked, *kernel, *counts)


def fold(g, lengths, stride, dilation):
    *stacked, kh, kw, oh, ow = g.shape
    if not g.numel():
        return g.new_zeros((*stacked, *lengths)) + g.sum()
    seen = g.reshape(-1, kh * kw, oh * ow)
    added = torch.nn.functional.fold(seen, lengths, (kh, kw), dilation, 0, stride)
    return added.reshape(*stacked, *lengths)


def conv2d(x, w, stride, dilation):
    N, G, C, *lengths = x.shape
    out = torch.nn.functional.conv2d(
        x.reshape(N, G * C, *lengths), w.flatten(0, 1), None, stride, 0, dilation, groups=G
    )
    return out.reshape(N, G, w.shape[1], *out.shape[2:])


# --- windows -----------------------------------------------------------------------------------

case("windows", windows, windows, seen(), unfold)
case("overlapped", overlapped, overlapped, over_each_other(), fold)
case("convolution", convolution, convolution, images_and_kernels(), conv2d)
