"""A convolutional network learns to read digits: the 8x8 images that scikit-learn brings along.

    python -m benchmarks.training.digits [--torch] [--short]

It is trained on 1397 images, with AdamW and a step size that falls like half a cosine, and tested
on 400 others. With --torch, PyTorch trains the same network from the same parameters, on the same
batches; their losses differ by `apart` at most.
"""

import copy
import time

import numpy as np

import micrograd_np as mg
from benchmarks.training.command import options
from benchmarks.training.progress import progress


def load():
    """Return images (N, 1, 8, 8) and digits (N,) to train on, and others to test with."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    test, train = np.split(np.random.default_rng(0).permutation(len(y)), [400])
    return X[train], y[train], X[test], y[test]


def make(seed=0):
    """Return the network."""
    nn, rng = mg.nn, np.random.default_rng(seed)  # no global seed: what draws takes one
    layers = []
    for inner, outer in ((1, 16), (16, 32)):  # no bias, since BatchNorm2d would take it away again
        conv = nn.Conv2d(inner, outer, 3, padding=1, bias=False, generator=rng)
        layers += [conv, nn.BatchNorm2d(outer), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 2 * 2, 10, generator=rng))


def train(model, F, optim, tensor, X, y, epochs, seed=0):
    """Train with either library, and return the loss before each step, and the seconds."""
    rng, batches = np.random.default_rng(seed), len(y) // 32
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * batches)
    losses, start = [], time.perf_counter()
    for _ in progress(range(epochs), "digits", losses):
        for batch in np.array_split(rng.permutation(len(y)), batches):
            loss = F.cross_entropy(model(tensor(X[batch])), tensor(y[batch]), label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return np.array(losses), time.perf_counter() - start


def main():
    """Train with each library, and print how far it comes."""
    given = options(__doc__, "sklearn")
    X, y, X_test, y_test = load()
    model, curves = make(), []
    runs = {"micrograd_np": (model, mg.nn.functional, mg.optim, np.asarray)}
    if given.torch:
        from torch import from_numpy, nn, optim

        theirs = copy.deepcopy(mg.to_torch(model))  # to_torch alone shares the parameters' memory
        runs["PyTorch"] = (theirs, nn.functional, optim, from_numpy)
    print("              first loss  last loss   apart  accuracy  seconds")
    for name, (network, *library, tensor) in runs.items():
        losses, seconds = train(network, *library, tensor, X, y, epochs=1 if given.short else 20)
        curves.append(losses)
        network.eval()  # BatchNorm2d now takes the means that it has kept in training
        accuracy = np.mean(np.asarray(network(tensor(X_test)).argmax(1)) == y_test)
        row = (losses[0], losses[-1], np.abs(losses - curves[0]).max(), accuracy, seconds)
        print("{:<14}{:10.4f}{:11.4f}{:8.0e}{:10.4f}{:9.1f}".format(name, *row))


if __name__ == "__main__":
    main()
