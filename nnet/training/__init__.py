"""Training: the loop, its losses, the teacher's cached features, and several processes."""
