"""The lines that a random program is made of: what they compute, and of what shape that is.

Each step adds a line or a few to a `Builder`, of variables that are there; it returns whether it
found such variables and what was computed is of a good size.
"""

import itertools

import numpy as np

UNARY = (
    "np.tanh({a})",
    "{a} * {a}",
    "{a} ** 2",
    "2 * {a}",
    "-{a}",
    "{a} / 3",
    "1 - {a}",
    "np.maximum({a}, 0)",
    "mg.relu({a})",
    "np.exp(-{a} ** 2)",
    "np.sqrt({a} * {a} + 1.5)",
    "np.log(1 + {a} ** 2)",
    "np.log1p(np.exp({a} / 4))",
    "2.0 / (1.5 + {a} ** 2)",
    "mg.sigmoid({a})",
    "np.where({a} > 0, {a}, 0.5 * {a})",
    "({a} > 0) * {a}",
    "np.abs({a})",
    "np.sin({a}) * np.cos({a})",
    "{a} - {a}.mean()",
    "{a} / (1 + np.sum({a} ** 2))",
    "{a} ** 3 / 5",
    "np.minimum({a}, 0.3)",
    "{a}.copy()",
    "0.5 * np.square({a}) + {a}",
    "{a} + {a}",
    "{a} - 0.3 * {a}",
)
BINARY = (
    "{a} + {b}",
    "{a} * {b}",
    "{a} - {b}",
    "{a} / (2 + {b} ** 2)",
    "np.maximum({a}, {b})",
    "np.minimum({a}, {b})",
    "np.where({a} > {b}, {a}, {b})",
    "{a} * np.tanh({b}) + {b}",
    "({a} - {b}) ** 2",
    "{a} / np.exp({b} / 8)",
    "-({a} * {b})",
    "np.where({b} > 0, {a}, -{a})",
)


def unary(it):
    a = it.any()
    return it.assign(it.pick(*UNARY).format(a=a), it.shapes[a])


def _broadcast(p, q):
    out = []
    for m, n in itertools.zip_longest(p[::-1], q[::-1], fillvalue=1):
        if m != n and 1 not in (m, n):
            return None
        out.append(n if m == 1 else m)
    return tuple(out[::-1])


def binary(it):
    a = it.any()
    b = it.any(lambda shape: _broadcast(it.shapes[a], shape) is not None)
    expression = it.pick(*BINARY).format(a=a, b=b)
    return it.assign(expression, _broadcast(it.shapes[a], it.shapes[b]))


def product(it):
    a = it.any(lambda shape: 1 <= len(shape) <= 2)
    if a is None:
        return False
    p = it.shapes[a]
    b = it.any(lambda shape: 1 <= len(shape) <= 2 and shape[0] == p[-1])
    if b is not None:
        expression = it.pick(
            "{a} @ {b} / 2", "{a} @ {b}", "np.dot({a}, {b})", "np.matmul({a}, {b})"
        )
        return it.assign(expression.format(a=a, b=b), p[:-1] + it.shapes[b][1:])
    b = it.any(lambda shape: len(shape) == 2 and shape[-1] == p[-1])
    if b is None:
        return False
    return it.assign(f"{a} @ {b}.T / 2", p[:-1] + it.shapes[b][:1])


def gram(it):
    a = it.any(lambda shape: len(shape) == 2)
    b = it.any(lambda shape: len(shape) == 2 and shape[0] == it.shapes[a][0]) if a else None
    if b is None:
        return False
    expression = it.pick("{a}.T @ {b} / 4", "np.einsum('ij,ik->jk', {a}, {b}) / 4")
    return it.assign(expression.format(a=a, b=b), (it.shapes[a][1], it.shapes[b][1]))


def reduction(it):
    a = it.any(lambda shape: len(shape) > 0)
    if a is None:
        return False
    shape = it.shapes[a]
    axis = it.pick(None, *range(-len(shape), len(shape)))
    keepdims = it.pick(False, True)
    how = it.pick("sum", "mean", "max", "min", "var", "std")
    if how == "std" and it.values[a].std(axis=axis).min() < 0.1:
        how = "var"
    drop = set(range(len(shape))) if axis is None else {axis % len(shape)}
    new = tuple(n if i not in drop else 1 for i, n in enumerate(shape) if keepdims or i not in drop)
    options = [f"axis={axis}"] if axis is not None else []
    options += ["keepdims=True"] if keepdims else []
    call = it.pick(f"{a}.{how}(", f"np.{how}({a}, ").rstrip(" ")
    text = (call + ", ".join(options) + ")").replace(",)", ")").replace(",a", ", a")
    return it.assign(text.replace(",k", ", k"), new)


def softmax(it):
    a = it.any(lambda shape: len(shape) > 0)
    if a is None:
        return False
    axis = it.pick(-1, len(it.shapes[a]) - 1)
    shape = it.shapes[a]
    kind = it.pick("spelled", "mg.softmax", "mg.log_softmax", "logsumexp", "normalized")
    if kind.startswith("mg."):
        return it.assign(f"{kind}({a}, axis={axis})", shape)
    if kind == "logsumexp":
        return it.assign(f"mg.logsumexp({a}, axis={axis}, keepdims=True)", (*shape[:-1], 1))
    name = it.name()
    if kind == "normalized":
        lines = [
            f"mu = {a}.mean(axis={axis}, keepdims=True)",
            f"var = (({a} - mu) ** 2).mean(axis={axis}, keepdims=True)",
            f"{name} = ({a} - mu) / np.sqrt(var + 0.1)",
        ]
    else:
        lines = [
            f"e = np.exp({a} - {a}.max(axis={axis}, keepdims=True))",
            f"{name} = e / e.sum(axis={axis}, keepdims=True)",
        ]
    return it.add(shape, *lines, name=name)


def cross_entropy(it):
    labels = [name for name, (what, _) in it.inputs.items() if what == "labels"]
    a = it.any(lambda shape: len(shape) == 2 and shape[0] == "n" and isinstance(shape[1], str))
    if not labels or a is None or it.values[a].shape[1] < 3:
        return False
    y = labels[0]
    kind = it.pick(0, 1, 2, 3)
    if kind == 0:
        return it.assign(f"mg.cross_entropy({a}, {y})", ())
    if kind == 1:
        return it.assign(f"{a}[np.arange({a}.shape[0]), {y}]", ("n",))
    if kind == 2:
        name = it.name()
        lines = [
            f"p = mg.softmax({a})",
            f"{name} = -np.log(p[np.arange(len({y})), {y}]).mean()",
        ]
        return it.add((), *lines, name=name)
    return it.assign(f"{a}[{y}]", ("n", it.shapes[a][1])) if it.lengths["n"] >= 3 else False


def index(it):
    a = it.any(lambda shape: len(shape) > 0 and shape[0] != 1)
    if a is None:
        return False
    shape = it.shapes[a]
    n, rest = shape[0], shape[1:]
    enough = it.length(n) >= 3
    choices = [
        ("[0]", rest),
        ("[-1]", rest),
        ("[::-1]", shape),
        ("[None]", (1, *shape)),
        ("[..., None]", (*shape, 1)),
    ]
    if enough:
        choices += [
            ("[1:]", (f"({n})-1" if isinstance(n, str) else n - 1, *rest)),
            ("[:-1]", (f"({n})-1" if isinstance(n, str) else n - 1, *rest)),
            ("[:2]", (2, *rest)),
            ("[np.array([0, 2, 0])]", (3, *rest)),
            ("[[0, 1]]", (2, *rest)),
            ("[2]", rest),
        ]
    if len(shape) == 2:
        choices += [("[:, 0]", (n,)), ("[:, None]", (n, 1, shape[1])), ("[0, -1]", ())]
        if shape[0] == shape[1]:
            choices += [("[np.arange({n}), np.arange({n})]", (n,))]
    text, new = it.pick(*choices)
    it.used_view(a)
    return it.assign(f"{a}{text.format(n=it.of_length(n))}", new, fresh=False)


def shaping(it):
    a = it.any(lambda shape: len(shape) > 0)
    if a is None:
        return False
    shape = it.shapes[a]
    flat = "*".join(f"({n})" for n in shape)
    size = flat if any(isinstance(n, str) for n in shape) else int(np.prod(shape))
    choices = [("{a}.T", shape[::-1]), ("{a}.reshape(-1)", (size,)), ("np.ravel({a})", (size,))]
    choices += [("np.stack([{a}, 2 * {a}])", (2, *shape)), ("np.cumsum({a}, axis=0) / 3", shape)]
    choices += [("np.flip({a}, axis=0)", shape), ("np.stack([{a}, {a}], axis=-1)", (*shape, 2))]
    choices += [("np.expand_dims({a}, 0)", (1, *shape))]
    if len(shape) > 1:
        choices += [("np.swapaxes({a}, 0, 1)", (shape[1], shape[0], *shape[2:]))]
        choices += [("np.transpose({a})", shape[::-1])]
    if len(shape) == 1 and isinstance(shape[0], str):
        n = it.of_length(shape[0])
        choices += [(f"np.broadcast_to({{a}}, (2, {n}))", (2, *shape))]
        choices += [(f"{{a}}.reshape({n}, 1)", (*shape, 1)), ("{a}.reshape(1, -1)", (1, *shape))]
        choices += [(f"{{a}} * np.ones((2, {n}))", (2, *shape))]
        choices += [(f"{{a}} * np.arange({n})", shape)]
    both = f"2*({shape[0]})" if isinstance(shape[0], str) else 2 * shape[0]
    choices += [("np.concatenate([{a}, -{a}])", (both, *shape[1:]))]
    text, new = it.pick(*choices)
    it.used_view(a)
    return it.assign(text.format(a=a), new, fresh=False)


def lengths(it):
    a = it.any(lambda shape: len(shape) > 0)
    if a is None:
        return False
    axis = it.pick(*range(len(it.shapes[a])))
    x = it.any()
    shape = it.shapes[x]
    name = it.name()
    number = it.pick("N", "D")
    text = it.pick(
        "{x} / {N}",
        "{x} * {N} / 4",
        "{x} / np.sqrt({N})",
        "{x} * (1 / {N})",
        "{x} + {N} / 2",
        "{x} / ({N} + 1)",
        "{N} * {x} - {x}",
        "np.sum({x}) / {N}",
        "{x} * {N} ** 0.5",
    )
    shape = () if text.startswith("np.sum") else shape
    lines = [
        f"{number} = {a}.shape[{axis}]",
        f"{name} = {text.format(x=x, N=number)}",
    ]
    return it.add(shape, *lines, name=name)


def loop(it):
    a = it.any(lambda shape: len(shape) > 0)
    if a is None:
        return False
    name, times = it.name(), it.pick(1, 2, 3)
    V = it.any(lambda shape: len(shape) == 2 and shape == (it.shapes[a][-1],) * 2)
    step = it.pick("np.tanh({h})", "{h} + 0.1 * np.sin({h})", "0.5 * {h} * {h} + 0.1 * {a}")
    if V is not None:
        step = it.pick("np.tanh({h} @ {V})", "{h} + np.tanh({h} @ {V} / 2)", step)
    lines = [
        f"{name} = {a}",
        f"for i in range({times}):",
        "    " + f"{name} = {step.format(h=name, a=a, V=V)}",
    ]
    return it.add(it.shapes[a], *lines, name=name) if name != V and a != name else False


def recurrence(it):
    a = it.any(lambda shape: len(shape) == 2)
    if a is None:
        return False
    name = it.name()
    count = it.pick("2", f"{a}.shape[0]", f"len({a})")
    if a == name or it.length(it.shapes[a][0]) < 2:
        return False
    lines = [
        f"{name} = np.zeros({it.of_length(it.shapes[a][1])})",
        f"for t in range({count}):",
        f"    {name} = np.tanh({name} + {a}[t])",
    ]
    return it.add(it.shapes[a][1:], *lines, name=name)


def helper(it):
    a = it.any()
    b = it.any(lambda shape: _broadcast(it.shapes[a], shape) == it.shapes[a])
    if b is None:
        return False
    body = it.pick("np.tanh(x * y)", "x / (1 + y * y)", "np.maximum(x, y) - x", "x + y")
    which = f"layer{len(it.helpers)}"
    text = f"def {which}(x, y):\n    z = {body}\n    return z * z + x\n"
    it.helpers.append(text)
    if it.assign(f"{which}({a}, {b})", it.shapes[a]):
        return True
    it.helpers.pop()
    return False


def filled(it):
    """Rows written into zeros, in a loop or one by one."""
    a = it.any(lambda shape: len(shape) == 2 and isinstance(shape[0], str))
    if a is None or it.length(it.shapes[a][0]) < 3:
        return False
    n, k = it.shapes[a]
    name = it.name()
    if name == a:
        return False
    rows, columns = it.of_length(n), it.of_length(k)
    kind = it.pick(0, 1, 2, 3, 4)
    lines = [f"{name} = np.zeros(({rows}, {columns}))"]
    shape = (n, k)
    if kind == 0:
        lines += ["for i in range(3):", f"    {name}[i] = np.sum({a}[i]) * {a}[i] / 4"]
    elif kind == 1:
        lines += [f"{name}[0] = {a}[1]", f"{name}[1] += {a}[0] * {a}[2]", f"{name}[0] += {a}[2]"]
    elif kind == 2:
        lines = [f"{name} = np.zeros({rows})"]
        lines += ["for i in range(3):", f"    {name}[i] = np.sum({a}[i] ** 2) / 4"]
        shape = (n,)
    elif kind == 3:
        lines += [f"{name}[:, 0] = {a}[:, -1]", f"{name}[1:] += {a}[:-1]"]
    else:
        lines = [f"{name} = np.ones(({rows}, {columns}))", f"{name} *= {a}", f"{name}[-1] = 0.5"]
    return it.add(shape, *lines, name=name)


def in_place(it):
    """A variable of the function's own is written into."""
    names = [name for name in it.shapes if name in it.fresh and it.shapes[name]]
    if not names:
        return False
    a = it.pick(*reversed(names))
    shape = it.shapes[a]
    b = it.any(lambda s: _broadcast(shape, s) == shape)
    kinds = ["{a} += 1", "{a} *= 0.5", "{a} -= 0.25", "{a}[0] = 0", "{a} /= 2", "{a}[-1] += 1"]
    kinds += ["{a}[1:] *= 2", "{a}[0] *= 3", "{a}[{a} < 0] = 0", "{a}[...] = {a} * {a}"]
    if b not in (None, a):
        kinds += ["{a} += {b}", "{a} *= np.tanh({b})", "{a} -= {b}", "{a}[...] = {b}"]
        kinds += ["{a} /= 2 + {b} ** 2"]
    labels = [name for name, (what, _) in it.inputs.items() if what == "labels"]
    if labels and shape[0] == "n" and len(shape) == 2 and it.values[a].shape[1] >= 3:
        rows = f"np.arange({a}.shape[0])"
        kinds += [f"{{a}}[{rows}, {labels[0]}] -= 1", f"{{a}}[{rows}, {labels[0]}] = 0"]
    if labels and shape[0] == "k" and len(shape) == 1 and it.lengths["k"] >= 3:
        kinds += [f"np.add.at({{a}}, {labels[0]}, 0.5)"]
        if "w" in it.shapes and it.shapes["w"] == ("n",):
            kinds += [f"np.add.at({{a}}, {labels[0]}, w)"]
    if it.values[a].shape[0] < 2:
        return False
    return it.add(shape, it.pick(*kinds).format(a=a, b=b), name=a)


def rebind(it):
    a = it.any()
    text = it.pick("{a} + 1", "np.tanh({a})", "{a} * {a} / 2")
    return it.add(it.shapes[a], f"{a} = {text.format(a=a)}", name=a)


STEPS = (
    unary, binary, product, reduction, softmax, index, in_place, filled, gram, cross_entropy,
    shaping, lengths, loop, recurrence, helper, rebind,
)  # fmt: skip
