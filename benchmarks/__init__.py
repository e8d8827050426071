"""Training steps timed side by side, in one run: ``python -m benchmarks``.

A case is a module here with a function ``case() -> timing.Case``, named in `CASES`. To add
one, copy `benchmarks.iris`: write a function for each contender that returns a `timing.Run`, the
first of them by hand, and put the module's name into `CASES`. A module that measures something else
than time has ``report(threads, rounds, block)`` in its place, which returns a text.

Nothing in this file imports NumPy: the number of threads has to be set before that happens.
"""

CASES = {
    "iris": "the post's network: one full-batch training step on 90 rows of iris",
    "mlp": "784-256-128-10, batch 128, float32: one training step",
    "wide": "four layers of 1,024 units, batch 512, float32: one training step",
    "black_scholes": "a million options and their gradient: elementwise work",
    "cross_entropy": "softmax-cross-entropy of 4096 x 1000 scores and its gradient",
    "block": "a block of a transformer: one training step",
    "derive": "the same step by the source that derive prints, and with deriving it",
    "deep": "a network of 200 layers, eager and derived",
    "graph": "a graph of 100,000 nodes of one number each: what a node costs",
    "chain": "a hundred multiplications of one number: what an operation costs",
    "adam": "a step of Adam on a 784-256-128-10 network, beside PyTorch's",
    "convolution": "Conv2d 32 -> 64 on 64 images of 28 x 28, both ways, beside PyTorch's",
    "hvp": "a Hessian-vector product of the post's network, beside its gradient",
    "explorer": "the explorer: how soon it is there, drawn, and follows a knob",
    "importing": "how long an import takes, beyond that of NumPy",
    "growth": "exponents of time and memory, of depth, width, batch and nodes",
    "peak": "the memory of a training step of four layers of 1,024 units",
    "memory": "a backward pass through 200 layers: the memory that it takes",
}
"""Module name to a line on what is timed."""
