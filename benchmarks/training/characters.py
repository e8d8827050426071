"""A small transformer learns to write: it guesses the next character of a text, again and again.

    python -m benchmarks.training.characters [--torch] [--short]

The text is `text.txt`, of 6300 characters; the network is in `transformer.py`. Printed are the loss
and what the network writes, when what it guesses is what it reads next. With --torch, PyTorch
trains the same network from the same parameters, on the same windows of the text; their losses are
at most `apart` from each other.
"""

import textwrap
import time
from pathlib import Path

import numpy as np

import micrograd_np as mg
from benchmarks.training.command import options
from benchmarks.training.progress import progress
from benchmarks.training.transformer import draw, transformer

TEXT = " ".join(Path(__file__).with_name("text.txt").read_text(encoding="ascii").split())
ALPHABET, CODES = np.unique(list(TEXT), return_inverse=True)
CONTEXT = 32


def train(model, F, optim, tensor, steps):
    """Train with either library, and return the loss before each step, and the seconds."""
    optimizer = optim.AdamW(model.parameters(), lr=4e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    rng, losses, start = np.random.default_rng(1), [], time.perf_counter()
    for _ in progress(range(steps), "characters", losses):
        begin = rng.integers(len(CODES) - CONTEXT, size=(32, 1))
        window = tensor(CODES[begin + np.arange(CONTEXT + 1)])
        scores = model(window[:, :-1]).reshape(-1, len(ALPHABET))
        loss = F.cross_entropy(scores, window[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return np.array(losses), time.perf_counter() - start


def write(model, length, rng, temperature=0.5):
    """Return characters drawn one after another: the colder, the likelier ones."""
    codes = [0]
    with mg.no_grad():
        for _ in range(length):
            scores = model(np.array([codes[-CONTEXT:]]))[0, -1]
            # A Generator wants probabilities that add up to 1 more exactly than float32 can.
            probs = mg.softmax(scores.astype(float) / temperature)
            codes.append(rng.choice(len(ALPHABET), p=probs))
    return "".join(ALPHABET[codes[1:]])


def main():
    """Train with each library, and print how far it comes, and what the first one writes."""
    given, rng, curves = options(__doc__), np.random.default_rng(0), []
    model = draw(transformer(mg.nn, np.asarray, len(ALPHABET), CONTEXT), rng)
    runs = {"micrograd_np": (model, mg.nn.functional, mg.optim, np.asarray)}
    if given.torch:
        from torch import from_numpy, nn, optim

        theirs = transformer(nn, from_numpy, len(ALPHABET), CONTEXT)
        theirs.load_state_dict({name: from_numpy(a) for name, a in model.state_dict().items()})
        runs["PyTorch"] = (theirs, nn.functional, optim, from_numpy)
    print("              first loss  last loss   apart  seconds")
    for name, library in runs.items():
        losses, seconds = train(*library, steps=30 if given.short else 1000)
        curves.append(losses)
        row = (losses[0], losses[-1], np.abs(losses - curves[0]).max(), seconds)
        print("{:<14}{:10.4f}{:11.4f}{:8.0e}{:9.1f}".format(name, *row))
    print(textwrap.fill(f"It writes: {write(model, 400, rng)}", 100))


if __name__ == "__main__":
    main()
