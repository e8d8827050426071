"""A program as text: NumPy source, torch source, mathematics, tables."""
