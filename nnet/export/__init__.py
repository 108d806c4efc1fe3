"""Export: a trained model as a folder that runs where neither N-Net nor, but for `torch`, PyTorch is installed.

graph.py      the network from pixels to decision, the one thing that every format holds
formats.py    write and open it as ONNX, OpenVINO or torch.export
checking.py   the exported model against the original
manifest.py   manifest.json: what the numbers mean and where they come from
folder.py     all of it, into a folder that is complete or absent
web.py        for the format web: the page of page/, its data, and runtime.py, which gets ONNX Runtime Web
standalone.py goes into the folder as score.py
"""

from nnet.export.checking import Check
from nnet.export.errors import ExportError
from nnet.export.folder import FORMATS, Exported, export
from nnet.export.formats import open_export

__all__ = ["FORMATS", "Check", "ExportError", "Exported", "export", "open_export"]
