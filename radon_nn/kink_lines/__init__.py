"""The exact kinks of piecewise linear networks of one and two inputs."""
