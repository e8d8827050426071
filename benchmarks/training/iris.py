"""The network of the post, made of layers: 4 measurements, 6 hidden units, 3 species of iris.

    python -m benchmarks.training.iris [--torch] [--short]

It is trained on 90 flowers by plain gradient descent, in float64. Beside it stand the post's own
backward pass (`reference.post`), which goes the same way from the same weights, and what R reached
from the weights that it drew. With --torch, PyTorch trains the network, too.
"""

import copy
import time

import numpy as np

import micrograd_np as mg
from benchmarks.training.command import options
from benchmarks.training.progress import progress
from reference import golden, iris, post

LR, REG = 1e-2, 1e-3
X, y, X_test, y_test = iris.split()


def make():
    """Return the network with weights as the post draws them, and biases of zero."""
    model = mg.nn.Sequential(
        mg.nn.Linear(4, 6, dtype=np.float64),  # parameters are float32 by default
        mg.nn.ReLU(),
        mg.nn.Linear(6, 3, dtype=np.float64),
    )
    rng = np.random.default_rng(3)  # with half of all seeds, 2000 steps end on a plateau
    for layer in (model[0], model[2]):
        mg.nn.init.post_(layer.weight, rng)  # no global seed: what draws takes a Generator
        layer.bias.data[:] = 0
    return model


def train(model, F, optim, tensor, steps):
    """Train with either library, and return the loss before each step, and the seconds."""
    optimizer = optim.SGD(model.parameters(), lr=LR)
    losses, start = [], time.perf_counter()
    for _ in progress(range(steps), "iris", losses):
        loss = F.cross_entropy(model(tensor(X)), tensor(y))
        for layer in (model[0], model[2]):  # weight_decay would shrink the biases, too
            loss = loss + 0.5 * REG * (layer.weight**2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, time.perf_counter() - start


def main():
    """Train, and print how far each comes."""
    given = options(__doc__)
    steps, model = 100 if given.short else 2000, make()
    W1, b1, W2, b2 = (p.data.T.copy() for p in model.parameters())  # the post has (in, out)
    *weights, by_hand = post.train(X, y, W1, b1[None], W2, b2[None], REG, LR, steps)
    runs = {"micrograd_np": (model, mg.nn.functional, mg.optim, np.asarray)}
    if given.torch:
        import torch

        theirs = copy.deepcopy(mg.to_torch(model))  # to_torch alone shares the parameters' memory
        runs["PyTorch"] = (theirs, torch.nn.functional, torch.optim, torch.from_numpy)

    print(f"{steps} steps        loss  test accuracy  apart from by hand  seconds")
    print(f"by hand       {by_hand[-1]:8.4f}{post.accuracy(X_test, y_test, *weights):15.4f}")
    for name, (network, F, optim, tensor) in runs.items():
        losses, seconds = train(network, F, optim, tensor, steps)
        accuracy = np.mean(np.asarray(network(tensor(X_test)).argmax(1)) == y_test)
        apart = np.abs(losses - by_hand).max()
        print(f"{name:<14}{losses[-1]:8.4f}{accuracy:15.4f}{apart:20.1e}{seconds:9.2f}")
    in_r = {key: value[0, 0] for key, value in golden.read().items() if value.size == 1}
    loss, accuracy = in_r[f"after{steps}_loss_before_update"], in_r[f"after{steps}_test_accuracy"]
    print(f"the post in R {loss:8.4f}{accuracy:15.4f}")


if __name__ == "__main__":
    main()
