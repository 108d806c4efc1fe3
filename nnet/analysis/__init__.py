"""What is measured on a trained detector: metrics on data sets, subsets of maps, projections, the memory's atlas, what-ifs."""
