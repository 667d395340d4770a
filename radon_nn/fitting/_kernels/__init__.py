"""Compiled searches for the hyperplane where |F_r| is largest."""
