"""Derivatives from values alone, and gradients checked against them."""
