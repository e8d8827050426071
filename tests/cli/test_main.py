"""The command ``micrograd-np`` on iris and on files of the user's own."""

import json

import numpy as np
import pytest

from compare.networks import edited_in_a_file
from micrograd_np.cli import main
from micrograd_np.compare.demo import problem
from reference import post

WIDTH = 100


@pytest.fixture
def command(capsys):
    """Return a function that runs the command, and returns what it prints."""

    def run(*arguments, status=0):
        assert main(["--steps", "5", *arguments]) == status
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


def test_the_report(command):
    lines = command().split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in "".join(lines)
    rows = [line for line in lines if line.endswith("  ok")]
    assert [row.split()[0] for row in rows] == [str(n) for n in range(1, 12)]
    assert sum(line.endswith("  same") for line in lines) == 15
    assert lines[0].startswith("The network of the post, in float64, on iris, 90 rows")
    wanted = "All 11 lines and the figures of the post agree, and so do 5 steps of training."
    assert lines[-2:] == [wanted, ""]


def test_json(command):
    found = json.loads(command("--json"))
    assert found["ok"] is True
    assert (found["error"], found["overwritten"]) == ("", [])
    assert [line["line"] for line in found["lines"]] == list(range(1, 12))
    assert all(line["ok"] for line in found["lines"])
    assert found["lines"][0]["code"] == "dscores = probs.copy()"
    assert found["options"] == {
        "hidden": 6, "seed": 0, "lr": 0.01, "reg": 0.001, "steps": 5, "dtype": "float64",
    }  # fmt: skip
    assert len(found["figures"]) == 18
    assert found["training"]["diverged_at_step"] is None
    assert [moment["step"] for moment in found["training"]["moments"]] == [5]


def test_the_options_are_used(command):
    arguments = ("--hidden=3", "--seed=5", "--steps=50", "--lr=0.1", "--reg=0.5")
    found = json.loads(command(*arguments, "--json"))
    assert found["options"] == {
        "hidden": 3, "seed": 5, "lr": 0.1, "reg": 0.5, "steps": 50, "dtype": "float64",
    }  # fmt: skip
    shapes = {line["name"]: line["shape"] for line in found["lines"]}
    assert (shapes["dW1"], shapes["dhidden"]) == ([4, 3], [90, 3])
    assert found["figures"] == []
    report = command(*arguments)
    shapes = {line.split("=")[0].strip(): line.split()[-1] for line in report.split("\n")[3:6]}
    assert shapes == {"pre": "[90x3]", "hidden": "[90x3]", "scores": "[90x3]"}
    assert "  hidden = relu(pre)       [90x3]\n" in report
    assert "reg = 0.5" in report
    assert report.endswith("All 11 lines agree, and so do 50 steps of training.\n")


def test_float32(command):
    report = command("--dtype", "float32")
    assert report.startswith("The network of the post, in float32, on iris, ")
    assert "the figures of the post agree" in report


def test_float32_as_json(command):
    assert json.loads(command("--dtype", "float32", "--json"))["ok"]


def test_the_same_arguments_print_the_same(command):
    assert command("--seed", "3") == command("--seed", "3")


# --- a file of the user's own ------------------------------------------------------------------

NUMBERS = [[5.1, 3.5], [4.9, -3.0], [1e-2, 7], [6.25, 0.5], [1.5, 2.5], [0.1, 2], [3, 4], [2, 8]]
LABELS = ["b", "a", "b", "a", "c", "c", "b", "a"]


def content(labels=LABELS, header="", ending="\n", quote=""):
    rows = [f"{x},{y},{quote}{label}{quote}" for (x, y), label in zip(NUMBERS, labels, strict=True)]
    return ending.join(([header] if header else []) + rows) + ending


FILES = {
    "plain": content(),
    "header": content(header="x,y,label"),
    "quoted header": content(header='"x, in cm","y","label"'),
    "CRLF": content(header="x,y,label", ending="\r\n"),
    "BOM": "\ufeff" + content(),
    "BOM and header": "\ufeff" + content(header="x,y,label"),
    "quoted labels": content(quote='"'),
    "blank lines": "\n\n" + content(header="x,y,label", ending="\n\n") + "\n",
    "no last line end": content().rstrip("\n"),
    "spaces": content().replace(",", " , "),
    "header of an index column": content(header=",y,label"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_way_to_write_the_same_rows(name, tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_bytes(FILES[name].encode())
    found = problem.from_csv(path, seed=4)
    order = np.random.default_rng(4).permutation(8)
    np.testing.assert_array_equal(np.concatenate([found.X, found.X_test]), np.array(NUMBERS)[order])
    classes = np.array(found.classes)[np.concatenate([found.y, found.y_test])]
    np.testing.assert_array_equal(classes, np.array(LABELS)[order])
    assert len(found.X) == 5
    report = command("--rows", str(path), "--seed", "4")
    assert "on rows.csv, 5 rows to train on and 3 to test with" in report
    assert "the post prints" not in report
    assert max(map(len, report.split("\n"))) <= WIDTH


@pytest.mark.parametrize(
    "labels",
    [
        list("21211212"),
        ["ü, ö", "a\nb", "x"] * 2 + ["x", "x"],
        ["0.5", "-2"] * 4,
        ["a"] * 7 + ["b"],
    ],
)
def test_a_label_is_any_text(labels, tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_text(content(labels, quote='"'), encoding="utf-8")
    assert problem.from_csv(path, 0).classes == tuple(sorted(set(labels)))
    found = json.loads(command("--rows", str(path), "--json"))
    assert found["ok"]
    assert found["figures"] == []
    assert found["lines"][0]["shape"] == [5, len(set(labels))]


def test_the_first_row_is_a_header_only_if_no_feature_is_a_number(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(content(["7", *LABELS[1:]]), encoding="utf-8")
    assert len(problem.from_csv(path, 0).classes) == 4


def test_two_rows_are_enough(tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_text("1,a\n2,b\n", encoding="utf-8")
    assert "1 rows to train on and 1 to test with" in command("--rows", str(path))


# --- at the edges ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "hidden"),
    [(1000, "6"), (1, "1000")],  # of two rows each
)
def test_larger_networks_fit_the_width_too(times, hidden, tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_text("1,2,a\n3,4,b\n" * times, encoding="utf-8")
    report = command("--rows", str(path), "--hidden", hidden)
    assert max(map(len, report.split("\n"))) <= WIDTH


def test_a_row_of_zeros_is_a_row_like_any_other(tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_text("0,0,a\n1,2,b\n" * 5, encoding="utf-8")
    command("--rows", str(path))


def test_a_number_too_large_for_float32_is_refused(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("1e39,a\n1,b\n2,a\n", encoding="utf-8")
    assert main(["--rows", str(path), "--dtype", "float32", "--steps", "1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_training_that_diverges_agrees_with_nothing(command):
    report = command("--lr", "1e300", status=1)
    assert " ended at step 2: no loss is finite (lr = 1e+300; try less)\n" in report
    wanted = "Does NOT agree: training, which diverged before it could be compared.\n"
    assert report.endswith(f"\n\n{wanted}")
    found = json.loads(command("--lr", "1e300", "--json", status=1))
    assert found["training"]["diverged_at_step"] == 2
    assert (found["ok"], found["training"]["ok"]) == (False, False)


def test_a_training_of_which_one_side_is_not_finite(command, tmp_path, monkeypatch):
    edited = edited_in_a_file(tmp_path, "dscores /= N", "dscores = dscores / N * np.nan")
    monkeypatch.setattr(post, "backward", edited)
    report = command(status=1)
    assert " largest difference on the way: inf radii\n" in report
    assert report.split("\n")[-2].endswith("; training.")
    found = json.loads(command("--json", status=1))["training"]
    assert (found["ok"], found["largest_radii"], found["diverged_at_step"]) == (False, None, None)
