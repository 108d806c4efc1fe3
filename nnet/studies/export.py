"""A finished study made small enough to be passed on: its table, its card, its runs, and a few light checkpoints.

A light checkpoint is an ordinary one without its memory atlas, which only the Memory page needs.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from nnet.saved.formats import ATLAS, CONFIG, CONFIG_FORMAT
from nnet.saved.storage import write_json
from nnet.studies.formats import CSV, DONE
from nnet.studies.store import CARD, StudyFolder
from nnet.studies.variants import VARIANTS, StudyError

LEFT_OUT = (ATLAS, CONFIG, "resume.safetensors")


def export(folder: StudyFolder, target: Path, models: Sequence[str] = ()) -> list[Path]:
    """Copy what is worth passing on into a new folder, itself a study's folder; returns the checkpoints in it.

    Args:
        folder: of a study.
        target: the new folder; what an earlier export left there is replaced.
        models: names of the variants whose checkpoints go along, as far as the study kept them.

    Raises:
        StudyError: no such variant, none of its checkpoints was kept, or the target holds something else.
    """
    results, kept = folder.results(), folder.kept()
    chosen = {name: [r["key"] for r in results if name in r["variants"] and r["key"] in kept] for name in models}
    for name, keys in chosen.items():
        if name not in VARIANTS or not keys:
            known = sorted({name for r in results if r["key"] in kept for name in r["variants"]})
            raise StudyError(
                f"No checkpoint of {name!r} is kept in {folder.root}. Choose from: {', '.join(known) or 'none'}."
            )
    if target.resolve() == folder.root.resolve():
        raise StudyError(f"{target} is the study's own folder. Name another one to export to.")
    if target.exists() and any(target.iterdir()) and not (target / CSV).is_file():
        raise StudyError(f"{target} holds something other than a study. Name a new folder.")
    shutil.rmtree(target, ignore_errors=True)
    (target / DONE).mkdir(parents=True)
    for name in (CSV, CARD):
        shutil.copy2(folder.root / name, target / name)
    new = StudyFolder(target)
    for result in results:  # where its data lay on this machine helps nobody elsewhere
        write_json(new.done(result["key"]), {**result, "source": result["data"]})
    paths = [new.model(key) for key in dict.fromkeys(key for keys in chosen.values() for key in keys)]
    for path in paths:
        _lighten(folder.model(path.name), path)
    return paths


def _lighten(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    config = CONFIG_FORMAT.read(source / CONFIG)
    hashes = {name: value for name, value in config["sha256"].items() if name != ATLAS}
    write_json(target / CONFIG, {**config, "sha256": hashes})
