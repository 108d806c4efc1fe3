"""What the report says, section by section. Its frame is page.html.jinja, which escapes every text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from nnet.analysis.evaluation import Result
from nnet.analysis.near import misplaced
from nnet.analysis.stored import Stored
from nnet.config import Config
from nnet.data import sizes
from nnet.data.framing import Framing
from nnet.presets import PRESETS
from nnet.presets.short import Short
from nnet.report import svg, words
from nnet.report.pictures import Look, groups, region
from nnet.saved.card import framed, questions
from nnet.saved.checkpoint import Checkpoint, results
from nnet.saved.provenance import provenance, versions
from nnet.scoring.calibration import Reference
from nnet.scoring.metric_names import METRIC_NAMES, SHORT_NAMES
from nnet.scoring.metrics.bootstrap import image_intervals, rate_intervals
from nnet.scoring.operating_point import for_best_f1
from nnet.scoring.promise import between
from nnet.settings import differences
from nnet.units import SMALLEST, percent


@dataclass(frozen=True)
class Subject:
    """What a report is about.

    Attributes:
        checkpoint: the model.
        stored: its result, the score to report first; None without one.
        look: shows the result's pictures; None where they are not at hand.
        threshold: on that score; None for the model's own.
        curves: of the first score over pixels, "pixel_roc", "pixel_pr" and "pro": across and up, (k,) each. By default
            those of the result, which has them if it was measured just now.
        short: that the model was trained for few steps; None where it was not, or where nothing is known of it.
        title: what people call the model; "" for the name of its folder.
    """

    checkpoint: Checkpoint
    stored: Stored | None
    look: Look | None = None
    threshold: float | None = None
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None
    short: Short | None = None
    title: str = ""

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.title or self.checkpoint.name


@dataclass(frozen=True)
class Table:
    """Rows of texts under a `head`; the first column names the row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def render(subject: Subject) -> str:
    """The report as one HTML file that loads nothing."""
    origin, checkpoint = provenance(), subject.checkpoint
    environment = Environment(
        loader=PackageLoader(__package__, ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("page.html.jinja").render(
        name=subject.name,
        words=words,
        warnings=_warnings(subject),
        promise=_promise(subject),
        questions=questions(checkpoint.card),
        framing=[words.sentence(way) for way in framed(checkpoint.config.model)] or [words.WHOLE],
        region=region(Framing.of(checkpoint.config.model), sizes.only(checkpoint.about)),
        result=None if subject.stored is None else _result(subject, subject.stored),
        how=words.no_result(checkpoint.name),
        data=_data(subject),
        settings=_settings(checkpoint.config),
        origin=_origin(subject),
        footer=words.footer(versions()["nnet"], str(origin["created"]), str(origin["commit"])),
    )


def _reference(subject: Subject) -> Reference:
    """The held-out pictures under the reported score, with the model's own threshold."""
    expression = None if subject.stored is None else subject.stored.results[0].expression
    return subject.checkpoint.calibration.for_expression(expression)


def _warnings(subject: Subject) -> list[str]:
    """What must be known before anything else is believed."""
    is_random = subject.checkpoint.config.model.teacher_weights == "random"
    first = None if subject.stored is None else subject.stored.results[0]
    value = None if first is None else first.overall.i_auroc
    where = None if first is None or subject.stored is None else _intervals(subject.stored).get("i_auroc")
    said = (
        words.RANDOM_TEACHER if is_random else "",
        "" if subject.short is None else subject.short.sentence,
        words.chance(value, where) if value is not None and where is not None and words.is_chance(where) else "",
    )
    return [sentence for sentence in said if sentence]


def _promise(subject: Subject) -> list[str]:
    own = _reference(subject)
    moved = subject.threshold is not None and subject.threshold != own.threshold
    used = own.with_threshold(subject.threshold) if moved and subject.threshold is not None else own
    other = words.OTHER_THRESHOLD if moved else ""
    lies = words.threshold(used.threshold, used.quantile, used.n, used.folds)
    said = (lies, used.promised, "" if moved else _broken(subject, own), used.reason, other)
    return [sentence for sentence in said if sentence]


def _broken(subject: Subject, own: Reference) -> str:
    """That more good pictures were flagged than the model's own threshold promises."""
    if subject.stored is None or own.kept is not None:
        return ""
    good = subject.stored.results[0].scores[~subject.stored.defective]
    flagged = int((good > own.threshold).sum())
    is_broken = len(good) > 0 and own.promise.is_broken(flagged, len(good))
    return words.broken_promise(flagged, len(good), subject.short) if is_broken else ""


# -------------------------------------------------------------------------------------------------------- the result


def _intervals(stored: Stored) -> Mapping[str, tuple[float, float]]:
    """Of the metrics of the first score."""
    first = stored.results[0]
    return stored.intervals.get(first.expression.text) or image_intervals(first.scores, stored.defective)


def _result(subject: Subject, stored: Stored) -> dict[str, Any]:
    """Everything that only a measured model has."""
    first, own = stored.results[0], max(_reference(subject).threshold, SMALLEST)
    threshold = own if subject.threshold is None else subject.threshold
    defective = stored.defective
    flagged = first.scores > threshold
    framing, text = Framing.of(subject.checkpoint.config.model), first.expression.text
    normal, alarm, miss, hit = (
        int((flagged == high)[kind].sum()) for kind in (~defective, defective) for high in (False, True)
    )
    elsewhere = int(misplaced(first.scores, stored.near.get(text), threshold).sum())
    return {
        "verdict": words.headline(normal, alarm, miss, hit, elsewhere),
        "misplaced": words.misplaced(elsewhere),
        "measured": words.measured(stored.data, stored.created),
        "groups": [] if subject.look is None else groups(stored, threshold, own, subject.look, framing),
        "hatched": words.HATCHED if framing.crop or framing.ignore else "",
        "histogram": svg.histogram(first.scores / own, defective, max(threshold / own, 1e-6)),
        "curves": {
            "roc": svg.roc(first.scores, defective, threshold),
            "pr": svg.precision_recall(first.scores, defective, threshold),
            **{name: svg.curve(name, *axes) for name, axes in _over_pixels(subject, first).items()},
        },
        "score": first.expression.text,
        "rates": _rates(first.scores, defective, threshold),
        "metrics": _metrics(stored, own, defective),
        "types": _types(stored, flagged),
        "others": _others(stored),
        "sets": _sets(subject.checkpoint, stored),
        "maps": _maps(stored.shapley),
        "notes": first.overall.notes,
    }


def _over_pixels(subject: Subject, first: Result) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """The curves of `Subject.curves`; none without masks, or where the maps are not at hand."""
    ranking = first.overall.pixel_ranking
    if subject.curves is not None or ranking is None or not (ranking.positives and ranking.negatives):
        return subject.curves or {}
    roc, pr = ranking.roc(), ranking.pr()
    found = {"pixel_roc": (roc.fpr, roc.tpr), "pixel_pr": (pr.recall, pr.precision)}
    if ranking.regions:
        pro = ranking.pro_curve()
        found["pro"] = pro.fpr, pro.overlap
    return found


def _rates(scores: np.ndarray, defective: np.ndarray, threshold: float) -> Table:
    flagged = scores > threshold
    shares = {
        "recall": flagged[defective].mean(),
        "false alarms": flagged[~defective].mean(),
        "precision": defective[flagged].mean() if flagged.any() else None,
    }
    where = rate_intervals(scores, defective, threshold)
    rows = [
        (words.RATES[name], percent(float(share)), between(*where[name]))
        for name, share in shares.items()
        if share is not None
    ]
    return Table(("At this threshold", "share", "95 % interval"), rows)


def _metrics(stored: Stored, own: float, defective: np.ndarray) -> list[tuple[str, str, str, str]]:
    """Name, value, interval and meaning of each metric of the first score."""
    first = stored.results[0]
    where = _intervals(stored)
    rows = [
        (name.short, f"{value:.3f}", words.interval(where.get(key)), name.meaning)
        for key, name in METRIC_NAMES.items()
        if (value := getattr(first.overall, key)) is not None
    ]
    if (best := first.overall.i_f1) is not None:
        shown = words.best_f1(best.f1, for_best_f1(first.scores, defective) / own)
        rows.append((words.BEST_F1, shown, words.interval(where.get("i_f1")), words.BEST_F1_MEANS))
    return rows


def _types(stored: Stored, flagged: np.ndarray) -> Table | None:
    """How many of each type of defect are found; None with fewer than two types."""
    by_type = stored.results[0].by_type
    labels = np.array(stored.labels)
    keys = [key for key in SHORT_NAMES if any(getattr(found, key) is not None for found in by_type.values())]
    rows = [
        (
            kind,
            words.of(int(flagged[labels == kind].sum()), int((labels == kind).sum())),
            *(words.value(getattr(found, key)) for key in keys),
        )
        for kind, found in by_type.items()
    ]
    return Table(("Type of defect", "found", *(SHORT_NAMES[key] for key in keys)), rows) if rows else None


def _others(stored: Stored) -> Table | None:
    """All scores side by side; None with one only."""
    keys = [key for key in SHORT_NAMES if any(getattr(one.overall, key) is not None for one in stored.results)]
    rows = [(one.expression.text, *(words.value(getattr(one.overall, key)) for key in keys)) for one in stored.results]
    return Table(("Score", *(SHORT_NAMES[key] for key in keys)), rows) if len(rows) > 1 else None


def _sets(checkpoint: Checkpoint, stored: Stored) -> Table | None:
    """The reported score on every data set that the checkpoint has a result of, such as the categories of a part, and
    their mean; None with this one only."""
    score = stored.results[0].expression.text
    overall = {key: getattr(stored.results[0].overall, key) for key in SHORT_NAMES}
    found: dict[str, tuple[str, Mapping[str, float | None]]] = {stored.sha256: (stored.data["name"], overall)}
    for entry in results(checkpoint.path):
        if score in entry["scores"]:
            found.setdefault(entry["data"]["sha256"], (entry["data"]["name"], entry["scores"][score]))
    known = {key: [value for _, of in found.values() if (value := of.get(key)) is not None] for key in SHORT_NAMES}
    keys = [key for key, values in known.items() if values]
    rows = [(name, *(words.value(of.get(key)) for key in keys)) for name, of in found.values()]
    rows.append(("Mean", *(words.value(sum(known[key]) / len(known[key])) for key in keys)))
    return Table(("Pictures", *(SHORT_NAMES[key] for key in keys)), rows) if len(found) > 1 else None


def _maps(shapley: Mapping[str, Mapping[str, float]]) -> Table | None:
    """What each map contributes to each metric; None where that is not known."""
    if not shapley:
        return None
    names = next(iter(shapley.values()))
    rows = [(name, *(f"{100 * of[name]:+.1f}" for of in shapley.values())) for name in names]
    return Table(("Map", *(SHORT_NAMES[key] for key in shapley)), rows)


# --------------------------------------------------------------------------------------------- data, settings, origin


def _data(subject: Subject) -> dict[str, str]:
    about, stored = subject.checkpoint.about, subject.stored
    trained: Mapping[str, Any] = about.get("data") or {}
    tested: Mapping[str, Any] = {} if stored is None else stored.data
    same = not tested or tested.get("sha256") == trained.get("sha256")
    facts = {
        "Trained on": words.named(trained),
        "Pictures": words.split(
            int(about["training_images"]), int(about.get("calibration_images", 0)), int(about.get("cross_folds", 0))
        ),
        "Licence": trained.get("licence"),
        "SHA-256": trained.get("sha256"),
        "Measured on": None if same else words.named(tested),
        "Licence of it": None if same else tested.get("licence"),
        "SHA-256 of it": None if same else tested.get("sha256"),
        "Test pictures": None if stored is None else words.tested(stored.labels),
        "Sizes": words.sizes(stored.image_sizes) if stored is not None and stored.image_sizes else None,
        "Grey values": f"{trained['bits']} bits" if trained.get("bits") else None,
    }
    return {name: str(fact) for name, fact in facts.items() if fact}


def _settings(config: Config) -> tuple[str, Table]:
    """The preset that is closest, and what differs from it."""
    differing = {name: differences(config, preset) for name, preset in PRESETS.items()}
    name = min(differing, key=lambda one: len(differing[one]))
    rows = [(key, *(words.setting(key, value) for value in values)) for key, values in differing[name].items()]
    return words.settings(name, len(rows)), Table(("Setting", "here", f"in {name}"), rows)


def _origin(subject: Subject) -> dict[str, str]:
    checkpoint = subject.checkpoint
    about, model = checkpoint.about, checkpoint.config.model
    facts = {
        "Folder": None if subject.name == checkpoint.name else checkpoint.name,
        "Teacher": f"{model.teacher}, {about['teacher_origin']}",
        "Input": f"{model.size} x {model.size} pixels",
        "Trained": words.trained(about),
        "Commit": about.get("commit"),
        "Versions": ", ".join(f"{name} {version}" for name, version in about.get("versions", {}).items()),
        "SHA-256 of the weights": checkpoint.weights_hash,
    }
    return {name: str(fact) for name, fact in facts.items() if fact}
