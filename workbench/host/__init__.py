"""The host's page of a shared demo."""
