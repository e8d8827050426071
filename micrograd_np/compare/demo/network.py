"""The network of the post, written forward only: what the automatic side differentiates."""

from types import SimpleNamespace
from typing import Any

from micrograd_np.rules import nn

OURS = SimpleNamespace(
    relu=nn.relu,
    log_sum_exp=lambda scores: nn.logsumexp(scores, axis=1),
    cross_entropy=nn.cross_entropy,
)
"""The functions of the network that are not operators, as this library has them."""


def torch_functions() -> SimpleNamespace | None:
    """Return the same functions of PyTorch, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    return SimpleNamespace(
        relu=torch.relu,
        log_sum_exp=lambda scores: torch.logsumexp(scores, dim=1),
        cross_entropy=torch.nn.functional.cross_entropy,
    )


def network(inputs: dict[str, Any], functions: SimpleNamespace = OURS) -> dict[str, Any]:
    """Compute every quantity of the network.

    Parameters
    ----------
    inputs
        ``X, y, W1, b1, W2, b2, reg``, as arrays, Tensors or torch tensors. A quantity from the
        result may be given as well (``before_relu``, ``hidden``, ``scores``): it is then taken as
        it is, so that one can differentiate by it.
    functions
        :data:`OURS` or :func:`torch_functions`.

    Returns
    -------
    dict
        The inputs, and ``before_relu, hidden, scores, log_partition, data_loss_sum, data_loss,
        loss``.
    """
    v = dict(inputs)
    if "before_relu" not in v:
        v["before_relu"] = v["X"] @ v["W1"] + v["b1"]
    if "hidden" not in v:
        v["hidden"] = functions.relu(v["before_relu"])
    if "scores" not in v:
        v["scores"] = v["hidden"] @ v["W2"] + v["b2"]
    v["log_partition"] = functions.log_sum_exp(v["scores"]).sum()
    v["data_loss"] = functions.cross_entropy(v["scores"], v["y"])
    v["data_loss_sum"] = v["X"].shape[0] * v["data_loss"]
    v["loss"] = v["data_loss"] + 0.5 * v["reg"] * (
        (v["W1"] * v["W1"]).sum() + (v["W2"] * v["W2"]).sum()
    )
    return v
