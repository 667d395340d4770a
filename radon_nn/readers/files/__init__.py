"""Files read in bounded memory, without running anything in them."""
