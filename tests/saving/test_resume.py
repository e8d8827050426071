"""Training that is saved and taken up again goes on as if it had not stopped, bit for bit."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import nn, optim


class Training:
    """A network with all that has a state: buffers, dropout, an optimiser, a schedule, a step."""

    def __init__(self, optimizer, dtype):
        self.rng = np.random.default_rng(5)
        self.data = np.random.default_rng(0)
        self.X = self.data.normal(size=(40, 3)).astype(dtype)
        self.y = self.data.integers(0, 3, 40)
        self.model = nn.Sequential(
            nn.Linear(3, 8, generator=self.rng, dtype=dtype),
            nn.BatchNorm1d(8, dtype=dtype),
            nn.ReLU(),
            nn.Dropout(0.3, generator=self.rng),
            nn.Linear(8, 3, generator=self.rng, dtype=dtype),
        )
        self.optimizer = optimizer(self.model.parameters())
        self.warmup = optim.LinearLR(self.optimizer, total_iters=7)
        self.scheduler = optim.CosineAnnealingLR(self.optimizer, 30)
        self.step = 0

    def go_on(self, steps):
        losses = []
        for _ in range(steps):
            rows = self.rng.permutation(len(self.X))[:16]
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(self.X[rows]), self.y[rows])
            loss.backward()
            optim.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.warmup.step()
            self.scheduler.step()
            self.step += 1
            losses.append(loss.item())
        return losses

    def save(self, path):
        parts = ("model", "optimizer", "warmup", "scheduler", "rng", "step")
        mg.save({part: getattr(self, part) for part in parts}, path)

    def load(self, path):
        saved = mg.load(path)
        for part in ("model", "optimizer", "warmup", "scheduler"):
            getattr(self, part).load_state_dict(saved[part])
        self.rng.bit_generator.state = saved["rng"]
        self.step = saved["step"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda params: optim.SGD(params, 0.1, 0.9, nesterov=True, weight_decay=1e-3),
        lambda params: optim.Adam(params, 0.01),
        lambda params: optim.AdamW(params, 0.01),
    ],
)
def test_a_checkpoint_goes_on_bit_for_bit(tmp_path, optimizer, dtype):
    whole, first, second = (Training(optimizer, dtype) for _ in range(3))
    losses = whole.go_on(25)
    assert first.go_on(10) == losses[:10]
    first.save(tmp_path / "checkpoint.npz")
    first.go_on(3)  # what was saved is not touched by it
    second.rng.random(100)
    second.load(tmp_path / "checkpoint.npz")
    assert second.go_on(15) == losses[10:]
    assert second.step == whole.step
    for name, array in second.model.state_dict().items():
        np.testing.assert_array_equal(array, whole.model.state_dict()[name], strict=True)


def test_a_model_is_saved_as_its_state(tmp_path):
    layer = nn.Linear(3, 2)
    mg.save(layer, tmp_path / "layer.npz")
    saved = mg.load(tmp_path / "layer.npz")
    assert list(saved) == ["weight", "bias"]
    other = nn.Linear(3, 2)
    other.load_state_dict(saved)
    np.testing.assert_array_equal(other.weight.data, layer.weight.data)
    with np.load(tmp_path / "layer.npz") as arrays:
        np.testing.assert_array_equal(arrays["weight"], layer.weight.data)
