"""Activation functions, and each as a measure on the line."""
