"""The command `radon-nn`: printing and files, no mathematics."""
