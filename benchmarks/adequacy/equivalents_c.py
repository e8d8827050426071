"""Mutants that compute the same as the original, of rules that move, pass over and transform."""

from benchmarks.adequacy.equivalent import Equivalent

_ANY_LENGTH = "NumPy takes any negative length for the one that it finds itself."
_OLD_NUMPY = "Only before NumPy 2.2 is this run; there the table of operations asks for the order."

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "micrograd_np/rules/fft.py",
        "(-1,) + (1,) * (spectrum.ndim - axis % spectrum.ndim - 1)",
        "(-2,) + (1,) * (spectrum.ndim - axis % spectrum.ndim - 1)",
        _ANY_LENGTH,
    ),
    Equivalent(
        "micrograd_np/rules/indexing.py",
        "out[index] = values",
        "out[index] += values",
        "They are zeros, and no place is there twice: only the sign of a zero is another.",
    ),
    Equivalent(
        "micrograd_np/rules/indexing.py",
        "return grad.reshape((1,) * extra + grad.shape) if extra > 0 else grad",
        "return grad.reshape((1,) * extra + grad.shape) if extra >= 0 else grad",
        "A shape that is there already costs time alone, and is not printed.",
    ),
    Equivalent(
        "micrograd_np/rules/nans.py",
        'if given is not None and np.dtype(given).kind not in "fc":',
        'if np.dtype(given).kind not in "fc":',
        "NumPy takes None for float64, which is inexact.",
    ),
    Equivalent(
        "micrograd_np/rules/nans.py",
        "numbers = np.where(where, numbers, 0)",
        "numbers = np.where(where, numbers, 1)",
        "What is put there is left out of every sum: it only must be finite.",
    ),
    Equivalent(
        "micrograd_np/rules/nans.py",
        "centred = np.where(mask, 0, (numbers - mean).astype(numbers.dtype))",
        "centred = np.where(mask, 0, (mean - numbers).astype(numbers.dtype))",
        "The square of a difference has the same bits when it is turned round.",
    ),
    Equivalent(
        "micrograd_np/rules/nans.py",
        "ddof = correction",
        "ddof += correction",
        "It was 0, or an error has been raised.",
    ),
    Equivalent(
        "micrograd_np/rules/nans.py",
        "ties = ties if where is True else ties & where",
        "ties = ties if where is False else ties & where",
        "All ties are among all elements, and where=False gives no element a gradient.",
    ),
    Equivalent(
        "micrograd_np/rules/fft.py",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1]",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1 + 1]",
        _OLD_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/fft.py",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1]",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1 - 1]",
        _OLD_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/fft.py",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1]",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:0]",
        _OLD_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/fft.py",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-1]",
        "others = each[-2::-1] if _FROM_THE_LAST else each[:-2]",
        _OLD_NUMPY,
    ),
)
