"""Functions of least R-TV through or near data, with certificates of optimality."""
