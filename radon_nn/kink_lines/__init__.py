"""The exact kinks of piecewise linear networks, for one and two inputs."""
