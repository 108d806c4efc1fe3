"""Make the picture that is shown while the server starts: a good part with a drawn scratch, and its heatmap.

    python -m benchmarks.hero            writes workbench/shared/hero.webp, some 40 kB, from the embedded model

The picture is derived from ELPV (CC BY-NC-SA 4.0), as the samples are. Make it again when the embedded model changes.
"""

import numpy as np
from PIL import Image, ImageDraw

from nnet.scoring import judge
from workbench.home import demo
from workbench.shared import first_look, pictures, resources

SIDE, GAP = 560, 20
SCRATCH = [(-0.2, -0.13), (-0.11, -0.02), (-0.03, -0.05), (0.06, 0.06), (0.13, 0.04), (0.2, 0.15)]
"""As the demo draws it (workbench/components/defect_canvas/demo), around the middle, in shares of the side."""


def main() -> None:
    name, path = next(iter(resources.checkpoint_paths().items()))
    model = resources.load_model(name, path, "cpu")
    drawn = Image.fromarray(demo.good_part().load().image)
    width, height = drawn.size
    points = [((0.5 + x) * width, (0.5 + y) * height) for x, y in SCRATCH]
    ImageDraw.Draw(drawn).line(points, (25, 25, 25), max(2, min(width, height) // 45), joint="curve")
    image = np.asarray(drawn)
    expression = next(iter(judge.presets(model.detector.config).values()))
    judged = judge.judge(model.detector.calibration, model.detector.trace(image).maps, expression)
    threshold = judged.reference.threshold
    marked = pictures.overlay(image, judged.score, pictures.calibrated_scale(threshold), 0.75, threshold)
    sheet = Image.new("RGBA", (2 * SIDE + GAP, round(SIDE * height / width)))
    for place, picture in enumerate((image, marked)):
        sized = Image.fromarray(picture).resize((SIDE, sheet.height), Image.Resampling.LANCZOS)
        sheet.paste(sized, (place * (SIDE + GAP), 0))
    sheet.save(first_look.HERO, "WEBP", quality=80)
    print(
        f"{first_look.HERO}: {first_look.HERO.stat().st_size / 1000:.0f} kB, {judged.value / threshold:.1f} x threshold"
    )


if __name__ == "__main__":
    main()
