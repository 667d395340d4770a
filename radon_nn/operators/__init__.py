"""The Radon transform of samples on a grid, its adjoint, filters and inverse."""
