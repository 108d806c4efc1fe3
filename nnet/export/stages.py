"""What an export does, in order, and where each stage begins as a share of the whole.

Measured with the embedded model on two cores: writing took 103 of 117 seconds. The workbench reads the sentences, so
they stand here, where PyTorch is not loaded.
"""

WRITING, COMPARING, PAGE = 0.04, 0.92, 0.98
TOLD_WRITING = "Writing the network."
TOLD_PAGE = "Putting the page together."
