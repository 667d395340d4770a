"""Keras models, live or in .keras files."""
