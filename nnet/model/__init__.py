"""The network, one file per part. Reading order: backbone (T, S1), fpm, nfs, ffc, decoder (S2), network."""
