"""Mutants that compute the same as the original, of rules that move, pass over and transform."""

from benchmarks.adequacy.equivalent import Equivalent

_ANY_LENGTH = "NumPy takes any negative length for the one that it finds itself."
_OLD_NUMPY = "Only before NumPy 2.2 is this run; there the table of operations asks for the order."
_NEW_NUMPY = "Only from NumPy 2.5 on is this run."
_NOT_USED = "Where it divides by that number, another value is picked."
_LAST = "The last axis is the one that NumPy takes by default."
_LESSER = "The less of two does not depend on their order."

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
    Equivalent(
        "micrograd_np/rules/joining.py",
        "return array[(None,) * missing] if missing > 0 else array",
        "return array[(None,) * missing] if missing >= 0 else array",
        "An index of nothing gives a tensor back as it is.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "return g * np.where(out == 0, 0, conj(x) / np.where(out == 0, 1, out))",
        "return g * np.where(out == 0, 0, conj(x) / np.where(out == 0, 2, out))",
        _NOT_USED,
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "divisor = np.where(out == 0, 1, out)",
        "divisor = np.where(out == 0, 2, out)",
        "Where the norm is 0 so is each element that is divided, or it is masked.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "if p > 1:",
        "if p >= 1:",
        "The norm of order 1 has been returned before.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "ratio = np.where(zero, 1, length / divisor)",
        "ratio = np.where(zero, 2, length / divisor)",
        _NOT_USED,
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "return np.where(length == 0, 0, x / np.where(length == 0, 1, length))",
        "return np.where(length == 0, 0, x / np.where(length == 0, 2, length))",
        _NOT_USED,
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "pick = np.max if p > 0 else np.min",
        "pick = np.max if p >= 0 else np.min",
        "The order is 1 or infinity, or one of these negated.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "ties = abs(s - picked) <= rounding * largest",
        "ties = abs(s - picked) < rounding * largest",
        "They differ in zeros alone, which are not counted.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "ties = abs(s - picked) <= rounding * largest",
        "ties = abs(picked - s) <= rounding * largest",
        "A difference is as large when it is turned round.",
    ),
    Equivalent(
        "micrograd_np/rules/norms.py",
        "axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)",
        "axes = tuple(range(x.ndim + 1)) if axis is None else normalize_axis_tuple(axis, x.ndim)",
        "Only the axes that there are are looked up among them.",
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        "if descending:  # which NumPy knows from version 2.5 on, and not beside a kind\n"
        'options = {"descending": True, "stable": kind == "stable"}',
        "",
        _NEW_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        'options = {"descending": True, "stable": kind == "stable"}',
        "pass",
        _NEW_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        'options = {"descending": True, "stable": kind == "stable"}',
        'options = {"descending": False, "stable": kind == "stable"}',
        _NEW_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        'options = {"descending": True, "stable": kind == "stable"}',
        'options = {"descending": True, "stable": kind != "stable"}',
        _NEW_NUMPY,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        "return np.argsort(np.argsort(a, axis=-1, **options), axis=-1)",
        "return np.argsort(np.argsort(a, **options), axis=-1)",
        _LAST,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        "return np.argsort(np.argsort(a, axis=-1, **options), axis=-1)",
        "return np.argsort(np.argsort(a, axis=-1, **options))",
        _LAST,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        "places = np.argsort(np.moveaxis(out, along, -1), axis=-1)",
        "places = np.argsort(np.moveaxis(out, along, -1))",
        _LAST,
    ),
    Equivalent(
        "micrograd_np/rules/order.py",
        "lines = like.reshape(-1) if axis is None else np.moveaxis(like, along, -1)",
        "lines = like.reshape(-2) if axis is None else np.moveaxis(like, along, -1)",
        _ANY_LENGTH,
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "if x.ndim <= 2:",
        "if x.ndim < 2:",
        "A matrix is reshaped to the shape that it has: it costs time alone.",
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "positive = x >= 0",
        "positive = x > 0",
        "exp(0) and exp(-0) are 1 on both sides.",
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "e = np.exp(np.where(x >= 0, -x, x))",
        "e = np.exp(np.where(x > 0, -x, x))",
        "exp(0) and exp(-0) are 1 on both sides.",
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "loss = np.add.reduce(losses) if type(losses) is np.ndarray else losses.sum()",
        "loss = np.add.reduce(losses) if type(losses) is not np.ndarray else losses.sum()",
        "They are the same sum: it costs time alone.",
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "flat = labels if labels.ndim == 1 else labels.reshape(-1)",
        "flat = labels if labels.ndim == 1 else labels.reshape(-2)",
        _ANY_LENGTH,
    ),
    Equivalent(
        "micrograd_np/rules/nn.py",
        "grad = (softmax(logits, -1) if probs is None else probs).reshape(-1).copy()",
        "grad = (softmax(logits, -1) if probs is None else probs).reshape(-2).copy()",
        _ANY_LENGTH,
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        'if has_gradient(kwargs.get("constant_values", 0)):',
        'if has_gradient(kwargs.get("constant_values", 1)):',
        "Neither number has a gradient.",
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        "np.broadcast_to(0.0, shape), plain(value_of(pad_width)), mode, **kwargs",
        "np.broadcast_to(1.0, shape), plain(value_of(pad_width)), mode, **kwargs",
        "Only the shape is looked at, by NumPy, which raises an error or does not.",
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        "before, after = (n if length is None else min(length, n) for length in lengths)",
        "before, after = (n if length is None else min(n, length) for length in lengths)",
        _LESSER,
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        "left, right = min(longest, before), min(longest, after)",
        "left, right = min(before, longest), min(longest, after)",
        _LESSER,
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        "left, right = min(longest, before), min(longest, after)",
        "left, right = min(longest, before), min(after, longest)",
        _LESSER,
    ),
    Equivalent(
        "micrograd_np/rules/padding.py",
        "return slice(before or None, -after or None)",
        "return slice(before, -after or None)",
        "A slice from 0 on is the same slice, and is printed alike.",
    ),
)
