"""The web export's page has the app's words and colours, and cannot be talked into running anything."""

import re
import tomllib
from pathlib import Path

import pytest
from builders import tiny_config

from nnet.export import web
from nnet.expression import MAX_DEPTH, MAX_LENGTH, PRESETS
from nnet.scoring import circuit
from nnet.scoring.maps import MAPS
from nnet.scoring.unfamiliar import unfamiliar
from workbench.inspect import words as inspect_words
from workbench.shared import theme, units
from workbench.shared import words as shared_words

ROOT = Path(__file__).parents[2]
PAGE = (web.SOURCES / "index.html").read_text(encoding="utf-8")
WORDS = (web.SOURCES / "words.js").read_text(encoding="utf-8")
STYLE = (web.SOURCES / "style.css").read_text(encoding="utf-8")
SCRIPTS = sorted(web.SOURCES.glob("*.js"))


@pytest.mark.parametrize(
    "sentence",
    [
        inspect_words.CIRCUIT_TITLE,
        inspect_words.CIRCUIT_HINT,
        inspect_words.STUDENTS_HINT,
        inspect_words.FORWARD_NAME,
        inspect_words.REVERSE_NAME,
        inspect_words.SECTIONS["students"],
        inspect_words.WIPE_HINT.split(". ")[1],
    ],
)
def test_the_pages_fixed_sentences_are_the_apps(sentence):
    assert sentence in PAGE


def test_maps_scales_and_scores_are_called_as_in_the_app():
    for name, info in MAPS.items():
        assert f"{name}: '{info.pair}'" in WORDS
        assert f"{name}: '{shared_words.MAP_TITLES[info.branch]}'" in WORDS
    for index in range(len(circuit.SCALES)):
        name, stride = circuit.SCALES[index], MAPS[circuit.PAIRS[index][0]].stride
        assert f"'{name}'" in WORDS and str(stride) in re.search(r"STRIDES = \[(.*?)\]", WORDS)[1].split(", ")
        side = 128 // stride
        written = re.search(r"scaleTitle = .*?`(.*?)`", WORDS, re.S)[1]
        said = re.sub(r"\$\{Math[^}]*\}", str(side), written).replace("${SCALES[index]}", name)
        assert said == inspect_words.scale_title(index, 128)
    for name, text in shared_words.EXPRESSION_NAMES.items():
        assert f"{name}: '{text}'" in WORDS
    assert inspect_words.NO_MAP_LEFT in WORDS
    assert unfamiliar(0.9).removeprefix("90 %") in re.sub(r"['`]\s*\+\s*['`]", "", WORDS)


def test_colours_are_the_apps():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    light, dark = (re.search(pattern, STYLE, re.S)[1] for pattern in (r":root \{(.*?)\}", r'"dark"\] \{(.*?)\}'))
    names = {"primary": "primaryColor", "ground": "backgroundColor", "second": "secondaryBackgroundColor"}
    names |= {"text": "textColor", "border": "borderColor"}
    for ours, theirs in names.items():
        assert f"--{ours}: {settings['light'][theirs]};" in light
        assert f"--{ours}: {settings['dark'][theirs]};" in dark
    for ours, colour in (("normal", theme.NORMAL), ("anomalous", theme.ANOMALOUS), ("threshold", theme.THRESHOLD)):
        assert f"--{ours}: {colour};" in light
    assert "#{:02x}{:02x}{:02x}".format(*web.FORWARD) == theme.FORWARD
    assert "#{:02x}{:02x}{:02x}".format(*web.REVERSE) == theme.REVERSE
    assert units.TIMES in WORDS


def test_expressions_have_the_apps_bounds():
    written = (web.SOURCES / "expression.js").read_text(encoding="utf-8")
    assert f"MAX_LENGTH = {MAX_LENGTH}, MAX_DEPTH = {MAX_DEPTH}," in written


def test_a_model_with_one_student_has_none_to_compare():
    assert web._students(tiny_config(model__forward=False)) is None
    assert web._students(tiny_config())["reverse"] == PRESETS["reverse"].text


def test_the_policy_is_strict_and_no_text_becomes_html():
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', PAGE)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy and "http" not in policy
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*src=)", PAGE)
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            script
        )
        assert "https://" not in text, script


def test_scripts_stay_small():
    for script in SCRIPTS:
        lines = script.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 200 and max(map(len, lines)) <= 130, script


def test_every_element_that_a_script_names_is_on_the_page():
    named = {name for script in SCRIPTS for name in re.findall(r"\$\('([\w-]+)'\)", script.read_text(encoding="utf-8"))}
    assert named and named <= set(re.findall(r'id="([\w-]+)"', PAGE))
