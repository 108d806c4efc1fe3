"""The settings of `nnet.config` in words: their names and values, wherever a page shows them. Knows no Streamlit."""

from nnet.crop import in_words
from workbench.shared import units

PRESETS = {"small": "Small", "medium": "Medium", "paper": "Paper"}
SYMBOLS = {"loss.alpha": "α", "loss.beta": "β", "loss.delta": "δ"}
"""What Eq. (7) calls a setting, by its path."""
TITLES = {
    "model.teacher": "Teacher",
    "model.teacher_weights": "Teacher weights",
    "model.features": "Teacher features",
    "model.size": "Input size (pixels)",
    "model.forward": "Copier (S₁, M4 to M6)",
    "model.reverse": "Rebuilder (S₂, M1 to M3)",
    "model.fpm": "Projection (FPM)",
    "model.forward_target": "P₃ that S₁ copies",
    "model.fpm_reduction": "Reduction r of the projection (FPM)",
    "model.nfs": "Memory (NFS)",
    "model.memory_items": "Memory items N",
    "model.temperature": "Addressing temperature",
    "model.shrink": "Shrinkage (times 1/N)",
    "model.ffc": "Fusion (FFC)",
    "model.ffc_blocks": "Blocks L of the fusion (FFC)",
    "model.initialisation": "First weights",
    "model.map_size": "Size of the maps",
    "model.tile": "Tiles (pixels of the picture, 0: none)",
    "model.overlap": "Overlap of tiles (pixels)",
    "model.fit": "Pictures that are not square",
    "model.crop": "Crop box",
    "model.ignore": "Ignore mask",
    "loss.kd": "Copying loss of S₁",
    "loss.align": "Aligning loss of S₁",
    "loss.distance": "Distance",
    "loss.moves_teacher": "S₁'s losses train T's projection",
    "loss.alpha": f"{SYMBOLS['loss.alpha']}, weight of copying",
    "loss.beta": f"{SYMBOLS['loss.beta']}, weight of aligning",
    "loss.beta_share": "Share of the steps of β (empty: count epochs)",
    "loss.beta_epochs": "Epochs of β (empty: all)",
    "loss.delta": f"{SYMBOLS['loss.delta']}, weight of sparse addressing",
    "train.epochs": "Epochs",
    "train.min_steps": "Minimum number of steps",
    "train.batch_size": "Batch size (images)",
    "train.learning_rate": "Learning rate",
    "train.schedule": "Learning rate schedule",
    "train.adam_beta1": "Adam β₁",
    "train.adam_beta2": "Adam β₂",
    "train.calibration_share": "Held-out share",
    "train.cross_folds": "Light models for the threshold (0: hold images out)",
    "train.seed": "Seed",
    "train.precision": "Number format",
    "train.cache_gb": "Feature cache (GB)",
    "score.expression": "Score expression",
    "score.levels": "Divide maps by their normal level",
    "score.sigma": "Gaussian σ",
    "score.quantile": "Threshold quantile",
}
"""A setting's name for its reader, by its path."""


def title(path: str) -> str:
    """A setting's name; what is no setting keeps its own."""
    return TITLES.get(path, path)


def value(setting: object, path: str = "") -> str:
    """A setting's value in words; `path` is that of a setting whose value is a picture."""
    if path == "model.ignore" and setting:
        return "painted"
    if path == "model.crop" and setting:
        return in_words(str(setting))
    if isinstance(setting, bool):
        return "on" if setting else "off"
    if setting is None or setting == "":
        return "none"
    return f"{setting:g}" if isinstance(setting, float) else units.cut(str(setting))
