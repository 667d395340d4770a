"""Pictures on given matplotlib axes."""
