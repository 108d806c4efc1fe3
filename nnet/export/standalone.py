"""python score.py PICTURE_OR_FOLDER OUT: scores.csv and heatmaps, with onnxruntime, numpy and pillow alone."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

HERE, SUFFIXES = Path(__file__).parent, {".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
INFERNO = np.array([*bytes.fromhex("0000041b0c414a0c6b781c6da52c60cf4446ed6925fb9b06f7d13dfcffa4")]).reshape(10, 3)


def main(source: Path, out: Path) -> None:
    about = json.loads((HERE / "manifest.json").read_text("utf-8"))
    side, threshold, only = about["preprocessing"]["size"], about["threshold"], about["input"]["pictures"]
    model = onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])
    out.mkdir(parents=True, exist_ok=True)
    with (out / "scores.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        (table := csv.writer(stream)).writerow(["image", "score", "threshold", "anomalous", "percentile_among_normals"])
        found = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in (p for p in found if p.suffix.lower() in SUFFIXES and out not in p.parents):
            rgba = ImageOps.exif_transpose(image := Image.open(path)).convert("RGBA")
            assert image.mode[0] not in "IF", f"{path} has more than 8 bits of grey; save it with 8 bits."
            picture = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
            assert picture.size == tuple(only or picture.size), f"{path} has {picture.size} pixels; expected {only}."
            small = np.asarray(picture if about["region"] else picture.resize((side, side), Image.Resampling.BILINEAR))
            heat, score, alarm = (a[0] for a in model.run(["score_map", "score", "anomalous"], {"images": small[None]}))
            at = np.clip(np.asarray(Image.fromarray(heat).resize(picture.size, 2)) / (2 * threshold), 0, 1)
            hot = np.dstack([np.interp(at * 9, range(10), channel) for channel in INFERNO.T])
            mixed = np.rint(picture + 0.7 * np.minimum(1, 2 * at)[..., None] * (hot - picture)).astype(np.uint8)
            Image.fromarray(mixed).save(out / f"{'_'.join(path.relative_to(source).parts) or path.name}_overlay.png")
            lower = 100 * np.mean(np.less(about["calibration"]["scores"], score))
            table.writerow([path, f"{score:.6g}", f"{threshold:.6g}", int(alarm), f"{lower:.1f}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
