"""The forward pass of a program in torch."""
