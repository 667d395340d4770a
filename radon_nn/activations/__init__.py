"""Activation functions s, and s'' as a measure on the line."""
