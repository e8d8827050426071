"""``mg.check``: hand-written gradients against wanted ones, by name."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import micrograd_np as mg
from compare.networks import FLOATS, GRADIENTS, WEIGHTS, draw_of_any_size, draw_on_iris
from micrograd_np.compare import Check
from micrograd_np.compare.check import SAME
from reference import post

WIDTH = 100


def leaves(given):
    """Return our leaves after backward(), by the names of the gradients."""
    weights = {name: mg.tensor(given[name], requires_grad=True) for name in WEIGHTS}
    scores = mg.relu(given["X"] @ weights["W1"] + weights["b1"]) @ weights["W2"] + weights["b2"]
    squares = (weights["W1"] ** 2).sum() + (weights["W2"] ** 2).sum()
    (mg.cross_entropy(scores, given["y"]) + 0.5 * given["reg"] * squares).backward()
    return {f"d{name}": weight for name, weight in weights.items()}


def by_hand(given):
    lines = post.backward(**given)
    return {name: lines[name] for name in GRADIENTS}


def verdicts(found):
    return [row.verdict for row in found.rows]


def problem(given, wanted):
    """Return the problem of a single gradient, which is not ok."""
    found = mg.check({"g": given}, {"g": wanted})
    assert not found.ok
    assert verdicts(found) == ["WRONG"]
    return found.rows[0].distance.problem


@pytest.mark.parametrize("dtype", FLOATS)
def test_correct_gradients_of_the_network_are_ok(dtype):
    worst = 0.0
    for seed in range(200):
        given = draw_on_iris(seed, dtype)
        found = mg.check(by_hand(given), leaves(given))
        assert found.ok, f"seed {seed}\n{found}"
        assert [row.name for row in found.rows] == list(GRADIENTS)
        worst = max(worst, *(row.distance.radii for row in found.rows))
    print(f"{dtype}: within {worst:.1f} estimated radii")
    assert worst <= SAME


@pytest.mark.parametrize("dtype", FLOATS)
def test_correct_gradients_are_never_wrong(dtype):
    """Where scores in the thousands saturate the softmax, db2 may be tiny: unsure at the worst."""
    for seed in range(200):
        given = draw_of_any_size(seed, dtype)
        found = mg.check(by_hand(given), leaves(given))
        assert "WRONG" not in verdicts(found), f"seed {seed}\n{found}"


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_correct_gradient_that_cancels_may_be_unsure(dtype):
    """Terms of db2 cancel by a factor of 1,000, which the estimated radius cannot know."""
    given = draw_of_any_size(28, dtype)
    found = mg.check(by_hand(given), leaves(given))
    assert verdicts(found) == ["ok", "ok", "ok", "unsure"]
    assert not found.ok


def test_a_row_tells_what_was_compared():
    found = mg.check({"dW": np.array([[1.0, 2.5]])}, {"dW": np.array([[1.0, 2.0]])})
    assert isinstance(found, Check)
    assert not found.ok
    (row,) = found.rows
    assert (row.name, row.shape, row.dtype) == ("dW", (1, 2), np.dtype(float))
    assert (row.given, row.wanted) == (2.5, 2.0)
    assert (row.distance.index, row.distance.error) == ((0, 1), 0.5)
    assert row.verdict == "WRONG"


def test_a_small_difference_is_unsure_and_not_ok():
    wanted = np.array([1.0, -0.5])
    step = np.array([0, np.finfo(float).eps])
    for radii, verdict in ((0, "ok"), (255, "ok"), (300, "unsure"), (60000, "unsure")):
        found = mg.check({"g": wanted + radii * step}, {"g": wanted})
        assert verdicts(found) == [verdict]
        assert found.ok is (verdict == "ok")
        assert ("unsure:" in repr(found)) is (verdict == "unsure")
    assert verdicts(mg.check({"g": wanted + 70000 * step}, {"g": wanted})) == ["WRONG"]


# --- what may be given and wanted --------------------------------------------------------------


def test_arrays_tensors_and_lists_may_be_given_and_wanted():
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    leaf = mg.tensor(np.ones((2, 2)), requires_grad=True)
    (leaf * array).sum().backward()
    kinds = (array, array.tolist(), mg.tensor(array), tuple(map(tuple, array.tolist())))
    for given in (*kinds, mg.tensor(array, requires_grad=True), array.T.copy().T, array[:]):
        for wanted in (*kinds, leaf):
            assert mg.check({"g": given}, {"g": wanted}).ok
            assert problem(np.ravel(np.asarray(array)), wanted) == "shape (4,), wanted (2, 2)"


def test_a_result_may_be_given():
    result = mg.tensor([1.0, 2.0], requires_grad=True) * 3
    assert mg.check({"g": result}, {"g": [3.0, 6.0]}).ok


def test_torch_tensors_may_be_given_and_wanted():
    torch = pytest.importorskip("torch")
    array = np.array([1.0, -2.0, 3.0])
    leaf = torch.ones(3, dtype=torch.float64, requires_grad=True)
    (leaf * torch.tensor(array)).sum().backward()
    parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    (parameter * torch.tensor(array)).sum().backward()
    plain = torch.tensor(array)
    given = torch.tensor(array, requires_grad=True)
    for wanted in (leaf, parameter, plain, array):
        for hand in (array, plain, given, given * 1):
            assert mg.check({"g": hand}, {"g": wanted}).ok
    assert problem(plain.float(), array) == "dtype float32, wanted float64"
    for wanted, message in (
        (torch.ones(3, requires_grad=True), r"no gradient yet: call backward\(\) first"),
        (leaf * 2, "is a result, which holds no gradient"),
    ):
        with pytest.raises(ValueError, match=message):
            mg.check({"g": array}, {"g": wanted})


def test_complex_gradients_are_compared():
    wanted = np.array([1 + 2j, 3 - 1j])
    assert mg.check({"g": wanted.copy()}, {"g": wanted}).ok
    assert not mg.check({"g": wanted.conj()}, {"g": wanted}).ok


# --- what is wrong -----------------------------------------------------------------------------


def test_missing_and_surplus_names():
    found = mg.check({"db": [1.0], "dw": [1.0]}, {"dW": [1.0], "db": [1.0]})
    assert not found.ok
    assert [row.name for row in found.rows] == ["db", "dw", "dW"]
    assert verdicts(found) == ["ok", "WRONG", "WRONG"]
    problems = [row.distance.problem for row in found.rows]
    assert problems == ["", "none is wanted by this name", "not given"]
    assert found.rows[2].shape is found.rows[2].dtype is None
    assert not mg.check({"g": [1.0]}, {}).ok
    assert not mg.check({}, {"g": [1.0]}).ok


@pytest.mark.parametrize(
    ("given", "wanted", "text"),
    [
        (np.ones(64), np.ones((1, 64)), "shape (64,), wanted (1, 64)"),
        (np.ones((8, 6)), np.ones(6), "shape (8, 6), wanted (6,)"),
        (np.ones((1, 1)), np.ones(()), "shape (1, 1), wanted ()"),
        (1.0, np.ones(3), "shape (), wanted (3,)"),
        (np.ones((0,)), np.ones((1, 0)), "shape (0,), wanted (1, 0)"),
        (np.ones(3, "float32"), np.ones(3), "dtype float32, wanted float64"),
        (np.ones(3), np.ones(3, "float32"), "dtype float64, wanted float32"),
        (np.ones(3, complex), np.ones(3), "dtype complex128, wanted float64"),
    ],
)
def test_nothing_is_broadcast_or_cast(given, wanted, text):
    assert problem(given, wanted) == text


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_zero_gradient_is_not_close_to_a_small_one(dtype):
    wanted = np.full((3, 2), 1e-9, dtype)
    assert verdicts(mg.check({"g": np.zeros_like(wanted)}, {"g": wanted})) == ["WRONG"]
    assert verdicts(mg.check({"g": wanted}, {"g": np.zeros_like(wanted)})) == ["WRONG"]
    assert mg.check({"g": wanted * 0}, {"g": -wanted * 0}).ok


def test_a_missing_regularization_of_1e_minus_5_is_found():
    for seed in range(20):
        given = draw_of_any_size(seed, "float64") | {"reg": 1e-5}
        found = mg.check(by_hand(given | {"reg": 0.0}), leaves(given))
        assert dict(zip(GRADIENTS, verdicts(found), strict=True)) == {
            "dW1": "WRONG", "db1": "ok", "dW2": "WRONG", "db2": "ok",
        }  # fmt: skip


def test_infinities_and_nans_are_right_only_where_they_are_wanted():
    finite, infinite, undefined = [1.0, 2.0], [1.0, np.inf], [1.0, np.nan]
    for values in (finite, infinite, undefined):
        assert mg.check({"g": values}, {"g": values}).ok
        for other in (finite, infinite, undefined, [1.0, -np.inf]):
            if other is not values:
                found = mg.check({"g": other}, {"g": values})
                assert verdicts(found) == ["WRONG"]
                assert found.rows[0].distance.index == (1,)
                assert "inf" in repr(found)


def test_single_numbers_and_empty_arrays():
    assert mg.check({"g": 2.0}, {"g": np.array(2.0)}).ok
    assert not mg.check({"g": 2.0}, {"g": 2.1}).ok
    assert mg.check({"g": np.ones((0, 3))}, {"g": np.zeros((0, 3))}).ok
    assert "()" in repr(mg.check({"g": 2.0}, {"g": 2.0}))
    assert "0x3" in repr(mg.check({"g": np.ones((0, 3))}, {"g": np.ones((0, 3))}))


def test_a_gradient_where_none_is_wanted_is_wrong():
    assert verdicts(mg.check({"g": [5.0]}, {"g": [0.0]})) == ["WRONG"]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [[1], [True], ["a"], [None]])
def test_only_floating_point_arrays_are_wanted(wanted):
    for given in ({"g": [1.0]}, {"g": wanted}, {}):
        with pytest.raises(TypeError, match=r"wanted\['g'\] has dtype .* floating-point array"):
            mg.check(given, {"g": wanted})


@pytest.mark.parametrize(
    ("given", "dtype"), [([1], "int64"), ([True], "bool"), (["a"], "<U1"), ([None], "object")]
)
def test_what_is_given_may_be_anything_and_is_wrong(given, dtype):
    assert problem(given, [1.0]) == f"dtype {dtype}, wanted float64"


def test_leaves_without_a_gradient_are_refused():
    leaf = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"wanted\['g'\] holds no gradient yet: call backward"):
        mg.check({"g": [1.0]}, {"g": leaf})
    with pytest.raises(ValueError, match=r"wanted\['g'\] is a result"):
        mg.check({"g": [1.0]}, {"g": leaf * 2})


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="nothing to compare"):
        mg.check({}, {})
    with pytest.raises(TypeError, match="given is a list"):
        mg.check([np.ones(3)], {"g": np.ones(3)})
    with pytest.raises(TypeError, match="wanted is a ndarray"):
        mg.check({"g": np.ones(3)}, np.ones(3))


def test_nothing_is_changed():
    given, leaf = np.array([2.0]), mg.tensor([1.0], requires_grad=True)
    (leaf * leaf).sum().backward()
    mg.check({"g": given}, {"g": leaf})
    assert (given.tolist(), leaf.grad.tolist(), leaf.tolist()) == ([2.0], [2.0], [1.0])


# --- how it prints -----------------------------------------------------------------------------


def mixed():
    """Return one check with every kind of row, and a name that is markup."""
    one = np.ones((4, 6))
    slightly = one + 1000 * np.finfo(float).eps
    given = {"dW1": one, "db1": np.ones((8, 6)), "dW2": slightly, "<b>&'\"": 2 * one, "db3": one}
    wanted = {"dW1": one, "db1": np.ones(6), "dW2": one, "<b>&'\"": one, "db3": one, "dW3": one}
    return mg.check(given, wanted)


def test_it_prints_as_a_table_with_one_row_per_name():
    head, *rest = repr(mixed()).split("\n")
    assert head.split() == [
        "gradient",
        "shape",
        "dtype",
        "greatest",
        "error",
        "at",
        "radii",
        "verdict",
    ]
    for row, line in zip(mixed().rows, rest, strict=False):
        assert line.startswith(row.name)
        assert row.verdict in line[head.index("verdict") :]
    assert [line for line in rest if line.startswith("d")][1].endswith("(8, 6), wanted (6,)")
    assert max(map(len, [head, *rest])) <= WIDTH
    assert str(mixed()) == repr(mixed())


def test_a_wrong_dtype_fits_the_width_too():
    deep = np.ones((2, 3, 4, 5))
    found = mg.check({"a_long_name": deep.astype("complex64")}, {"a_long_name": deep})
    assert max(map(len, repr(found).split("\n"))) <= WIDTH


def test_a_surplus_name_fits_the_width_too():
    wanted = {name: np.ones((4, 6)) for name in GRADIENTS}
    found = mg.check({**wanted, "dw1": np.ones((4, 6))}, wanted)
    assert max(map(len, repr(found).split("\n"))) <= WIDTH


def test_the_html_is_well_formed_and_escapes_names():
    html = re.sub("<br>", "<br/>", mixed()._repr_html_())  # an element that is never closed
    document = ET.fromstring(f"<body>{html}</body>")
    head, *rows = document.findall("table/tr")
    assert [cell.text for cell in head] == [
        "gradient", "shape", "dtype", "greatest error", "at", "radii", "verdict",
    ]  # fmt: skip
    assert [row[0].text for row in rows] == [row.name for row in mixed().rows]
    for row, checked in zip(rows, mixed().rows, strict=True):
        assert len(row) == 7
        assert "".join(row[6].itertext()).startswith(checked.verdict)
    assert document.find("small").text.startswith("error in radii")
