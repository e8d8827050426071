"""What has a backward pass written by hand: it, the automatic one and PyTorch's have to agree."""
