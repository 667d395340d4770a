"""The R-TV of anything: of networks, closed forms, black boxes and samples, each by its own route."""
