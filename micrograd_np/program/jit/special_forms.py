"""Functions that are written in a form of their own: what NumPy does behind their names."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_np.pending import picks_once
from micrograd_np.program.jit.columns import MANY, ORDERS, SHORT, order_of, steps
from micrograd_np.program.jit.form import Form, is_array, is_fixed, is_python_number
from micrograd_np.program.jit.layout import layout
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand
from micrograd_np.rules.selecting import FEW, selected, zeroed

if TYPE_CHECKING:
    from micrograd_np.program.jit.forms import Forms

_POWERS: dict[Any, Any] = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
"""What NumPy computes in the place of such a power."""


def _reduction(reduce: Any) -> Callable[..., Form | None]:
    def form(
        forms: Forms,
        value: Traced,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Form | None:
        if options or not is_array(a) or a.is_python_number:
            return None
        if dtype is None and (
            form := _by_columns(forms, reduce.__self__, value, a, axis, keepdims)
        ):
            return form
        given = [forms.text(a), forms.text(axis), forms.text(dtype)]
        name = forms.hold(reduce)
        call = ", ".join([*given, "None", "True"] if keepdims else given)
        return Form(f"{name}({call})", (f"{name}({', '.join(given)}, {{out}}, {keepdims})",))

    return form


def _by_columns(
    forms: Forms, ufunc: np.ufunc, value: Traced, a: Traced, axis: Any, keepdims: bool
) -> Form | None:
    array = a.value
    if forms.in_block:  # whose columns would have to be cut out anew
        return None
    last = a.ndim > 1 and axis in (-1, a.ndim - 1, (a.ndim - 1,)) and a.dtype == value.dtype
    if not last or a.dtype.char not in "fd" or not is_fixed(a):
        return None
    if not layout(a).is_dense or not 2 <= array.shape[-1] <= SHORT or not 0 < array.size <= MANY:
        return None
    order = order_of(ufunc, array.shape, array.dtype, layout(a).strides)
    if not order:
        return None
    text, function = forms.text(a), forms.hold(ufunc)
    columns = [(forms.part(a, i), f"{text}[..., {i}]") for i in range(array.shape[-1])]
    out = forms.part(value, 0) if keepdims else "{out}"
    parts = [*columns, *([(out, "{out}[..., 0]")] if keepdims else [])]
    lines = []
    for x, y in steps(ORDERS[order], array.shape[-1]):
        left, right = (out if i is None else columns[i][0] for i in (x, y))
        written = out if ufunc is np.add else f"out={out}"
        lines.append(f"{function}({left}, {right}, {written})")
    given = f"{text}, {axis}, None, None, {keepdims}"
    return Form(f"{forms.hold(ufunc.reduce)}({given})", tuple(lines), parts=tuple(parts))


def _mean(
    forms: Forms, value: Traced, a: Any, axis: Any = None, keepdims: bool = False, **options: Any
) -> Form | None:
    if options or not is_array(a) or a.dtype.char not in "fd" or value.shape == a.shape:
        return None
    if not is_fixed(a) or not value.value.size:
        return None
    count = a.value.size // value.value.size
    if not 0 < count < 2**24:  # of more, NumPy's division is not that of float32
        return None
    add = forms.hold(np.add.reduce)
    given = f"{forms.text(a)}, {forms.text(axis)}, None"
    if not value.shape:
        return Form(f"{add}({given}) / {count}")
    number = forms.number_of(np.asarray(count, value.dtype))
    divide = forms.hold(np.divide)
    return Form(
        f"{divide}({add}({given}, None, {keepdims}), {number})",
        (f"{add}({given}, {{out}}, {keepdims})", f"{divide}({{out}}, {number}, {{out}})"),
    )


def _where(forms: Forms, value: Traced, condition: Any, a: Any, b: Any) -> Form | None:
    if not is_fixed(value) or not value.shape:
        return None
    nothing = (type(a) in (int, float) and a == 0 and str(a) != "-0.0") or (
        _is_zero(forms.folded.uniform(a))
    )
    fits = is_array(b) and b.shape == value.shape and b.dtype == value.dtype
    mask = is_array(condition) and condition.shape == value.shape and condition.dtype == bool
    if nothing and fits and mask and value.dtype.char in "fd":
        text, chosen = forms.text(b), forms.text(condition)
        if value.value.size <= FEW:
            copy = f"{forms.hold(np.copyto)}({{out}}, {text})"
            lines = (copy, f"{forms.hold(np.putmask)}({{out}}, {chosen}, 0)")
            return Form(f"{forms.hold(np.where)}({chosen}, 0, {text})", lines, (b,), b)
        name = forms.hold(zeroed)
        return Form(f"{name}({text}, {chosen})", (f"{name}({text}, {chosen}, {{out}})",), (b,))
    if condition in forms.folded.static if is_array(condition) else True:
        return None
    copyto = forms.hold(np.copyto)
    name = forms.hold(np.where)
    texts = [forms.text(x) for x in (condition, a, b)]
    simple = [not is_array(x) or x.shape == value.shape or not x.shape for x in (a, b)]
    same = [not is_array(x) or x.dtype == value.dtype for x in (a, b)]
    if mask and value.dtype.char in "fd" and value.value.size > FEW and all(simple + same):
        over = tuple(x for x in (a, b) if is_array(x) and x.shape == value.shape)
        line = f"{forms.hold(selected)}({', '.join(texts)}, {{out}})"
        return Form(f"{name}({', '.join(texts)})", (line,), over)
    if value.dtype.kind not in "fc" or value.value.size > 4096:
        return Form(f"{name}({', '.join(texts)})")
    return Form(
        f"{name}({', '.join(texts)})",
        (f"{copyto}({{out}}, {texts[2]})", f"{copyto}({{out}}, {texts[1]}, 'unsafe', {texts[0]})"),
        (b,) if fits else (),
        b if fits else None,
    )


def _is_zero(array: Any) -> bool:
    return array is not None and array == 0 and not np.signbit(array)


def _power(forms: Forms, value: Traced, a: Any, b: Any) -> Form | None:
    if not is_array(a) or a.is_python_number:
        return None
    if not a.shape and value.dtype.kind == "c":  # a scalar of NumPy's rounds otherwise
        array, power = forms.hold(np.asarray), forms.hold(operator.pow)
        return Form(f"{power}({array}({forms.text(a)}), {forms.text(b)})")
    if value.dtype.kind != "f" or a.dtype != value.dtype:
        return None
    if type(b) not in (int, float):
        if is_array(b) and not b.is_python_number and b.shape:
            return forms.ufunc(np.power, value, (a, b))
        return None
    function = _POWERS.get(b)
    if function is not None:
        return forms.ufunc(function, value, (a,))
    if b in (0, 1):
        return None
    return forms.ufunc(np.power, value, (a, b))


def _astype(forms: Forms, value: Traced, a: Any, *args: Any, **options: Any) -> Form | None:
    if not is_array(a) or a.is_python_number or len(args) != 1 or options:
        return None
    if a.dtype.kind == "c" and value.dtype.kind != "c":
        return None
    text, dtype = forms.text(a), forms.text(value.dtype)
    return Form(
        f"{text}.astype({dtype})", (f"{forms.hold(np.copyto)}({{out}}, {text}, 'unsafe')",), (a,)
    )


def _copy(forms: Forms, value: Traced, a: Any, **options: Any) -> Form | None:
    if options or not is_array(a) or a.is_python_number:
        return None
    text = forms.text(a)
    copy = f"{forms.hold(np.array)}({text})"
    return Form(copy, (f"{forms.hold(np.copyto)}({{out}}, {text})",), (a,), a)


def _expand(forms: Forms, value: Traced, a: Any, shape: Any) -> Form | None:
    if not is_fixed(value) or not any(layout(value).strides):
        return None
    return Form(
        f"{forms.hold(expand)}({forms.text(a)}, {forms.text(shape)})",
        (f"{forms.hold(np.copyto)}({{out}}, {forms.text(a)})",),
    )


def _scatter(forms: Forms, value: Traced, values: Any, index: Any, shape: Any) -> Form | None:
    call = f"{forms.hold(scatter)}({forms.text(values)}, {forms.text(index)}, {forms.text(shape)})"
    if not is_fixed(value) or is_python_number(values):
        return Form(call)
    write = (
        f"{{out}}[{forms.text(index)}] = {forms.text(values)}"
        if picks_once(_plain_index(index))
        else f"{forms.hold(np.add.at)}({{out}}, {forms.text(index)}, {forms.text(values)})"
    )
    return Form(call, ("{out}.fill(0)", write))


def _plain_index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(_plain_index, index))
    return index.value if isinstance(index, Traced) else index


def _method(name: str) -> Callable[..., Form | None]:
    """Return the form of a function that calls a method: which has less to look at."""

    def form(forms: Forms, value: Traced, a: Any, *args: Any, **options: Any) -> Form | None:
        if options or not is_array(a) or a.is_python_number:
            return None
        if forms.in_block and name == "reshape":
            args = ((-1, *value.shape[1:]),)
        return Form(f"{forms.text(a)}.{name}({', '.join(map(forms.text, args))})")

    return form


def _all_or_any(sought: bytes, found: bool) -> Callable[..., Form | None]:
    """Return the form of ``mask.all()`` and ``mask.any()``: looking for a byte is fastest."""

    def form(forms: Forms, value: Traced, a: Any, axis: Any = None, **options: Any) -> Form | None:
        if axis is not None or options or not is_array(a) or a.dtype != bool:
            return None
        if not isinstance(a.value, np.ndarray) or not 0 < a.value.size <= MANY:
            return None
        return Form(f"{sought!r} {'in' if found else 'not in'} {forms.text(a)}.tobytes()")

    return form


def _getitem(forms: Forms, value: Traced, a: Any, index: Any) -> Form:
    return Form(f"{forms.text(a)}[{forms.text(index)}]")


def _setitem(
    forms: Forms, value: Traced, a: Any, index: Any, new: Any, copy: bool = True
) -> Form | None:
    text, write = forms.text(a), f"{{out}}[{forms.text(index)}] = {forms.text(new)}"
    copyto = f"{forms.hold(np.copyto)}({{out}}, {text})"
    return Form(
        f"{forms.hold(value.operation.function)}({text}, {forms.text(index)}, "  # type: ignore[union-attr]
        f"{forms.text(new)})",
        (copyto, write),
        (a,),
        a,
    )


SPECIAL: dict[Any, Callable[..., Form | None]] = {
    np.sum: _reduction(np.add.reduce),
    np.max: _reduction(np.maximum.reduce),
    np.amax: _reduction(np.maximum.reduce),
    np.min: _reduction(np.minimum.reduce),
    np.amin: _reduction(np.minimum.reduce),
    np.prod: _reduction(np.multiply.reduce),
    np.mean: _mean,
    np.where: _where,
    operator.pow: _power,
    np.ndarray.astype: _astype,
    np.copy: _copy,
    np.all: _all_or_any(b"\0", found=False),
    np.any: _all_or_any(b"\1", found=True),
    np.swapaxes: _method("swapaxes"),
    np.transpose: _method("transpose"),
    np.reshape: _method("reshape"),
    expand: _expand,
    scatter: _scatter,
    operator.getitem: _getitem,
    operator.setitem: _setitem,
}
