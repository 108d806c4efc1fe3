"""One picture under several variants, side by side."""
