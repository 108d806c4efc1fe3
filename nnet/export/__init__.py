"""Export: a trained model as a folder that runs where neither N-Net nor, but for `torch`, PyTorch is installed.

graph.py      the network from pixels to decision, the one thing that every format holds
writers.py    write it as ONNX, OpenVINO or torch.export
opening.py    open what was written, without PyTorch
checking.py   the exported model against the original
manifest.py   manifest.json: what the numbers mean and where they come from
folder.py     all of it, into a folder that is complete or absent
web.py        for the format web: the page of page/, its data, and runtime.py, which gets ONNX Runtime Web
standalone.py goes into the folder as score.py
"""

from importlib import import_module
from typing import Any

_EXPORTS = {
    "FORMATS": "folder",
    "Check": "checking",
    "ExportError": "errors",
    "Exported": "folder",
    "export": "folder",
    "open_export": "opening",
}
__all__ = [*_EXPORTS]  # they are brought in when they are first used, since a machine that only scores has no PyTorch


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(f"nnet.export.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
