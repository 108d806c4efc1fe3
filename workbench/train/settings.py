"""The settings of the Train page, as they are kept in the session and in the URL.

The run, the epoch of its film and the upload are in the URL too, but under their own rules: see `runs.chosen`,
`workbench.shared.training_film` and `images`.
"""

from nnet.data import SYNTHETIC_KINDS
from nnet.presets import PRESETS
from workbench.shared.known_data import from_link, key_of
from workbench.shared.settings import Setting, one_of
from workbench.train import words

PART: Setting[str] = Setting("train", "train_part", None, one_of(words.PART_NAMES))
"""A new model or the runs; the runs if there are any, unless the visitor chooses."""
SOURCE = Setting("train", "source", "upload", one_of(words.SOURCE_NAMES))
"""Where the images come from."""
PATH = Setting("train", "path", "", from_link, link=key_of)
"""The path of a folder or ZIP."""
CELLS = Setting("train", "cells", "elpv:mono", one_of(words.ELPV_NAMES))
TEXTURE = Setting("train", "texture", "metal", one_of(SYNTHETIC_KINDS))
PRESET = Setting("train", "preset", "small", one_of(PRESETS))
"""What the form starts with; the default runs everywhere."""
VIEW = Setting("train", "train_view", "film", one_of(words.VIEWS))
"""What is shown of a run."""
