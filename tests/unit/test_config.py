import argparse
import dataclasses
import importlib
import json
import re
from pathlib import Path

import pytest

from nnet.cli import train
from nnet.cli.shared import assignment
from nnet.config import Config, ConfigError, LossConfig, ModelConfig
from nnet.presets import PRESETS, preset
from nnet.studies.variants import VARIANTS

ROOT = Path(__file__).parents[2]


def test_the_paper_preset_has_the_published_values():
    config = preset("paper")
    assert (config.model.teacher, config.model.size, config.train.batch_size) == ("wide_resnet50_2", 256, 16)
    assert (config.train.adam_beta1, config.train.adam_beta2, config.train.epochs) == (0.5, 0.999, 200)
    assert (config.loss.alpha, config.loss.delta, config.loss.beta, config.loss.beta_epochs) == (1.2, 0.002, 1.0, 20)
    assert (config.model.ffc_blocks, config.score.sigma) == (4, 4.0)
    assert config.score.expression == "(M1+M6)*(M2+M5)*(M3+M4)"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_for_and_how_to_run_it(name):
    told = importlib.import_module(f"nnet.presets.{name}").__doc__
    (command,) = re.findall(r"^    python -m nnet (.+)$", told, re.MULTILINE)
    parser = argparse.ArgumentParser(exit_on_error=False)
    train.add(parser)
    assert command.split()[0] == "train" and parser.parse_args(command.split()[1:]).preset == name
    assert all((ROOT / path).is_file() for path in re.findall(r"(?:docs|nnet)/\S+\.(?:md|py)", told))


@pytest.mark.parametrize("name", ["elpv-mono", "synthetic-cog"])
def test_make_models_has_the_settings_of_the_embedded_models(name):
    recipes = (ROOT / "Makefile").read_text().replace("\\\n", " ").splitlines()
    (recipe,) = (line for line in recipes if f"--out out/{name}" in line)
    kept = json.loads((ROOT / "checkpoints" / name / "config.json").read_text())
    name, settings = re.search(r"--preset (\w+)", recipe)[1], re.findall(r"--set (\S+)", recipe)
    made = preset(name).override(dict(map(assignment, settings)))
    assert made == Config.from_dict(kept["config"])


def test_every_field_says_what_it_is_and_where_its_default_comes_from():
    for section in dataclasses.fields(Config):
        for field in dataclasses.fields(section.default_factory):
            assert len(field.metadata["help"]) > 10, field.name
            assert field.metadata["source"].startswith(("paper", "choice", "the paper")), field.name


@pytest.mark.parametrize("name", PRESETS)
def test_a_configuration_survives_json(name):
    config = preset(name)
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_an_integer_is_accepted_where_a_float_is_meant():
    assert preset("small").override({"loss.alpha": 1}).loss.alpha == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model.size": 100}, "multiple of 32"),
        ({"model.size": "128"}, "expected int"),
        ({"model.fpm": 1}, "expected bool"),
        ({"model.sise": 128}, "Unknown setting 'sise'"),
        ({"modle.size": 128}, "Unknown setting 'modle'"),
        ({"loss.distance": "l3"}, "cosine or l1 or l2"),
        ({"loss.kd": False, "loss.align": False}, "S1, the copier"),
        ({"model.forward": False, "model.reverse": False, "model.ffc": False}, "at least one on"),
        ({"model.reverse": False}, "off without S2, the rebuilder"),
        ({"model.reverse": False, "model.ffc": False}, "loss.moves_teacher: expected on"),
        ({"train.learning_rate": float("nan")}, "above 0"),
        ({"score.quantile": 1.5}, "at most 1"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(change, words):
    with pytest.raises(ConfigError, match=words):
        preset("small").override(change)


def test_the_score_leaves_out_maps_that_do_not_exist():
    config = Config(ModelConfig(forward=False), LossConfig())
    assert config.maps == ("M1", "M2", "M3")
    assert config.scoring.expression == "M1*M2*M3"
    assert preset("small").scoring.expression == "(M1+M6)*(M2+M5)*(M3+M4)"


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ConfigError, match="paper, small"):
        preset("large")


ALIGN_ALONE = {"model.reverse": False, "model.ffc": False, "model.nfs": False, "loss.kd": False}


@pytest.mark.parametrize(
    "values", [{}, {"loss.beta": 0.0}, {"loss.beta_epochs": 199}, {"loss.beta": 0.0, "loss.beta_epochs": None}], ids=str
)
def test_settings_that_leave_nothing_to_train_are_refused(values):
    with pytest.raises(ConfigError, match=r"nothing would be left to train.* turn loss\.kd on"):
        Config().override(ALIGN_ALONE | values)


@pytest.mark.parametrize(
    "values", [{"loss.beta_epochs": None}, {"loss.beta_epochs": 200}, {"loss.kd": True}, {"model.nfs": True}], ids=str
)
def test_settings_that_leave_a_loss_to_the_last_epoch_are_not(values):
    assert Config().override(ALIGN_ALONE | values).loss.align


@pytest.mark.parametrize("name", PRESETS)
def test_every_variant_of_the_studies_can_be_trained(name):
    for variant in VARIANTS.values():
        for values in ({}, {"loss.beta": 0.0}, {"loss.beta_epochs": 0}):
            assert set(variant.config(preset(name).override(values)).maps) == set(variant.maps)
