"""Parts of vectors, whose lengths follow from the vector's, when that is longer or shorter."""

import math

import numpy as np
import pytest

import micrograd_np as mg
from program.derived import assert_right_or_refused
from program.networks import normal


def laplacian(x):
    return np.sum((np.pad(x[2:] - 2 * x[1:-1] + x[:-2], 1) + x) ** 2)


def thirds(x):
    parts = np.array_split(x, 3)
    return sum((i + 1) * np.sum(part**2) / (1 + part.size) for i, part in enumerate(parts))


COUNTED = {  # a length becomes a plain number, or decides
    "int": lambda x: np.sum(x) * abs(len(x[1:])),
    "float": lambda x: np.sum(x) * float(len(np.diff(x))),
    "math": lambda x: np.sum(x) * math.sqrt(x[1:].shape[0]),
    "a loop": lambda x: sum(x[i + 1] * x[i] for i in range(len(x[1:]))) + x[0],
    "a loop over a part": lambda x: sum(v * v for v in x[1:]) + x[0],
    "a branch": lambda x: np.sum(x**2) if len(x[1:]) > 2 else np.sum(x),
    "a list": lambda x: np.sum(np.stack([x[0]] * (1 + len(x[1:])))),
    "an argument": lambda x: np.sum(np.vander(x, len(x[1:]) + 1)),
}
DIVIDED = {  # a step more is no step of the part's, or another
    "half": lambda x: np.sum(np.array_split(x, 2)[0] ** 2),
    "the mean of half": lambda x: np.mean(np.array_split(x, 2)[0] ** 2),
    "thirds": thirds,
    "a quarter": lambda x: np.sum(np.array_split(x, 4)[0] ** 2),
    "pairs": lambda x: x[: len(x) // 2 * 2].reshape(-1, 2).mean() + x.sum(),
    "laplacian": laplacian,
    "twice the first": lambda x: np.sum(np.tile(x[:2], 2)[: len(x[:4])] * x[:4]),
}
OF_ONE = {  # of a part that may be one element, and is more in the next run
    "mean": np.mean,
    "std": np.std,
    "median": np.median,
    "trapezoid": np.trapezoid,
    "cumprod": lambda part: np.sum(np.cumprod(part)),
    "polyval": lambda part: np.polyval(part, 2.0),
    "rfft": lambda part: np.sum(np.fft.rfft(part).real),
    "logsumexp": mg.logsumexp,
    "norm": np.linalg.norm,
    "roll": lambda part: np.sum(np.roll(part, 1) * part),
    "pad": lambda part: np.sum(np.pad(part, 1) ** 2),
    "interp": lambda part: np.sum(np.interp([0.5], np.arange(len(part)), part)),
    "insert": lambda part: np.sum(np.insert(part, 0, part[-1]) ** 2) / part.size,
}
ON_ONE = {  # what is broadcast with a part that is as long as it is said to be
    "ones": lambda x: np.sum(np.ones(2) * x[:2]),
    "picked": lambda x: np.sum(x[[0, 1]] + x[:2]),
    "repeated": lambda x: np.sum(np.broadcast_to(x[0], (2,)) * x[:2]),
    "inserted": lambda x: np.sum(np.insert(x, [0, 1], x[:2] * 2) ** 2),
    "meshgrid": lambda x: np.sum(np.meshgrid(x[:2], x[1:])[0].sum(0) ** 2),
    "broadcast": lambda x: np.sum(np.broadcast_arrays(x[1:], x[0])[1]),
}
FUNCTIONS = {
    **COUNTED,
    **DIVIDED,
    **{f"{name} of a part": lambda x, f=f: f(x[1:]) * x.sum() for name, f in OF_ONE.items()},
    **ON_ONE,
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("recorded", [2, 3, 5, 6])
def test_other_lengths_are_answered_right_or_refused(f, recorded):
    program = mg.derive(f, normal(recorded) + 2)
    for n in (1, 2, 3, 4, 6, 8):
        assert_right_or_refused(program, [normal(n) + 2], f, [0])


def test_a_guard_tells_of_what_the_result_does_not_need():
    source = mg.derive(FUNCTIONS["int"], normal(5)).source()
    assert "if x[1:].shape[0] != 4:" in source


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.max(x.sum(), -1),
        lambda x: np.sum(np.broadcast_to(x[0], 4) * 2),
        lambda x: np.sum(np.piecewise(x, x < 2, [np.square, np.positive])),
    ],
    ids=["an axis of a number", "a length for a shape", "one condition"],
)
def test_what_numpy_takes_a_program_does(f):
    x = normal(6) + 2
    np.testing.assert_array_equal(mg.derive(f, x).run(x)["dx"], mg.grad(f)(x))


def test_no_elements_times_a_length_are_none():
    program = mg.derive(lambda a, b: np.sum(np.kron(a, b)), np.ones(0), np.ones((0, 2)))
    assert "b.reshape(1, 0, 1, b.shape[1])" in program.source("torch")
