"""The results of studies beside the paper's tables."""
