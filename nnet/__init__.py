"""N-Net: unsupervised image anomaly detection by constrained bidirectional distillation.

Li Bo, Li Ze-chao, Xing Peng, Tang Jin-hui, Acta Electronica Sinica 53(3), 2025, pp. 895-909,
DOI 10.12263/DZXB.20240733. Comments and docstrings call it "the paper".

Which part of the paper is in which file, in a good order to read them:

    teacher T, forward student S1        model/backbone.py; the teacher's weights: model/teacher_weights.py
    projection FPM (Figure 3a)           model/fpm.py
    feature storage NFS                  model/nfs.py; what its items stand for: analysis/atlas.py
    fusion FFC (Figure 3b, Eq. 6)        model/ffc.py
    reverse student S2                   model/decoder.py
    all of Figure 2, wired together      model/network.py; its first weights: model/initialisation.py
    distance, Eq. (2)                    model/distance.py
    losses, Eq. (1), (3) to (5), (7)     training/losses.py, minimised in training/loop.py; beta: training/schedule.py
    maps M1 to M6, Score_p, Eq. (8)      scoring/maps.py; other expressions: expression.py
    threshold, percentile, colour scale  scoring/calibration.py; what it promises: scoring/promise.py
    tiles, crop box, letterbox           data/framing.py; the maps put together again: scoring/blending.py
    metrics of section 4                 scoring/metrics/areas.py and pixels.py, on a data set: analysis/evaluation.py
    settings and their sources           config.py, docs/choices.md; named ones: presets/
    image in, everything out             detector.py
    the paper's tables and studies       studies/published.py, studies/variants.py

Imports go only downward: errors, units, environment, expression, config, presets and device are the ground; then data
and model, side by side; scoring; saved (checkpoints); detector; analysis; replay; training; runs; studies and watch;
cli.

Importing the package is cheap: the names below bring in torch when they are first used.
"""

from importlib import import_module

__version__ = "0.2.0"

_EXPORTS = {
    "Config": "nnet.config",
    "preset": "nnet.presets",
    "Detector": "nnet.detector",
    "Trace": "nnet.detector",
    "NNetError": "nnet.errors",
    "decode": "nnet.data.images",
    "score_map": "nnet.scoring.maps",
    "train": "nnet.training.loop",
}
__all__ = [*_EXPORTS, "__version__"]


def __getattr__(name: str) -> object:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'nnet' has no attribute {name!r}; it has {', '.join(__all__)}")
