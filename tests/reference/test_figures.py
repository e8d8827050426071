import numpy as np
import pytest

from reference import golden, iris, post
from reference.figures import FIGURES, as_printed, ours

REPRODUCIBLE = [figure for figure in FIGURES if figure.reproducible]


@pytest.mark.parametrize("figure", REPRODUCIBLE, ids=lambda figure: figure.label)
def test_a_reproducible_figure_is_equal_to_the_last_printed_digit(figure):
    numbers = ours()[figure.label]
    printed = [
        as_printed(number, like) for number, like in zip(numbers, figure.printed, strict=True)
    ]
    assert tuple(printed) == figure.printed


def test_ours_are_the_reproducible_figures():
    assert list(ours()) == [figure.label for figure in REPRODUCIBLE]


def test_every_figure_is_declared_with_a_reason():
    assert len({figure.label for figure in FIGURES}) == len(FIGURES) == 18
    assert all(figure.why for figure in FIGURES)
    not_reproducible = {figure.label for figure in FIGURES if not figure.reproducible}
    assert not_reproducible == {"dW2 [1]", "dW2 [3]", "dW2 [6]"}


@pytest.mark.parametrize("figure", FIGURES[:3], ids=lambda figure: figure.label)
def test_only_one_row_of_iris_has_the_printed_activations(figure):
    X, y, _ = iris.load()
    hidden = post.forward(X, y, *post.init(), reg=0.0)["hidden"]
    printed = [tuple(map(as_printed, units, figure.printed)) for units in hidden]
    assert [n + 1 for n, row in enumerate(printed) if row == figure.printed] == [figure.row]


def test_the_reasons_given_for_dW2_hold_for_all_150_rows():
    X, y, _ = iris.load()
    active = post.forward(X, y, *post.init(), reg=0.0)["hidden"] > 0
    assert np.flatnonzero(active.any(axis=0)).tolist() == [0, 2, 4, 5]
    assert (np.flatnonzero(active[:, 4]) + 1).tolist() == [63]


def test_rows_2_and_4_of_dW2_are_exactly_zero():
    X, y, _, _ = iris.split()
    dW2 = post.backward(X, y, *post.init(), reg=0.0)["dW2_data"]
    assert not dW2[[1, 3]].any()


def test_row_5_of_dW2_is_the_same_from_all_90_rows_as_from_row_63_alone():
    X, y, _, _ = iris.split()
    dW2 = post.backward(X, y, *post.init(), reg=0.0)["dW2_data"]
    # One term plus 89 zeros: there is nothing to round but the one product.
    assert np.array_equal(dW2[4], ours()["dW2 [5]"])


def test_another_draw_of_90_rows_changes_the_figures_that_are_not_reproducible():
    X, y, _ = iris.load()
    drawn = post.backward(X[:90], y[:90], *post.init(), reg=0.0)["dW2_data"]
    stated = golden.read()["it1_dW2_data"]
    for unit in (1, 3, 6):
        assert all(
            as_printed(a, "0.000000e+00") != as_printed(b, "0.000000e+00")
            for a, b in zip(drawn[unit - 1], stated[unit - 1], strict=True)
        )


@pytest.mark.parametrize(
    ("value", "like", "expected"),
    [
        (0.33329674300929457, "0.3332967", "0.3332967"),
        (2.0853041e-06, "2.085304e-06", "2.085304e-06"),
        (0.0, "0.000000e+00", "0.000000e+00"),
        (-0.0, "0.000000e+00", "0.000000e+00"),
        (-0.0, "0", "0"),
        (0.3, "0", "0.3"),
        (1e-300, "0", "1e-300"),
        (1e-300, "0.000000e+00", "1.000000e-300"),
    ],
)
def test_as_printed(value, like, expected):
    assert as_printed(value, like) == expected
