"""python score.py PICTURE_OR_FOLDER OUT, for pictures of several sizes: the export for a picture's size scores it."""

import csv
import re
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(where: Path, out: Path) -> str:
    if where.resolve() in (out.resolve(), *out.resolve().parents):
        return f"{out} lies among the pictures. Name a folder for the results that does not."
    folders = sorted(path.parent for path in HERE.glob("*/score.py"))
    left_out, rows = [], []
    for folder in folders:  # each export scores the pictures of its size, and names the others
        left_out.append(dict(runpy.run_path(str(folder / "score.py"))["main"](where, out / folder.name)))
        with (out / folder.name / "scores.csv").open(newline="", encoding="utf-8-sig") as stream:
            header, *found = csv.reader(stream)
        rows += found
    with (out / "scores.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        csv.writer(stream).writerows([header, *sorted(rows)])
    needed = f"needed: {' or '.join(folder.name for folder in folders)},"
    by_none = ((line, why) for line, why in left_out[0].items() if all(line in one for one in left_out))
    return "\n".join(f"{line}: {re.sub('needed: .*,', needed, why)}" for line, why in by_none)


if __name__ == "__main__":
    sys.exit(main(*map(Path, given)) or None if len(given := sys.argv[1:]) == 2 else "Usage: IN OUT")
