# python score.py PICTURE_OR_FOLDER OUT: scores.csv and heatmaps, with onnxruntime, numpy and pillow alone.
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

HERE, INFERNO = Path(__file__).parent, bytes.fromhex("0000041b0c414a0c6b781c6da52c60cf4446ed6925fb9b06f7d13dfcffa4")
ENDS = {e: kind for e, kind in Image.registered_extensions().items() if kind in "AVIF BMP GIF JPEG PNG PPM TIFF WEBP"}


def main(where: Path, out: Path) -> Iterator[tuple[str, str]]:  # what is not scored, and why
    about = json.loads((HERE / "manifest.json").read_text("utf-8")) if where.exists() else sys.exit(f"Missing: {where}")
    limit, good, only = about["threshold"], np.array(about["calibration"]["scores"]), about["input"]["pictures"]
    model = onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])
    with open(out.mkdir(parents=True, exist_ok=True) or out / "scores.csv", "w", newline="", encoding="utf-8-sig") as f:
        (table := csv.writer(f)).writerow(["image", "score", "threshold", "anomalous", "percentile_among_normals"])
        for p in (p for p in sorted(where.rglob("*")) or [where] if p.suffix.lower() in ENDS and out not in p.parents):
            try:
                rgba = ImageOps.exif_transpose(image := Image.open(p, formats=[*ENDS.values()])).convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
                if image.mode[0] in "IF" or only not in (None, [*picture.size]):
                    raise ValueError(f"{picture.size} pixels, {image.mode}; needed: {only or 'any size'}, 8 bits.")
                small = np.asarray(picture.resize(only or [about["preprocessing"]["size"]] * 2, 2))[None]
                heat, score, alarm = (a[0] for a in model.run(["score_map", "score", "anomalous"], {"images": small}))
                at = np.clip(np.asarray(Image.fromarray(heat).resize(picture.size, 2)) / (2 * limit), 0, 1)
                hot = np.dstack([np.interp(at * 9, range(10), [*INFERNO[i::3]]) for i in range(3)])
                mixed = np.rint(picture + 0.7 * np.minimum(1, 2 * at)[..., None] * (hot - picture)).astype(np.uint8)
                Image.fromarray(mixed).save(out / f"{'_'.join(p.relative_to(where).parts) or p.name}_overlay.png")
                table.writerow([p, f"{score:.6g}", f"{limit:.6g}", int(alarm), f"{100 * np.mean(good < score):.1f}"])
            except Exception as error:  # the others are scored all the same
                yield f"Not scored: {p}", str(error) or repr(error)


if __name__ == "__main__":
    sys.exit("\n".join(map(": ".join, main(*map(Path, a)))) or None if len(a := sys.argv[1:]) == 2 else "Usage: IN OUT")
