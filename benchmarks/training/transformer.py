"""A small transformer, written once for both libraries: `benchmarks.training.characters` trains it.

Classes read the same: derive from `nn.Module`, assign layers to attributes, define `forward`. So a
function that is given `mg.nn` or `torch.nn` makes the one or the other.
"""

import numpy as np

from micrograd_np.nn import init


def transformer(nn, tensor, alphabet, context, width=64, heads=4, blocks=2):
    """Return a network that scores which character comes next, at each place of a window.

    Parameters
    ----------
    nn
        ``mg.nn`` or ``torch.nn``.
    tensor
        Makes that library's arrays: ``np.asarray`` or ``torch.from_numpy``.
    alphabet, context
        How many characters there are, and how long a window may be.
    width, heads, blocks
        How long the vector of a place is, into how many heads it is cut, and how often it changes.
    """

    class Block(nn.Module):
        """Mix each place with those before it, then change each by itself."""

        def __init__(self):
            super().__init__()  # PyTorch wants it; without it, mg.nn.Module works as well
            self.norm1 = nn.LayerNorm(width)
            self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
            self.norm2 = nn.LayerNorm(width)
            self.mlp = nn.Sequential(
                nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
            )

        def forward(self, x):
            # is_causal=True would do in mg.nn. PyTorch takes it as a hint and needs the mask, which
            # is True where a place must not look: at those after it.
            places = np.arange(x.shape[1])
            later = tensor(places > places[:, None])
            h = self.norm1(x)
            x = x + self.attention(h, h, h, attn_mask=later, need_weights=False)[0]
            return x + self.mlp(self.norm2(x))

    class Transformer(nn.Module):
        """Characters and their places become vectors, which blocks change, and then scores."""

        def __init__(self):
            super().__init__()
            self.characters = nn.Embedding(alphabet, width)
            self.places = nn.Embedding(context, width)
            # In mg.nn a list would do. PyTorch does not find the modules in a list.
            self.blocks = nn.Sequential(*(Block() for _ in range(blocks)))
            self.norm = nn.LayerNorm(width)
            self.scores = nn.Linear(width, alphabet)

        def forward(self, codes):
            places = tensor(np.arange(codes.shape[1]))
            x = self.characters(codes) + self.places(places)
            return self.scores(self.norm(self.blocks(x)))

    return Transformer()


def draw(model, rng):
    """Draw the matrices of a network of micrograd_np; begin with biases of zero. Return it."""
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data[:] = 0
        elif parameter.ndim == 2:
            init.normal_(parameter, std=0.05, generator=rng)
    return model
