"""The network in one small row."""

import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from builders import tiny_config

from nnet.analysis.anatomy import anatomy, stages
from nnet.detector import Detector
from nnet.model.network import NNet
from nnet.scoring.maps import MAPS
from workbench.components.network import words
from workbench.components.network.strip import HEIGHT, WIDTH, strip

SVG = "{http://www.w3.org/2000/svg}"
VARIANTS = (
    {"model__forward_target": "original"},
    {"model__forward_target": "recalled"},
    {"model__forward": False},
    {"model__fpm": False},
    {"model__nfs": False},
    {"model__reverse": False, "model__ffc": False, "loss__moves_teacher": True},
)


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_each_part_has_a_place_of_its_own_and_the_wave_reaches_it_at_its_stage(
    image: np.ndarray, changes: dict[str, object]
) -> None:
    torch.manual_seed(0)
    config = tiny_config(**changes)
    trace = Detector(NNet(config), config, "cpu").trace(image)
    parts = anatomy(trace, trace.native_maps)
    drawn = ElementTree.fromstring(strip(parts, {"picture": "data:,a"}, words.COLUMNS, "all of it"))
    groups = {group.get("data-name"): group for group in drawn.iter(f"{SVG}g") if group.get("data-name")}
    assert set(groups) == set(parts) and drawn.get("aria-label") == "all of it"
    boxes = {
        name: tuple(float(group.find(f"{SVG}rect").get(side)) for side in ("x", "y", "width", "height"))
        for name, group in groups.items()
    }
    assert all(x >= 0 and y >= 0 and x + w <= WIDTH and y + h <= HEIGHT for x, y, w, h in boxes.values())
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        assert apart, f"{one} lies on {other}"
    at = {name: int(re.search(r"--at:(\d+)", group.get("style"))[1]) for name, group in groups.items()}
    assert at == {name: number for number, names in enumerate(stages(parts)) for name in names}
    assert groups["picture"].find(f"{SVG}image").get("href") == "data:,a"
    texts = "".join(text for one in drawn.iter(f"{SVG}text") for text in one.itertext())
    for name, part in (("memory", "memory"), ("code", "F_C"), ("maps", next(one for one in parts if one in MAPS))):
        assert (name in texts) == (part in parts), "each column has a name"
    assert ("copier" in texts) == any(name.startswith("SF") for name in parts)
