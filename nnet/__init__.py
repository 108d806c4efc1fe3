"""N-Net: unsupervised image anomaly detection by constrained bidirectional distillation.

Li Bo, Li Ze-chao, Xing Peng, Tang Jin-hui, Acta Electronica Sinica 53(3), 2025, pp. 895-909,
DOI 10.12263/DZXB.20240733. Comments and docstrings call it "the paper".

Importing the package is cheap: the names below bring in torch when they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_EXPORTS = {
    "Config": "nnet.config",
    "preset": "nnet.config",
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
