"""Take parts out of a trained network, without training, and see how far the score of a picture moves.

python examples/what_if.py PICTURE [CHECKPOINT]
"""

import sys
from pathlib import Path

from nnet import Detector, decode
from nnet.analysis.whatif import WhatIf, WhatIfError, intervene

checkpoint = sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[1] / "checkpoints" / "elpv-mono"
detector = Detector.load(checkpoint)
trace = detector.trace(decode(Path(sys.argv[1])).image)
for what in (WhatIf(without_nfs=True), WhatIf(without_fpm=True), WhatIf(without_forward=True), WhatIf(rank=1)):
    (change,) = what.changes
    try:
        result = intervene(detector, trace, what)
    except WhatIfError as error:
        print(f"{change}: {error}")
    else:
        note = "" if result.comparable else " (another expression, so the sizes cannot be compared)"
        print(f"{change}: {result.before:.4f} -> {result.score:.4f}{note}")
