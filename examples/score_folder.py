"""Score every picture in a folder, the most anomalous first.

python examples/score_folder.py FOLDER [CHECKPOINT]
"""

import sys
from pathlib import Path

from nnet import Detector, decode
from nnet.data.listing import list_images

folder = Path(sys.argv[1])
checkpoint = sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[1] / "checkpoints" / "elpv-mono"
detector = Detector.load(checkpoint)
threshold = detector.calibration.for_expression().threshold
scores = {path.name: detector.score([decode(path).image])[0].value for path in list_images(folder)}
for name, score in sorted(scores.items(), key=lambda item: -item[1]):
    print(f"{score / threshold:6.2f} x threshold  {'ANOMALOUS' if score > threshold else 'normal':9}  {name}")
