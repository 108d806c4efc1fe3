"""What the workbench's pages share. The network itself lives in `nnet`, which knows nothing of this package."""
