"""Random programs of random operations, step by step beside PyTorch."""
