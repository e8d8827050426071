"""The same steps on two sides: what builds a graph, writes into it, and goes back through it.

`Ours` holds tensors of micrograd_np, `Theirs` tensors of PyTorch, by the same names, and both take
the same steps. What a step computes is text, such as ``a * f.tanh(b)``, where `f` has the functions
of either side. `Again` takes our steps once more, to see how far rounding moves what they give.
"""

from contextlib import nullcontext
from functools import cache

import numpy as np
from hypothesis import note

import micrograd_np as mg
from micrograd_np.rounding import distance, rounding_radius
from micrograd_np.testing.agreement import Agreement, Pair
from micrograd_np.testing.operations import in_torch
from micrograd_np.testing.operations.in_torch import dims, torch
from micrograd_np.testing.operations.measured import Measured

# --- functions ---------------------------------------------------------------------------------


def reduction(function, axis="axis", keepdims="keepdims", axes=lambda _a, axis: axis, **options):
    """Return a reduction that takes an axis and whether it stays, in this order."""
    return staticmethod(
        lambda a, k, kept: function(a, **{axis: axes(a, k), keepdims: kept}, **options)
    )


class OurFunctions:
    """NumPy's functions, and those of the library."""

    relu, sigmoid, softmax = map(staticmethod, (mg.relu, mg.sigmoid, mg.softmax))
    sum, mean, var = reduction(np.sum), reduction(np.mean), reduction(np.var)
    amax, amin = reduction(np.max), reduction(np.min)
    logsumexp = reduction(mg.logsumexp)

    def __getattr__(self, name):
        return getattr(np, name)

    @staticmethod
    def picked(a, index):
        return a[index]

    @staticmethod
    def parts(a, axis):
        return np.array_split(a, 2, axis)

    @staticmethod
    def doubled(a):
        return np.broadcast_to(a, (2, *a.shape))


def theirs(name, **options):
    return reduction(
        lambda *args, **kwargs: getattr(torch, name)(*args, **kwargs),
        "dim",
        "keepdim",
        dims,
        **options,
    )


class TheirFunctions:
    """PyTorch's functions, by the same names and with the same arguments."""

    sum, mean, var = theirs("sum"), theirs("mean"), theirs("var", correction=0)
    amax, amin, logsumexp = theirs("amax"), theirs("amin"), theirs("logsumexp")
    transpose = staticmethod(in_torch.permute)

    def __getattr__(self, name):
        return getattr(torch, name)

    @staticmethod
    def copy(a):
        return torch.clone(a)

    @staticmethod
    def picked(a, index):
        return in_torch.getitem(a, index)

    @staticmethod
    def flip(a, axis):
        return torch.flip(a, (axis,))

    @staticmethod
    def parts(a, axis):
        return torch.tensor_split(a, 2, axis)

    @staticmethod
    def doubled(a):
        return torch.broadcast_to(a, (2, *a.shape))


@cache
def _code(text):
    return compile(text, text, "exec" if "=" in text else "eval")


def computed(text, functions, operands, options):
    names = dict(zip("ab", operands, strict=False))
    return eval(_code(text), {"f": functions, **names, **options})


# --- the two sides ------------------------------------------------------------------------------


def recorded(recording):
    """Return a context in which our side records, or does not."""
    return nullcontext() if recording else mg.no_grad()


class Ours:
    """What the steps make of tensors of the library."""

    def __init__(self):
        self.functions = OurFunctions()
        self.tensors = {}

    def leaf(self, name, array, requires_grad):
        self.tensors[name] = mg.tensor(array, requires_grad=requires_grad)

    def compute(self, name, text, operands, options, recording=True):
        with recorded(recording):
            operands = [self.tensors[operand] for operand in operands]
            self.tensors[name] = computed(text, self.functions, operands, options)

    def write(self, name, how, value, index, recording):
        """Write a number, or the tensor of a name."""
        with recorded(recording):
            update(self.tensors[name], how, self.tensors.get(value, value), index)

    def detach(self, name, source):
        self.tensors[name] = self.tensors[source].detach()

    def forget(self, name):
        del self.tensors[name]

    def backward(self, name, seed, retain_graph, recording):
        with recorded(recording):
            self.tensors[name].backward(seed, retain_graph=retain_graph)

    def zero_grad(self, name):
        self.tensors[name].zero_grad()

    def value(self, name):
        return self.tensors[name].data

    def gradient(self, name):
        return self.tensors[name].grad

    def leaves(self):
        return [name for name, t in self.tensors.items() if t.is_leaf and t.requires_grad]

    def results(self):
        """Return every value and gradient that is there, by what it is."""
        values = {f"value of {name}": self.value(name) for name in self.tensors}
        values = {name: value for name, value in values.items() if value.dtype.kind == "f"}
        gradients = {f"gradient of {name}": self.gradient(name) for name in self.leaves()}
        return values | {name: g for name, g in gradients.items() if g is not None}


def update(target, how, value, index):
    if how == "set":
        target[index] = value
    elif how == "add":
        target += value
    else:
        target *= value


class Again(Ours):
    """Ours, where nothing is written in place: what that leaves has to be the same."""

    def leaf(self, name, array, requires_grad):
        super().leaf(name, array.data if isinstance(array, mg.Tensor) else array, requires_grad)

    def write(self, name, how, value, index, recording):
        target = self.tensors[name]
        if not (target.is_leaf and target.requires_grad):
            self.tensors[name] = target.copy()
            super().write(name, how, value, index, recording)
            return
        assert not recording
        with mg.no_grad():
            changed = target.copy()
            update(
                changed, how, changed if value == name else self.tensors.get(value, value), index
            )
        target.data = changed.data


class Theirs:
    """What the steps make of tensors of PyTorch.

    PyTorch does not go back through what was written into after it was used, nor keep apart what is
    a view of the other: so it writes into a clone, through which gradients travel like through what
    it is a clone of. Of a leaf, too, everything is computed with a clone.
    """

    def __init__(self):
        self.functions = TheirFunctions()
        self.tensors = {}
        self.roots = {}

    def leaf(self, name, array, requires_grad):
        self.roots[name] = torch.tensor(array, requires_grad=requires_grad)
        self.tensors[name] = self.roots[name].clone()

    def compute(self, name, text, operands, options, recording=True):
        with torch.set_grad_enabled(recording):
            operands = self.of_one_dtype([self.tensors[operand] for operand in operands])
            result = computed(text, self.functions, operands, options)
        # What changes nothing may return its operand, with its graph.
        self.tensors[name] = result if recording else result.detach()

    @staticmethod
    def of_one_dtype(operands):
        """Cast to what NumPy computes in: for PyTorch, no axes or integers count for less."""
        dtype = np.result_type(*(str(t.dtype).removeprefix("torch.") for t in operands))
        return [t.to(getattr(torch, dtype.name)) for t in operands]

    def write(self, name, how, value, index, recording):
        value = self.tensors.get(value, value)
        root = self.roots.get(name)
        if root is not None and root.requires_grad:
            assert not recording
            with torch.no_grad():
                self.update(root, how, value, index)
            self.tensors[name] = root.clone()
            return
        target = self.tensors[name].clone()
        with torch.set_grad_enabled(recording):
            self.update(target, how, value, index)
        self.tensors[name] = target

    @staticmethod
    def update(target, how, value, index):
        if how == "set":
            value = torch.as_tensor(value, dtype=target.dtype)
            target.copy_(in_torch.setitem(target, value, index))
        else:
            update(target, how, value, index)

    def detach(self, name, source):
        self.tensors[name] = self.tensors[source].detach().clone()

    def forget(self, name):
        del self.tensors[name]
        self.roots.pop(name, None)

    def backward(self, name, seed, retain_graph, recording):
        seed = None if seed is None else torch.tensor(seed)
        with torch.set_grad_enabled(recording):
            self.tensors[name].backward(seed, retain_graph=retain_graph)
        for root in self.roots.values():
            # PyTorch may give one memory to the gradients of two leaves, if one of them came by a
            # view; the next pass would add to both of them twice.
            root.grad = None if root.grad is None else root.grad.clone()

    def zero_grad(self, name):
        self.roots[name].grad = None

    def value(self, name):
        return self.tensors[name].detach().numpy()

    def gradient(self, name):
        grad = self.roots[name].grad
        return None if grad is None else grad.numpy()


class BothSides:
    """Both sides, and a log of the steps that they have taken."""

    def __init__(self):
        self.ours, self.theirs = Ours(), Theirs()
        self.log = []
        self.held = {}
        """By its place in the log, of a step not recorded: the value before a write, and after."""
        self.agreed = {}

    def do(self, what, *args):
        """Take a step on both sides."""
        note(f"{what}{args}")
        before = self.ours.value(args[0]).copy() if what == "write" else None
        getattr(self.ours, what)(*args)
        getattr(self.theirs, what)(*args)
        if what == "detach" or (what in ("compute", "write") and not args[-1]):
            self.held[len(self.log)] = before, self.ours.value(args[0]).copy()
        self.log.append((what, args))

    def values_agree(self):
        """Assert that all values do which are not as they were when they agreed last."""
        theirs = {}
        for name, t in self.ours.tensors.items():
            assert t.requires_grad == self.theirs.tensors[name].requires_grad, name
            value = self.theirs.value(name)
            if t.dtype.kind == "i":
                np.testing.assert_array_equal(value, t.data, strict=True)
                continue
            pair = t.data.tobytes(), value.tobytes()
            if self.agreed.get(name) != pair:
                theirs[f"value of {name}"] = value
                self.agreed[name] = pair
        self.agree(theirs)

    def gradients_agree(self):
        names = self.ours.leaves()
        ours = {name for name in names if self.ours.gradient(name) is not None}
        assert ours == {name for name in names if self.theirs.gradient(name) is not None}
        self.agree({f"gradient of {name}": self.theirs.gradient(name) for name in ours})

    def agree(self, theirs):
        """Assert that nothing but rounding is between the sides: of the last step, or of all."""
        ours = self.ours.results()
        floor = rounding_radius(lambda: {name: ours[name] for name in theirs}, runs=0)
        far = [name for name in theirs if not distance(theirs[name], floor[name]).ok]
        if not far:
            return

        def check(radii):
            for name in far:
                for found in (ours[name], theirs[name]):
                    apart = distance(found, radii[name])
                    assert apart.ok, (
                        f"{name}: {apart}\nours {ours[name]}\ntheirs {theirs[name]}\n"
                        f"wanted {radii[name]}"
                    )

        Measured(self.again, self.given()).assert_that(check)

    def given(self):
        """Return what the leaves were made of."""
        return [args[1] for what, args in self.log if what == "leaf"]

    def agreement(self, seen):
        """Return how far apart the sides are in everything that is there now."""
        radii = rounding_radius(self.again, *self.given())
        pairs = [
            Pair(f"{kind}s", ("torch", "auto"), of(name), radii[f"{kind} of {name}"])
            for kind, of in (("value", self.theirs.value), ("gradient", self.theirs.gradient))
            for name in self.ours.tensors
            if f"{kind} of {name}" in radii
        ]
        if self.log[-1][0] == "backward":
            from micrograd_np.testing.programs.by_values import along_a_direction

            pairs.append(along_a_direction(self, radii))
        back = sum(what == "backward" for what, _ in self.log)
        told = f"{len(self.log)} steps, {back} of them back, {len(self.given())} leaves"
        return Agreement(told, pairs, frozenset(seen))

    def again(self, *leaves):
        """Take all steps of the log once more, from these values of the leaves on."""
        side, leaves = Again(), iter(leaves)
        for what, args in self.log:
            if what == "leaf":
                name, _, requires_grad = args
                args = name, next(leaves), requires_grad
            getattr(side, what)(*args)
        return side.results()
