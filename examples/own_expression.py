"""Score a picture with an expression of your own over the maps M1 to M6, beside the paper's (Eq. 8).

python examples/own_expression.py PICTURE "M1*M2 + M5" [CHECKPOINT]
"""

import sys
from pathlib import Path

from nnet import Detector, decode
from nnet.expression import PRESETS, parse

picture, written = Path(sys.argv[1]), sys.argv[2]
checkpoint = sys.argv[3] if len(sys.argv) > 3 else Path(__file__).parents[1] / "checkpoints" / "elpv-mono"
detector = Detector.load(checkpoint)
image = decode(picture).image
for expression in (PRESETS["paper"], parse(written)):
    score = detector.score([image], expression)[0]
    reference = detector.calibration.for_expression(expression)  # held-out normal pictures under this expression
    row, column = divmod(int(score.map.argmax()), score.map.shape[1])
    print(f"{expression}: {score.value / reference.threshold:.2f} x threshold, highest at row {row}, column {column}")
