"""``np.pad``: each form of its arguments by itself, each mode, and what is printed."""

import numpy as np
import pytest

import micrograd_np as mg
from program.derived import assert_run_is_right, assert_source_is_right, wanted_of
from program.torch_side import assert_torch_agrees

MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]
WIDTHS = [
    0, 1, 4, (2,), (1, 2), [0, 3], ((1, 2),), ((1, 2), (0, 0)), [[0, 0], [5, 1]], ((1,), (2,)),
    np.int64(1), np.array(1), np.array([1, 2]), np.array([[1], [2]]), np.array([[1, 2], [3, 4]]),
    {1: 2}, {0: (1, 2), -1: (3, 0)}, {},
]  # fmt: skip
FILLS = [0, 1.5, (2,), (1, -2), ((1, 2),), ((1, 2), (3, 4)), [[1], [2]], np.nan, np.inf,
         np.float32(0.5), np.array([1, 2]), np.array([[1.0, 2.0], [3.0, 4.0]])]  # fmt: skip
ARRAYS = [np.arange(1.0, 7.0).reshape(2, 3), np.arange(1.0, 5.0).reshape(1, 4)]
every_mode = pytest.mark.parametrize("mode", MODES)


def skip_unless_numpy_takes(width):
    if isinstance(width, dict):
        try:
            np.pad(ARRAYS[0], width)
        except TypeError:
            pytest.skip("this NumPy has no widths by axis")


def gradient_of(f, x):
    """Return the gradient of a sum in which each element of the result has a weight of its own."""
    leaf = mg.tensor(x, requires_grad=True)
    out = f(leaf)
    np.testing.assert_array_equal(out.data, f(x), strict=True)
    out.backward(seed_for(out))
    return leaf.grad


def seed_for(out):
    return 2.0 ** np.arange(out.size).reshape(out.shape)  # of which no two sums are alike


def where_from(x, width, mode):
    """Return NumPy's own answer for which element stands where, -1 for none."""
    options = {"constant_values": -1} if mode == "constant" else {}
    return np.pad(np.arange(x.size).reshape(x.shape), width, mode, **options)


# --- values and gradients ----------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: str(x.shape))
@pytest.mark.parametrize("width", WIDTHS, ids=repr)
def test_every_form_of_widths(width, x, mode):
    skip_unless_numpy_takes(width)
    places = where_from(x, width, mode)
    weights = seed_for(places)
    wanted = [weights[places == place].sum() for place in range(x.size)]
    found = gradient_of(lambda x: np.pad(x, width, mode), x)
    np.testing.assert_array_equal(found, np.reshape(wanted, x.shape), strict=True)


@pytest.mark.parametrize("fill", FILLS, ids=repr)
def test_constants_take_no_part_in_the_gradient(fill):
    (x, _), width = ARRAYS, ((1, 2), (3, 0))
    found = gradient_of(lambda x: np.pad(x, width, constant_values=fill), x)
    wanted = seed_for(np.pad(x, width))[1:-2, 3:]
    np.testing.assert_array_equal(found, wanted, strict=True)


@every_mode
@pytest.mark.parametrize(
    ("shape", "width"), [((), 0), ((), 3), ((0, 3), ((0, 0), (1, 2))), ((3, 0), ((1, 1), (0, 0)))]
)
def test_arrays_without_axes_and_without_elements(shape, width, mode):
    x = np.ones(shape)
    found = gradient_of(lambda x: np.pad(x, width, mode), x)
    np.testing.assert_array_equal(found, x, strict=True)


def test_an_empty_axis_can_be_padded_with_constants_only():
    found = gradient_of(lambda x: np.pad(x, 1, constant_values=3), np.ones((0, 2)))
    assert found.shape == (0, 2)
    with pytest.raises(ValueError, match="empty axis"):
        np.pad(mg.tensor(np.ones((0, 2))), 1, "wrap")


def test_widths_may_be_a_tensor_of_integers():
    widths = mg.tensor([1, 2])
    found = gradient_of(
        lambda x: np.pad(x, widths if isinstance(x, mg.Tensor) else [1, 2]), ARRAYS[0]
    )
    np.testing.assert_array_equal(found, seed_for(np.pad(ARRAYS[0], (1, 2)))[1:-2, 1:-2])


# --- modes that compute what they put around ---------------------------------------------------


@pytest.mark.parametrize("mode", ["mean", "median", "maximum", "minimum", "linear_ramp"])
@pytest.mark.parametrize("dtype", [float, np.float32, np.float16])
@pytest.mark.parametrize("x", [*ARRAYS, np.arange(11.0), np.ones(())], ids=lambda x: str(x.shape))
@pytest.mark.parametrize("width", [0, (2, 3), 13])
def test_values_of_other_modes(mode, dtype, x, width):
    options = [{}]
    if mode == "linear_ramp":
        options += [{"end_values": 5}, {"end_values": (1.5, -2)}]
    else:
        options += [{"stat_length": 2}, {"stat_length": (1, 3)}]
    x = (x / 7).astype(dtype)
    for given in options:
        found = np.pad(mg.tensor(x), width, mode, **given)
        np.testing.assert_array_equal(found.data, np.pad(x, width, mode, **given), strict=True)


def test_gradients_of_other_modes():
    def summed(mode, **options):
        x = mg.tensor([1.0, 2.0, 4.0, 4.0], requires_grad=True)
        np.pad(x, (1, 2), mode, **options)[[0, -1]].sum().backward()
        return x.grad.tolist()

    assert summed("mean") == [0.5, 0.5, 0.5, 0.5]
    assert summed("mean", stat_length=2) == [0.5, 0.5, 0.5, 0.5]
    assert summed("mean", stat_length=1) == [1, 0, 0, 1]
    assert summed("maximum") == [0, 0, 1, 1]  # a tie is shared
    assert summed("minimum", stat_length=2) == [1, 0, 0.5, 0.5]
    assert summed("linear_ramp") == [0, 0, 0, 0]  # both ends are given
    assert summed("reflect", reflect_type="odd") == [2, -2, 0, 2]


def test_a_function_writes_what_is_around():
    def neighbours(vector, width, axis, kwargs):
        before, after = width
        vector[:before] = kwargs["factor"] * vector[before]
        vector[-after:] = vector[-after - 1] * vector[-after - 1]

    found = gradient_of(lambda x: np.pad(x, 1, neighbours, factor=3), np.array([1.0, 2.0, 5.0]))
    np.testing.assert_array_equal(found, [1 * 3 + 2, 4, 8 + 16 * 10])


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("other", {}),
        ("mean", {"end_values": 2}),
        ("edge", {"constant_values": 1}),
        ("maximum", {"stat_length": 0}),
    ],
)
def test_numpy_refuses_it_too(mode, options):
    with pytest.raises(ValueError):  # noqa: PT011  # whatever NumPy says
        np.pad(ARRAYS[0], 1, mode, **options)
    with pytest.raises(ValueError):  # noqa: PT011
        np.pad(mg.tensor(ARRAYS[0]), 1, mode, **options)


def test_a_constant_is_not_detached_in_silence():
    """Of the array alone NumPy asks whether it is a tensor."""
    fill = mg.tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="lose the gradient"):
        np.pad(ARRAYS[0], 1, constant_values=fill)


@pytest.mark.parametrize("x", [np.arange(6.0).reshape(2, 3), np.ones((0, 2)), np.ones((1, 1))])
def test_a_constant_with_a_gradient_gathers_what_it_fills(x):
    width = ((1, 2), (0, 1))
    values = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    out = np.pad(mg.tensor(x), width, constant_values=values)
    np.testing.assert_array_equal(
        out.data, np.pad(x, width, constant_values=values.data), strict=True
    )
    out.sum().backward()
    rows, columns = x.shape
    np.testing.assert_array_equal(values.grad, [[columns, 2 * columns], [0, rows + 3]])


@pytest.mark.parametrize("given", [-1, 1.5, (1, 2, 3)])
def test_widths_that_numpy_refuses(given):
    with pytest.raises((ValueError, TypeError)) as numpys:
        np.pad(ARRAYS[0], given)
    with pytest.raises(type(numpys.value)):
        np.pad(mg.tensor(ARRAYS[0], requires_grad=True), given)


# --- as a program ------------------------------------------------------------------------------


def test_what_is_put_around_is_cut_off_again():
    source = mg.derive(lambda x: np.sum(np.pad(x, ((1, 2), (0, 3))) ** 2), ARRAYS[0]).source()
    assert "dx = (2 * t1)[1:-2, :-3]" in source


def test_what_is_repeated_is_added_up_axis_by_axis():
    def f(x):
        n, k = x.shape  # noqa: RUF059  # names for the lengths
        out = np.pad(x, 1, mode="reflect")
        return np.sum(out * out)

    source = mg.derive(f, ARRAYS[0]).source()
    assert "np.add.at(t1, np.pad(np.arange(n), (1, 1), mode='reflect'), dout)" in source
    assert (
        "np.add.at(dx, (slice(None), np.pad(np.arange(k), (1, 1), mode='reflect')), t1)" in source
    )


def test_an_axis_with_nothing_around_it_is_left_alone():
    source = mg.derive(lambda x: np.pad(x, ((0, 0), (2, 0)), "edge"), ARRAYS[0]).source()
    assert source.count("np.add.at") == 1


def of_lengths(mode):
    def f(x):
        n = x.shape[0]
        out = np.pad(x, ((n - 2, 1), (0, 2 * n - 4)), mode)
        return np.sum(out * out)

    return f


@every_mode
@pytest.mark.parametrize("traced", [2, 3])
def test_widths_may_be_lengths_that_become_others(traced, mode):
    """And a width that was 0 may become another, as one that was not may become 0."""
    f = of_lengths(mode)
    x = lambda n: np.arange(1.0, 3 * n + 1).reshape(n, 3)
    program = mg.derive(f, x(traced))
    for n in (2, 3, 5):
        wanted = wanted_of(f, [0], [x(n)])
        assert_source_is_right(program, [x(n)], wanted)
        assert_run_is_right(program, [x(n)], wanted)


MADE_BEFORE = np.array([[1, 2], [0, 3]])
CALLS = {
    "an array made before": lambda x: np.pad(x, MADE_BEFORE),
    "an array made in the call": lambda x: np.pad(x, np.array([1, 2]), "wrap"),
    "a tensor": lambda x: np.pad(x, mg.tensor([1, 2]), "edge"),
    "constants in an array": lambda x: np.pad(x, 1, constant_values=np.array([1.5, 2])),
    "constants of every side": lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))),
    "by axis": lambda x: np.pad(x, {-1: (2, 1)}, "symmetric"),
}


@pytest.mark.parametrize("what", CALLS)
def test_arguments_that_are_arrays_are_written_out(what):
    if what == "by axis":
        skip_unless_numpy_takes({0: 1})
    f, x = CALLS[what], ARRAYS[0]
    assert_source_is_right(mg.derive(f, x), [x], wanted_of(f, [0], [x]))
    pytest.importorskip("torch", reason="torch runs what is printed")
    assert_torch_agrees(f, [x])


def test_widths_that_are_inputs_are_refused():
    with pytest.raises(TypeError, match="frozen into the program"):
        mg.derive(lambda x, width: np.sum(np.pad(x, width)), ARRAYS[0], np.array([1, 2]), argnums=0)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("width", [(0, 1), (3, 11)])
@pytest.mark.parametrize("mode", MODES[1:])
def test_torch_picks_the_same_elements(mode, width, n):
    pytest.importorskip("torch", reason="torch runs what is printed")
    assert_torch_agrees(lambda x: np.pad(x, width, mode), [np.arange(1.0, n + 1)])
