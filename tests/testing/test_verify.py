"""The suite as something to run: what it draws, what it tells, and that it notices a wrong rule."""

import json

import numpy as np
import pytest

from micrograd_np.differing import in_radii
from micrograd_np.operation import OPERATIONS
from micrograd_np.testing.evidence import by_family
from micrograd_np.testing.properties import PROPERTIES
from micrograd_np.testing.report.data import as_json
from micrograd_np.testing.report.page import page
from micrograd_np.testing.report.text import report
from micrograd_np.testing.verification import DEFAULT, THOROUGH, Budget, total, verify

POST = next(prop for prop in PROPERTIES if prop.name == "the network of the post")
TANH = next(prop for prop in PROPERTIES if prop.name == "tanh")
FEW = Budget("few", 12)


def without_times(found):
    data = as_json(found)
    del data["seconds"]
    for prop in data["properties"]:
        del prop["seconds"]
    return data


@pytest.fixture
def with_rule(monkeypatch):
    """Return a function that gives tanh another rule."""

    def change(rule):
        for name, value in (("rules", (rule,)), ("plans", {}), ("pairs", [None] * 4)):
            monkeypatch.setattr(OPERATIONS[np.tanh], name, value)

    return change


# --- what is drawn ------------------------------------------------------------------------------


def test_every_operation_of_the_table_is_a_property():
    names = [prop.name for prop in PROPERTIES]
    assert len(names) == len(set(names))
    assert {prop.group for prop in PROPERTIES} == set(DEFAULT.examples) == set(THOROUGH.examples)
    exercised = [prop for prop in PROPERTIES if prop.group == "operations"]
    assert len(exercised) > 400
    assert all(prop.family for prop in exercised)


def test_what_has_a_hand_written_form_is_compared_three_ways():
    by_hand = [prop for prop in PROPERTIES if "hand" in prop.sides]
    assert all(prop.sides == ("hand", "auto", "torch") for prop in by_hand)
    assert {prop.name for prop in by_hand} >= {
        "the network of the post",
        "n layers, examples as columns",
        "a linear classifier",
        "softmax and cross-entropy",
        "batch normalization",
        "layer normalization",
        "attention",
        "a step of a recurrent network",
        "a recurrent network through time",
        "two-dimensional convolution",
        "training the network of the post",
    }


def test_a_thorough_run_has_more_than_100_000_examples_by_hand():
    by_hand = [prop for prop in PROPERTIES if "hand" in prop.sides]
    assert total(by_hand, THOROUGH) > 100_000


def test_a_seed_draws_the_same_again():
    first, again = (verify([POST, TANH], FEW, seed=7) for _ in range(2))
    assert without_times(first) == without_times(again)
    other = verify([POST, TANH], FEW, seed=8)
    assert without_times(first)["properties"] != without_times(other)["properties"]


def test_what_a_property_draws_does_not_depend_on_the_others():
    alone, beside = verify([POST], FEW, seed=7), verify([TANH, POST], FEW, seed=7)
    assert without_times(alone)["properties"] == without_times(beside)["properties"][1:]


def test_progress_is_told():
    seen = []
    verify([POST, TANH], FEW, 0, lambda done, what: seen.append((done, what)))
    assert seen[0] == (0, "the network of the post")
    assert seen[-1] == (24, "tanh")
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


# --- what is told -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    return verify([POST, TANH], FEW, seed=1)


def test_evidence_is_per_gradient_and_dtype(found):
    of_post, of_tanh = found.evidence
    assert found.ok
    assert found.examples == sum(one.examples for one in found.evidence) >= 20
    assert of_post.gradients() == ["out", "dX", "dW1", "dW2", "db1", "db2"]
    assert set(of_tanh.gradients()) >= {"along a direction"}
    assert of_post.dtypes() == ["float32", "float64"]
    for one in found.evidence:
        for series in one.series.values():
            assert 0 <= series.median <= series.worst == max(series.radii) < 8
            assert series.example
    counts = [len(of_post.series["dW1", dtype].radii) for dtype in of_post.dtypes()]
    assert sum(counts) == of_post.examples


def test_three_sides_are_counted_where_there_are_three(found):
    pytest.importorskip("torch", reason="PyTorch is the third side")
    assert found.three_way == found.examples


def test_versions_are_told(found):
    assert found.versions["numpy"] == np.__version__
    assert found.versions["BLAS"]
    for name, version in found.versions.items():
        assert f"{name} {version}" in report(found)


def test_the_text_has_a_line_for_each_gradient(found):
    text = report(found)
    assert "0 disagreements" in text
    assert text.endswith("few budget, seed 1")
    for name in ("the network of the post", "  dW1", "  dX", "tanh"):
        assert any(line.startswith(name) for line in text.splitlines()), name


def test_in_brief_a_property_has_one_line_with_the_worst_of_its_gradients(found):
    lines = report(found, brief=True).splitlines()
    (line,) = (line for line in lines if line.startswith("the network of the post"))
    assert f" {in_radii(found.evidence[0].worst('float32').worst)} (" in line
    assert f" {in_radii(found.evidence[0].worst('float64').worst)} (" in line
    assert found.evidence[0].worst().example[:20] in line
    assert not any(line.startswith(" ") for line in lines)


def test_the_page_needs_nothing_else_and_hides_nothing(found):
    text = page(found)
    assert "http" not in text
    assert "<script" not in text
    for one in found.evidence:
        assert one.name in text
        for series in one.series.values():
            assert f"worst {series.worst:.1f} radii" in text
    assert "All sides agree" in text


def test_of_few_properties_each_is_told_and_its_examples_whole():
    found = verify([TANH], FEW, seed=1)
    lines = report(found).splitlines()
    assert any(line.startswith("  along a direction") for line in lines)
    assert "--json" not in report(found)
    series = found.evidence[0].series["along a direction", "float64"]
    assert f"{series.sides}: {series.example}" in report(found)
    many = report(verify([prop for prop in PROPERTIES if prop.family][:13], Budget("one", 1), 1))
    assert not any(line.startswith("  along") for line in many.splitlines())
    assert "(each operation by itself, and each of its gradients: --json, --html)" in many


def test_operations_are_told_together(found):
    whole = by_family(found.evidence)
    assert [one.name for one in whole] == ["the network of the post", "elementwise"]
    assert whole[1].examples == found.evidence[1].examples
    assert whole[1].worst().example.startswith("tanh: ")


def test_elements_at_kinks_are_counted():
    found = verify([POST], Budget("more", 60), seed=0)
    undecided = sum(series.undecided for series in found.evidence[0].series.values())
    assert 0 < undecided < sum(series.elements for series in found.evidence[0].series.values())


# --- that it would have noticed -----------------------------------------------------------------


def test_a_wrong_rule_is_noticed_with_the_smallest_example(with_rule):
    with_rule(lambda g, out, _x: g * (1 - out))
    found = verify([TANH, POST], FEW, seed=1)
    assert not found.ok
    assert found.disagreements == 1
    failure = found.evidence[0].failure
    assert "disagree" in failure
    assert "radii apart" in failure
    assert "tanh: array(0.0625)" in failure  # nothing smaller is drawn
    assert "1 disagreement." in report(found)
    assert "tanh: the sides DISAGREE" in report(found)
    assert "The sides disagree" in page(found)
    assert as_json(found)["properties"][0]["failure"] == failure
    assert found.evidence[1].ok


def test_the_example_that_failed_is_in_the_evidence(with_rule):
    """The first of them, and not those that came of it by making it smaller."""
    with_rule(lambda g, out, _x: g * (1 - out))
    (one,) = verify([TANH], FEW, seed=1).evidence
    assert one.examples == len(one.series["along a direction", "float64"].radii) <= FEW.of(TANH)
    assert one.series["along a direction", "float64"].worst > 1e6


def test_what_is_not_a_number_is_infinitely_far_off_and_null_in_json(with_rule):
    with_rule(lambda g, out, _x: g * np.nan)
    found = verify([TANH], FEW, seed=1)
    assert found.evidence[0].worst().worst == np.inf
    worst = [row["worst_radii"] for row in as_json(found)["properties"][0]["gradients"]]
    assert None in worst
    json.dumps(as_json(found), allow_nan=False)
    assert "inf" in report(found)
    page(found)


def test_a_rule_that_crashes_is_noticed(with_rule):
    with_rule(lambda g, out, _x: g.no_such_thing)
    found = verify([TANH], FEW, seed=1)
    assert "AttributeError" in found.evidence[0].failure
