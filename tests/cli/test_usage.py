"""Bad usage: exit status 2, one line that says what and where, no traceback."""

import pytest

from micrograd_np.cli import main

ROWS = ["1,2.5,a", "2,1,b", "3,-1e3,a", "4,0.5,b", "5,6,a"]


def refused(capsys, *arguments):
    """Return the one line that the command prints when it refuses."""
    try:
        status = main(list(arguments))
    except SystemExit as stopped:  # how argparse leaves
        status = stopped.code
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.startswith("micrograd-np: error: ")
    return err.removeprefix("micrograd-np: error: ").rstrip("\n")


@pytest.fixture
def refused_file(tmp_path, capsys):
    """Return a function from the content of a file to why it is refused, without its path."""

    def why(content):
        path = tmp_path / "rows.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        line = refused(capsys, "--rows", str(path), "--steps", "1")
        assert line.startswith(str(path))
        return line.removeprefix(str(path))

    return why


def with_row(row):
    return "\n".join(["x,width,label", *ROWS, row]) + "\n"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("nan,1,a", ", row 7, column 'x': 'nan' is not a finite number"),
        ("1,NaN,a", ", row 7, column 'width': 'NaN' is not a finite number"),
        ("1,-inf,a", ", row 7, column 'width': '-inf' is not a finite number"),
        ("1,1e999,a", ", row 7, column 'width': '1e999' is not a finite number"),
        (",1,a", ", row 7, column 'x': the cell is empty"),
        ("1, ,a", ", row 7, column 'width': the cell is empty"),
        ("1,2,", ", row 7, column 'label': the cell is empty"),
        ("1,wide,a", ", row 7, column 'width': 'wide' is not a number"),
        ('1,"2\n3",a', ", row 8, column 'width': '2\\n3' is not a number"),
        ("1,2,3,a", ", row 7: has 4 columns, expected 3"),
        ("1,a", ", row 7: has 2 columns, expected 3"),
        ("a", ", row 7: has 1 columns, expected 3"),
    ],
)
def test_a_bad_row_is_named_with_its_column(row, why, refused_file):
    assert refused_file(with_row(row)) == why


def test_columns_without_a_header_are_counted(refused_file):
    found = refused_file("\n".join(["", *ROWS, "", "7,oops,a"]))
    assert found == ", row 8, column 2: 'oops' is not a number"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", ": the file is empty"),
        ("\n\n\r\n", ": the file is empty"),
        ("\ufeff", ": the file is empty"),
        ("a,b,label\n", ": there is a header and no rows"),
        ("1,2,a\n", ": the last column holds one class only, 'a'; need two"),
        ("1,2,a\n3,4,a\n", ": the last column holds one class only, 'a'; need two"),
        ("a\nb\n", ": needs numeric columns and a label, separated by commas"),
        ("1;2;a\n3;4;b\n", ": needs numeric columns and a label, separated by commas"),
    ],
)
def test_too_little_is_refused(content, why, refused_file):
    assert refused_file(content) == why


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\xff", "1,2,\xe9\n".encode("latin-1")])
def test_a_file_that_is_no_text_is_refused(content, refused_file):
    assert refused_file(content).startswith(": is not a CSV file in UTF-8 (")


def test_a_file_that_cannot_be_read_is_refused(tmp_path, capsys):
    missing = tmp_path / "missing.csv"
    line = refused(capsys, "--rows", str(missing))
    assert line == f"{missing}: cannot be read (No such file or directory)"
    line = refused(capsys, "--rows", str(tmp_path))
    assert line.startswith(f"{tmp_path}: cannot be read (")


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "nan", "", "1e3"])
@pytest.mark.parametrize("option", ["--hidden", "--steps"])
def test_whole_numbers_from_1_on(option, value, capsys):
    wanted = f"argument {option}: must be a whole number of at least 1, got {value!r}"
    assert refused(capsys, f"{option}={value}") == f"{wanted} (see micrograd-np --help)"


@pytest.mark.parametrize("value", ["-1", "x", "0.5"])
def test_a_seed_is_a_whole_number_from_0_on(value, capsys):
    line = refused(capsys, f"--seed={value}")
    assert line.startswith(f"argument --seed: must be a whole number of at least 0, got {value!r}")


@pytest.mark.parametrize("value", ["-1e-3", "nan", "inf", "-inf", "x", ""])
def test_a_regularization_is_a_number_from_0_on(value, capsys):
    line = refused(capsys, f"--reg={value}")
    assert line.startswith(f"argument --reg: must be a number at least 0, got {value!r}")


@pytest.mark.parametrize("value", ["0", "-0.0", "-1", "nan", "inf", "x"])
def test_a_learning_rate_is_a_number_above_0(value, capsys):
    line = refused(capsys, f"--lr={value}")
    assert line.startswith(f"argument --lr: must be a number greater than 0, got {value!r}")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--dtype", "float16"], "argument --dtype: invalid choice: 'float16'"),
        (["--depth", "3"], "unrecognized arguments: --depth 3"),
        (["iris.csv"], "unrecognized arguments: iris.csv"),
        (["--rows"], "argument --rows: expected one argument"),
    ],
)
def test_other_options_are_refused(arguments, why, capsys):
    assert refused(capsys, *arguments).startswith(why)
