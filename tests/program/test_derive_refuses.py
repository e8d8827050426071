"""What derive refuses: the message names the line, and what to write instead."""

import numpy as np
import pytest
from numpy import zeros  # on purpose not np.zeros

import micrograd_np as mg
from program.networks import NETWORKS, normal

_, TANH, *_ = NETWORKS
x = normal(3, 2)
w = normal(2)


@pytest.mark.parametrize(("option", "value"), [("argnums", "w"), ("argnums", 1.0), ("names", 5)])
def test_options_of_the_wrong_kind_are_refused(option, value):
    with pytest.raises(TypeError, match=option):
        mg.derive(lambda x, w: (x * w).sum(), x, w, **{option: value})


def branch(x):
    total = np.sum(x)
    if total > 0:
        return total
    return -total


def to_float(x):
    return np.sum(x) * float(x[0, 0])


def to_item(x):
    return np.sum(x) * x[0, 0].item()


def to_array(x):
    return np.sum(np.asarray(x))


def unsupported(x):
    return np.sum(np.histogram(x.T @ x)[0])


def plain_array(x):
    out = zeros(2)
    out[0] = x[0, 0]
    return np.sum(out)


def count(x, n):
    for _ in range(n):
        x = x * 2
    return np.sum(x)


def wrong_shapes(x):
    return np.sum(x @ np.ones((5, 5)))


def random_mask(x):
    return np.sum(x * np.random.default_rng().normal(size=2))


def random_number(x):
    return np.sum(x * np.random.uniform())


def missing_method(x):
    return np.sum(x.view(int))


def as_array(x):
    return np.sum(np.asarray(x) ** 2)


def caught(x):
    try:
        scale = float(np.sum(x))
    except TypeError:
        scale = 2.0
    return np.sum(x) * scale


def in_a_set(x):
    return np.sum(x) * len({x[0, 0], x[0, 1]})


def sometimes(x):
    for row in x:
        if len(calls) % 2:
            x = x + np.tanh(row)
        calls.append(1)
    return np.sum(x)


calls = []


def counted(x):
    calls.append(x)
    return np.sum(x[len(calls) % 3])


@pytest.mark.parametrize(
    ("f", "line", "instead", "kind"),
    [
        (branch, "if total > 0:", "np.where", TypeError),
        (to_float, "return np.sum(x) * float(x[0, 0])", "NumPy functions", TypeError),
        (to_item, "return np.sum(x) * x[0, 0].item()", "the tensor itself", TypeError),
        (to_array, "return np.sum(np.asarray(x))", "NumPy functions", TypeError),
        (unsupported, "np.histogram(x.T @ x)", "np.histogram of", NotImplementedError),
        (plain_array, "out[0] = x[0, 0]", "np.zeros", TypeError),
        (wrong_shapes, "return np.sum(x @ np.ones((5, 5)))", "mismatch", ValueError),
        (random_mask, "np.random.default_rng().normal", "pass it as an argument", TypeError),
        (missing_method, "x.view(int)", "np.view(...) if there is a rule", AttributeError),
        (as_array, "np.asarray(x)", "the tensor itself", TypeError),
        (caught, "float(np.sum(x))", "NumPy functions", TypeError),
        (in_a_set, "len({x[0, 0], x[0, 1]})", "does not depend on the arguments", TypeError),
        (sometimes, "for row in x:", "pass it as an argument", TypeError),
        (random_number, "* np.random.uniform()", "pass it as an argument", TypeError),
        (counted, "x[len(calls) % 3]", "pass it as an argument", TypeError),
    ],
)
def test_what_cannot_be_recorded_names_the_line_and_what_to_write(f, line, instead, kind):
    with pytest.raises(kind) as caught:
        mg.derive(f, x)
    assert "test_derive_refuses.py:" in str(caught.value)
    assert line in str(caught.value)
    assert instead in str(caught.value)


def test_a_count_that_is_an_input_is_refused():
    with pytest.raises(TypeError, match=r"for _ in range\(n\)"):
        mg.derive(count, x, 3)
    assert mg.derive(lambda x: count(x, 3), x).outputs == ("value", "dx")


@pytest.mark.parametrize(
    "f",
    [lambda x: np.ones(3).sum(), lambda x: np.sum(x > 0), lambda x: np.zeros_like(x)],
)
def test_a_result_that_does_not_depend_on_the_inputs_is_refused(f):
    with pytest.raises(ValueError, match=r"test_derive_refuses.py.*does not depend"):
        mg.derive(f, x)


@pytest.mark.parametrize("out", [None, 3.0, "text"])
def test_a_result_that_is_no_array_is_refused(out):
    with pytest.raises(TypeError, match=r"test_derive_refuses.py.*one array"):
        mg.derive(lambda x: out, x)


def test_a_list_of_arrays_is_refused_with_the_way_to_write_it():
    with pytest.raises(TypeError, match=r"argument 1 is a list.*f\(x, \*params\)"):
        mg.derive(lambda x, params: x @ params[0], x, [w])


def test_errors_of_the_user_pass_as_they_are():
    def f(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match=r"^mine$"):
        mg.derive(f, x)


def test_numpy_is_itself_again_afterwards():
    before = np.zeros, np.array
    with pytest.raises(TypeError):
        mg.derive(branch, x)
    assert (np.zeros, np.array) == before
    assert type(np.zeros(2)) is np.ndarray


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="'fortran'"):
        TANH.derive().source("fortran")


def test_a_large_constant_cannot_be_written_out():
    table = normal(500)
    program = mg.derive(lambda x: np.sum(x * table), normal(500, seed=1))
    with pytest.raises(ValueError, match=r"shape \(500,\).*as an argument"):
        program.source()
    np.testing.assert_array_equal(program.run(normal(500, seed=1))["dx"], table)


def test_an_axis_that_is_an_input_is_refused_where_it_is_used():
    def f(x, axis):
        return np.sum(np.sum(x, axis=axis) ** 2)

    with pytest.raises(TypeError, match=r"test_derive_refuses.py:\d+: .*axis=axis.*bind it"):
        mg.derive(f, x, 0)
    assert mg.derive(lambda x: f(x, 0), x).outputs == ("value", "dx")


def test_arguments_that_cannot_be_differentiated_by_are_named():
    with pytest.raises(TypeError, match=r"no floating-point array.*int64, int.*as float"):
        mg.derive(lambda x, n: np.sum(x * n), np.arange(3), 2)
    with pytest.raises(TypeError, match="complex128"):
        mg.derive(np.sum, np.ones(2) * 1j)
    with pytest.raises(ValueError, match="argnums is empty"):
        mg.derive(np.sum, x, argnums=())
