"""Random programs as a property: automatic == PyTorch, step by step, == differences in the end."""

from hypothesis import seed as with_seed
from hypothesis.stateful import run_state_machine_as_test

from micrograd_np.testing.property import Property, chosen

STEPS = 15
"""How many steps a program has, each of which may compute several values."""


def explore(check, examples, seed):
    """Run random programs on both sides, and have it checked how all agree in the end."""
    from micrograd_np.testing.programs.machine import RandomGraphs  # which needs PyTorch

    class Checked(RandomGraphs):
        def finished(self, agreement):
            check(agreement)

    run_state_machine_as_test(
        with_seed(seed)(Checked), settings=chosen(examples, stateful_step_count=STEPS)
    )


RANDOM_PROGRAMS = Property(
    "random programs",
    "programs",
    ("auto", "torch", "differences"),
    explore,
    weight=0.5,
    needs_torch=True,
)
