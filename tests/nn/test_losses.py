"""Losses and their gradients are PyTorch's, for every reduction."""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np import nn
from micrograd_np.nn import functional as F
from micrograd_np.testing.operations.measured import assert_within_radii
from nn.digits import loss_as_pytorch_computes
from nn.sides import measured, options_in, options_in_torch, ours, theirs, torch
from nn.table import few, floats, some


class Formula(nn.Module):
    """Stands for PyTorch's side, computed by formulas of its own."""


LOSSES = {}
reductions = st.sampled_from(["mean", "sum", "none"])


def loss(strategy):
    LOSSES[strategy.__name__] = st.composite(strategy)()
    return strategy


def of_classes(draw, probabilities=False):
    K = draw(some)
    stacked = draw(st.lists(few, max_size=2)) if draw(st.booleans()) else None
    shape = (K,) if stacked is None else (draw(few), K, *stacked)
    axis = min(len(shape) - 1, 1)
    x = floats(draw, *shape)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    labels = rng.integers(0, K, (*shape[:axis], *shape[axis + 1 :]))
    options = {"reduction": draw(reductions)}
    if draw(st.booleans()):
        options["weight"] = rng.uniform(0.1, 3, K)
    if probabilities:
        target = np.moveaxis(rng.dirichlet(np.ones(K), labels.shape), -1, axis)
        return x, target, options
    if draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from([-100, 0, K - 1, 99]))
        labels[labels == 1] = options["ignore_index"] if labels.size > 1 else labels[labels == 1]
        if not (labels != options["ignore_index"]).any():
            options["reduction"] = "sum"  # the mean of nothing is nan
    return x, labels, options


@loss
def cross_entropy(draw):
    x, target, options = of_classes(draw, probabilities=draw(st.booleans()))
    options["label_smoothing"] = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]))
    return x, target, options


@loss
def nll_loss(draw):
    return of_classes(draw)


def of_numbers(draw, **options):
    shape = draw(st.lists(few, max_size=3))
    drawn = {name: draw(strategy) for name, strategy in options.items()}
    return floats(draw, *shape), floats(draw, *shape), {"reduction": draw(reductions), **drawn}


@loss
def mse_loss(draw):
    return of_numbers(draw)


@loss
def l1_loss(draw):
    return of_numbers(draw)


@loss
def huber_loss(draw):
    return of_numbers(draw, delta=st.sampled_from([0.1, 1.0, 3.0]))


@loss
def binary_cross_entropy_with_logits(draw):
    x, target, options = of_numbers(draw)
    for name in ("weight", "pos_weight"):
        if draw(st.booleans()):
            options[name] = np.asarray(np.abs(floats(draw, *x.shape[-1:])))
    return x, 1 / (1 + np.exp(-target)), options


@loss
def kl_div(draw):
    shape = draw(st.lists(some, min_size=1, max_size=2))
    x, target = (np.asarray(mg.log_softmax(floats(draw, *shape))) for _ in range(2))
    log_target = draw(st.booleans())
    reduction = draw(reductions | st.just("batchmean"))
    target = target if log_target else np.exp(target)
    return x, target, {"reduction": reduction, "log_target": log_target}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")
@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_and_its_gradients_are_torchs(name):
    module = next(m for m in vars(nn).values() if getattr(m, "_function", None) is getattr(F, name))

    @settings(suppress_health_check=list(HealthCheck))
    @given(
        drawn=LOSSES[name], dtype=st.sampled_from(["float32", "float64"]), as_module=st.booleans()
    )
    def agrees(drawn, dtype, as_module):
        *inputs, options = drawn
        inputs = [np.asarray(x) for x in inputs]
        inputs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]
        options = options_in(options, dtype)

        def call(side, *given):
            if isinstance(side, Formula):
                return loss_as_pytorch_computes(name)(*given, **options)
            if isinstance(side, nn.Module):
                return side(*given) if as_module else getattr(F, name)(*given, **options)
            return getattr(torch.nn.functional, name)(*given, **options_in_torch(options))

        radii = measured(module(**options), inputs, call)
        assert_within_radii(ours(module(**options), inputs, call), radii)
        radii = measured(Formula(), inputs, call)
        assert_within_radii(theirs(torch.nn.Module(), inputs, call), radii)

    agrees()


@pytest.mark.parametrize("name", LOSSES)
def test_the_options_are_torchs(name):
    """By the same names, with the same defaults; the two that PyTorch calls deprecated are not."""
    wanted = list(inspect.signature(getattr(torch.nn.functional, name)).parameters.values())[2:]
    found = list(inspect.signature(getattr(F, name)).parameters.values())[2:]
    known = {p.name: p.default for p in wanted}
    assert {p.name: p.default for p in found}.items() <= known.items()
    assert known.keys() - {p.name for p in found} <= {"size_average", "reduce", "weight"}


def test_a_class_that_does_not_count_may_be_one_of_them():
    x, target = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 1, 2])
    wanted = F.cross_entropy(x[[0, 2]], target[[0, 2]])
    np.testing.assert_allclose(F.cross_entropy(x, target, ignore_index=2), wanted)


def test_infinite_scores_make_no_nan():
    x = mg.tensor([[0.0, -np.inf, 1.0]], requires_grad=True)
    for target in (np.array([2]), np.array([[0.25, 0.0, 0.75]])):
        x.grad = None
        loss = F.cross_entropy(x, target)
        loss.backward()
        assert np.isfinite(loss.data)
        assert np.isfinite(x.grad).all()


def test_the_mean_of_no_target_is_nan_as_in_pytorch():
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.nll_loss(np.zeros((2, 3)), np.array([-100, -100])))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.cross_entropy(np.zeros((2, 3)), [0, 3]),
            IndexError,
            r"cross_entropy: target 3 at \(1,\) is out of range: expected 0\.\.2, or -100",
        ),
        (
            lambda: F.cross_entropy(np.zeros((2, 3, 2)), [[0, 1], [2, -1]]),
            IndexError,
            r"cross_entropy: target -1 at \(1, 1\)",
        ),
        (
            lambda: mg.cross_entropy(np.zeros((2, 3)), [0, 3]),
            IndexError,
            r"cross_entropy: label 3 at \(1,\) is out of range: expected 0\.\.2",
        ),
        (
            lambda: F.nll_loss(np.zeros((2, 3)), [0.0, 1.0]),
            TypeError,
            "nll_loss: targets must be integers, got float64",
        ),
        (
            lambda: F.cross_entropy(np.zeros((2, 3)), [0, 1, 2]),
            ValueError,
            r"scores of shape \(2, 3\) need targets of shape \(2,\), got \(3,\)",
        ),
        (
            lambda: F.cross_entropy(np.zeros((2, 3)), [0, 1], weight=[1.0]),
            ValueError,
            r"weight has shape \(1,\), expected \(3,\)",
        ),
        (
            lambda: F.cross_entropy(np.zeros((2, 3)), [0, 1], label_smoothing=2.0),
            ValueError,
            "label_smoothing is 2.0, expected 0 to 1",
        ),
        (
            lambda: F.mse_loss(np.zeros((3, 1)), np.zeros(3)),
            ValueError,
            r"mse_loss: expected a target of shape \(3, 1\), got \(3,\)",
        ),
        (
            lambda: F.l1_loss(np.zeros(3), np.zeros(3), reduction="max"),
            ValueError,
            "reduction is 'max', expected 'mean', 'sum' or 'none'",
        ),
        (
            lambda: F.huber_loss(np.zeros(3), np.zeros(3), delta=0),
            ValueError,
            "huber_loss: delta is 0, expected a positive number",
        ),
        (lambda: F.cross_entropy(3.0, 0), ValueError, "expected floating-point scores of shape"),
        (lambda: nn.MSELoss(delta=1), TypeError, "delta"),
    ],
)
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_nan_in_a_loss_is_reported_with_the_line():
    x = mg.tensor([[1.0, np.nan]], requires_grad=True)
    scores = mg.tensor([[0.5, -1.0]], requires_grad=True)
    with mg.detect_anomaly():
        for compute in (
            lambda: F.mse_loss(np.log(scores), np.zeros((1, 2))),
            lambda: F.cross_entropy(np.sqrt(scores), [0]),
            lambda: nn.Linear(2, 2)(x).sum(),
        ):
            line = compute.__code__.co_firstlineno
            with pytest.raises(FloatingPointError, match=rf"test_losses\.py:{line}: .* nan at"):
                compute()
