"""The table of operations: how each is called, drawn, and spelled in PyTorch and mpmath."""
