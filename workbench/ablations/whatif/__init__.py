"""Parts of a trained network taken out, without training."""
