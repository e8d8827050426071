"""Mistakes that people make in backward passes, each on one line of a pass."""

from benchmarks.localise.mistakes.blocks import HINGE, LAYERS_LIST
from benchmarks.localise.mistakes.images import CONVOLUTION, VAE
from benchmarks.localise.mistakes.layers import POST, THREE_LAYER
from benchmarks.localise.mistakes.mistake import PASSES, Mistake, source
from benchmarks.localise.mistakes.sequences import LSTM, RNN
from benchmarks.localise.mistakes.tables import EMBEDDING_BATCHNORM, FACTORIZATION, LOGISTIC
from benchmarks.localise.mistakes.transformer import ATTENTION

__all__ = ["MISTAKES", "PASSES", "Mistake", "source"]

MISTAKES: tuple[Mistake, ...] = (
    *POST,
    *THREE_LAYER,
    *LAYERS_LIST,
    *HINGE,
    *LOGISTIC,
    *EMBEDDING_BATCHNORM,
    *FACTORIZATION,
    *CONVOLUTION,
    *VAE,
    *RNN,
    *LSTM,
    *ATTENTION,
)
