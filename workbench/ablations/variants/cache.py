"""The caches of the Ablations page's pictures, all bounded: checkpoints without their networks, normal maps, and the
maps of models and of what-ifs on an image. A network runs only where maps are not there yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from nnet.analysis.whatif import WhatIf, altered, intervene
from nnet.expression import Expression
from nnet.saved import checkpoint as checkpoints
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring import judge
from nnet.scoring.attribution import NormalMaps
from nnet.scoring.attribution import normal_maps as summed_up
from nnet.scoring.judge import Judgement
from workbench.ablations.results.folders import StudyModel
from workbench.ablations.variants import candidates
from workbench.ablations.variants.candidates import WHATIF, Candidate, Variant
from workbench.shared import places, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Loaded, Model

CHECKPOINTS = 32
"""Most checkpoints kept without their networks, for their settings and normal images; some 2 to 3 MB each."""
RELATIVES = 50_000
"""Most image scores kept: one number each, for curves over ranks and tables of pictures."""
NORMALS = 32
"""Most summaries of normal maps kept; some 300 kB each."""

Maps = dict[str, np.ndarray]


_NORMALS: BoundedCache[str, NormalMaps] = BoundedCache(NORMALS)
_RELATIVES: BoundedCache[tuple[str, str, Expression], float] = BoundedCache(RELATIVES)
_LEVELS: BoundedCache[str, dict[str, float]] = BoundedCache(4 * NORMALS)


@st.cache_resource(max_entries=CHECKPOINTS, show_spinner=False)
def _checkpoint(path: str, fingerprint: str, files: object) -> Checkpoint:
    """`fingerprint` and `files` are there for the cache: a replaced checkpoint is another entry."""
    return checkpoints.load(path)


def checkpoint(path: Path, name: str) -> Checkpoint:
    """A checkpoint's settings and normal images, without its network.

    Raises:
        nnet.errors.NNetError: no checkpoint, or damaged; in a sentence.
    """
    with resources.explained(name):
        return _checkpoint(str(path), resources.checkpoint_fingerprint(path), resources.tensor_files(path))


def normal_maps(variant: Variant) -> NormalMaps:
    """What each map shows on the held-out normal images of a variant's checkpoint."""
    return _NORMALS.of(variant.maps_key, lambda: summed_up(variant.checkpoint.calibration))


def levels(saved: Checkpoint, key: str) -> dict[str, float]:
    """For each map the value that 99 % of the held-out normal images' pixels stay below. `key`: of the work."""
    return _LEVELS.of(key, lambda: {name: q["q99"] for name, q in saved.calibration.map_quantiles.items()})


def kept_models() -> list[StudyModel]:
    """The checkpoints that studies kept."""
    return candidates.kept_models(places.APP, resources.only_extra())


# ------------------------------------------------------------------------------------------------ an image's maps


@dataclass(frozen=True)
class Work:
    """Maps of one candidate on one image: the `key` under which they are kept, and what computes them.

    The key follows config.json, the thresholds that were kept, the device and the intervention, all that a variant's
    numbers depend on: two checkpoints of the same weights may have other settings or other normal images.
    """

    key: str
    run: Callable[[], Maps]


def known(loaded: Loaded, key: str) -> Maps | None:
    """The maps of an image that are there."""
    return resources.stores().maps.get((loaded.hash, key))


def computed(loaded: Loaded, work: Work) -> Maps:
    """The maps of an image, computed if they are not there."""
    return resources.stores().maps.of((loaded.hash, work.key), work.run)


def work(candidate: Candidate, model: Model, loaded: Loaded) -> Work:
    """How a candidate's maps of an image are found.

    Args:
        model: the chosen one, which what-ifs change; the others run on its device.

    Raises:
        OSError: the checkpoint cannot be read.
    """
    if candidate.kind == WHATIF:
        return whatif_work(model, loaded, candidates.WHATIFS[candidate.name], candidate.name)
    device = str(model.detector.device)

    def run() -> Maps:
        other = resources.load_model(candidate.title, candidate.path, device)
        return {name: m[0].cpu().numpy() for name, m in other.detector.maps([loaded.image]).items()}

    return Work(resources.model_key(resources.checkpoint_fingerprint(candidate.path), device), run)


def whatif_work(model: Model, loaded: Loaded, what: WhatIf, name: str, donor: Model | None = None) -> Work:
    """How the maps of an image under an intervention are found. T and S1 do not run again. `name`: stands for the
    intervention, without its rank and its donor; `donor`: whose forward branch `what` takes, if it does."""

    def run() -> Maps:
        donated = None if donor is None else resources.trace(donor, loaded)
        return intervene(model.detector, resources.trace(model, loaded), what, donated=donated).trace.maps

    return Work(whatif_key(model, what, name, donor), run)


def whatif_key(model: Model, what: WhatIf, name: str, donor: Model | None = None) -> str:
    """What stands for an intervention on a model in the caches."""
    return f"{model.key}|{name}|{what.rank}|{'' if donor is None else donor.key}"


def compute_whatif_maps(model: Model, images: Sequence[Loaded], what: WhatIf, key: str) -> None:
    """Compute and keep the maps of up to BATCH images under an intervention, all in one pass. `key`: see
    `whatif_key`."""
    found = altered(model.detector, what).maps([loaded.image for loaded in images])
    arrays = {name: m.cpu().numpy() for name, m in found.items()}
    for index, loaded in enumerate(images):
        resources.stores().maps.put((loaded.hash, key), {name: m[index].copy() for name, m in arrays.items()})


def judgement(
    saved: Checkpoint, loaded: Loaded, key: str, maps: Mapping[str, np.ndarray], expression: Expression
) -> Judgement:
    """Maps under an expression, compared with a checkpoint's normal images; kept under the maps' key."""
    entry = (loaded.hash, key, expression)
    return resources.stores().judgements.of(entry, lambda: judge.judge(saved.calibration, maps, expression))


def relative(
    saved: Checkpoint, loaded: Loaded, key: str, maps: Mapping[str, np.ndarray], expression: Expression
) -> float:
    """The image score of maps under an expression in units of a checkpoint's threshold for it; the number is kept."""

    def judged() -> float:
        found = judge.judge(saved.calibration, maps, expression)
        return found.value / max(found.reference.threshold, float(np.finfo(np.float32).tiny))

    return _RELATIVES.of((loaded.hash, key, expression), judged)
