"""What optimisers keep, refuse, and do not allocate."""

import copy
import tracemalloc

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import optim

ALL = {
    "SGD": lambda params: optim.SGD(params, 0.01),
    "momentum": lambda params: optim.SGD(params, 0.01, 0.9, weight_decay=0.1, nesterov=True),
    "Adam": lambda params: optim.Adam(params, 0.01),
    "decayed": lambda params: optim.Adam(params, 0.01, weight_decay=0.1),
    "AdamW": lambda params: optim.AdamW(params, 0.01),
}
every = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def parameter(*shape, dtype="float64", seed=0):
    return mg.tensor(np.random.default_rng(seed).normal(size=shape), True, dtype)


def with_gradients(*parameters):
    for i, p in enumerate(parameters):
        p.grad = np.cos(i + np.arange(p.size)).reshape(p.shape)
    return parameters


@every
def test_after_the_first_step_nothing_is_allocated(make):
    params = with_gradients(parameter(300, 400, dtype="float32"), parameter(400), parameter(3, 5))
    optimizer = make(params)
    optimizer.step()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4000  # bytes; the smaller parameters have 3200 and 120, the large one 480,000


@every
def test_it_writes_into_the_array_that_is_there(make):
    (p,) = with_gradients(parameter(3))
    array, before = p.data, p.data.copy()
    make([p]).step()
    assert p.data is array
    assert not np.array_equal(array, before)
    assert p.requires_grad
    assert p.is_leaf


@every
def test_a_graph_from_before_a_step_does_not_give_wrong_gradients(make):
    p = parameter(3)
    loss = (p * p).sum()
    with_gradients(p)
    make([p]).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@every
def test_what_has_no_gradient_stays(make):
    p, other = parameter(3), parameter(4)
    with_gradients(p)
    before = other.data.copy()
    optimizer = make([p, other])
    optimizer.step()
    np.testing.assert_array_equal(other.data, before)
    assert list(optimizer.state_dict()["state"]) in ([0], [])
    optimizer.zero_grad()
    assert p.grad is None


@every
def test_memory_layouts_do_not_matter(make):
    for layout in (np.asfortranarray, lambda a: np.repeat(a, 2, 1)[:, ::2], lambda a: a[::-1]):
        plain, other = parameter(4, 6), parameter(4, 6)
        other.data = layout(other.data)
        plain.data = np.ascontiguousarray(other.data)
        for p, order in ((plain, "C"), (other, "F")):
            p.grad = np.asarray(np.cos(p.data), order=order)
        optimizers = make([plain]), make([other])
        for _ in range(3):
            for optimizer in optimizers:
                optimizer.step()
        np.testing.assert_array_equal(plain.data, other.data)


def test_groups_have_options_of_their_own():
    a, b = with_gradients(parameter(3), parameter(3))
    before = a.data.copy(), b.data.copy()
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.25)
    optimizer.step()
    np.testing.assert_allclose(a.data, before[0] - 0.5 * a.grad)
    np.testing.assert_allclose(b.data, before[1] - 0.25 * b.grad)
    optimizer.param_groups[1]["lr"] = 0.0
    optimizer.step()
    np.testing.assert_allclose(b.data, before[1] - 0.25 * b.grad)


@every
def test_its_state_goes_on_in_another(make):
    ours, others = (with_gradients(parameter(3, 4), parameter(5)) for _ in range(2))
    first, second = make(ours), make(others)
    for _ in range(4):
        first.step()
    state = copy.deepcopy(first.state_dict())
    for p, q in zip(ours, others, strict=True):
        q.data = p.data.copy()
    second.load_state_dict(state)
    for _ in range(4):
        first.step()
        second.step()
    for p, q in zip(ours, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@every
def test_it_refuses_a_state_for_something_else(make):
    (p,) = with_gradients(parameter(3))
    optimizer = make([p])
    optimizer.step()
    state = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match=r"groups of \[1\] parameters, expected \[2\]"):
        make([parameter(3), parameter(2)]).load_state_dict(state)
    if state["state"]:
        with pytest.raises(ValueError, match=r"has shape \(3,\), its parameter \(2,\)"):
            make([parameter(2)]).load_state_dict(state)
    state["param_groups"][0]["amsgrad"] = True
    with pytest.raises(ValueError, match="options it lacks: amsgrad"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "no parameters to optimise"),
        (parameter(3), TypeError, "params is a Tensor, expected an iterable"),
        ([np.ones(3)], TypeError, "leaf tensors that require a gradient, got a numpy ndarray"),
        ([mg.tensor([1.0])], TypeError, "got a constant"),
        ([parameter(3) * 2], TypeError, "got a result"),
        ([mg.tensor([1j], True)], TypeError, "real parameters, got complex128"),
        ([*[parameter(3)] * 2], ValueError, "a parameter is there twice"),
        ([{"params": parameter(3), "mu": 1}], ValueError, "SGD has no option mu"),
    ],
)
def test_what_cannot_be_optimised_is_named(params, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(params)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.SGD(p, -1.0), "SGD: lr is -1.0, expected 0 or more"),
        (lambda p: optim.SGD(p, float("nan")), "SGD: lr is nan"),
        (lambda p: optim.SGD(p, momentum=-1), "momentum is -1"),
        (lambda p: optim.SGD(p, nesterov=True), "nesterov=True takes a momentum"),
        (lambda p: optim.Adam(p, betas=(1.0, 0.9)), r"Adam: betas are \(1.0, 0.9\), expected two"),
        (lambda p: optim.AdamW(p, eps=-1e-8), "AdamW: eps is -1e-08"),
        (lambda p: optim.AdamW(p, weight_decay=-1), "weight_decay is -1"),
    ],
)
def test_an_option_out_of_range_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make([parameter(3)])


def test_a_state_of_pytorch_goes_on():
    torch = pytest.importorskip("torch", reason="PyTorch makes the state")
    for name, options in (
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("Adam", {"lr": 0.1, "weight_decay": 0.1}),
        ("AdamW", {"lr": 0.1}),
    ):
        (p,) = with_gradients(parameter(4))
        q = torch.tensor(p.data, requires_grad=True)
        q.grad = torch.tensor(p.grad)
        theirs = getattr(torch.optim, name)([q], **options)
        for _ in range(5):
            theirs.step()
        p.data = q.detach().numpy().copy()
        ours = getattr(optim, name)([p])
        ours.load_state_dict(theirs.state_dict())
        for _ in range(5):
            theirs.step()
            ours.step()
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-13)
        # And back.
        again = getattr(torch.optim, name)([q], lr=1.0)
        state = copy.deepcopy(ours.state_dict())
        for kept in state["state"].values():
            kept.update({k: torch.tensor(v, dtype=torch.float64) for k, v in kept.items()})
        again.load_state_dict(state)
        for _ in range(5):
            again.step()
            ours.step()
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-13)


def test_a_state_of_another_optimiser_is_refused():
    (p,) = with_gradients(parameter(3))
    sgd, adam = optim.SGD([p], 0.1, 0.9), optim.Adam([p])
    for optimizer in (sgd, adam):
        optimizer.step()
    state = copy.deepcopy(adam.state_dict())
    del state["state"][0]["exp_avg"]
    with pytest.raises(ValueError, match="expected exp_avg, exp_avg_sq, step"):
        adam.load_state_dict(state)
    states = {**sgd.state_dict(), "param_groups": adam.state_dict()["param_groups"]}
    with pytest.raises(ValueError, match="has momentum_buffer; expected exp_avg"):
        adam.load_state_dict(states)
    with pytest.raises(ValueError, match=r"dampening is 0\.5, there is none here"):
        sgd.load_state_dict({"state": {}, "param_groups": [{"params": [0], "dampening": 0.5}]})


def test_a_group_that_is_added_is_optimised():
    (p, q) = with_gradients(parameter(3), parameter(20))
    optimizer = optim.Adam([p])
    optimizer.step()
    optimizer.param_groups.append({**optimizer.param_groups[0], "params": [q]})
    before = q.data.copy()
    optimizer.step()
    assert not np.array_equal(q.data, before)
    assert list(optimizer.state_dict()["state"]) == [0, 1]


def test_a_module_is_not_its_parameters():
    with pytest.raises(TypeError, match=r"params is a module, expected .* module\.parameters\(\)"):
        optim.SGD(mg.nn.Linear(2, 2))


@every
def test_a_copy_has_its_state(make):
    (p,) = with_gradients(parameter(3))
    optimizer = make([p])
    optimizer.step()
    q, other = copy.deepcopy((p, optimizer))
    for one in (optimizer, other):
        one.step()
    np.testing.assert_array_equal(q.data, p.data)


def test_a_step_that_cannot_be_made_whole_is_not_begun():
    p, q = with_gradients(parameter(3), parameter(2))
    q.data.flags.writeable = False
    before = p.data.copy()
    with pytest.raises(ValueError, match=r"shape \(2,\) is read-only, and nothing was written"):
        optim.SGD([p, q]).step()
    np.testing.assert_array_equal(p.data, before)


def test_states_of_adam_and_adamw_are_told_apart():
    torch = pytest.importorskip("torch", reason="PyTorch makes the state")
    q = torch.ones(3, requires_grad=True)
    for name, other in (("Adam", "AdamW"), ("AdamW", "Adam")):
        state = getattr(torch.optim, name)([q], foreach=True).state_dict()
        getattr(optim, name)([parameter(3)]).load_state_dict(state)
        with pytest.raises(ValueError, match="the state is of the other of Adam and AdamW"):
            getattr(optim, other)([parameter(3)]).load_state_dict(state)
