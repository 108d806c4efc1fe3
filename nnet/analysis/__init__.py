"""What is measured on a trained detector: metrics, subsets of maps, projections, the memory's atlas, what-ifs."""
