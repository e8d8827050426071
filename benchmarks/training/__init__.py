"""Examples that train: small networks with layers and optimisers, and PyTorch beside them."""

import os

# Before NumPy is imported: products as small as these take longer when threads wait for each other.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
