"""The How it works page: the method in nine steps, each asked of the model at hand."""
