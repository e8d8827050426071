"""What is computed in random graphs: texts, and which tensors fit into them.

A text is such as ``a * f.tanh(b)``, where `f` has the functions of either side. None of them ends
somewhere, or has a pole: rounding radii say little about what is beside one.
"""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies

SIZE = 36
"""The most elements that are made."""

# --- texts --------------------------------------------------------------------------------------

OF_ONE = (
    "f.tanh(a)",
    "a * a",
    "2 * a - 0.5",
    "1.5 - a",
    "-a",
    "a / 3",
    "a ** 3 / 8",
    "f.exp(a / 4)",
    "f.sin(a) * f.cos(a)",
    "f.sqrt(a * a + 1.5)",
    "f.log(1.25 + a ** 2)",
    "1 / (1.5 + a * a)",
    "f.sigmoid(a)",
    "f.relu(a)",
    "abs(a)",
    "f.where(a > 0, a, 0.5 * a)",
    "f.clip(a, -1.25, 1.25)",
    "a + a",
    "f.copy(a)",
)

OF_TWO = (
    "a + b",
    "a - b",
    "a * b",
    "a / (2 + b * b)",
    "f.maximum(a, b)",
    "f.minimum(a, b)",
    "a * f.tanh(b) + b",
    "f.where(a > b, a, -b)",
    "f.hypot(a, 1 + b * b)",
    "f.logaddexp(a, b)",
    "f.arctan2(a, 2 + b * b)",
)
"""Of two that broadcast against each other."""

OF_TWO_ALIKE = ("f.stack([a, b])", "f.stack([b, a, b])")

REDUCING = (
    "f.sum(a, axis, keepdims)",
    "f.mean(a, axis, keepdims)",
    "f.var(a, axis, keepdims)",
    "f.amax(a, axis, keepdims)",
    "f.amin(a, axis, keepdims)",
    "f.logsumexp(a, axis, keepdims)",
)

ALONG = (
    "f.softmax(a, axis)",
    "f.cumsum(a, axis)",
    "f.flip(a, axis)",
    "f.concatenate([a, 2 * a], axis)",
    "f.concatenate(f.parts(a, axis)[::-1], axis)",
    "f.parts(a, axis)[0]",
    "f.swapaxes(a, axis, 0)",
)

SHAPING = (
    "f.transpose(a)",
    "a.reshape(-1)",
    "a.reshape(1, -1)",
    "f.stack([a, -a])",
    "f.squeeze(a)",
    "f.doubled(a)",
)

# --- what fits into them ------------------------------------------------------------------------


@st.composite
def computations(draw, shapes, integers):
    """Draw a text, the names of its operands, and options.

    `shapes` are those of tensors by their names, the latest first; `integers` of tensors that only
    stand beside others.
    """
    kinds = (of_one, of_two, of_two_alike, product, reducing, along, shaping, picking)
    return draw(st.sampled_from(kinds))(draw, shapes, integers) or of_one(draw, shapes, integers)


def one_of(draw, names):
    """Draw a name, one of the latest more often than not: so that graphs grow deep."""
    names = list(names)
    return draw(st.sampled_from(names[:3]) | st.sampled_from(names))


def fit_into(shape, shapes):
    """Return the names of what broadcasts to a shape."""
    return [name for name in shapes if fits(np.broadcast_to, np.empty(shapes[name]), shape)]


def small(shapes, least_dims=0):
    """Return the names of what can be made twice or three times as large."""
    return [
        name
        for name, shape in shapes.items()
        if least_dims <= len(shape) < 4 and np.prod(shape) <= SIZE // 3
    ]


def of_one(draw, shapes, integers):
    return draw(st.sampled_from(OF_ONE)), [one_of(draw, shapes)], {}


def of_two(draw, shapes, integers):
    a = one_of(draw, shapes)
    fitting = [
        name
        for name, shape in (shapes | integers).items()
        if fits(lambda p, q: np.broadcast_to(0, np.broadcast_shapes(p, q)), shapes[a], shape)
    ]
    if not fitting:
        return None
    operands = draw(st.permutations([a, one_of(draw, fitting)]))
    return draw(st.sampled_from(OF_TWO)), operands, {}


def of_two_alike(draw, shapes, integers):
    if not (names := small(shapes)):
        return None
    a = one_of(draw, names)
    alike = [name for name in names if shapes[name] == shapes[a]]
    return draw(st.sampled_from(OF_TWO_ALIKE)), [a, one_of(draw, alike)], {}


def product(draw, shapes, integers):
    a = one_of(draw, shapes)
    fitting = [
        name
        for name, shape in shapes.items()
        if fits(lambda p, q: np.matmul(np.zeros(p), np.zeros(q)), shapes[a], shape)
    ]
    if fitting:
        return "a @ b", [a, one_of(draw, fitting)], {}
    return ("a @ f.transpose(a)", [a], {}) if len(shapes[a]) == 2 else None


def fits(function, *args):
    """Whether a function of shapes takes these, and what it makes of them is not too large."""
    try:
        return function(*args).size <= SIZE
    except ValueError:
        return False


def reducing(draw, shapes, integers):
    if not (names := [name for name, shape in shapes.items() if 0 not in shape]):
        return None
    a = one_of(draw, names)
    options = {"axis": draw(strategies.axes(len(shapes[a]))), "keepdims": draw(st.booleans())}
    return draw(st.sampled_from(REDUCING)), [a], options


def along(draw, shapes, integers):
    if not (names := small(shapes, 1)):
        return None
    a = one_of(draw, names)
    return draw(st.sampled_from(ALONG)), [a], {"axis": draw(strategies.axis(len(shapes[a])))}


def shaping(draw, shapes, integers):
    names = small(shapes)
    return (draw(st.sampled_from(SHAPING)), [one_of(draw, names)], {}) if names else None


def picking(draw, shapes, integers):
    a = one_of(draw, shapes)
    return "f.picked(a, index)", [a], {"index": draw(strategies.indices(shapes[a]))}
