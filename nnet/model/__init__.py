"""The network, one file per part. Read them in the order of Figure 2: backbone (T, S1), fpm, nfs, ffc, decoder (S2), network."""
