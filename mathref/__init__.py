"""Backpropagation in NumPy, written to be read beside its equations."""
