"""What a function is in the Radon domain, and the result of measuring it."""
