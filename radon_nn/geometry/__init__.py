"""Grids, directions, domains and hyperplanes: where functions live and are looked at."""
