"""The neurons of a black box, found in its Radon transform or by probing along lines."""
