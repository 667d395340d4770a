"""Grids, directions, domains and hyperplanes: where functions are defined and sampled."""
