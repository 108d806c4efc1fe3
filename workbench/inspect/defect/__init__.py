"""Make your own defect: draw or place it, and see from where on it shows."""
