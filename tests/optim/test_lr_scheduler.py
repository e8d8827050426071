"""Step sizes are PyTorch's, bit for bit, also where schedules are used together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np import optim

torch = pytest.importorskip("torch", reason="PyTorch is what schedules are compared with")

SCHEDULES = st.one_of(
    st.tuples(
        st.just("StepLR"),
        st.fixed_dictionaries({"step_size": st.integers(1, 5), "gamma": st.floats(0.1, 1.0)}),
    ),
    st.tuples(
        st.just("CosineAnnealingLR"),
        st.fixed_dictionaries({"T_max": st.integers(1, 12), "eta_min": st.floats(0, 0.05)}),
    ),
    st.tuples(
        st.just("LinearLR"),
        st.fixed_dictionaries(
            {
                "start_factor": st.floats(0.01, 1.0),
                "end_factor": st.floats(0.1, 1.0),
                "total_iters": st.integers(1, 8),
            }
        ),
    ),
)


@pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")
@given(
    st.lists(SCHEDULES, min_size=1, max_size=2),
    st.lists(st.floats(1e-4, 1), min_size=1, max_size=2),
)
def test_step_sizes_are_pytorchs(schedules, sizes):
    ours = optim.SGD([{"params": mg.tensor([1.0], True), "lr": lr} for lr in sizes])
    theirs = torch.optim.SGD(
        [{"params": [torch.ones(1, requires_grad=True)], "lr": lr} for lr in sizes]
    )
    mine = [getattr(optim, name)(ours, **options) for name, options in schedules]
    others = [
        getattr(torch.optim.lr_scheduler, name)(theirs, **options) for name, options in schedules
    ]
    for _ in range(30):
        wanted = [group["lr"] for group in theirs.param_groups]
        assert [group["lr"] for group in ours.param_groups] == pytest.approx(
            wanted, rel=1e-12, abs=1e-15
        )
        assert mine[0].get_last_lr() == [group["lr"] for group in ours.param_groups]
        for scheduler in (*mine, *others):
            scheduler.step()


def test_it_goes_on_where_its_state_says():
    def make():
        optimizer = optim.SGD([mg.tensor([1.0], True)], lr=1.0)
        return optimizer, optim.CosineAnnealingLR(optimizer, 10)

    optimizer, scheduler = make()
    for _ in range(4):
        scheduler.step()
    other_optimizer, other = make()
    other_optimizer.load_state_dict(optimizer.state_dict())
    other.load_state_dict(scheduler.state_dict())
    for _ in range(12):
        assert other.get_last_lr() == scheduler.get_last_lr()
        scheduler.step()
        other.step()


def test_a_state_has_the_options_and_may_be_pytorchs():
    ours = optim.StepLR(optim.SGD([mg.tensor([1.0], True)]), 100)
    theirs = torch.optim.lr_scheduler.StepLR(
        torch.optim.SGD([torch.ones(1, requires_grad=True)]), step_size=2, gamma=0.5
    )
    ours.load_state_dict(theirs.state_dict())
    assert ours.state_dict() == {"last_epoch": 0, "step_size": 2, "gamma": 0.5}
    with pytest.raises(ValueError, match="StepLR: expected a state with step_size, gamma"):
        ours.load_state_dict({"last_epoch": 3})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: optim.StepLR(o, 0), "step_size is 0, expected 1 or more"),
        (lambda o: optim.CosineAnnealingLR(o, 0), "T_max is 0, expected 1 or more"),
        (lambda o: optim.LinearLR(o, 0.0), "factors are 0.0 and 1.0"),
        (lambda o: optim.LinearLR(o, total_iters=0), "total_iters is 0, expected 1 or more"),
    ],
)
def test_an_option_out_of_range_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make(optim.SGD([mg.tensor([1.0], True)]))
