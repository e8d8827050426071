"""Fourier transforms: results that are written into arrays, axes, lengths, what is refused."""

import numpy as np
import pytest

import micrograd_np as mg

SIGNAL = np.cos(np.arange(30.0) ** 1.5).reshape(2, 3, 5)
SPECTRUM = SIGNAL + 1j * np.sin(np.arange(30.0) ** 1.3).reshape(2, 3, 5)
REAL = (np.fft.rfft, np.fft.ihfft, np.fft.rfftn, np.fft.rfft2)
ALONG_ONE = (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft)
ALONG_SEVERAL = (np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn)
IN_PLANES = (np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2)


def named(function):
    return function.__name__


def operand_of(function):
    return SIGNAL if function in REAL else SPECTRUM


@pytest.mark.parametrize("function", ALONG_ONE + ALONG_SEVERAL + IN_PLANES, ids=named)
def test_the_result_is_written_where_out_says(function):
    a = operand_of(function)
    wanted = function(a)
    for given in (mg.tensor(a), a, a.tolist()):
        out = mg.tensor(np.full_like(wanted, 7))
        assert function(given, out=out) is out
        np.testing.assert_array_equal(out.data, wanted)


@pytest.mark.parametrize("function", ALONG_ONE, ids=named)
@pytest.mark.parametrize(
    "options", [{"n": 4}, {"n": 7}, {"axis": 1}, {"axis": 0, "n": 3, "norm": "ortho"}], ids=repr
)
def test_lengths_and_axes_of_one(function, options):
    a = operand_of(function)
    found = function(mg.tensor(a), **options)
    np.testing.assert_array_equal(found.data, function(a, **options), strict=True)
    mg.gradcheck(lambda a: function(a, **options), a, elements=6)


@pytest.mark.parametrize("function", ALONG_SEVERAL, ids=named)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"axes": (2, 0)},
        {"axes": (0, 0, 1)},
        {"s": (4,), "axes": (1,)},
        {"s": (4, -1), "axes": (0, 1)},
        {"s": (2, 4, 3), "axes": (2, 0, 1)},
    ],
    ids=repr,
)
def test_lengths_and_axes_of_several(function, options):
    a = operand_of(function)
    found = function(mg.tensor(a), **options)
    np.testing.assert_array_equal(found.data, function(a, **options), strict=True)
    mg.gradcheck(lambda a: function(a, **options), a, elements=6)


@pytest.mark.filterwarnings("ignore:.*`axes` should not be `None`:DeprecationWarning")
@pytest.mark.parametrize("function", ALONG_SEVERAL, ids=named)
def test_lengths_alone_are_those_of_the_last_axes(function):
    a = operand_of(function)
    found = function(mg.tensor(a), (4, 3))
    np.testing.assert_array_equal(found.data, function(a, (4, 3), (-2, -1)), strict=True)


@pytest.mark.parametrize("function", ALONG_SEVERAL, ids=named)
def test_there_must_be_a_length_for_each_axis(function):
    with pytest.raises(ValueError, match="Shape and axes have different lengths"):
        function(mg.tensor(operand_of(function)), (2, 3), (0, 1, 2))


@pytest.mark.parametrize("function", [np.fft.fft, np.fft.ifft, np.fft.irfft], ids=named)
def test_without_a_length_the_gradient_is_neither_cut_nor_filled_up(function):
    """Along the whole axis it is a transform of the same length, and nothing more to be run."""
    source = mg.derive(lambda x: np.sum(abs(function(x, axis=1)) ** 2), SIGNAL).source()
    assert "np.zeros" not in source
    assert "[:, :" not in source


def test_a_program_of_half_a_spectrum_is_for_one_length():
    """Real transforms of other lengths round otherwise."""
    program = mg.derive(lambda x: np.sum(abs(np.fft.rfft(x, axis=0)) ** 2), np.arange(5.0))
    assert "x.shape[0] != 5" in program.source()
    free = mg.derive(lambda x: np.sum(abs(np.fft.fft(x, axis=0)) ** 2), np.arange(5.0))
    assert "x.shape[0] !=" not in free.source()


def test_a_program_asks_for_no_length_that_is_not_needed():
    """A transform in each axis alone fits any lengths; in one axis twice it keeps that length."""
    free = mg.derive(lambda x: np.sum(abs(np.fft.fftn(x)) ** 2), SIGNAL[0]).source()
    held = mg.derive(lambda x: np.sum(abs(np.fft.fftn(x, axes=(0, 0))) ** 2), SIGNAL[0]).source()
    assert "raise ValueError" not in free
    assert "x.shape[0] != 3" in held
    assert "x.shape[1] != 5" not in held
