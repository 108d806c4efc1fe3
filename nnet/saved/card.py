"""card.md: what a person should know before using a model, written from what was measured and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnet.config import Config, ModelConfig
from nnet.crop import in_words
from nnet.expression import PRESETS
from nnet.saved.formats import EndedEarly, PictureScores
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.promise import Promise
from nnet.settings import flat
from nnet.units import as_markdown, percent

_QUESTIONS = "## Questions\n\n"
_COUNTS = (("epochs", "planned_epochs"), ("steps", "planned_steps"))
_TITLES = {preset.text: title for title, preset in PRESETS.items()}
_SCORE_NAMES = {
    "paper": "all six maps (Eq. 8)",
    "reverse": "S2, the rebuilder, alone",
    "forward": "S1, the copier, alone",
}


def write_card(
    name: str,
    config: Config,
    about: dict[str, Any],
    metrics: dict[str, Any],
    summary: dict[str, Any],
    doubts: Sequence[str] = (),
) -> str:
    """The card of one checkpoint as Markdown.

    Args:
        name: of the model.
        config: its settings.
        about: as saved in config.json.
        metrics: as `nnet.analysis.evaluation.measure` returns it, or {}.
        summary: as `Calibration.summary` returns it.
        doubts: sentences on what speaks against trusting the model (`nnet.analysis.doubts`).
    """
    asked = [_QUESTIONS + "\n".join(f"- {one}" for one in doubts) + "\n"] if doubts else []
    results = [_results(metrics), _calibration(summary), *asked, _settings(config)]
    return "\n".join([_head(name, config, about), _data(about), *results, _origin(about)])


def _head(name: str, config: Config, about: dict[str, Any]) -> str:
    warning = ""
    if config.model.teacher_weights == "random":
        warning = "\n> **The teacher has random weights.** This model exists for tests and detects nothing.\n"
    framing = "".join(f"; {way}" for way in framed(config.model))
    return (
        f"# {name}\n{warning}\n"
        f"An N-Net (constrained bidirectional distillation, DOI 10.12263/DZXB.20240733) that saw only normal images. "
        f"Teacher: `{config.model.teacher}`, {about['teacher_origin']}. "
        f"Input: {config.model.size} x {config.model.size} pixels{framing}.\n"
    )


def framed(model: ModelConfig) -> list[str]:
    """What of a picture becomes the input, where that is not all of it."""
    ways = (
        model.tile and f"tiles of {model.tile} pixels that overlap by {model.overlap}",
        model.fit == "letterbox" and not model.tile and "pictures that are not square are padded (letterbox)",
        model.crop and f"only a box is looked at, {in_words(model.crop)}",
        model.ignore and "a mask says what is ignored",
    )
    return [way for way in ways if way]


def questions(card: str) -> list[str]:
    """The sentences of a card that speak against trusting the model (`write_card`'s `doubts`)."""
    _, _, after = card.partition(_QUESTIONS)
    section, _, _ = after.partition("\n## ")
    return [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]


def ended_early(found: EndedEarly) -> str:
    """How much of its training a model had that was ended early, in a sentence."""
    epochs, steps = (f"{found[one]:,} of {found[planned]:,}" for one, planned in _COUNTS)  # type: ignore[literal-required]
    falls = ", before its learning rate had come down" if found["rate_was_falling"] else ""
    had = f"It was ended early, after {epochs} planned epochs ({steps} steps){falls}"
    return f"{had}; a training to the end may find more."


def _data(about: dict[str, Any]) -> str:
    data = about.get("data", {})
    lines = [
        f"- Data: {data.get('name', 'not stated')} ({data.get('source', 'source not stated')}).",
        f"- Licence of the data: {data.get('licence', 'not stated')}",
        _split(about),
    ]
    if "ended_early" in about:
        lines.append(f"- {ended_early(about['ended_early'])}")
    if data.get("test_defective"):
        lines.append(
            f"- Measured on {data['test_normal']} normal and {data['test_defective']} defective images "
            "that took no part in training or calibration."
        )
    lines.append(f"- SHA-256 of the data set's contents: `{data.get('sha256', 'not stated')}`.")
    return "## Data\n\n" + "\n".join(lines) + "\n"


def _split(about: dict[str, Any]) -> str:
    if folds := about.get("cross_folds"):
        return (
            f"- Trained on {about['training_images']} normal images. For the threshold alone, {folds} light models "
            f"scored {about['calibration_images']} of them, each without having learnt from those that it scored."
        )
    return (
        f"- Trained on {about['training_images']} normal images; {about['calibration_images']} more were held out "
        "to find the threshold."
    )


def _results(metrics: dict[str, Any]) -> str:
    if not metrics:
        return "## Results\n\nThe data had no labelled test images, so nothing was measured.\n"
    return "## Results\n\n" + results_table(metrics)


def results_table(metrics: dict[str, Any]) -> str:
    """The metrics that exist, one row per score expression, as a Markdown table."""
    first = next(iter(metrics["scores"].values()))
    keys = [key for key in SHORT_NAMES if first.get(key) is not None]
    rows = ([_score_name(text), *(number(of.get(key)) for key in keys)] for text, of in metrics["scores"].items())
    return as_markdown(["score", *(SHORT_NAMES[key] for key in keys)], rows)


def categories_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """One row per category, and their mean, of the first expression that was measured, as a Markdown table.

    Args:
        found: category -> metrics as for `results_table`, {} where nothing could be measured.
    """
    first = {name: next(iter(of["scores"].values())) if of else {} for name, of in found.items()}
    keys = [key for key in SHORT_NAMES if any(values.get(key) is not None for values in first.values())]
    if not keys:
        return ""
    known = [[of[key] for of in first.values() if of.get(key) is not None] for key in keys]
    rows = [[name, *(number(of.get(key)) for key in keys)] for name, of in first.items()]
    mean = ["mean", *(number(sum(values) / len(values)) for values in known)]
    return as_markdown(["category", *(SHORT_NAMES[key] for key in keys)], [*rows, mean])


def intervals_table(pictures: PictureScores) -> str:
    """Where each metric lies with 95 %, as `results_table`; "" without intervals."""
    found = pictures.get("intervals", {})
    keys = [key for key in SHORT_NAMES if any(key in of for of in found.values())]
    if not keys:
        return ""
    rows = ([_score_name(text), *(_interval(of.get(key)) for key in keys)] for text, of in found.items())
    return as_markdown(["95 % interval", *(SHORT_NAMES[key] for key in keys)], rows)


def _interval(found: tuple[float, float] | None) -> str:
    return "-" if found is None else f"{found[0]:.3f} to {found[1]:.3f}"


def _score_name(text: str) -> str:
    title = _SCORE_NAMES.get(_TITLES.get(text, ""), "")
    return f"`{text}` {title}".strip()


def number(value: float | None) -> str:
    """A metric in a table."""
    return "-" if value is None else f"{value:.4f}"


def _calibration(summary: dict[str, Any]) -> str:
    alarms = summary["false_alarms"]
    those = "normal images in cross-calibration" if alarms["folds"] else "held-out normal images"
    return (
        f"## Threshold\n\n{summary['threshold']:.4g} for `{summary['expression']}`: "
        f"{percent(summary['threshold_quantile'])} of {summary['normal_images']} {those} lie at or below it. "
        + " ".join(filter(None, (Promise(**alarms).sentence(), summary.get("threshold_reason"))))
        + "\n"
    )


def _settings(config: Config) -> str:
    values = ((path, str(value)) for path, value in flat(config).items())
    rows = ((path, value if len(value) <= 100 else f"{value[:40]}...") for path, value in values)
    return "## Settings\n\n" + as_markdown(("setting", "value"), rows)


def _origin(about: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about.get("versions", {}).items())
    minutes = f" in {about['minutes']:.1f} minutes" if "minutes" in about else ""
    return (
        f"## Origin\n\nMade{minutes} on {about.get('device', 'an unknown device')}, "
        f"{about.get('created', 'date unknown')}, commit `{about.get('commit', 'unknown')}`. {versions}.\n"
    )
