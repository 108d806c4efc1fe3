"""python -m nnet: see `nnet.cli`."""

import sys

from nnet.cli import main

if __name__ == "__main__":
    sys.exit(main())
