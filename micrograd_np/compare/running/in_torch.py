"""One more opinion: the gradients of a forward pass as PyTorch finds them.

The forward pass is recorded and printed in torch, and torch's own autograd goes back through it: no
derivative rule of this library is asked.
"""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.case import TRIAL, Case
from micrograd_np.compare.running.conversions import swapped
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.values import copied, mapped
from micrograd_np.program.derive import derive
from micrograd_np.program.names import RESERVED, free_name
from micrograd_np.program.program import Program

Array = NDArray[Any]

Place = tuple[str, int]
"""An input: the name of the parameter, and what Python knows the array by."""


class NotAsked(RuntimeError):
    """PyTorch cannot be asked about a forward pass; the message says why."""


def is_to_be_asked(wish: bool | None) -> bool:
    """Whether PyTorch is asked: where it is wished, or imported already (importing takes seconds).

    Raises
    ------
    ModuleNotFoundError
        If it is wished and not installed.
    """
    if wish is None:
        return "torch" in sys.modules
    if wish and importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError(
            "PyTorch is not installed: pip install micrograd-np[torch]", name="torch"
        )
    return wish


def in_torch(case: Case) -> dict[str, Array]:
    """Return the gradients that PyTorch finds.

    Parameters
    ----------
    case
        The forward pass, and what it is run on.

    Returns
    -------
    dict
        By the path of the input.

    Raises
    ------
    NotAsked
        If the forward pass cannot be recorded, or torch has no equivalent of something in it.
    """
    errors = []
    for kinds in ("fbiu", "f"):  # whole numbers count and index: the code may need their values
        forward = _Forward(case, kinds)
        try:
            with np.errstate(all="ignore"):
                source = forward.program().source("torch")
            return forward.gradients(source)
        except Exception as error:  # the user's code gets what stands for arrays
            errors.append(_said(error))
    raise NotAsked(errors[0])


@dataclass(frozen=True, eq=False)
class Named:
    """A value of the forward pass in PyTorch.

    Attributes
    ----------
    name
        What it is called there: an input by its path, others as by the user, where that is a name;
        "" if no variable holds it.
    value, gradient
        The value, and the gradient of the loss with respect to it.
    """

    name: str
    value: Array
    gradient: Array


def values_in_torch(case: Case) -> list[Named]:
    """Return every value that the forward pass gives a name, with the gradient PyTorch finds.

    Raises
    ------
    NotAsked
        If the forward pass cannot be recorded, or torch has no equivalent of something in it.
    """
    forward = _Forward(case, "fbiu")
    try:
        with np.errstate(all="ignore"):
            return forward.values(forward.program().source("torch"))
    except Exception as error:  # the user's code gets what stands for arrays
        raise NotAsked(_said(error)) from None


def forward_program(case: Case) -> tuple[Program, list[Any]]:
    """Return the program of the forward pass, and what it is run on.

    Raises
    ------
    Exception
        Whatever recording it raises.
    """
    forward = _Forward(case, "fbiu")
    return forward.program(), forward.given


class _Tapped(ast.NodeTransformer):
    """Has a function show what it assigns, and what it computes on the way."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        node.value = self.visit(node.value)
        match node.targets:
            case [ast.Name(id=name)]:
                node.value = _shown(name, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        return _shown("", self.generic_visit(node))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return _shown("", self.generic_visit(node))


def _shown(name: str, value: Any) -> ast.Call:
    shown = ast.Call(ast.Name(TAP, ast.Load()), [ast.Constant(name), value], [])
    return ast.copy_location(shown, value)


TAP = "__tap__"


def _said(error: Exception) -> str:
    """Return why it cannot be asked, in one line."""
    return (str(error) or type(error).__name__).partition("\n")[0]


class _Forward:
    """The forward pass as a function of the arrays that it is given, one after the other.

    Parameters
    ----------
    case
        The forward pass, and what it is run on.
    kinds
        Which arrays are arguments, by the kind of their dtype: others are constants.
    """

    def __init__(self, case: Case, kinds: str) -> None:
        self.case = case
        self.places: dict[Place, int] = {}
        self.sources: dict[str, int] = {}
        self.given: list[Array] = []
        self.names: list[str] = []
        self.paths: list[str] = []
        self._take(kinds)
        self.wanted = sorted(set(self.sources.values()))

    def _take(self, kinds: str) -> None:
        """Find the arguments: an array that has several names is one."""
        sources = {w.source for w in self.case.wanted}
        used = {*RESERVED, *keyword.kwlist}
        for name, value in self.case.inputs.items():
            for path, leaf in leaves(value, name):
                place = name, id(leaf)
                is_array = isinstance(leaf, np.ndarray) and leaf.dtype.kind in kinds
                if not is_array and path not in sources:
                    continue
                if place not in self.places:
                    self.places[place] = len(self.given)
                    # A number whose gradient is wanted has become an array there.
                    self.given.append(leaf if is_array else self.case.right[path].value)
                    self.names.append(free_name(_identifier(path), used))
                    self.paths.append(path)
                if path in sources:
                    self.sources[path] = self.places[place]

    def __call__(self, *tensors: Any) -> Any:
        """Run the forward pass on what stands for the arrays; return the loss."""
        subject = self.case.subject
        inputs = {
            name: mapped(value, partial(self._tensor, name, tensors))
            for name, value in self.case.inputs.items()
        }
        try:
            state = subject.run_forward(inputs, deadline=time.monotonic() + TRIAL, swap=swapped)
        except UserError as error:
            raise error.error from None  # what the recording refuses, it refuses with the line
        return subject.loss(state)

    def _tensor(self, name: str, tensors: Sequence[Any], leaf: Any) -> Any:
        place = self.places.get((name, id(leaf)))
        return copied(leaf) if place is None else tensors[place]

    def program(self) -> Program:
        """Return what running it records."""
        return derive(self, *self.given, argnums=self.wanted, names=self.names)

    def values(self, source: str) -> list[Named]:
        """Run a source in torch, and let torch differentiate by all that has a name there."""
        import torch

        seen: list[tuple[str, Any, Array]] = []

        def tap(name: str, value: Any) -> Any:
            if isinstance(value, torch.Tensor) and value.requires_grad:
                seen.append((name, value, value.detach().numpy().copy()))
            return value

        tree = ast.fix_missing_locations(_Tapped().visit(ast.parse(source)))
        namespace: dict[str, Any] = {TAP: tap}
        exec(compile(tree, "<torch>", "exec"), namespace)
        with torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
            given = [torch.tensor(array) for array in self.given]
            for i in self.wanted:
                tap(self.paths[i], given[i].requires_grad_())
            loss = namespace["forward"](*given)
            seed = self.case.followed.seed
            start = None if seed is None else torch.tensor(seed)
            by = [value for _, value, _ in seen]
            found = torch.autograd.grad(loss, by, start, materialize_grads=True, allow_unused=True)
        pairs = zip(seen, found, strict=True)
        return [Named(name, value, gradient.numpy()) for (name, _, value), gradient in pairs]

    def gradients(self, source: str) -> dict[str, Array]:
        """Run a source in torch, and let torch differentiate it."""
        import torch

        namespace: dict[str, Any] = {}
        exec(source, namespace)
        with torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
            given = [torch.tensor(array) for array in self.given]
            wanted = [given[i].requires_grad_() for i in self.wanted]
            loss = namespace["forward"](*given)
            seed = self.case.followed.seed
            start = None if seed is None else torch.tensor(seed)
            found = torch.autograd.grad(loss, wanted, start, materialize_grads=True)
        arrays = dict(zip(self.wanted, (g.numpy() for g in found), strict=True))
        return {path: arrays[position] for path, position in self.sources.items()}


def _identifier(path: str) -> str:
    """Return a name for a path: ``params_W1`` for ``params['W1']``."""
    return re.sub(r"\W+", "_", path).strip("_")
