"""The network, one file per part. Reading order, that of Figure 2: backbone (T, S1), fpm, nfs, ffc, decoder (S2), network."""
