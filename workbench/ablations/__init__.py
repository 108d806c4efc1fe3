"""The Ablations page."""
