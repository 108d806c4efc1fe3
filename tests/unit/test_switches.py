"""The settings that decide what the forward branch learns from: gradients, dependences, and what old files mean."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

from nnet import Config, Detector, score_map, train
from nnet.analysis.whatif import WhatIf, intervene
from nnet.config import ConfigError, TrainConfig
from nnet.model.backbone import Backbone, BackboneError
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.saved import checkpoint as checkpoints
from nnet.studies.identity import config_hash
from nnet.training.events import TrainingError
from nnet.training.losses import align_loss, kd_loss, total_loss
from nnet.training.schedule import beta_at, split_normals

ROOT = Path(__file__).parents[2]
LATER = {
    "model": ("features", "forward_target", "initialisation", "tile", "overlap", "fit", "crop", "ignore"),
    "loss": ("moves_teacher", "beta_share"),
    "score": ("levels",),
    "train": ("cross_folds",),
}
CHANGED = {
    "model.features": "activated",
    "model.forward_target": "original",
    "model.initialisation": "kaiming",
    "model.tile": 64,
    "model.overlap": 16,
    "model.fit": "letterbox",
    "model.crop": "0,0,1,0.5",
    "loss.moves_teacher": False,
    "loss.beta_share": 0.1,
    "score.levels": True,
    "train.cross_folds": 4,
}
LEGACY = ("stages", "recalled", "pytorch", 0, 32, "stretch", "", "", True, None, False, 0)


def batch() -> torch.Tensor:
    return torch.from_numpy(random_images(4)).permute(0, 3, 1, 2).float() / 255


def touched(network: NNet) -> set[str]:
    """The parts that have a gradient other than 0."""
    return {
        name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None and bool(p.grad.any())
    }


@pytest.mark.parametrize("term", ["L_KD", "L_align"])
@pytest.mark.parametrize(
    ("target", "moves", "expected"),
    [
        ("original", False, set()),
        ("recalled", False, set()),
        ("original", True, {"FPM_T"}),
        ("recalled", True, {"FPM_T", "NFS"}),
    ],
)
def test_the_forward_losses_move_exactly_what_they_should(term, target, moves, expected):
    config = tiny_config(model__forward_target=target, loss__moves_teacher=moves)
    network = NNet(config).train()
    out = network(batch())
    loss = kd_loss(out, "cosine", moves) if term == "L_KD" else align_loss(out, 1.0, "cosine", moves)
    loss.backward()
    assert touched(network) - {"S1", "FPM_S1"} == expected


def test_with_the_gradient_stopped_the_teachers_projections_still_learn_from_the_reverse_branch():
    config = tiny_config(loss__moves_teacher=False)
    network = NNet(config).train()
    total_loss(network(batch()), config.loss, 0)["loss"].backward()
    assert touched(network) == {"S1", "NFS", "FPM_T", "FPM_S1", "FFC", "S2"}


@pytest.mark.parametrize("target", ["original", "recalled"])
def test_the_target_of_the_forward_branch_depends_on_the_memory_only_where_it_is_recalled(target):
    network = NNet(tiny_config(model__forward_target=target)).eval()
    with torch.inference_mode():
        before = network(batch())
        network.NFS.memory.copy_(torch.randn_like(network.NFS.memory))
        after = network(batch())
    assert not torch.equal(before.P[2], after.P[2])
    assert torch.equal(before.P_forward[2], after.P_forward[2]) == (target == "original")
    assert all(torch.equal(a, b) for a, b in zip(after.P[:2], after.P_forward[:2], strict=True))


def test_a_replay_and_an_intervention_keep_the_original_target():
    detector = Detector(NNet(tiny_config()), tiny_config(), "cpu")
    trace = detector.trace(random_images(1)[0])
    again = detector.rebuild(trace, trace.F3_recalled)
    for name, values in trace.maps.items():
        np.testing.assert_allclose(again.maps[name], values, atol=1e-6)
    unfiltered = intervene(detector, trace, WhatIf(without_nfs=True)).trace
    np.testing.assert_allclose(unfiltered.maps["M4"], trace.maps["M4"], atol=1e-6)
    unprojected = intervene(detector, trace, WhatIf(without_fpm=True)).trace
    np.testing.assert_allclose(unprojected.P_forward[2], trace.F[2])


@pytest.mark.parametrize(
    ("teacher", "channels"), [("efficientnet_lite0", (48, 80, 112)), ("tf_efficientnet_lite2", (48, 96, 120))]
)
def test_activated_features_are_pooled_activations_and_leave_no_parameter_without_a_gradient(teacher, channels):
    backbone = Backbone(teacher, "activated")
    features = backbone(batch())
    assert backbone.channels == channels == tuple(f.shape[1] for f in features)
    assert all(bool((f >= 0).all()) for f in features)
    sum(f.sum() for f in features).backward()
    assert all(p.grad is not None for p in backbone.parameters())


def test_activated_features_are_what_a_hook_sees_in_the_blocks():
    torch.manual_seed(0)
    plain = Backbone("efficientnet_lite0").eval()
    activated = Backbone("efficientnet_lite0", "activated").eval()
    activated.load_state_dict({k: v for k, v in plain.state_dict().items() if k in activated.state_dict()})
    seen: list[torch.Tensor] = []
    for block in (1, 2, 4):
        plain.stages.model.blocks[block][-1].bn2.register_forward_hook(lambda *call: seen.append(call[2]))
    with torch.inference_mode():
        plain(batch())
        found = activated(batch())
    for inner, pool, feature in zip(seen, (3, 3, 6), found, strict=True):
        mean = torch.stack([inner[:, offset::pool] for offset in range(pool)]).mean(0)
        torch.testing.assert_close(feature, mean)


def test_features_of_a_resnet_are_activated_already_and_other_teachers_are_refused():
    images = batch()
    torch.manual_seed(0)
    one = Backbone("resnet18").eval()(images)
    torch.manual_seed(0)
    other = Backbone("resnet18", "activated").eval()(images)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    with pytest.raises(BackboneError, match=r"regnetx_002 has no inverted residual blocks.*model\.features = stages"):
        Backbone("regnetx_002", "activated")


def test_the_precedents_initialisation_is_that_of_their_code():
    plain, kaiming = (
        NNet(tiny_config(model__teacher="resnet18", model__initialisation=name)) for name in ("pytorch", "kaiming")
    )
    conv = kaiming.S2.stage_3[1].body[0].weight.detach()
    assert float(conv.std()) == pytest.approx((2 / (conv.shape[0] * 9)) ** 0.5, rel=0.02)
    gammas = [float(network.S1.stages.model.layer1[-1].bn2.weight[0].detach()) for network in (plain, kaiming)]
    assert gammas == [0.0, 1.0]
    assert torch.equal(plain.T.stages.model.conv1.weight, kaiming.T.stages.model.conv1.weight)


# ---------------------------------------------------------------------------------------------------------- levels


@pytest.fixture(scope="module")
def levelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, Detector]:
    """The same small training twice: with maps as they are, and with maps divided by their levels."""
    folder = tmp_path_factory.mktemp("levels")
    images = random_images(14)
    plain, divided = (
        train(tiny_config(score__levels=levels), images, folder / str(levels), device="cpu") for levels in (False, True)
    )
    return plain, divided


def test_divided_maps_have_a_mean_of_one_on_the_held_out_images(levelled):
    plain, divided = levelled
    assert plain.levels == {} and set(divided.levels) == set(divided.config.maps)
    for name, maps in divided.calibration.maps.items():
        assert float(maps.astype(np.float64).mean()) == pytest.approx(1, abs=1e-3)
        level = float(plain.calibration.maps[name].astype(np.float64).mean())
        assert divided.levels[name] == pytest.approx(level, rel=1e-3)


def test_every_way_to_a_score_divides_by_the_same_levels(levelled):
    plain, divided = levelled
    image, size, sigma = random_images(1, seed=9)[0], divided.config.model.size, divided.config.score.sigma
    raw = {name: m / divided.levels[name] for name, m in plain.trace(image).maps.items()}
    expression = divided.config.scoring.expression
    expected = float(score_map(raw, expression, size, sigma).max())
    trace = divided.trace(image)
    found = [
        divided.score([image])[0].value,
        float(score_map(trace.maps, expression, size, sigma).max()),
        float(score_map({n: m[0].numpy() for n, m in divided.maps([image]).items()}, expression, size, sigma).max()),
        intervene(divided, trace, WhatIf(rank=64)).score,
        intervene(divided, trace, WhatIf()).before,
    ]
    assert found == pytest.approx([expected] * len(found), rel=1e-4)
    assert divided.calibration.summary()["levels"] == divided.levels


def test_a_checkpoint_without_its_levels_is_refused(levelled, tmp_path):
    _, divided = levelled
    calibration = checkpoints.load(divided.checkpoint.path).calibration
    calibration.levels.clear()
    checkpoints.save(tmp_path / "m", divided.network, divided.config, calibration, None, divided.checkpoint.about)
    with pytest.raises(checkpoints.CheckpointError, match=r"expected M1, M2.*level M1"):
        checkpoints.load(tmp_path / "m")


# ------------------------------------------------------------------------------------------------------- old files


def without_later(config: Config) -> dict[str, dict[str, object]]:
    """A configuration as it was written before the settings of `LATER` existed."""
    return {
        section: {name: value for name, value in values.items() if name not in LATER.get(section, ())}
        for section, values in config.to_dict().items()
    }


def test_a_configuration_from_before_a_setting_keeps_its_meaning_and_its_hash():
    old = without_later(tiny_config())
    config = Config.from_dict(old)
    found = tuple(getattr(getattr(config, section), name) for section, names in LATER.items() for name in names)
    assert found == LEGACY
    assert config_hash(config) == hashlib.sha256(json.dumps([old], sort_keys=True).encode()).hexdigest()
    for path, value in CHANGED.items():
        assert config_hash(config.override({path: value})) != config_hash(config), path


def test_shipped_runs_have_the_hash_that_their_settings_had():
    done = sorted((ROOT / "checkpoints" / "studies").glob("*/done/*.json"))
    assert done
    for path in done:
        result = json.loads(path.read_text(encoding="utf-8"))
        assert config_hash(Config.from_dict(result["config"])) == result["config_sha256"], path.name


def test_a_checkpoint_from_before_the_switches_keeps_the_meaning_it_was_trained_with(trained_checkpoint, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(trained_checkpoint, old)
    written = json.loads((old / "config.json").read_text())
    written["config"] = without_later(Config.from_dict(written["config"]))
    (old / "config.json").write_text(json.dumps(written))
    model = Detector.load(old, "cpu")
    assert model.config.model.forward_target == "recalled" and model.levels == {}
    trace = model.trace(random_images(1)[0])
    assert trace.P_forward is trace.P


@pytest.mark.parametrize("path", ["model.features", "model.forward_target", "model.initialisation"])
def test_a_wrong_word_is_refused(path):
    with pytest.raises(ConfigError, match=rf"{path}: expected .* or .*, found 'x'"):
        tiny_config(**{path.replace(".", "__"): "x"})


# ------------------------------------------------------------------------------------------------ beta and the split


@pytest.mark.parametrize(("share", "on"), [(0.1, 1), (0.5, 5), (0.0, 0), (1.0, 10)])
def test_beta_as_a_share_counts_steps_whatever_the_epochs(share, on):
    config = preset("small").override({"loss.beta_share": share, "loss.beta_epochs": 0}).loss
    assert sum(beta_at(config, epoch, step / 10) > 0 for epoch in (0, 7) for step in range(10)) == 2 * on


def test_a_run_of_one_epoch_ends_beta_within_it(tmp_path):
    found: list[float | None] = []
    config = tiny_config(train__epochs=1, train__batch_size=2, loss__beta_share=0.5)
    train(
        config, random_images(16), tmp_path / "m", device="cpu", report=lambda p: found.append(getattr(p, "beta", None))
    )
    assert [beta for beta in found if beta is not None] == [1.0, 1.0, 0.0, 0.0]


def test_without_a_held_out_share_all_images_are_trained_on():
    trained, held = split_normals(20, TrainConfig(calibration_share=0.0))
    assert list(trained) == list(range(20)) and len(held) == 20
    assert len(split_normals(500, TrainConfig(calibration_share=0.0))[1]) == 64
    with pytest.raises(TrainingError, match="Add more images"):
        split_normals(5, TrainConfig(calibration_share=0.0))


@pytest.mark.parametrize("name", ["small", "medium"])
def test_short_presets_have_batches_that_batch_normalisation_can_use(name):
    assert preset(name).train.batch_size >= 16
    assert (preset(name).loss.moves_teacher, preset(name).model.forward_target) == (False, "original")
