"""What is written to disk and read again: checkpoints, their cards, and where the code came from."""
