"""Data sets: recognise a layout, pair masks, inspect, make synthetic images, and load within a memory budget."""

from nnet.data.archive import ZipLimits, extract_zip
from nnet.data.cutpaste import CutPaste, paste_patch
from nnet.data.defects import DEFECT_KINDS, Defect, paint_defect
from nnet.data.errors import DataError, SeveralCategories
from nnet.data.inspection import Inspection, inspect
from nnet.data.loading import ImageCache, load_readable, load_resized
from nnet.data.opening import categories, open_dataset, open_sent, open_zip
from nnet.data.sample import GOOD, UNKNOWN, Dataset, Sample
from nnet.data.synthetic import SYNTHETIC_KINDS, open_synthetic
from nnet.data.textures import TEXTURES, normal_image

__all__ = [
    "DEFECT_KINDS",
    "GOOD",
    "SYNTHETIC_KINDS",
    "TEXTURES",
    "UNKNOWN",
    "CutPaste",
    "DataError",
    "Dataset",
    "Defect",
    "ImageCache",
    "Inspection",
    "Sample",
    "SeveralCategories",
    "ZipLimits",
    "categories",
    "extract_zip",
    "inspect",
    "load_readable",
    "load_resized",
    "normal_image",
    "open_dataset",
    "open_sent",
    "open_synthetic",
    "open_zip",
    "paint_defect",
    "paste_patch",
]
