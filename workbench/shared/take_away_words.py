"""Wording of “Take this model with you”. Knows no Streamlit."""

from nnet.export.opening import INSTALL
from workbench.shared import units

TITLE = "Take this model with you"
HELP = "Saves the model with its threshold as a ZIP, for a machine without N-Net or for a web page."
ABOUT = (
    "The ZIP holds everything from the pixels to the decision. It is refused if a single decision differs from here."
)
FORMAT, SCORE, OTHER_SCORE = "What for?", "Score", "Another score than the model's own"
NAMES = {"onnx": "ONNX", "web": "Web page", "openvino": "OpenVINO", "torch": "PyTorch"}
PURPOSES = {
    "onnx": "For a machine on the line: comes with a script that needs only ONNX Runtime, NumPy and Pillow.",
    "web": "For a class or a colleague: a page on which each visitor's own browser runs the model.",
    "openvino": "For programs that use Intel's OpenVINO.",
    "torch": "For your own PyTorch programs on a machine without N-Net.",
}
"""One sentence for each format."""
NEXT = {
    "onnx": "Unpack it and run `python score.py PICTURES RESULTS` in its folder.",
    "web": "Unpack it, run `python -m http.server` in its folder and open http://localhost:8000, or put the folder on "
    "any web server.",
    "openvino": "Unpack it and open `model.xml`. `manifest.json` names the inputs and outputs.",
    "torch": "Unpack it and open `model.pt2` with `torch.export.load`. `manifest.json` names the inputs and outputs.",
}
"""What to do with the ZIP."""
NEXT_OF_SEVERAL = {
    "onnx": f"{NEXT['onnx']} The script takes for each picture the export for its size.",
    "openvino": "Unpack it. It has a folder for each size, named by it; open `model.xml` in the one for your picture.",
    "torch": "Unpack it. It has a folder for each size, named by it; open `model.pt2` in the one for your picture with "
    "`torch.export.load`.",
}
"""The same of one with a folder for each of several sizes."""
SCORE_HELP = (
    "What the score is made of: the model's own expression unless you write another one. Its threshold goes with it."
)
LIMIT = (
    "This model has a crop box, an ignore mask, tiles or a letterbox, so each export takes pictures of **one size**. "
    "`nnet watch` and `nnet score` take any."
)
SIZES = "Size of your pictures"
SIZES_HELP = (
    "The sizes that the model was trained on, the most frequent first, with the number of pictures. Where the size "
    "changes from picture to picture, leave the model here and use `nnet watch` or `nnet score`; or crop the pictures "
    "before training, and train without these settings."
)
ALL_HELP = "All sizes in one ZIP take as much time and room as so many exports."
ANOTHER_SIZE = "Another size"
WIDTH, HEIGHT = "Width of your pictures, px", "Height of your pictures, px"
MAKE, STARTING, DOWNLOAD = "Make the ZIP", "Loading the model.", "Download the ZIP"
STOP, STOPPED = "Stop", "Stopped. Nothing was kept."
SIGN, READY_SIGN = "{format} of {model}: {stage}", "{format} of {model} is ready."
"""In the sidebar, of an export whose dialog was closed."""
TERMS = "A model keeps the terms of the data that it was made from; `manifest.json` states them."
FAILED = "The ZIP could not be made. {reason}"


def working(sentence: str, elapsed: float, last: float | None) -> str:
    """What is being done, for how long, and how much longer: by what the last one of the kind took here, in seconds."""
    so_far = f"{sentence} {units.duration(elapsed)} so far"
    if last is None:
        return f"{so_far}; the first one usually takes one to three minutes."
    if elapsed < last:
        return f"{so_far}, {units.about(last - elapsed)} left."
    return f"{so_far}, longer than the last one, which took {units.duration(last)}."


def all_sizes(count: int) -> str:
    """An export for each size that the model was trained on."""
    return f"All {count:,} sizes, a folder for each in one ZIP"


def missing(kind: str, package: str) -> str:
    """That a format's packages are not installed, and the command that installs them."""
    return (
        f"{NAMES[kind]} needs the package {package}, which is not installed where the workbench runs. Type this there, "
        f"and start the workbench again: `{INSTALL}`"
    )


def ready(kind: str, size: int, *, several: bool) -> str:
    """That the ZIP of so many bytes can be downloaded, and what to do with it; `several` sizes of pictures or one."""
    return f"The ZIP is ready ({units.data_size(size)}). {(NEXT_OF_SEVERAL if several else NEXT)[kind]}"


def file_name(model: str, kind: str) -> str:
    """Of the ZIP without its ending, and of the folder in it."""
    return f"{''.join(c if c.isalnum() else '-' for c in model)[:60]}-{kind}"
