"""Neurons found by probing along straight lines, in any number of dimensions."""
