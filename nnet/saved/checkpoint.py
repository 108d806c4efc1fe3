"""A checkpoint is a directory; nothing in it is ever unpickled.

config.json              settings, format version, hashes of the other files, teacher, data and commit
weights.safetensors      the network without its teacher; matrices and kernels in float16 (half the size)
normal_maps.safetensors  M1..M6 of the held-out normal images, float16 (see `nnet.scoring.calibration`), and where maps
                         are divided by their normal levels (`ScoreConfig.levels`) these as "level M1".."level M6";
                         with a framing (`nnet.data.framing`) also "extents", what of the arrays each picture fills
atlas.safetensors        what each memory item stands for (see `nnet.analysis.atlas`), if there is a memory
kind.safetensors         "features" float16 (n, C_3): mean F_3 of some normal images (see `nnet.scoring.kind`), if any
decision.json            thresholds that somebody chose, with their reasons (see `nnet.saved.kept_thresholds`), if any
calibration.json         a readable account of the calibration
history.jsonl            one line per epoch
metrics.json             measured results, if there are any
scores.json              the scores of the pictures that they were measured on (see `nnet.saved.kept_scores`), if any
card.md                  what a person should know before using the model
film/                    a film of the training, if one was made (see `nnet.runs.film`); nothing depends on it

`nnet.saved.formats` says what may stand in each, and docs/formats.md is made from it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

import nnet
from nnet import environment
from nnet.config import Config
from nnet.data.framing import Framing
from nnet.formats import Arrays, is_plain
from nnet.model.network import NNet
from nnet.model.teacher_weights import WeightsError, file_sha256, hub_cache
from nnet.saved import kept_thresholds
from nnet.saved.formats import (
    ATLAS,
    ATLAS_FORMAT,
    CALIBRATION,
    CARD,
    CARD_FORMAT,
    CONFIG,
    CONFIG_FORMAT,
    EXTENTS,
    FORMAT,
    KIND,
    KIND_FEATURES,
    KIND_FORMAT,
    LEVELS,
    MAPS,
    MAPS_FORMAT,
    METRICS,
    METRICS_FORMAT,
    WEIGHTS,
    WEIGHTS_FORMAT,
    CheckpointError,
    ConfigFile,
)
from nnet.saved.storage import write_json, write_tensors, write_text
from nnet.scoring.calibration import Calibration
from nnet.scoring.kind import Kind


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint directory says, read and verified.

    Attributes:
        path: the directory.
        config: settings.
        weights_hash: SHA-256 of weights.safetensors.
        calibration: held-out normal images.
        about: "teacher_origin", "teacher_sha256", "teacher_file" (None where it was looked up), "data" (name, source,
            licence, hash, counts), "commit", "created", "versions".
        metrics: contents of metrics.json, or {}.
        card: contents of card.md.
        kind: what parts it knows, or None for a checkpoint that does not say.
    """

    path: Path
    config: Config
    weights_hash: str
    calibration: Calibration
    about: dict[str, Any]
    metrics: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    kind: Kind | None = None

    @property
    def name(self) -> str:
        """Name of the directory."""
        return self.path.name

    @property
    def bits(self) -> int | None:
        """The bits of deeper grey values that it was trained with: every later picture is read alike."""
        return bits_of(self.about)


def bits_of(about: Mapping[str, Any]) -> int | None:
    """The same, from what a checkpoint says about itself."""
    bits: int | None = (about.get("data") or {}).get("bits")
    return bits


def save(
    path: Path,
    network: NNet,
    config: Config,
    calibration: Calibration,
    atlas: dict[str, torch.Tensor] | None,
    about: dict[str, Any],
    kind: Kind | None = None,
) -> None:
    """Write a checkpoint. config.json comes last: a directory without it is not a checkpoint yet."""
    path.mkdir(parents=True, exist_ok=True)
    write_tensors(path / WEIGHTS, {name: _compact(value) for name, value in network.own_state().items()})
    maps = {name: torch.from_numpy(m) for name, m in calibration.maps.items()}
    levels = {LEVELS + name: torch.tensor(level, dtype=torch.float64) for name, level in calibration.levels.items()}
    extents = {} if calibration.extents is None else {EXTENTS: torch.from_numpy(calibration.extents.astype("int64"))}
    write_tensors(path / MAPS, maps | levels | extents)
    if atlas is not None:
        write_tensors(path / ATLAS, atlas)
    if kind is not None:
        _write_kind(path, kind)
    parts = (WEIGHTS, MAPS, *([ATLAS] if atlas else []), *([KIND] if kind else []))
    write_json(path / CALIBRATION, calibration.summary())
    write_json(
        path / CONFIG,
        {
            "format": FORMAT,
            "nnet": nnet.__version__,
            "config": config.to_dict(),
            "sha256": {name: file_sha256(path / name) for name in parts},
            "about": about,
        },
    )


def add_kind(path: Path, kind: Kind) -> None:
    """Let a finished checkpoint know its kind of part; what it knew before is replaced.

    Raises:
        CheckpointError: no checkpoint, damaged, or a file cannot be written.
    """
    data = read_config(path)
    try:
        _write_kind(path, kind)
        data["sha256"]["kind.safetensors"] = file_sha256(path / KIND)
        write_json(path / CONFIG, data)
    except OSError as error:
        raise kept_thresholds.unwritable(path, error) from error


def write_results(path: Path, metrics: dict[str, Any], card: str) -> None:
    """Write metrics.json and card.md of a checkpoint."""
    write_json(path / METRICS, metrics)
    write_text(path / CARD, card)


def add_evaluation(path: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Add an evaluation (`nnet.analysis.evaluation.with_origin`) to metrics.json; returns the new contents.

    Results on other data, and of other expressions on the same data, stay; those of other weights do not. What training
    recorded in the same numbers is not recorded twice.

    Raises:
        CheckpointError: the file cannot be written, or what is there is damaged.
    """
    target = path / METRICS
    contents: dict[str, Any] = read_metrics(path)
    found = contents.get("evaluations", {})
    same_model = {data: known for data, known in found.items() if known["weights_sha256"] == entry["weights_sha256"]}
    data = entry["data"]["sha256"]
    if contents.get("data", {}).get("sha256") == data and _all_known(contents.get("scores", {}), entry):
        return contents
    scores = {**same_model.get(data, {}).get("scores", {}), **entry["scores"]}
    contents["evaluations"] = {**same_model, data: {**entry, "scores": scores}}
    try:
        write_json(target, contents)
    except OSError as error:
        raise CheckpointError(
            f"The results could not be written to {target} ({error.strerror or error}). Make the folder writable, or "
            "save them elsewhere."
        ) from error
    return contents


def _all_known(known: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether these numbers stand in the scores that training recorded."""
    plain = {
        text: {k: v for k, v in of.items() if k not in ("commit", "created")} for text, of in entry["scores"].items()
    }
    return "subsets" not in entry and all(known.get(text) == values for text, values in plain.items())


def load(path: Path | str) -> Checkpoint:
    """Read a checkpoint and verify its version and hashes. Does not build the network (see `build_network`).

    Raises:
        CheckpointError: what is wrong with it, in a sentence.
        nnet.config.ConfigError: a setting is out of range.
    """
    path = Path(path)
    data = read_config(path)
    config = Config.from_dict(data["config"])
    framing, cells = Framing.of(config.model), config.model.map_size
    names = [*config.maps, *(LEVELS + name for name in config.maps if config.score.levels)]
    names += [] if framing.is_whole else [EXTENTS]
    sides = {"rows": cells, "columns": cells} if framing.is_whole else {}
    hashes = cast(dict[str, str], data["sha256"])
    for format in (WEIGHTS_FORMAT, MAPS_FORMAT, ATLAS_FORMAT, KIND_FORMAT):
        if format.name in hashes:
            _verify(path / format.name, format, hashes[format.name])
    stored = {name: m.numpy() for name, m in MAPS_FORMAT.torch(path / MAPS, sides, names).items()}
    maps = {name: stored[name] for name in config.maps}
    levels = {name: float(stored[LEVELS + name]) for name in config.maps if config.score.levels}
    extents = None if framing.is_whole else stored[EXTENTS]
    if extents is not None and ((extents < 1) | (extents > next(iter(maps.values())).shape[1:])).any():
        raise MAPS_FORMAT.damaged(path / MAPS, "a picture's maps would fill more than there is")
    folds = data["about"].get("cross_folds", 0)
    calibration = Calibration(
        maps, framing.pixels, config.scoring, levels, kept_thresholds.read(path), framing.blended_cells, extents, folds
    )
    kind = Kind(KIND_FORMAT.torch(path / KIND)[KIND_FEATURES].float().numpy()) if KIND in hashes else None
    about, card = dict(data["about"]), CARD_FORMAT.read(path / CARD)
    return Checkpoint(path, config, hashes[WEIGHTS], calibration, about, read_metrics(path), card, kind)


def read_config(path: Path) -> ConfigFile:
    """config.json of a checkpoint. Raises CheckpointError."""
    try:
        return CONFIG_FORMAT.read(path / CONFIG)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path} is not a checkpoint: it has no {CONFIG}. Give a directory that nnet train wrote to the end."
        ) from error


def read_metrics(path: Path) -> dict[str, Any]:
    """The contents of metrics.json as they are now, or {}. Raises CheckpointError if they are damaged."""
    return dict(METRICS_FORMAT.find(path / METRICS) or {})


def results(path: Path) -> list[dict[str, Any]]:
    """What metrics.json holds on every data set, one entry ("data", "scores") each; that of the training comes first.

    Raises CheckpointError if it is damaged.
    """
    contents = read_metrics(path)
    found = [contents, *contents.get("evaluations", {}).values()]
    return [entry for entry in found if entry.get("scores") and entry.get("data")]


def build_network(checkpoint: Checkpoint, weights_file: Path | None = None) -> NNet:
    """The trained network in eval mode on the CPU.

    Args:
        checkpoint: as `load` reads it.
        weights_file: explicit teacher weights; by default the file that the model was trained with, if it still lies
            where it did and that is a place where a model may name one (`_may_name`), else they are looked up, see
            `nnet.model.teacher_weights`.

    Raises:
        CheckpointError: the weights do not fit the configuration, or the teacher's are not those of the training.
        nnet.model.teacher_weights.WeightsError: the teacher's weights are missing.
    """
    named = str(checkpoint.about.get("teacher_file") or "")
    allowed = bool(named) and _may_name(checkpoint.path, Path(named))
    if weights_file is None and allowed and is_plain(Path(named)):
        weights_file = Path(named)
    try:
        network = NNet(checkpoint.config, weights_file)
    except WeightsError as error:
        if named and weights_file is None:
            why = "is no longer there" if allowed else "is not looked for, since NNET_WEIGHTS does not list its folder"
            raise WeightsError(f"{error} This model was trained with {named}, which {why}.") from error
        raise
    found = network.T.sha256()
    if checkpoint.about.get("teacher_sha256", found) != found:
        raise CheckpointError(
            f"{checkpoint.name} was trained with other weights of the teacher {checkpoint.config.model.teacher} "
            f"({checkpoint.about['teacher_origin']}) than those found here ({network.T.origin}), so its scores would "
            f"mean nothing. Put them back{f' to {named}' if named else ''}, or name them with --teacher-weights FILE."
        )
    file = checkpoint.path / WEIGHTS
    try:
        _check_shapes(file, network)
        stored = WEIGHTS_FORMAT.torch(file)
        network.load_own_state({name: t.float() if t.is_floating_point() else t for name, t in stored.items()})
    except FileNotFoundError as error:
        raise _incomplete(file) from error
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(
            f"The weights in {checkpoint.path} do not fit their configuration ({str(error).splitlines()[0]}). "
            "Train the model again, or restore both files from one source."
        ) from error
    known, wanted = checkpoint.kind and checkpoint.kind.features.shape[1], network.T.channels[2]
    if known not in (None, wanted):
        reason = f"its features have {known} channels, those of the network {wanted}"
        raise KIND_FORMAT.damaged(checkpoint.path / KIND, reason)
    return network.eval().requires_grad_(False)


def _may_name(checkpoint: Path, file: Path) -> bool:
    """Whether a model, which may come from somebody else, may name this file: one in its own folder or beside that, in
    PyTorch's cache, or in a folder that NNET_WEIGHTS lists. Others are not even looked at."""
    listed = environment.folders(environment.WEIGHTS)
    own = Path(os.path.abspath(checkpoint))
    inside = [root for root in (own, *listed, hub_cache()) if file.is_relative_to(os.path.abspath(root))]
    return file.is_absolute() and ".." not in file.parts and (bool(inside) or file.parent == own.parent)


def load_atlas(checkpoint: Checkpoint) -> dict[str, torch.Tensor] | None:
    """The tensors of the memory atlas (`nnet.analysis.atlas.from_tensors`), or None if there is no memory.

    Raises:
        CheckpointError: the file is damaged.
    """
    try:
        return ATLAS_FORMAT.torch(checkpoint.path / ATLAS, {"N": checkpoint.config.model.memory_items})
    except FileNotFoundError:
        return None


def is_checkpoint(path: Path) -> bool:
    """Whether the directory holds a finished checkpoint."""
    return is_plain(path / CONFIG)


def _verify(path: Path, format: Arrays, expected: str) -> None:
    """Check a file's header, which bounds its size, and then its hash."""
    try:
        format.header(path)
        found = file_sha256(path)
    except FileNotFoundError as error:
        raise _incomplete(path) from error
    except OSError as error:
        raise format.damaged(path, f"it cannot be read ({error.strerror or error})") from error
    if found != expected:
        raise CheckpointError(
            f"{path} is damaged or was replaced: its SHA-256 differs from the one in {CONFIG}. Restore it."
        )


def _incomplete(path: Path) -> CheckpointError:
    return CheckpointError(f"{path.parent} is incomplete: {path.name} is missing. Restore it from its source.")


def _check_shapes(path: Path, network: NNet) -> None:
    """Compare the header with the network before the arrays take memory. Raises RuntimeError for another shape."""
    found = WEIGHTS_FORMAT.header(path).arrays
    for name, value in network.own_state().items():
        if name in found and found[name].shape != tuple(value.shape):
            raise RuntimeError(f"{name} should be {tuple(value.shape)}, it is {found[name].shape}")


def round_weights(network: NNet) -> None:
    """Round the weights to what a checkpoint can hold, so that the network in memory equals the one that is loaded."""
    network.load_own_state({name: _compact(value).to(value.dtype) for name, value in network.own_state().items()})


def _write_kind(path: Path, kind: Kind) -> None:
    write_tensors(path / KIND, {KIND_FEATURES: torch.from_numpy(kind.features.astype("float16"))})


def _compact(tensor: torch.Tensor) -> torch.Tensor:
    """float16 for matrices and kernels; vectors (biases, running statistics) are small and stay as they are."""
    return tensor.half() if tensor.ndim > 1 else tensor
