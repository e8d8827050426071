"""Fresh inputs are like the user's, and of lengths that tell apart what may differ."""

import itertools

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.drawing import Drawer

RNG = np.random.default_rng(5)


def drawer(f, **inputs):
    """Return what draws inputs on which a function runs without an error."""

    def runs(given):
        try:
            return bool(np.all(np.isfinite(f(**given))))
        except (ValueError, IndexError, AssertionError):
            return False

    assert runs(inputs)
    return Drawer(inputs, runs)


def drawn(f, count=12, **inputs):
    """Return the first inputs that are drawn; on all of them the function runs."""
    found = list(itertools.islice(drawer(f, **inputs).problems(), count))
    assert all(np.isfinite(f(**one)).all() for one in found)
    return found


def total(**inputs):
    return sum(np.sum(value) for value in inputs.values())


def normal(*shape, dtype=float):
    return RNG.normal(size=shape).astype(dtype)


# --- lengths -------------------------------------------------------------------------------------


def network(X, W1, b1, W2, y):
    scores = np.tanh(X @ W1 + b1) @ W2
    return -scores[np.arange(len(X)), y].mean()


def sizes(given):
    return {name: np.shape(value) for name, value in given.items()}


def test_lengths_that_belong_together_change_together():
    given = {"X": normal(9, 4), "W1": normal(4, 6), "b1": normal(1, 6), "W2": normal(6, 3)}
    seen = set()
    for one in drawn(network, **given, y=np.arange(9) % 3):
        (N, D), (_, H), K = one["X"].shape, one["W1"].shape, one["W2"].shape[1]
        assert sizes(one) == {"X": (N, D), "W1": (D, H), "b1": (1, H), "W2": (H, K), "y": (N,)}
        assert len({N, D, H, K}) == 4
        seen.add((N, D, H, K))
    assert len(seen) == 3
    assert (9, 4, 6, 3) not in seen


def test_lengths_that_are_equal_by_chance_are_told_apart():
    given = {"X": normal(4, 4), "W1": normal(4, 4), "b1": normal(4), "W2": normal(4, 4)}
    for one in drawn(network, count=4, **given, y=np.array([0, 3, 3, 1])):
        N, D, H, K = *one["X"].shape, *one["W2"].shape
        assert len({N, D, H, K}) == 4, sizes(one)


def test_square_matrices_that_have_to_be_square_stay_so():
    def recurrent(x, Wxh, Whh):
        h = np.zeros(len(Whh))
        for row in x:
            h = np.tanh(row @ Wxh + h @ Whh)
        return h

    for one in drawn(recurrent, count=4, x=normal(5, 3), Wxh=normal(3, 5), Whh=normal(5, 5)):
        (T, D), H = one["x"].shape, len(one["Whh"])
        assert sizes(one) == {"x": (T, D), "Wxh": (D, H), "Whh": (H, H)}
        assert len({T, D, H}) == 3


def test_a_length_that_is_hard_wired_is_left_alone():
    def heads(x, W):
        return (x @ W).reshape(len(x), 2, 4)

    for one in drawn(heads, count=4, x=normal(5, 3), W=normal(3, 8)):
        assert one["W"].shape[1] == 8
        assert one["x"].shape[1] == one["W"].shape[0]
        assert len(one["x"]) != 5


def test_where_every_length_is_hard_wired_numbers_alone_are_drawn():
    def fixed(x):
        return x.reshape(2, 2, 6).sum()

    x = normal(4, 6)
    for one in drawn(fixed, count=4, x=x):
        assert one["x"].shape == (4, 6)
        assert not np.any(one["x"] == x)


def gates(x, h, W, b):
    """A cell whose weights have a row for each number that comes in, and four columns per state."""
    H = h.shape[1]
    z = np.concatenate([x, h], axis=1) @ W + b
    i, f, o, g = (z[:, k * H : (k + 1) * H] for k in range(4))
    assert z.shape[1] == 4 * H
    return np.sum(i * f + o * np.tanh(g)) + np.sum(h)


def test_lengths_that_follow_from_others_follow_them():
    given = {"x": normal(6, 3), "h": normal(6, 5), "W": normal(8, 20), "b": normal(20)}
    several = drawn(gates, **given)
    for one in several:
        (N, D), H = one["x"].shape, one["h"].shape[1]
        shapes = {"x": (N, D), "h": (N, H), "W": (D + H, 4 * H), "b": (4 * H,)}
        assert sizes(one) == shapes
    for name, axis in (("x", 0), ("x", 1), ("h", 1)):
        assert len({one[name].shape[axis] for one in several}) > 1


def test_a_length_may_be_the_product_of_two_others():
    def blocks(tokens, C, W):
        return np.sum(C[tokens].reshape(len(tokens), -1) @ W)

    tokens = RNG.integers(0, 7, (9, 3))
    several = drawn(blocks, tokens=tokens, C=normal(7, 2), W=normal(6, 5))
    assert {one["tokens"].shape[1] * one["C"].shape[1] for one in several} != {6}
    for one in several:
        assert len(one["W"]) == one["tokens"].shape[1] * one["C"].shape[1]


def test_tokens_in_a_list_do_not_keep_the_other_lengths_from_changing():
    def read(tokens, C, W):
        assert len(W) == 2 * C.shape[1]
        return np.sum(C[tokens] @ W[::2]) + np.sum(C[tokens] @ W[1::2])

    several = drawn(read, tokens=[0, 3, 5, 2], C=normal(6, 3), W=normal(6, 4))
    assert len({one["C"].shape[1] for one in several}) > 1
    assert all(len(one["W"]) == 2 * one["C"].shape[1] for one in several)


def test_a_length_of_one_stays_one():
    for one in drawn(total, count=4, b=normal(1, 6), c=normal(4, 1)):
        assert (one["b"].shape[0], one["c"].shape[1]) == (1, 1)
        assert one["b"].shape[1] != 6


def test_whole_numbers_that_are_a_length_follow_it():
    def windows(x, steps, width, times):
        assert times == 3
        return x.reshape(steps, width)

    def runs(given):
        try:
            return windows(**given).size > 0
        except ValueError:
            return False

    found = Drawer({"x": normal(6, 4), "steps": 6, "width": 4, "times": 3}, runs).problems()
    for one in itertools.islice(found, 6):
        assert (one["steps"], one["width"]) == one["x"].shape != (6, 4)
        assert isinstance(one["steps"], int)


def test_arrays_in_containers_are_drawn_too():
    def layers(x, params):
        for layer in params["layers"]:
            x = np.tanh(x @ layer["W"])
        return x

    params = {"layers": [{"W": normal(3, 6)}, {"W": normal(6, 2)}]}
    for one in drawn(layers, count=3, x=normal(5, 3), params=params):
        first, second = (layer["W"].shape for layer in one["params"]["layers"])
        assert first[1] == second[0] != 6
        assert one["x"].shape[1] == first[0]
    assert params["layers"][0]["W"].shape == (3, 6)


def test_the_same_array_given_twice_stays_one():
    A = normal(4, 3)
    found = Drawer({"pair": [A, A]}, lambda given: True).problems()
    for one in itertools.islice(found, 2):
        assert one["pair"][0] is one["pair"][1]


# --- whole numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_labels_stay_in_range(dtype):
    given = {"X": normal(20, 4), "W1": normal(4, 6), "b1": normal(6), "W2": normal(6, 3)}
    for one in drawn(network, **given, y=(np.arange(20) % 3).astype(dtype)):
        y = one["y"]
        assert y.dtype == dtype
        assert y.min() == 0
        assert 1 <= y.max() < one["W2"].shape[1]


def test_labels_use_the_classes_that_there_are_when_there_are_more():
    given = {"X": normal(20, 4), "W1": normal(4, 6), "b1": normal(6), "W2": normal(6, 3)}
    found = drawn(network, **given, y=np.arange(20) % 3)
    assert max(one["y"].max() for one in found) > 2


def test_indices_of_an_embedding_stay_in_range():
    def embed(tokens, E):
        return E[tokens]

    for one in drawn(embed, tokens=RNG.integers(0, 12, (4, 6)), E=normal(12, 5)):
        assert one["tokens"].min() >= 0
        assert one["tokens"].max() < len(one["E"])


def test_a_permutation_stays_one():
    for one in drawn(total, p=np.array([3, 0, 4, 1, 2])):
        assert sorted(one["p"]) == list(range(len(one["p"])))


def test_what_is_ignored_stays_ignored():
    found = drawn(total, y=np.array([0, 2, -100, 1, -100, 0, 2, 1]))
    assert any((one["y"] == -100).any() for one in found)
    assert all(y == -100 or y >= 0 for one in found for y in one["y"])


# --- masks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.float32])
@pytest.mark.parametrize("axis", [0, 1])
def test_one_hot_stays_one_hot(dtype, axis):
    hot = np.eye(4)[[0, 1, 2, 2, 3, 0]].astype(dtype)
    for one in drawn(total, y=hot if axis else hot.T):
        y = one["y"]
        assert y.dtype == dtype
        assert set(np.unique(y)) == {0, 1}
        assert np.all(y.sum(axis=axis) == 1)
        assert y.shape != hot.shape


@pytest.mark.parametrize("high", [True, 1.0, 2.0])
def test_masks_stay_masks(high):
    mask = (RNG.random((6, 5)) < 0.5) * high if high is not True else RNG.random((6, 5)) < 0.5
    for one in drawn(total, mask=mask):
        assert one["mask"].dtype == mask.dtype
        assert set(np.unique(one["mask"])) == {0, high}


CAUSAL = {
    "boolean": np.tril(np.ones((5, 5), bool)),
    "numbers": np.tril(np.ones((5, 5))),
    "minus infinity": np.triu(np.full((5, 5), -np.inf), 1),
    "very small": np.triu(np.full((5, 5), -1e9), 1),
    "strictly upper": ~np.tril(np.ones((5, 5), bool)),
}


@pytest.mark.parametrize("kind", CAUSAL)
def test_causal_masks_stay_triangular(kind):
    mask = CAUSAL[kind]

    def runs(given):
        scores, mask = given["q"] @ given["q"].T, given["mask"]
        return scores.shape == mask.shape

    found = Drawer({"q": normal(5, 3), "mask": mask}, runs).problems()
    for one in itertools.islice(found, 4):
        new = one["mask"]
        lower = np.tril(np.ones(new.shape, bool))
        assert new.dtype == mask.dtype
        assert new.shape != (5, 5)
        assert np.all(new[lower] == mask[-1, 0])
        assert np.all(new[~lower] == mask[0, -1])


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1e-3, 0.1, 0.99, 1.0, 1.5, 100.0, -0.2, -3.0])
def test_numbers_keep_their_sign_and_their_side_of_one(value):
    for one in drawn(total, value=value, x=normal(3)):
        new = one["value"]
        assert type(new) is float
        assert new != value
        assert (new > 0) == (value > 0)
        assert (abs(new) < 1) == (abs(value) < 1)


def test_flags_and_texts_and_nothing_are_left_alone():
    found = drawn(lambda **given: 0.0, flag=True, mode="train", other=None, x=normal(3), zero=0)
    for one in found:
        assert (one["flag"], one["mode"], one["other"], one["zero"]) == (True, "train", None, 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    given = {"x": normal(4, 3, dtype=dtype), "scale": dtype(0.5), "ones": np.ones(4, dtype)}
    for one in drawn(total, count=3, **given):
        assert {name: value.dtype for name, value in one.items()} == dict.fromkeys(given, dtype)


def test_arrays_stay_positive_where_the_function_needs_that_and_shares_stay_shares():
    def of_logarithms(positive, share, unit):
        return np.log(positive).sum() + np.log(unit).sum() + np.log(1 - unit).sum() + share.sum()

    positive, share = RNG.uniform(1, 9, (6, 4)), RNG.dirichlet(np.ones(4), 6)
    unit = RNG.uniform(0, 1, 12)
    for one in drawn(of_logarithms, positive=positive, share=share, unit=unit):
        assert one["positive"].min() > 0
        assert one["share"].min() >= 0
        assert np.allclose(one["share"].sum(axis=1), 1)
        assert 0 < one["unit"].min() < one["unit"].max() < 1


def test_positive_arrays_are_of_either_sign_where_nothing_needs_them_positive():
    for one in drawn(total, count=3, positive=RNG.uniform(1, 9, (6, 4)), full=np.full(9, 100.0)):
        assert one["positive"].min() < 0 < one["positive"].max()
        assert one["full"].min() < 0 < one["full"].max()


def test_zeros_become_numbers_that_tell_something():
    for one in drawn(total, count=3, b=np.zeros(6), ones=np.ones((4, 3))):
        assert np.all(one["b"] != 0)
        assert len(np.unique(one["ones"])) == one["ones"].size


def test_the_same_inputs_are_drawn_every_time():
    first, again = (drawn(total, count=2, x=x, rate=0.1) for x in [np.ones((3, 4)) * 0.3] * 2)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one["x"], other["x"])
        assert one["rate"] == other["rate"]


def test_what_was_given_is_not_changed():
    x = normal(4, 3)
    before = x.copy()
    drawn(total, x=x)
    assert np.array_equal(x, before)


ZIPPED = """
import numpy as np

def forward(users, ratings, bias):
    loss = 0.0
    for u, r in zip(users, ratings):
        loss += (bias[u] - r) ** 2
    return loss

def backward(users, ratings, bias):
    dbias = np.zeros_like(bias)
    for n in range(len(ratings)):
        dbias[users[n]] += 2 * (bias[users[n]] - ratings[n])
    return dbias
"""


def test_what_zip_goes_over_stays_as_long_as_each_other(load):
    module = load(ZIPPED)
    rng = np.random.default_rng(0)
    inputs = {"users": rng.integers(4, size=9), "ratings": rng.normal(size=9),
              "bias": rng.normal(size=4)}  # fmt: skip
    assert mg.compare(module.forward, module.backward, **inputs).ok
    wrong = load(ZIPPED.replace("+= 2 *", "+="))
    report = mg.compare(wrong.forward, wrong.backward, **inputs)
    assert report.first_wrong.kind == "scale"


ASSERTING = """
import numpy as np

def forward(X, y, w):
    r = X @ w - y
    return r @ r

def backward(X, y, w, r):
    assert X.shape[0] >= X.shape[1], "more rows than columns"
    dw = 2 * X.T @ r
    return dw
"""


def test_what_the_backward_pass_asserts_of_its_inputs_holds(load):
    module = load(ASSERTING)
    rng = np.random.default_rng(0)
    inputs = {"X": rng.normal(size=(6, 3)), "y": rng.normal(size=6), "w": rng.normal(size=3)}
    assert mg.compare(module.forward, module.backward, **inputs).ok


BY_CHANCE = """
import numpy as np

def forward(x, w, V, y):
    out = np.zeros((len(x), len(w), x.shape[1] - w.shape[1] + 1))
    for i in range(out.shape[2]):
        out[:, :, i] = x[:, i : i + w.shape[1]] @ w.T
    pred = out.reshape(len(x), -1) @ V
    loss = 0.5 * np.mean((pred - y) ** 2)
    return loss

def backward(x, w, V, y, out, pred):
    dpred = pred - y
    dV = out.reshape(len(x), -1).T @ dpred
    return dV
"""


def test_a_length_that_goes_with_another_one_by_chance_is_told_apart(load):
    module = load(BY_CHANCE)  # as many examples as filters, and three windows make six
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(2, 5)), "w": rng.normal(size=(2, 3)),
              "V": rng.normal(size=6), "y": rng.normal(size=2)}  # fmt: skip
    report = mg.compare(module.forward, module.backward, **inputs)
    assert "N x dL" in str(report) or "len(x)" in str(report)
    assert "/ 2" not in report.repair


def test_lists_of_tokens_are_drawn_anew_and_lists_of_sizes_are_not():
    rng = np.random.default_rng(0)
    inputs = {"tokens": [1, 2, 0, 3, 1, 4], "sizes": [3, 4, 2], "E": rng.normal(size=(5, 3)),
              "W": [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]}  # fmt: skip

    def runs(given):
        h = given["E"][given["tokens"]]
        for W, size in zip(given["W"], given["sizes"][1:], strict=True):
            if W.shape[1] != size:
                return 0
            h = h @ W
        return 1

    drawer = Drawer(inputs, runs, kept=frozenset(), fixed=frozenset({2, 3, 4, 5}))
    assert drawer.redrawn == {"tokens"}
    drawn = list(itertools.islice(drawer.problems(), 3))
    assert len({tuple(one["tokens"]) for one in drawn}) == 3
    assert all(type(t) is int and t < 5 for one in drawn for t in one["tokens"])
