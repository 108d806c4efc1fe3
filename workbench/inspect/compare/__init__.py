"""Two models on the same picture."""
