"""What is equivalent in the rules from picking to rows."""

from __future__ import annotations

from benchmarks.adequacy.equivalent import Equivalent

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "micrograd_np/rules/picking.py",
        "np.take(np.zeros(1), 0, mode=mode)  # or NumPy's error",
        "np.take(np.zeros(2), 0, mode=mode)  # or NumPy's error",
        "Any array tells whether there is such a mode.",
    ),
    Equivalent(
        "micrograd_np/rules/picking.py",
        "if new.ndim > arr.ndim:",
        "if new.ndim >= arr.ndim:",
        "To the shape that it has already.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "if missing > 0:",
        "if missing >= 0:",
        "Putting no zeros before a row leaves it as it is.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "if missing < 0:",
        "if missing <= 0:",
        "Putting no zeros before a row leaves it as it is.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "if missing < 0:",
        "if missing < 1:",
        "Putting no zeros before a row leaves it as it is.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "return np.add(*_aligned(a1, a2))",
        "return np.add(*_aligned(a2, a1))",
        "A sum is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "return with_value(np.convolve(a1, a2)[left_out:], detached(product))",
        "return with_value(np.convolve(a2, a1)[left_out:], detached(product))",
        "Of this product the derivatives alone are taken, and they are the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "dtype = np.result_type(u.dtype, v.dtype)",
        "dtype = np.result_type(v.dtype, u.dtype)",
        "The common dtype of two is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "x = x.astype(np.promote_types(x.dtype, int))",
        "x = x.astype(np.promote_types(int, x.dtype))",
        "The common dtype of two is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "if len(k) == 1 and m > 1:",
        "if len(k) == 1:",
        "Of one constant or none, times as many ones, there is as much.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "if len(k) == 1 and m > 1:",
        "if len(k) == 1 and m >= 1:",
        "Of one constant or none, times as many ones, there is as much.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "for k in range(len(zeros)):",
        "for k in range(len(zeros) + 1):",
        "One time more, the product is multiplied by one.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "product = np.convolve(product, factor)",
        "product = np.convolve(factor, product)",
        "No more than two terms are added up, and their sum is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "while len(powers) < count:",
        "while len(powers) <= count:",
        "It costs one more power, which is left out.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "x, y = as_operand(x) + 0.0, as_operand(y) + 0.0",
        "x, y = as_operand(x) - 0.0, as_operand(y) + 0.0",
        "The fit to zeros is the same for either sign of them.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "x, y = as_operand(x) + 0.0, as_operand(y) + 0.0",
        "x, y = as_operand(x) + 0.0, as_operand(y) - 0.0",
        "The fit to zeros is the same for either sign of them.",
    ),
    Equivalent(
        "micrograd_np/rules/polynomials.py",
        "return (by_value @ np.vander(out, row.shape[0])).reshape(p.shape)",
        "return (by_value.T @ np.vander(out, row.shape[0])).reshape(p.shape)",
        "A vector is its own transpose.",
    ),
    Equivalent(
        "micrograd_np/rules/powers.py",
        "return g * np.where(y == 0, 0, y * x ** (np.where(y == 0, 1, y) - 1))",
        "return g * np.where(y == 0, 0, y * x ** (np.where(y == 0, 2, y) - 1))",
        "What is computed there is left out by another np.where.",
    ),
    Equivalent(
        "micrograd_np/rules/powers.py",
        "return np.where(zero, 0, g * out * np.log(np.where(zero, 1, x)))",
        "return np.where(zero, 0, g * out * np.log(np.where(zero, 2, x)))",
        "What is computed there is left out by another np.where.",
    ),
    Equivalent(
        "micrograd_np/rules/powers.py",
        "return np.where(nowhere, 0, g * (x / np.where(nowhere, 1, out)))",
        "return np.where(nowhere, 0, g * (x / np.where(nowhere, 2, out)))",
        "What is computed there is left out by another np.where.",
    ),
    Equivalent(
        "micrograd_np/rules/powers.py",
        'is_complex = isinstance(y, complex) or (hasattr(y, "dtype") and y.dtype.kind == "c")',
        'is_complex = isinstance(y, complex) or (hasattr(y, "dtype"))',
        "The real part of a real number is itself.",
    ),
    Equivalent(
        "micrograd_np/rules/powers.py",
        'if hasattr(x, "dtype") and x.dtype != out.dtype:',
        'if hasattr(x, "dtype"):',
        "To the dtype that it has already.",
    ),
    Equivalent(
        "micrograd_np/rules/products.py",
        "if b.ndim <= 2:",
        "if b.ndim < 2:",
        "The other way, which it is shorter than, gives the same.",
    ),
    Equivalent(
        "micrograd_np/rules/products.py",
        "if a.ndim <= 2 and _b.ndim <= 2:",
        "if a.ndim <= 2 and _b.ndim < 2:",
        "The other way, which it is shorter than, gives the same.",
    ),
    Equivalent(
        "micrograd_np/rules/products.py",
        "ndim = max(a.ndim, b.ndim)",
        "ndim = max(b.ndim, a.ndim)",
        "The greater of two, and a product, are the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/products.py",
        "return (left * right).reshape([m * n for m, n in zip(long_a, long_b, strict=True)])",
        "return (left * right).reshape([m * n for m, n in zip(long_b, long_a, strict=True)])",
        "The greater of two, and a product, are the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/products_linalg.py",
        "if len(matrices) == 3:\n"
        "a, b, c = matrices\n"
        "rows, m, n, columns = sizes\n"
        "left_first = rows * n * (m + columns) < m * columns * (rows + n)\n"
        "return np.dot(np.dot(a, b), c) if left_first else np.dot(a, np.dot(b, c))",
        "",
        "For three, what decides on more of them decides the same.",
    ),
    Equivalent(
        "micrograd_np/rules/products_linalg.py",
        "return np.dot(np.dot(a, b), c) if left_first else np.dot(a, np.dot(b, c))",
        "",
        "For three, what decides on more of them decides the same.",
    ),
    Equivalent(
        "micrograd_np/rules/products_linalg.py",
        "cost = {(i, i): 0.0 for i in range(count)}",
        "cost = {(i, i): 1.0 for i in range(count)}",
        "However a chain is split, it has as many single matrices.",
    ),
    Equivalent(
        "micrograd_np/rules/products_linalg.py",
        "cost = {(i, i): 0.0 for i in range(count)}",
        "cost = {(i, i): 0.0 for i in range(count + 1)}",
        "There is no run of matrices that is longer.",
    ),
    Equivalent(
        "micrograd_np/rules/products_linalg.py",
        "for length in range(1, count):",
        "for length in range(1, count + 1):",
        "There is no run of matrices that is longer.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "return np.maximum(0, 1 - np.abs(ranks - place))",
        "return np.maximum(0, 1 - np.abs(place - ranks))",
        "How far one is from the other is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "share = _share(ranks_of(lines), (count_along(a, axis) - 1) / 2)",
        "share = _share((count_along(a, axis) - 1) / 2, ranks_of(lines))",
        "How far one is from the other is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "share = _share(ranks_of(lines), (numbers.sum(-1, keepdims=True) - 1) / 2)",
        "share = _share((numbers.sum(-1, keepdims=True) - 1) / 2, ranks_of(lines))",
        "How far one is from the other is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "share = _share(ranks, place) if weighed is None else _evenly(lines == value, weighed)",
        "share = _share(place, ranks) if weighed is None else _evenly(lines == value, weighed)",
        "How far one is from the other is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "share = _share(ranks, place) if weighed is None else _evenly(lines == value, weighed)",
        "share = _share(ranks, place) if weighed is None else _evenly(weighed, lines == value)",
        "Whether both hold is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "return np.stack(grads).reshape(q.shape) if grads else 0 * q",
        "return np.stack(grads).reshape(q.shape) if grads else q",
        "There is no place, and no element of the gradient.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "return np.stack(grads).reshape(q.shape) if grads else 0 * q",
        "return np.stack(grads).reshape(q.shape) if grads else 1 * q",
        "There is no place, and no element of the gradient.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "given = range(length + 1) if is_traced(counts) else set(counts.ravel().tolist())",
        "given = range(length + 1 + 1) if is_traced(counts) else set(counts.ravel().tolist())",
        "No line has so many elements.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "given = range(length + 1) if is_traced(counts) else set(counts.ravel().tolist())",
        "given = range(length + 2) if is_traced(counts) else set(counts.ravel().tolist())",
        "No line has so many elements.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "by_count = [_places(function, n if n in given else 0, q, method) for n in "
        "range(length + 1)]",
        "by_count = [_places(function, n if n in given else 0, q, method) for n in "
        "range(length + 1 + 1)]",
        "No line has so many elements.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "by_count = [_places(function, n if n in given else 0, q, method) for n in "
        "range(length + 1)]",
        "by_count = [_places(function, n if n in given else 0, q, method) for n in "
        "range(length + 2)]",
        "No line has so many elements.",
    ),
    Equivalent(
        "micrograd_np/rules/quantiles.py",
        "by_count = [_places(function, n if n in given else 0, q, method) for n in "
        "range(length + 1)]",
        "by_count = [_places(function, n if n in given else 1, q, method) for n in "
        "range(length + 1)]",
        "A line of no elements has the places of one.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "by_var = np.where(out == 0, 0, g / np.where(out == 0, 1, 2 * out))",
        "by_var = np.where(out == 0, 0, g / np.where(out == 0, 2, 2 * out))",
        "What is computed there is left out by another np.where.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "return np.where(zero, 0, np.sqrt(np.where(zero, 1, variance)))",
        "return np.where(zero, 0, np.sqrt(np.where(zero, 2, variance)))",
        "What is computed there is left out by another np.where.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "x = a - mean",
        "x = mean - a",
        "The square of a difference is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "result = finish(_about(a, mean, **options))",
        "result = finish(_about(mean, a, **options))",
        "The square of a difference is the same in either order.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        'options = {} if where is True else {"where": where}',
        'options = {} if where is False else {"where": where}',
        "A mask that is True leaves out nothing.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "ties = a == top if where is True else (a == top) & where",
        "ties = a == top if where is False else (a == top) & where",
        "A mask that is True leaves out nothing.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "return divide(total, count if holds(count > 0) else 0)",
        "return divide(total, count if holds(count >= 0) else 0)",
        "Zero is what the count is then, too.",
    ),
    Equivalent(
        "micrograd_np/rules/reductions.py",
        "ddof = correction",
        "ddof += correction",
        "ddof is 0.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        "out = ufunc(x[:, 0], x[:, 1])",
        "out = ufunc(x[:, 1], x[:, 0])",
        "A sum is the same in either order, and a maximum but for the sign of a zero, "
        "which NumPy leaves open.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        "out = ufunc(out, x[:, column])",
        "out = ufunc(x[:, column], out)",
        "A sum is the same in either order, and a maximum but for the sign of a zero, "
        "which NumPy leaves open.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        'return b"\\0" not in finite.tobytes() if finite.size < _BYTES else bool(finite.all())',
        'return b"\\0" not in finite.tobytes() if finite.size <= _BYTES else bool(finite.all())',
        "Both ways find the same: one is faster for few, one for many.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        'return b"\\0" not in finite.tobytes() if finite.size < _BYTES else bool(finite.all())',
        'return b"\\0" not in finite.tobytes() if finite.size >= _BYTES else bool(finite.all())',
        "Both ways find the same: one is faster for few, one for many.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        "_BYTES = 1 << 16",
        "_BYTES = 2 << 16",
        "Both ways find the same: one is faster for few, one for many.",
    ),
    Equivalent(
        "micrograd_np/rules/rows.py",
        "_BYTES = 1 << 16",
        "_BYTES = 1 << 17",
        "Both ways find the same: one is faster for few, one for many.",
    ),
)
