"""Functions whose values, Radon transform and R-TV are known in closed form."""
