"""One recorded call of a function, from which gradients can be asked.

A transform calls the function with fresh leaves, so that what it computes inside another
transform is recorded there too: they nest to any order, and no two of them are confused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import refuse_mask
from micrograd_np.declare import defvjp
from micrograd_np.engine import propagate
from micrograd_np.graph import Node, reaches
from micrograd_np.making import leaf
from micrograd_np.mode import MODE, is_eager, mode
from micrograd_np.primitive import primitive
from micrograd_np.tensor import Tensor


@primitive
def _same(x: Any) -> Any:
    return x


defvjp(_same, lambda g, _out, _x: g, exact=True, view=True)


class Run:
    """One recorded call of a function.

    Parameters
    ----------
    f
        The function.
    args, kwargs
        What it is called with.
    argnums
        The positions of the arguments to differentiate by.
    has_aux
        Whether it returns a pair, of which only the first is differentiated.

    Attributes
    ----------
    out
        What it returned.
    outs
        The Tensors in it.
    inputs
        The arguments to differentiate by, of Tensors.
    leaves
        The Tensors in them.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: Sequence[int],
        kwargs: dict[str, Any],
        has_aux: bool = False,
    ) -> None:
        self.f = f
        self.arrays_only = not any(type(x) is Tensor for x in trees.leaves([*args, kwargs]))
        given = list(args)
        with mode(recording=True, depth=MODE.get().depth + 1):
            self.inputs = [
                trees.mapped(_input, args[argnum], place=(f"argument {argnum}",))
                for argnum in argnums
            ]
            self.leaves: list[Tensor] = trees.leaves(self.inputs)
            if not self.leaves:
                refuse_nothing(args, argnums)
            copies = trees.filled(self.inputs, self.leaves)  # f may write into its containers
            for argnum, tree in zip(argnums, copies, strict=True):
                given[argnum] = tree
            self.out = f(*given, **kwargs)
        self.aux = None
        if has_aux:
            if not isinstance(self.out, tuple) or len(self.out) != 2:
                raise TypeError(
                    f"{name_of(f)} returned {trees.described(self.out)}; "
                    "has_aux=True expects a pair (value, aux)"
                )
            self.out, self.aux = self.out
        self.outs = [out for out in trees.leaves(self.out) if type(out) is Tensor]
        self.oldest = min((x._node.sequence for x in self.leaves if x._node), default=0)
        # Is this call a part of a larger graph, in which its results have a place?
        self._nested = MODE.get().recording and (not self.arrays_only or MODE.get().depth > 0)
        self._outer = {out._node for out in self.outs if self._is_outer(out)}

    def need_tensors(self) -> None:
        """Raise TypeError if nothing among the results depends on anything."""
        if not self.outs:
            refuse_no_tensor(self.f, self.out)

    def leaving(self, *found: Any, has_aux: bool) -> tuple[Any, ...]:
        """Return the results, what was found about them and, if there is one, the rest of them."""
        aux = (self.value(self.aux),) if has_aux else ()
        return (self.value(self.out), *found, *aux)

    @property
    def outer(self) -> bool:
        """Whether the results depend on something outside that a gradient may be asked for."""
        return len(self._outer) > 0

    def _is_outer(self, out: Tensor) -> bool:
        return self._nested and reaches(out._node, self.oldest)

    def value(self, out: Any) -> Any:
        """Return results as they leave the transform: as arrays if it was called with arrays."""
        return trees.mapped(lambda _place, x: self._value(x), out)

    def _value(self, out: Any) -> Any:
        if type(out) is not Tensor or out._node in self._outer or self._is_outer(out):
            return out
        return out.data if self.arrays_only else out.detach()

    def pull(self, seeds: Sequence[Any], keep: bool) -> list[Any]:
        """Return the gradients of the inputs, given those of the Tensors among the results.

        Parameters
        ----------
        seeds
            One for each of `outs`; None: 1, for a single number.
        keep
            Whether it will be called again.

        Returns
        -------
        list
            For each argument, the gradients in its structure.
        """
        # The gradients have a place in a larger graph, too, if a seed has one.
        outer = self.outer or any(type(s) is Tensor and s.requires_grad for s in seeds)
        lift: Any = None
        if self.outer or not is_eager():
            lift = Tensor
        elif outer or not self.arrays_only:
            lift = _constant  # what the function computed depends on nothing outside
        pairs = []
        for out, seed in zip(self.outs, seeds, strict=True):
            if type(seed) is Tensor and lift is not None and _fits(seed, out):
                g: Any = seed if seed.dtype == out.dtype else seed.astype(out.dtype)
            else:
                g = out._seed(seed)
                g = g if lift is None else Tensor(np.asarray(g))
            if out._node is not None:
                pairs.append((out._node, g))
        nodes: Collection[Any] = {x._node for x in self.leaves}
        # Where nothing outside matters, only a rule of one's own that reads a Tensor of the outside
        # makes something to record: its gradient has a place there all the same.
        with mode(recording=outer or lift is not Tensor):
            found = propagate(pairs, targets=nodes, lift=lift, keep=keep or outer)
        as_array = self.arrays_only and not outer

        def result(_place: trees.Place, x: Tensor) -> Any:
            g = found.get(x._node) if x._node is not None else None
            has_place = self._nested and type(g) is Tensor and g.requires_grad
            return _result(g, x, as_array and not has_place)

        return trees.mapped(result, self.inputs)  # type: ignore[no-any-return]  # like the inputs


def _fits(seed: Tensor, out: Tensor) -> bool:
    is_real = seed.dtype.kind != "c" or out.dtype.kind == "c"
    return is_real and seed.shape == out.shape


def _constant(value: Any, _node: Node | None) -> Tensor:
    return Tensor(value)


def _result(g: Any, x: Tensor, as_array: bool) -> Any:
    if g is None:
        g = np.zeros(x.shape, x.dtype)
    if as_array:
        return np.array(g.data if isinstance(g, Tensor) else g)
    return g if isinstance(g, Tensor) else Tensor(np.asarray(g))


def fresh(x: Tensor) -> Tensor:
    """Return a tensor to differentiate by, which still knows the one it stands for."""
    return _same(x) if x.requires_grad else Tensor(x._value, leaf(x._value))


def _input(place: trees.Place, arg: Any) -> Tensor:
    try:
        if type(arg) is Tensor:
            return fresh(arg)
        refuse_mask(arg)
        array = np.asarray(arg)
        return Tensor(array, leaf(array))
    except TypeError as error:
        raise TypeError(f"{trees.named(place)}: {error}") from None


def name_of(f: Callable[..., Any]) -> str:
    """Return what to call a function in messages."""
    if isinstance(f, functools.partial):
        return name_of(f.func)
    return getattr(f, "__name__", None) or type(f).__name__


def titled(transform: str, f: Callable[..., Any], made: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a transform has made of a function, named after both.

    Raises
    ------
    TypeError
        If it was given no function.
    """
    if not callable(f):
        raise TypeError(f"mg.{transform} got {trees.described(f)}, expected a function")
    made.__name__ = made.__qualname__ = f"{transform}({name_of(f)})"
    return made


def refuse_nothing(args: Sequence[Any], argnums: Sequence[int]) -> NoReturn:
    """Raise TypeError where no array stands in the arguments to differentiate by."""
    given = ", ".join(f"argument {n} is {trees.described(args[n])}" for n in argnums)
    raise TypeError(
        f"there is nothing to differentiate by: {given or 'no argument is named'}; expected "
        "floating-point arrays or containers of them"
    )


def refuse_no_tensor(f: Callable[..., Any], value: Any) -> NoReturn:
    """Raise TypeError for a result, or a container of results, that depends on nothing."""
    raise TypeError(
        f"{name_of(f)} returned {trees.described(value)}, not a Tensor: its result must be made "
        "of its arguments by NumPy functions (is there an .item() or .data on the way? Or "
        "are all of them constant in steps, as np.floor and comparisons are, whose results "
        "are arrays without a gradient?)"
    )


def refuse_several(run: Run) -> None:
    """Raise an error if the result of a run is no single Tensor of one element."""
    out = run.out
    if type(out) is not Tensor:
        if trees.is_container(out):
            raise TypeError(
                f"{name_of(run.f)} returned {trees.described(out)}; a gradient needs a single "
                "number. Return that alone, or beside others with has_aux=True: (value, aux)"
            )
        refuse_no_tensor(run.f, out)
    if out.dtype.kind == "c":
        raise TypeError(
            f"{name_of(run.f)} returned complex numbers; a gradient needs a real one. Return "
            "np.abs(t), t.real or t.imag of it, or use mg.vjp"
        )
    if out.size != 1:
        raise ValueError(
            f"{name_of(run.f)} returned shape {out.shape}; a gradient needs a single number. "
            "Reduce it (.sum()), or use mg.vjp"
        )
