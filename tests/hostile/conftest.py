"""What all tests of hostile input share."""

from lighter import small_synthetic_sets

__all__ = ["small_synthetic_sets"]
