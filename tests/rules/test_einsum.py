"""Sums of products: how indices may be spelled, and what else NumPy's function can be given."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS

RNG = np.random.default_rng(21)


def normal(*shape):
    return RNG.normal(size=shape)


SPELLED = {
    # an index that stands twice, where the others take the letters that are free
    "a trace beside A": ("ii,A->A", normal(3, 3), normal(2)),
    "a trace beside A and B": ("ii,AB,B->A", normal(3, 3), normal(2, 4), normal(4)),
    "a diagonal": ("iij->ji", normal(3, 3, 2)),
    "thrice": ("iii->i", normal(3, 3, 3)),
    "two traces": ("iijj", normal(3, 3, 2, 2)),
    "a diagonal with an index of another": ("ii,ij->j", normal(3, 3), normal(3, 2)),
    # an index that stands nowhere else, or with length one
    "a sum beside": ("ij,k->k", normal(2, 3), normal(4)),
    "length one with a sum": ("ij,ij->", normal(2, 3), normal(1, 3)),
    "length one in both": ("ij,ij->ij", normal(2, 1), normal(1, 3)),
    "length one in the middle of three": ("ij,ij,jk->k", normal(2, 3), normal(2, 1), normal(3, 4)),
    "length one of a trace": ("ij,j,j->i", normal(2, 3), normal(1), normal(1)),
    # ellipses
    "an ellipsis of nothing": ("...i,...i->...", normal(2, 3, 4), normal(4)),
    "an ellipsis of less": ("...i,...ij->...j", normal(2, 3, 4), normal(3, 4, 2)),
    "ellipses of three lengths": ("...,i...,...->i...", normal(2, 4), normal(3, 4), normal()),
    "an ellipsis in the middle": ("i...j,j->...i", normal(2, 3, 4, 5), normal(5)),
    "an ellipsis beside z": ("...z,zy->...y", normal(2, 3, 4), normal(4, 2)),
    "an ellipsis that is implied": ("...ba", normal(2, 3, 4)),
    "an ellipsis and z that are implied": ("z...,...y", normal(4, 3), normal(3, 2)),
    # no arrow, and spaces
    "sorted": ("ba,cb", normal(2, 3), normal(4, 2)),
    "capitals before": ("bA,cb", normal(2, 3), normal(4, 2)),
    "spaces": (" i j , j k -> k i ", normal(2, 3), normal(3, 4)),
    "spaces and an ellipsis": (" ... i , i -> ... ", normal(2, 3, 4), normal(4)),
    "no elements": ("ij,jk->ik", normal(2, 0), normal(0, 3)),
}


@pytest.mark.parametrize("name", SPELLED)
def test_each_gradient_is_that_of_a_linear_function(name):
    """It is linear in each operand: its columns are what each element alone gives."""
    subscripts, *operands = SPELLED[name]
    leaves = [mg.tensor(a, requires_grad=True) for a in operands]
    out = np.einsum(subscripts, *leaves)
    value = np.einsum(subscripts, *operands)
    np.testing.assert_array_equal(out.data, value, strict=True)
    seed = np.cos(np.arange(value.size)).reshape(value.shape)
    out.backward(seed)
    for k, (leaf, operand) in enumerate(zip(leaves, operands, strict=True)):
        wanted = np.zeros(operand.shape)
        for index in np.ndindex(operand.shape):
            unit = np.zeros(operand.shape)
            unit[index] = 1
            with_unit = [*operands[:k], unit, *operands[k + 1 :]]
            wanted[index] = np.sum(seed * np.einsum(subscripts, *with_unit))
        np.testing.assert_allclose(leaf.grad, wanted, rtol=1e-12, atol=1e-14)


LISTED = {
    "a product": ((normal(2, 3), [0, 1], normal(3, 4), [1, 2]), "ij,jk"),
    "the result's axes": ((normal(2, 3), [0, 1], normal(3, 4), [1, 2], [2, 0]), "ij,jk->ki"),
    "a sum": ((normal(2, 3), [5, 7], []), "ij->"),
    "an ellipsis": ((normal(2, 3, 4), [..., 1], normal(4), [1], [...]), "...j,j->..."),
}


@pytest.mark.parametrize(("operands", "subscripts"), LISTED.values(), ids=LISTED)
def test_axes_in_lists_are_subscripts(operands, subscripts):
    arrays = [a for a in operands if isinstance(a, np.ndarray)]
    listed = [mg.tensor(a, requires_grad=True) for a in arrays]
    spelled = [mg.tensor(a, requires_grad=True) for a in arrays]
    rest = iter(listed)
    out = np.einsum(*[next(rest) if isinstance(a, np.ndarray) else a for a in operands])
    np.testing.assert_array_equal(out.data, np.einsum(*operands), strict=True)
    (out**2).sum().backward()
    (np.einsum(subscripts, *spelled) ** 2).sum().backward()
    for a, b in zip(listed, spelled, strict=True):
        np.testing.assert_array_equal(a.grad, b.grad)


@pytest.mark.parametrize(
    ("subscripts", "count", "words"),
    [
        ("i", 2, "fewer operands provided"),
        ("i,i", 1, "more operands"),
        ("i,i,i", 2, "more operands"),
    ],
)
def test_numpy_counts_the_operands(subscripts, count, words):
    arrays = [np.arange(3.0)] * count
    with pytest.raises(ValueError, match=words):
        np.einsum(subscripts, *arrays)
    with pytest.raises(ValueError, match=words):
        np.einsum(subscripts, *map(mg.tensor, arrays))


# --- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize("subscripts", ["ij->ji", "ij->i", "ij,ij->j", "ij->ij"])
def test_a_dtype_casts_what_is_computed_and_no_view(subscripts):
    a = [normal(2, 3)] * (1 + subscripts.count(","))
    leaves = [mg.tensor(x, requires_grad=True) for x in a]
    options = {"dtype": np.float32, "casting": "same_kind"}
    out = np.einsum(subscripts, *leaves, **options)
    np.testing.assert_array_equal(out.data, np.einsum(subscripts, *a, **options), strict=True)
    out.backward(np.ones(out.shape, out.dtype))
    assert leaves[0].grad.dtype == np.float64


@pytest.mark.parametrize("subscripts", ["ij->ji", "ij->i"])
def test_a_dtype_that_the_operands_cannot_be_cast_to(subscripts):
    x = mg.tensor(normal(2, 3), requires_grad=True)
    with pytest.raises(TypeError, match="cannot cast an operand from float64 to float32 according"):
        np.einsum(subscripts, x, dtype=np.float32)
    with pytest.raises(TypeError, match="could not be cast"):
        np.einsum("ij->i", x.data, dtype=np.float32)


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("optimize", [False, True, "greedy"])
def test_a_result_lies_in_memory_as_it_is_asked_to(order, optimize):
    a, b = normal(2, 3), normal(3, 4)
    out = np.einsum("ij,jk->ki", mg.tensor(a), b, order=order, optimize=optimize)
    wanted = np.einsum("ij,jk->ki", a, b, order=order, optimize=optimize)
    np.testing.assert_array_equal(out.data, wanted)
    assert out.data.strides == wanted.strides


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("order", ["K", "C"])
def test_gradients_are_summed_in_the_best_order_if_the_product_is(optimize, order):
    a, b, c = normal(2, 3), normal(3, 4), normal(4, 5)
    product = lambda a: np.sum(np.einsum("ij,jk,kl->il", a, b, c, optimize=optimize, order=order))
    source = mg.derive(product, a).source()
    assert source.count("np.einsum(") == 2
    assert source.count("optimize=True") == (2 if optimize else 0)


def test_gradients_are_sums_of_the_operands_and_nothing_that_is_1():
    """There are ones only for an index that nothing else has, and an identity for one twice."""
    product = lambda a, b: np.sum(np.einsum("ij,jk->ki", a, b) ** 2)
    source = mg.derive(product, normal(2, 3), normal(3, 4)).source()
    assert source.count("np.einsum(") == 3
    assert "ones" not in source
    assert "eye" not in source


def test_a_program_spells_an_ellipsis_from_the_end_of_the_alphabet():
    product = lambda a, b: np.sum(np.einsum("...ij,jk->...k", a, b))
    source = mg.derive(product, normal(5, 2, 3), normal(3, 4)).source()
    assert "np.einsum('zk,zij->jk', " in source


@pytest.mark.parametrize(
    ("subscripts", "shapes", "added"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)], [(1, (1,)), (2, ())]),
        ("ij,jk->k", [(2, 3), (3, 4)], [(1, (0, 1)), (2, ())]),
        ("ij,kl,l->j", [(2, 3), (4, 5), (5,)], [(1, (0,)), (2, (0, 1)), (3, ())]),
        ("...i,i->...", [(2, 3, 4), (4,)], [(1, (2,)), (2, ())]),
    ],
)
def test_what_is_added_up_along_an_index_is_told_of_one_operand(subscripts, shapes, added):
    """So that a rounding on the way is counted once."""
    assert OPERATIONS[np.einsum].sums(subscripts, *map(np.ones, shapes)) == added


def test_it_is_written_to_a_tensor():
    out, x = mg.tensor(np.zeros((3, 2))), mg.tensor(normal(2, 3), requires_grad=True)
    assert np.einsum("ij->ji", x.data, out=out) is out
    np.testing.assert_array_equal(out.data, x.data.T)
    assert np.einsum("ij,j->ji", x, np.arange(3.0), out=out) is out
    out.backward(np.ones((3, 2)))
    np.testing.assert_array_equal(x.grad, [[0, 1, 2]] * 2)


def test_the_axes_of_one_operand_in_order_are_a_view_of_it():
    """So nothing can be written to it while both are there; a sum has memory of its own."""
    x = mg.tensor(normal(2, 3))
    before = x.data.copy()
    total = np.einsum("ij->j", x)
    total[0] = x[0, 0] = 5.0
    np.testing.assert_array_equal(x.data[1:], before[1:])
    moved = np.einsum("ij->ji", x)
    assert np.shares_memory(moved.data, x.data)
    with pytest.raises(RuntimeError, match="is a view of the other"):
        moved[0, 1] = 7.0
