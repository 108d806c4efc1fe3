"""The When it fails page: what the model at hand gets wrong, and how far the reason can be measured."""
