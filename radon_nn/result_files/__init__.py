"""Measures and fits as named arrays, which `save` writes to npz files and `load` reads back."""
