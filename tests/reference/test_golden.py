import numpy as np
import pytest

from reference import golden


def test_the_records_have_the_shapes_of_the_network():
    records = golden.read()
    shapes = {name: values.shape for name, values in records.items()}
    assert len(records) == 47
    assert shapes["rows"] == (1, 90)
    assert shapes["W1"] == (4, 6)
    assert shapes["W2"] == (6, 3)
    assert shapes["it1_hidden"] == (90, 6)
    assert shapes["it1_probs"] == (90, 3)
    assert shapes["it1_db1"] == (1, 6)
    assert shapes["after2000_loss_before_update"] == (1, 1)


def test_the_numbers_are_float64_and_cannot_be_changed():
    for values in golden.read().values():
        assert values.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            values[0, 0] = 0.0


def test_the_dict_belongs_to_the_caller():
    golden.read().clear()
    assert "W1" in golden.read()


def test_values_stand_row_by_row():
    W1 = golden.read()["W1"]
    # R's first two normals with seed 0 are 1.2629... and -0.3262...; R fills by column.
    assert W1[0, 0] == 0.012629542848807934
    assert f"{W1[1, 0]:.7f}" == "-0.0032623"


def test_a_record_with_missing_values_is_refused():
    with pytest.raises(ValueError, match="reshape"):
        golden._record("W1 4 6 1.0 2.0")
