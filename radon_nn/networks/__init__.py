"""Networks, shallow and deep, and their exact measures in the Radon domain."""
