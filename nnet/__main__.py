"""python -m nnet: see `nnet.cli`."""

import sys

from nnet.cli import main

sys.exit(main())
