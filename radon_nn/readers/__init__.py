"""Models of other frameworks, read into networks."""
