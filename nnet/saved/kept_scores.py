"""The score of every picture that a checkpoint was measured on, so that a result can be looked at without measuring.

scores.json holds {"sets": {SHA-256 of the data: {"data", "weights_sha256", "keys", "labels", "scores", ...}}}; the
metrics of the same pictures stand in metrics.json. Scores are float32 and are written with the nine digits that tell
all of these apart, so that metrics computed from them are those that were measured.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from nnet.data import GOOD
from nnet.expression import ExpressionError, parse
from nnet.saved.errors import CheckpointError
from nnet.saved.formats import SCORES, SCORES_FORMAT, PictureScores
from nnet.saved.storage import write_text


def read(path: Path, weights_hash: str) -> dict[str, PictureScores]:
    """What was measured with these weights: SHA-256 of the data -> its pictures, the newest last.

    Raises:
        CheckpointError: the file is damaged.
    """
    found = SCORES_FORMAT.find(path / SCORES)
    sets = {} if found is None else found["sets"]
    for entry in sets.values():
        near = entry.get("near", {})
        lists: list[tuple[str, Sequence[object]]] = [("labels", entry["labels"]), *entry["scores"].items()]
        for name, values in [*lists, *near.items()]:
            if len(values) != len(entry["keys"]):
                reason = f"there are {len(entry['keys'])} pictures, but {len(values)} values of {name[:80]}"
                raise SCORES_FORMAT.damaged(path / SCORES, reason)
        if GOOD not in entry["labels"] or not set(entry["labels"]) - {GOOD}:
            raise SCORES_FORMAT.damaged(path / SCORES, "normal and defective pictures were expected")
        try:
            for text in entry["scores"]:
                parse(text)
        except ExpressionError as error:
            raise SCORES_FORMAT.damaged(path / SCORES, str(error)) from error
    return {data: entry for data, entry in sets.items() if entry["weights_sha256"] == weights_hash}


def add(path: Path, entry: PictureScores) -> None:
    """Keep the scores of a data set's pictures. Other sets of the same weights stay; scores of other expressions stay
    where they are of the same pictures.

    Raises:
        CheckpointError: the file cannot be written, or what is there is damaged.
    """
    sets = read(path, entry["weights_sha256"])
    before = sets.pop(data := entry["data"]["sha256"], None)
    if before is not None and (before["keys"], before["labels"]) == (entry["keys"], entry["labels"]):
        intervals = {**before.get("intervals", {}), **entry.get("intervals", {})}
        near = {**before.get("near", {}), **entry.get("near", {})}
        entry = {**entry, "scores": {**before["scores"], **entry["scores"]}, "intervals": intervals, "near": near}
    try:
        write_text(path / SCORES, json.dumps({"sets": {**sets, data: entry}}, ensure_ascii=False, allow_nan=False))
    except OSError as error:
        raise CheckpointError(
            f"The scores could not be written to {path / SCORES} ({error.strerror or error}). Make the folder writable."
        ) from error
