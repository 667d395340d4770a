"""Tables of data in files: which columns are coordinates, which one is the value, and what a bad line is told."""
