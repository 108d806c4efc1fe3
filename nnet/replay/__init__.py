"""Replay bundles: a result kept so that its numbers can be checked again."""
