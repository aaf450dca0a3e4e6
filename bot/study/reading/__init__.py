"""How Japanese is read."""
