"""Random graphs of random operations, step by step beside PyTorch, in the end by differences.

With fan-out, broadcasting and mixed dtypes; with writes in place, detached tensors and steps that
are not recorded; sent back again and again, until they are freed. After each step every value
agrees, and after each backward pass every gradient.
"""

import itertools

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.measured import weights_for
from micrograd_np.testing.programs.computations import computations, fit_into, one_of
from micrograd_np.testing.programs.sides import BothSides, computed, recorded, update

LARGEST = 4.0
VIEWS = ("a[...]", "a.T", "a.reshape(-1)", "a[None]", "a.detach()")
DTYPES = st.sampled_from(["float32", "float64"])
MOSTLY = st.sampled_from([True, True, True, True, False])
WRITES = st.sampled_from(["set", "add", "mul"])
SOMETIMES = st.sampled_from([None, None, None, "set", "add", "mul"])


class RandomGraphs(RuleBasedStateMachine):
    """Chooses steps that both sides can take, and knows what the tensors are made of."""

    def __init__(self):
        super().__init__()
        self.both = BothSides()
        self.do = self.both.do
        self.tensors = self.both.ours.tensors
        self.names = (f"t{k}" for k in itertools.count())
        self.steps = itertools.count()
        self.made_of = {}  # by name, the latest last: the steps that its gradient travels through
        self.written = set()  # those of them that wrote in place
        self.freed = set()
        self.taken = []
        self.checked = 0  # how many entries of the log have been found to agree
        self.seen = set()

    # --- what is known of the tensors ------------------------------------------------------------

    def is_spent(self, name):
        """Whether its gradient would have to travel through what was freed."""
        return not self.freed.isdisjoint(self.made_of[name])

    def usable(self, recording=True):
        """Return the names of floating-point tensors to compute with, the latest first."""
        return [
            name
            for name in reversed(self.made_of)
            if self.tensors[name].dtype.kind == "f" and not (recording and self.is_spent(name))
        ]

    def shapes(self, names):
        return {name: self.tensors[name].shape for name in names}

    def sharing(self, name):
        """Whether another tensor is a view of it, or both are views of one."""
        it = self.tensors[name]
        # Parts of an array that has been written into are copies, and still count as views.
        return any(it._sees(t) for other, t in self.tensors.items() if other != name)

    def note_step(self, name, operands):
        """Note what a tensor is made of now; return the step, None if it was not recorded."""
        before = frozenset().union(*(self.made_of.get(operand, ()) for operand in operands))
        step = next(self.steps) if self.tensors[name].requires_grad else None
        self.made_of.pop(name, None)
        self.made_of[name] = before if step is None else before | {step}
        return step

    # --- making and computing --------------------------------------------------------------------

    @initialize(data=st.data(), dtype=DTYPES)
    def begin(self, data, dtype):
        self.make(data, "float64", requires_grad=True)
        self.make(data, dtype, requires_grad=True)

    def make(self, data, dtype, requires_grad):
        name = next(self.names)
        margin = (1 + len(self.made_of) % 7) / 64  # so that no two are equal
        array = data.draw(
            strategies.arrays(data.draw(strategies.shapes(min_side=1)), margin=margin)
        )
        self.do(
            "leaf",
            name,
            np.asarray(np.floor(array) if dtype == "int64" else array, dtype),
            requires_grad,
        )
        self.made_of[name] = frozenset()

    def compute(self, text, operands, recording=True, **options):
        name = next(self.names)
        self.do("compute", name, text, operands, options, recording)
        self.note_step(name, operands if recording else ())
        largest = np.abs(self.tensors[name].data).max(initial=0)
        if largest > LARGEST:
            options = {"scale": float(2.0 ** -np.ceil(np.log2(largest / LARGEST)))}
            self.do("compute", name, "a * scale", [name], options, recording)
            self.note_step(name, [name])
        return name

    def grow(self, data, recording=True):
        """Compute something: beside whatever else is done, since a run leaves many rules out."""
        for _ in range(data.draw(st.integers(0, 3))):
            floats = self.shapes(self.usable(recording))
            integers = self.shapes([n for n, t in self.tensors.items() if t.dtype.kind == "i"])
            text, operands, options = data.draw(computations(floats, integers))
            name = self.compute(text, operands, recording, **options)
            how = data.draw(SOMETIMES)
            if how and recording:
                self.write_into(data, name, how, recording)

    @rule(data=st.data(), dtype=DTYPES | st.just("int64"), requires_grad=MOSTLY)
    def leaf(self, data, dtype, requires_grad):
        self.make(data, dtype, requires_grad and dtype != "int64")
        self.grow(data)

    @rule(data=st.data(), recording=MOSTLY)
    def computation(self, data, recording):
        self.grow(data, recording)
        self.grow(data)

    @rule(data=st.data())
    def detach(self, data):
        self.grow(data)
        name = next(self.names)
        self.do("detach", name, one_of(data.draw, self.usable(recording=False)))
        self.made_of[name] = frozenset()

    @precondition(lambda self: len(self.made_of) > 2)
    @rule(data=st.data())
    def forget(self, data):
        """So that views end, and that there are arrays which nobody else reads any more."""
        _, *names = self.made_of  # the first of all is a leaf
        name = data.draw(st.sampled_from(names))
        self.do("forget", name)
        del self.made_of[name]
        self.grow(data)

    # --- writing in place ------------------------------------------------------------------------

    @rule(data=st.data(), how=WRITES, recording=MOSTLY)
    def write(self, data, how, recording):
        self.grow(data)
        self.write_into(data, one_of(data.draw, self.usable()), how, recording)

    @rule(data=st.data(), how=WRITES, added=st.sampled_from(["a + b", "b + a", "a - b"]))
    def write_into_one_of_two_that_are_added(self, data, how, added):
        """So that one array is the gradient of both: what is cleared for one is not for the other.

        A part is read before it is written, so that two gradients of parts meet.
        """
        self.grow(data)
        name = one_of(data.draw, self.usable())
        written = self.compute("f.copy(a)", [name])
        other = self.compute(data.draw(st.sampled_from(["f.tanh(a)", "f.copy(a)"])), [name])
        index = data.draw(strategies.indices(self.tensors[written].shape))
        read = self.compute("f.copy(f.picked(a, index))", [written], index=index)
        self.write_into(data, written, how, recording=True)
        total = self.compute(added, [written, other])
        self.compute("f.sum(a, None, False) + b * b", [read, total])

    def write_into(self, data, name, how, recording):
        """Write a tensor or a number; into a copy where one of two is a view of the other."""
        if self.sharing(name):
            name = self.compute("f.copy(a)", [name])
        shape, index = self.tensors[name].shape, None
        if how == "set":
            index = data.draw(strategies.indices(shape))
            shape = np.empty(shape)[index].shape
        fitting = fit_into(shape, self.shapes(self.usable()))
        value = data.draw(st.sampled_from([*fitting, 0.75, -1.5, 0.0]))
        recording = recording and name not in self.both.ours.leaves()
        self.write_value(name, how, value, index, recording)
        if np.abs(self.tensors[name].data).max(initial=0) > LARGEST:
            self.write_value(name, "mul", 1 / LARGEST, None, recording)

    def write_value(self, name, how, value, index, recording):
        self.do("write", name, how, value, index, recording)
        if recording:
            self.written.add(self.note_step(name, [name, value]))

    @rule(data=st.data(), text=st.sampled_from(VIEWS), how=WRITES, recording=MOSTLY)
    def writing_beside_a_view_is_refused(self, data, text, how, recording):
        """Here: PyTorch writes into both."""
        self.grow(data)
        t = self.tensors[one_of(data.draw, self.usable(recording=False))]
        before, node = t.data.copy(), t._node
        view = computed(text, self.both.ours.functions, [t], {})
        if not np.may_share_memory(view.data, t.data):
            return
        for one in (t, view):
            is_leaf = one.is_leaf and one.requires_grad
            with recorded(recording and not is_leaf), pytest.raises(RuntimeError, match="view"):
                update(one, how, 0.5, ...)
        assert t._node is node
        np.testing.assert_array_equal(t.data, before, strict=True)
        self.seen.add("a write beside a view")

    @rule(data=st.data(), how=WRITES)
    def writing_into_a_leaf_is_refused(self, data, how):
        self.grow(data)
        t = self.tensors[data.draw(st.sampled_from(self.both.ours.leaves()))]
        with pytest.raises(RuntimeError, match="leaf"):
            update(t, how, 0.5, ...)

    @rule(data=st.data())
    def take(self, data):
        """An array that was asked for keeps the value that it has now."""
        self.grow(data)
        array = self.tensors[data.draw(st.sampled_from(list(self.made_of)))].data
        self.taken.append((array, array.copy()))

    # --- going back ------------------------------------------------------------------------------

    @rule(data=st.data())
    def back(self, data):
        self.go_back(data, True)

    @rule(data=st.data(), retain_graph=st.booleans())
    def back_twice(self, data, retain_graph):
        self.go_back(data, True, retain_graph)

    @rule(data=st.data())
    def back_for_the_last_time(self, data):
        self.go_back(data, False)

    def go_back(self, data, *retain_graph):
        self.grow(data)
        if names := self.with_gradient():
            name = data.draw(st.sampled_from(names[:1]) | st.sampled_from(names))
            for keep in retain_graph:
                self.send_back(name, keep, data.draw(MOSTLY), data.draw(st.booleans()))

    def with_gradient(self):
        """Return the names of what can be sent back, what is made of the most steps first."""
        names = [name for name in self.usable() if self.tensors[name].requires_grad]
        return sorted(names, key=lambda name: -len(self.made_of[name]))

    def send_back(self, name, retain_graph=True, recording=True, seeded=True):
        seed = None
        if seeded or self.tensors[name].size != 1:
            seed = weights_for(self.tensors[name].data)
        self.do("backward", name, seed, retain_graph, recording)
        if not retain_graph:
            self.freed |= self.made_of[name]
        if len(self.made_of[name]) > 5:
            self.seen.add("more than five steps back")
            if self.made_of[name] & self.written:
                self.seen.add("more than five steps back, writes among them")
        self.both.gradients_agree()

    @precondition(lambda self: any(map(self.is_spent, self.made_of)))
    @rule(data=st.data())
    def going_back_through_what_was_freed_is_refused(self, data):
        names = [name for name in self.made_of if self.is_spent(name)]
        t = self.tensors[data.draw(st.sampled_from(names))]
        with pytest.raises(RuntimeError, match="freed"):
            t.backward(np.ones(t.shape), retain_graph=True)
        for leaf in self.both.ours.leaves():
            self.do("zero_grad", leaf)  # some of them have been reached
        self.seen.add("a freed graph")

    @rule(data=st.data())
    def zero_grad(self, data):
        self.grow(data)
        self.do("zero_grad", data.draw(st.sampled_from(self.both.ours.leaves())))

    # --- what has to hold ------------------------------------------------------------------------

    @invariant()
    def values_agree(self):
        self.both.values_agree()
        self.checked = len(self.both.log)

    @invariant()
    def arrays_that_were_taken_are_what_they_were(self):
        for array, before in self.taken:
            np.testing.assert_array_equal(array, before, strict=True)

    def teardown(self):
        """In the end what is made of the most steps goes back, if nothing was wrong before."""
        if self.checked != len(self.both.log):
            return
        if names := self.with_gradient():
            for leaf in self.both.ours.leaves():  # so that the gradients are those of one pass
                self.do("zero_grad", leaf)
            self.send_back(names[0])
        self.finished(self.both.agreement(self.seen))

    def finished(self, agreement):
        """Look at a whole program whose sides agree: here, do nothing."""
