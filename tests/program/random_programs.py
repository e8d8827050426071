"""Random straight-line functions as source text, the way a person writes them.

A function is built line by line. What each line computes is known while it is built, from one run
on example values: so that nothing overflows, and no divisor is near zero. Lengths are symbols (n,
k, m), so that a function can be run on arrays of other lengths.
"""

import itertools
import linecache
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

import micrograd_np as mg
from program.random_steps import STEPS

LARGEST = 30.0
SYMBOLS = ("n", "k", "m")
NAMES = ("a", "b", "h", "z", "out", "loss", "probs", "t1", "h_1", "dX", "dout", "x0", "scores")

INPUTS = {
    "X": ("n", "k"),
    "Y": ("n", "k"),
    "W": ("k", "m"),
    "V": ("k", "k"),
    "b": ("m",),
    "c": ("k",),
    "u": ("n", 1),
    "v": (1, "k"),
    "w": ("n",),
    "s": (),
    "T": (2, "n", "k"),
}


class _Numpy:
    """NumPy whose new arrays can be written tensors into, without a trace."""

    def __getattr__(self, name):
        return getattr(np, name)

    def zeros(self, shape):
        return mg.tensor(np.zeros(shape))

    def ones(self, shape):
        return mg.tensor(np.ones(shape))


_count = itertools.count()


@dataclass
class RandomProgram:
    """A function as text, and inputs for it."""

    text: str
    inputs: dict
    lengths: dict
    dtype: str = "float64"
    seed: int = 0

    def __repr__(self):
        return f"\n{self.text}# {self.lengths}, {self.dtype}, values {self.seed}\n"

    def function(self, eager=False):
        """Return the function; its lines can be looked up."""
        name = f"random_program_{next(_count)}.py"
        lines = self.text.splitlines(keepends=True)
        linecache.cache[name] = (len(self.text), None, lines, name)
        namespace = {"np": _Numpy() if eager else np, "mg": mg}
        exec(compile(self.text, name, "exec"), namespace)
        return namespace["f"]

    def values(self, lengths=None, seed=None):
        """Return arguments for it."""
        lengths = lengths or self.lengths
        rng = np.random.default_rng(self.seed if seed is None else seed)
        return [value_for(kind, lengths, rng, self.dtype) for kind in self.inputs.values()]

    @property
    def argnums(self):
        """The positions of the floating-point inputs."""
        return [i for i, kind in enumerate(self.inputs.values()) if kind[0] == "float"] + [
            i for i, kind in enumerate(self.inputs.values()) if kind[0] == "number"
        ]


def value_for(kind, lengths, rng, dtype):
    """Return an example of an input: numbers on a grid that has no zero."""
    what, shape = kind
    shape = tuple(lengths.get(n, n) for n in shape)
    if what == "number":
        return float(rng.integers(1, 8) / 8 + 1 / 16)
    if what == "labels":
        return rng.integers(0, 3, shape)
    if what == "count":
        return rng.integers(1, 4, shape)
    return np.asarray(rng.integers(-12, 12, shape) / 8 + 1 / 16, dtype)


# --- building ----------------------------------------------------------------------------------


@dataclass
class Builder:
    """The lines so far, and the values of the variables after them."""

    draw: object
    inputs: dict
    lengths: dict
    lines: list = field(default_factory=list)
    helpers: list = field(default_factory=list)
    shapes: dict = field(default_factory=dict)
    fresh: set = field(default_factory=set)
    values: dict = field(default_factory=dict)

    def pick(self, *options):
        return self.draw(st.sampled_from(options))

    def where(self, test):
        """Return the variables whose symbolic shape passes a test."""
        return [name for name, shape in self.shapes.items() if test(shape)]

    def any(self, test=lambda shape: True):
        names = self.where(test)
        # The latest first: what Hypothesis shrinks to is a chain.
        return self.pick(*reversed(names)) if names else None

    def name(self):
        free = [name for name in NAMES if name not in self.inputs]
        return self.pick(*free)

    def run(self, *lines):
        """Run lines on the example values; return the variables, None if that is no good."""
        text = "\n".join([*self.helpers, *lines])
        values = {k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in self.values.items()}
        with np.errstate(all="raise"):
            try:
                exec(text, {"np": np, "mg": mg}, values)
            except (FloatingPointError, AttributeError, TypeError):
                return None
        return values

    def add(self, shape, *lines, name=None, fresh=True):
        """Add lines that compute `name`, if what they compute is of a good size."""
        values = self.run(*lines)
        if values is None:
            return False
        value = np.asarray(values[name])
        wanted = tuple(self.length(n) for n in shape)
        assert value.shape == wanted, f"{lines}: {value.shape}, not {wanted}"
        if not np.all(np.isfinite(value)) or np.abs(value).max(initial=0) > LARGEST:
            return False
        self.values = values
        self.lines += lines
        self.shapes.pop(name, None)
        self.shapes[name] = shape
        self.fresh.discard(name)
        if fresh:
            self.fresh.add(name)
        return True

    def assign(self, expression, shape, fresh=True):
        name = self.name()
        return self.add(shape, f"{name} = {expression}", name=name, fresh=fresh)

    def length(self, n):
        return eval(n, {}, self.lengths) if isinstance(n, str) else n

    def of_length(self, n):
        """Write a length the way a person would: the shape of something that has it."""
        for name, shape in self.shapes.items():
            if n in shape and isinstance(n, str):
                return f"{name}.shape[{shape.index(n)}]"
        return str(self.length(n))

    def used_view(self, name):
        """Note that something may look at the memory of a variable."""
        self.fresh.discard(name)


@st.composite
def random_programs(draw, steps=8):
    """Draw a random function and inputs for it."""
    lengths = {symbol: draw(st.integers(3, 5)) for symbol in SYMBOLS}
    names = draw(st.lists(st.sampled_from(sorted(INPUTS)), min_size=1, max_size=5, unique=True))
    inputs = {name: ("float", INPUTS[name]) for name in names}
    if draw(st.booleans()):
        inputs["y"] = ("labels", ("n",))
    if draw(st.booleans()):
        inputs["reg"] = ("number", ())
    if draw(st.booleans()):
        inputs["count"] = ("count", ("n", 1))
    # Eager makes a float64 array of a Python number, beside which nothing stays float32.
    dtype = draw(st.sampled_from(["float64"] if "reg" in inputs else ["float64", "float32"]))
    seed = draw(st.integers(0, 3))
    it = Builder(draw, inputs, lengths)
    rng = np.random.default_rng(seed)
    for name, kind in inputs.items():
        it.values[name] = value_for(kind, lengths, rng, "float64")
        if kind[0] != "labels":
            it.shapes[name] = kind[1]
    for _ in range(draw(st.integers(1, steps))):
        draw(st.sampled_from(STEPS))(it)
    last = list(it.shapes)[-1]
    used = list(dict.fromkeys([last, *(it.any() for _ in range(draw(st.integers(0, 2))))]))
    ending = draw(st.sampled_from(["sum", "mean", "itself", "squares", "expression"]))
    if ending == "itself":
        result = last
    elif ending == "expression":
        result = f"np.sum({last} * {last}) / 2"
    else:
        how = {"sum": "np.sum({})", "mean": "np.mean({})", "squares": "np.mean({} ** 2)"}[ending]
        result = " + ".join(how.format(name) for name in used)
    body = [*it.lines]
    if ending == "expression" or draw(st.booleans()):
        body.append(f"return {result}")
    else:
        body += [f"total = {result}", "return total"]
    text = "".join(f"{helper}\n\n" for helper in it.helpers)
    text += f"def f({', '.join(inputs)}):\n" + "".join(f"    {line}\n" for line in body)
    return RandomProgram(text, inputs, lengths, dtype, seed)
