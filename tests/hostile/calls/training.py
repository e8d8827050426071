"""Optimisers, their schedules, limits to gradients, and files."""

import tempfile
from pathlib import Path

import numpy as np

import micrograd_np as mg
from hostile.call import array, call, fixed, flag, given, number, whole
from hostile.calls.functions import maybe
from hostile.values import leaves_in

X = np.array([0.5, -1.5, 2.0])


def parameter():
    found = mg.tensor(X, requires_grad=True)
    (found * found).sum().backward()
    return found


def _are_parameters(value):
    return isinstance(value, mg.Tensor) or len(leaves_in(value)) > 0 or hasattr(value, "__next__")


def _is_empty(value):
    return hasattr(value, "__len__") and not len(value)


PARAMETERS = given(lambda: [parameter()], _are_parameters)
A_STEP = number(0.1)


def _stepped(kind, params, *options):
    optimizer = kind(params, *options)
    optimizer.step()
    return [p.data for p in optimizer.param_groups[0]["params"]]


def _optimizer(name, *options, keywords=()):
    kind = getattr(mg.optim, name)
    count = 1 + len(options) - len(keywords)

    def make(*values):
        named = dict(zip(keywords, values[count:], strict=True))
        return _stepped(lambda *v: kind(*v, **named), *values[:count])

    return call(f"optim.{name}", make, PARAMETERS, *options, constant=True, changes=(0,))


def _sgd():
    return mg.optim.SGD([parameter()], lr=0.1, momentum=0.5)


def _betas(value):
    return given(lambda: value, lambda x: isinstance(x, (tuple, list)))


def _reloaded(optimizer, state):
    optimizer.load_state_dict(state)
    optimizer.step()
    return optimizer.state_dict()["state"]


def _with_state(value):
    optimizer = _sgd()
    optimizer.step()
    state = optimizer.state_dict()
    state["state"] = {0: {"momentum_buffer": value}}
    return _reloaded(optimizer, state)


def _with_rate(value):
    optimizer = _sgd()
    optimizer.param_groups[0]["lr"] = value
    optimizer.step()
    return optimizer.param_groups[0]["params"][0].data


def _is_state(value):
    return isinstance(value, dict)


SGD = fixed(_sgd)

CALLS = [
    _optimizer("SGD", A_STEP, number(0.5), number(0.1), flag(True),
               keywords=("weight_decay", "nesterov")),
    _optimizer("Adam", A_STEP, _betas((0.9, 0.99)), number(1e-8), number(0.1)),
    _optimizer("AdamW", A_STEP, _betas((0.9, 0.99)), number(1e-8), number(0.1)),
    call("optim.Optimizer", lambda p, o: bool(mg.optim.Optimizer(p, o)), PARAMETERS,
         given(lambda: {"lr": 0.1}, _is_state), constant=True),
    call("optim.Optimizer", lambda group: bool(mg.optim.SGD([group])),
         given(lambda: {"params": [parameter()], "lr": 1.0}, lambda x: leaves_in(x)),
         constant=True),
    call("optim.Optimizer", lambda lr: _stepped(mg.optim.SGD, [{"params": parameter(), "lr": lr}]),
         A_STEP, constant=True),
    call("optim.Optimizer.step", lambda o: o.step(), SGD, constant=True, changes=(0,)),
    call("optim.Optimizer.step", _with_rate, A_STEP, constant=True),
    call("optim.Optimizer.zero_grad", lambda o: o.zero_grad(), SGD, constant=True),
    call("optim.Optimizer.state_dict", lambda o: o.state_dict()["state"], SGD, constant=True),
    call("optim.Optimizer.load_state_dict", _reloaded, SGD,
         given(lambda: _sgd().state_dict(), _is_state), constant=True),
    call("optim.Optimizer.load_state_dict", _with_state, maybe(array(X)), constant=True),
    call("optim.clip_grad_norm_", mg.optim.clip_grad_norm_,
         given(lambda: [parameter()], lambda x: _are_parameters(x) or _is_empty(x)),
         number(1.0), number(2.0), flag(False), constant=True, changes=(0,)),
    call("optim.clip_grad_value_", mg.optim.clip_grad_value_,
         given(lambda: [parameter()], lambda x: _are_parameters(x) or _is_empty(x)),
         number(1.0), constant=True, changes=(0,)),
]  # fmt: skip


# --- schedules ------------------------------------------------------------------------------------


class _Halving(mg.optim.LRScheduler):
    def _next(self, lr, initial):
        return lr / 2


def _rates(kind, optimizer, *options):
    schedule = kind(optimizer, *options)
    found = []
    for _ in range(3):
        schedule.step()
        found += schedule.get_last_lr()
    return found


AN_OPTIMIZER = given(_sgd, lambda x: isinstance(x, mg.optim.Optimizer))


def _loaded_schedule(state):
    schedule = mg.optim.StepLR(_sgd(), 2)
    schedule.load_state_dict(state)
    schedule.step()
    return schedule.state_dict()


def _schedule_state(count):
    return _loaded_schedule({"last_epoch": count, "step_size": 2, "gamma": 0.1})


CALLS += [
    call("optim.LRScheduler", lambda o: _rates(_Halving, o), AN_OPTIMIZER, constant=True),
    call("optim.StepLR", lambda *args: _rates(mg.optim.StepLR, *args), AN_OPTIMIZER, whole(2),
         number(0.5), constant=True),
    call("optim.CosineAnnealingLR", lambda *args: _rates(mg.optim.CosineAnnealingLR, *args),
         AN_OPTIMIZER, whole(2), number(0.0), constant=True),
    call("optim.LinearLR", lambda *args: _rates(mg.optim.LinearLR, *args), AN_OPTIMIZER,
         number(0.5), number(1.0), whole(2), constant=True),
    call("optim.LRScheduler.step, optim.LRScheduler.get_last_lr, optim.LRScheduler.state_dict",
         lambda o: mg.optim.StepLR(o, 1).state_dict(), AN_OPTIMIZER, constant=True),
    call("optim.LRScheduler.load_state_dict", _loaded_schedule,
         given(lambda: mg.optim.StepLR(_sgd(), 2).state_dict(), _is_state), constant=True),
    call("optim.LRScheduler.load_state_dict", _schedule_state, whole(1), constant=True),
]  # fmt: skip


# --- files ----------------------------------------------------------------------------------------


def _saved(tree):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tree")
        mg.save(tree, path)
        return mg.load(path)


def _saved_at(path):
    with tempfile.TemporaryDirectory() as folder:
        mg.save(1.0, Path(folder, path) if isinstance(path, str) else path)


CALLS += [
    call("mg.save", _saved, given(lambda: {"a": X}), constant=True),
    call("mg.save", _saved_at, given(lambda: "a", lambda x: isinstance(x, str)), constant=True,
         errors=(OSError,)),
    call("mg.load", mg.load, given(lambda: "no such file", lambda _x: False), constant=True,
         errors=(OSError,)),
]  # fmt: skip
