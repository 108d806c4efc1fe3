"""Saving and opening replay bundles."""
