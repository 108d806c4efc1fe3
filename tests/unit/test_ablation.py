"""Variants, the paper's tables, keys of runs, claims and summaries: all of the ablation study but its runs."""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

from nnet.config import Config, ConfigError, ModelConfig
from nnet.data import Dataset
from nnet.detector import Detector
from nnet.model.network import NNet
from nnet.settings import differences
from nnet.studies import (
    CLAIMS,
    COLUMNS,
    DISAGREEMENTS,
    STUDIES,
    TABLES,
    VARIANTS,
    Group,
    StudyError,
    averaged,
    base_config,
    groups,
    judge,
    judge_all,
    published,
    read_results,
    rows_of,
    select,
    summarise,
    variants,
)
from nnet.studies.card import study_section
from nnet.studies.claims import FAILS, HOLDS, NOT_MEASURED, NOT_RUN, ONE_SEED, OUTCOMES, WITHIN, printed_difference
from nnet.studies.identity import config_hash
from nnet.studies.plan import Request, Source, make_plan, table
from nnet.studies.published import PublishedError
from nnet.studies.store import CSV, Job, StudyFolder, default_folder, to_csv
from nnet.studies.summary import text
from nnet.training.losses import total_loss

ROOT = Path(__file__).parents[2]
BASE = base_config("small")
PARTS = {"FPM": "fpm", "MF": "nfs", "BD": "forward"}


# ------------------------------------------------------------------------------------------------- the paper's tables


def test_all_tables_are_there_with_their_source():
    assert list(TABLES) == [f"table{number}" for number in range(1, 8)]
    sizes = {key: (len(table.rows), len(table.columns)) for key, table in TABLES.items()}
    assert sizes == {
        "table1": (8, 9),
        "table2": (7, 3),
        "table3": (18, 9),
        "table4": (5, 4),
        "table5": (4, 4),
        "table6": (4, 4),
        "table7": (3, 3),
    }
    assert all("10.12263/DZXB.20240733" in table.source and table.key[5:] in table.source for table in TABLES.values())
    assert all(0 < cell.value <= 100 for table in TABLES.values() for _, cells in table.rows for cell in cells)


PRINTED = [
    ("table1", ("MVTec", "P-AP"), "PatchCore", "61.2"),
    ("table1", ("VisA", "I-AUROC"), "N-Net", "96.5"),
    ("table2", ("MuSc", "zero-shot"), "P-PRO", "93.8"),
    ("table3", ("Toothbrush",), "N-Net", "70.9"),
    ("table3", ("Screw",), "US", "7.8"),
    ("table3", ("object average",), "RD++", "65.0"),
    ("table4", ("4", "x", "x", "", "x"), "P-PRO", "94.67"),
    ("table5", ("3", "Baseline+FFC"), "P-AUROC", "98.07"),
    ("table6", ("3", "x", "", "x"), "P-AUROC", "98.10"),
    ("table7", ("P-AP",), "M4, M5, M6", "57.2"),
]


@pytest.mark.parametrize(("key", "heads", "column", "expected"), PRINTED)
def test_cells_stand_as_printed(key, heads, column, expected):
    cell = published(key).row(*heads)[column]
    assert cell.text == expected and cell.value == float(expected)


def test_the_papers_disagreements_are_kept():
    full = {
        published("table1").row("MVTec", "P-AP")["N-Net"].text,
        published("table3").row("total average")["N-Net"].text,
        published("table4").row("5")["P-AP"].text,
        published("table7").row("P-AP")["M1~M6"].text,
    }
    assert full == {"64.4", "63.03", "63.0"}
    assert [published(key).row("4")["I-AUROC"].text for key in ("table4", "table6")] == ["98.78", "98.81"]
    assert all(part in " ".join(DISAGREEMENTS) for part in (*full, "98.78", "98.81"))


def test_what_the_paper_does_not_have_is_refused_in_words():
    with pytest.raises(PublishedError, match="There is no table 'table9'"):
        published("table9")
    with pytest.raises(PublishedError, match="table5 has no row 9"):
        published("table5").row("9")
    with pytest.raises(PublishedError, match="table7 has no column M7"):
        published("table7").column("M7")


# ---------------------------------------------------------------------------------------------------------- variants


def test_the_rows_of_table_4_have_the_parts_that_the_paper_marks():
    for (number, *marks), _ in published("table4").rows:
        row = STUDIES["table4"].rows[int(number) - 1]
        model = VARIANTS[row.variant].config(BASE).model
        marked = dict(zip(("baseline", "FPM", "MF", "BD"), marks, strict=True))
        assert marked["baseline"] == "x" and model.reverse
        assert {name: getattr(model, part) for name, part in PARTS.items()} == {n: marked[n] == "x" for n in PARTS}
        assert model.ffc == model.nfs


def test_the_rows_of_tables_5_and_6_have_their_parts_and_losses():
    for row, (heads, _) in zip(STUDIES["table5"].rows, published("table5").rows, strict=True):
        config = VARIANTS[row.variant].config(BASE)
        assert row.label == heads[1] and not config.model.fpm and not config.model.forward
        assert (config.model.nfs, config.model.ffc) == ("NFS" in row.label, "FFC" in row.label)
    for row, ((_, _, kd, align), _) in zip(STUDIES["table6"].rows, published("table6").rows, strict=True):
        config = VARIANTS[row.variant].config(BASE)
        assert config.model.fpm and not config.model.nfs and not config.model.ffc
        assert config.model.forward == bool(kd or align)
        assert not config.model.forward or (config.loss.kd, config.loss.align) == (bool(kd), bool(align))


def test_every_row_carries_the_papers_numbers():
    assert STUDIES["table5"].row("Baseline+NFS").published == {
        "p_ap": 61.31,
        "p_auroc": 98.03,
        "p_pro": 94.54,
        "i_auroc": 98.68,
    }
    assert STUDIES["table7"].row("M4, M5, M6").published == {"p_auroc": 96.9, "i_auroc": 96.6, "p_ap": 57.2}
    for study in STUDIES.values():
        assert all(bool(row.published) == study.name.startswith("table") for row in study.rows)
        assert study.row(study.baseline)
        assert len({row.label for row in study.rows}) == len(study.rows)


def test_the_settings_of_figures_9_and_10():
    rows = (*STUDIES["figure9"].rows, *STUDIES["figure10"].rows)
    configs = {row.label: VARIANTS[row.variant].config(BASE) for row in rows}
    assert [configs[label].loss.distance for label in ("L1", "L2", "cosine")] == ["l1", "l2", "cosine"]
    assert configs["beta constant"].loss.beta_epochs is None and configs["beta constant"].loss.beta_share is None
    assert configs["beta on at first"].loss.beta_share == 0.1
    for row in STUDIES["figure10"].rows:
        config, kind = configs[row.label], row.label.partition(" = ")[0]
        if kind == "L":  # section 4.4: "only the reverse branch"
            assert config.model.ffc_blocks == row.value and not config.model.forward
        elif kind in ("delta", "alpha"):
            assert getattr(config.loss, kind) == row.value and config.model.forward


def test_equal_settings_are_one_run_wherever_they_stand():
    by_hash: dict[str, set[str]] = {}
    for name, variant in VARIANTS.items():
        by_hash.setdefault(config_hash(variant.config(BASE)), set()).add(name)
    shared = [names for names in by_hash.values() if len(names) > 1]
    assert shared == [{"nnet", "nnet-cosine", "nnet-delta-0.002", "nnet-alpha-1.2"}]
    assert VARIANTS["mf"].labels() == {"table4": ("MF (NFS and FFC)",), "table5": ("Baseline+NFS+FFC",)}


def test_the_page_of_the_study_counts_its_trainings():
    lines = (ROOT / "docs" / "ablations.md").read_text().splitlines()
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| `")]
    told = {row[0]: int(row[-1]) for row in rows if row[-1].isdigit()}
    counted = {
        name: len({config_hash(VARIANTS[row.variant].config(BASE)) for study in select([name]) for row in study.rows})
        for name in (*STUDIES, "all")
    }
    assert told == counted


def test_no_row_asks_for_a_score_that_its_variant_does_not_measure():
    for study in STUDIES.values():
        for row in study.rows:
            assert row.expression is None or row.expression in VARIANTS[row.variant].expressions(BASE)


@pytest.fixture(scope="module")
def built() -> Callable[[Config], NNet]:
    """Networks by structure: variants that differ in a weight of the loss train the same one further."""
    networks: dict[tuple[ModelConfig, bool], NNet] = {}

    def build(config: Config) -> NNet:
        key = (config.model, config.loss.kd)
        return networks[key] if key in networks else networks.setdefault(key, NNet(config))

    return build


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_trains_two_steps_and_yields_its_maps(name, built):
    variant = VARIANTS[name]
    config = variant.config(tiny_config(model__teacher="efficientnet_lite0"))
    network = built(config).train()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], 0.001)
    images = torch.from_numpy(random_images(2)).permute(0, 3, 1, 2) / 255
    for _ in range(2):
        loss = total_loss(network(images), config.loss, 0)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.isfinite(loss)
    assert not [n for n, p in network.named_parameters() if p.requires_grad and p.grad is None]
    trace = Detector(network, config, "cpu").trace(random_images(1)[0])
    assert tuple(trace.maps) == variant.maps == config.maps


def test_beta_is_on_for_the_papers_tenth_of_the_epochs():
    assert base_config("paper").loss.beta_epochs == 20 and base_config("small").loss.beta_share == 0.1
    assert base_config("small", {"train.epochs": 3}).loss == base_config("small").loss
    assert base_config("paper", {"train.epochs": 40}).loss.beta_epochs == 4
    assert base_config("paper", {"train.epochs": 3}).loss.beta_epochs == 1
    assert base_config("paper", {"train.epochs": 40, "loss.beta_epochs": 7}).loss.beta_epochs == 7


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"model.nfs": False}, StudyError, "what the variants differ in"),
        ({"train.seed": 3}, StudyError, "--seeds"),
        ({"model.sise": 3}, ConfigError, "sise"),
    ],
)
def test_a_base_that_would_blur_the_variants_is_refused(settings, error, words):
    with pytest.raises(error, match=words):
        base_config("small", settings)


def test_studies_are_chosen_by_name():
    assert [s.name for s in select(["table7", "table4", "table7"])] == ["table4", "table7"]
    assert select(["all"]) == tuple(STUDIES.values())
    with pytest.raises(StudyError, match="table9"):
        select(["table9"])


def test_differences_name_the_settings():
    found = differences(VARIANTS["nfs"].config(BASE), VARIANTS["rd"].config(BASE))
    assert found == {"model.nfs": (True, False)}


# ------------------------------------------------------------------------------------------------------ keys of runs


def test_settings_data_weights_and_seed_make_another_run():
    config = VARIANTS["rd"].config(BASE)
    keys = [
        config_hash(config, "a", ""),
        config_hash(config, "b", ""),
        config_hash(config, "a", "weights"),
        config_hash(config.override({"train.seed": 1}), "a", ""),
        config_hash(VARIANTS["nfs"].config(BASE), "a", ""),
    ]
    assert len(set(keys)) == 5 and keys[0] == config_hash(Config.from_dict(config.to_dict()), "a", "")


def test_variants_claims_and_tables_need_no_torch():
    script = "import sys, nnet.studies, nnet.cli.ablate; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_job_survives_its_way_through_json():
    job = Job("k", "i", 1, ("rd",), VARIANTS["rd"].config(BASE).to_dict(), "small", "", "synthetic", "d", 0, ("M1",))
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job and job.name == "rd, seed 0"


# ------------------------------------------------------------------------------------------------ claims and summaries


def made_up(study: str, values: dict[str, dict[str, list[float]]], **about: object) -> list[dict[str, object]]:
    """Rows of a results table: label -> metric -> value (0..1) per seed."""
    rows = []
    for label, metrics in values.items():
        for seed in range(max(len(v) for v in metrics.values())):
            cells = {name: v[seed] if seed < len(v) else None for name, v in metrics.items()}
            row = {"study": study, "row": label, "variant": STUDIES[study].row(label).variant, "seed": seed}
            row |= {"defect": "all", "data": "d", "data_sha256": "h", "preset": "small", "settings": ""}
            rows.append({name: None for name in COLUMNS} | row | cells | about)
    return rows


def claim(key: str):
    return next(c for c in CLAIMS if c.key == key)


NFS = {
    HOLDS: ([0.60, 0.62, 0.61], [0.65, 0.66, 0.67]),
    FAILS: ([0.65, 0.66, 0.67], [0.60, 0.62, 0.61]),
    WITHIN: ([0.60, 0.62, 0.61], [0.63, 0.60, 0.62]),
    ONE_SEED: ([0.6], [0.7]),
}


@pytest.mark.parametrize(("outcome", "values"), NFS.items(), ids=NFS)
def test_a_claim_is_judged_by_mean_and_spread_of_the_differences(outcome, values):
    baseline, nfs = values
    rows = made_up("table5", {"Baseline": {"p_ap": baseline}, "Baseline+NFS": {"p_ap": nfs}})
    verdict = judge(rows, claim("nfs"), "p_ap")
    assert verdict.outcome == outcome
    deltas = torch.tensor([100 * (b - a) for a, b in zip(baseline, nfs, strict=True)], dtype=torch.float64)
    found = verdict.differences["Baseline"]
    assert found.mean == pytest.approx(deltas.mean().item()) and found.n == len(deltas)
    assert found.spread == (None if len(deltas) == 1 else pytest.approx(deltas.std().item()))
    assert f"{found.mean:+.2f}" in verdict.sentence and "P-AP; Table 5, rows 1 and 2" in verdict.sentence


def test_the_rule_is_as_coarse_as_it_says():
    """Of differences that are chance alone, over three seeds, about one in nine passes for "holds"."""
    generator = np.random.default_rng(0)
    outcomes = []
    for values in 0.5 + 0.01 * generator.standard_normal((4000, 3)):
        rows = made_up("table5", {"Baseline": {"p_ap": [0.5] * 3}, "Baseline+NFS": {"p_ap": list(values)}})
        outcomes.append(judge(rows, claim("nfs"), "p_ap").outcome)
    from scipy import stats  # slow to import

    expected = stats.t.sf(3**0.5, df=2)  # mean > deviation is t > sqrt(3)
    number = {8: "eight", 9: "nine", 10: "ten"}[round(1 / expected)]
    assert f"about one of {number} cases" in (ROOT / "docs" / "ablations.md").read_text(encoding="utf-8")
    assert outcomes.count(HOLDS) / len(outcomes) == pytest.approx(expected, abs=0.015)  # three standard errors


def test_differences_are_taken_seed_by_seed():
    """Seeds that lift both rows alike are no spread of the difference."""
    rows = made_up("table5", {"Baseline": {"p_ap": [0.2, 0.5, 0.8]}, "Baseline+NFS": {"p_ap": [0.21, 0.511, 0.812]}})
    assert judge(rows, claim("nfs"), "p_ap").outcome == HOLDS


def test_only_seeds_that_both_rows_have_count():
    rows = made_up("table5", {"Baseline": {"p_ap": [0.2, 0.3, 0.9]}, "Baseline+NFS": {"p_ap": [0.3, 0.41]}})
    assert judge(rows, claim("nfs"), "p_ap").differences["Baseline"].n == 2


def test_what_was_not_run_or_not_measured_is_said():
    rows = made_up("table5", {"Baseline": {"i_auroc": [0.5, 0.6]}, "Baseline+NFS": {"i_auroc": [0.6, 0.7]}})
    assert judge(rows, claim("nfs"), "p_ap").outcome == NOT_MEASURED
    assert "no masks" in judge(rows, claim("nfs"), "p_ap").sentence
    assert judge(rows, claim("ffc"), "i_auroc").outcome == NOT_RUN
    assert judge([], claim("nfs"), "p_ap").outcome == NOT_RUN
    apart = made_up("table5", {"Baseline": {"p_ap": [0.5]}, "Baseline+NFS": {"p_ap": [0.6]}})
    apart = [row | {"seed": 1} if row["row"] == "Baseline" else row for row in apart]
    assert "the rows have no seed in common" in judge(apart, claim("nfs"), "p_ap").sentence


def test_a_claim_of_the_best_must_win_every_comparison():
    def outcome(l1: list[float], l2: list[float]) -> str:
        values = {"cosine": {"p_auroc": [0.9, 0.91]}, "L1": {"p_auroc": l1}, "L2": {"p_auroc": l2}}
        return judge(made_up("figure9", values), claim("cosine"), "p_auroc").outcome

    assert outcome([0.8, 0.82], [0.7, 0.7]) == HOLDS
    assert outcome([0.8, 0.82], [0.95, 0.96]) == FAILS
    assert outcome([0.8, 0.82], [0.93, 0.88]) == WITHIN


def test_a_claim_that_nothing_changes_holds_within_the_spread():
    def outcome(five: list[float]) -> str:
        values = {"L = 4": {"p_ap": [0.6, 0.62]}, "L = 5": {"p_ap": five}, "L = 6": {"p_ap": [0.61, 0.61]}}
        return judge(made_up("figure10", values), claim("blocks"), "p_ap").outcome

    assert outcome([0.62, 0.60]) == HOLDS and outcome([0.8, 0.81]) == FAILS


def test_single_kinds_of_defect_do_not_enter():
    rows = made_up("table5", {"Baseline": {"p_ap": [0.6, 0.6]}, "Baseline+NFS": {"p_ap": [0.7, 0.7]}})
    odd = [row | {"defect": "hole", "p_ap": 0.0} for row in rows]
    assert judge(rows + odd, claim("nfs"), "p_ap") == judge(rows, claim("nfs"), "p_ap")


def test_every_claim_is_borne_out_by_the_papers_own_numbers():
    """Where it prints any: nothing is put into the paper's mouth."""
    checked = 0
    for one, other in ((c, o) for c in CLAIMS for o in c.others):
        STUDIES[one.study].row(one.better), STUDIES[one.study].row(other)
        for metric in one.metrics:
            printed = printed_difference(one, other, metric)
            assert (printed is None) == one.study.startswith("figure")
            if printed is not None:
                checked += 1
                assert printed > 0, (one.key, other, metric)
    assert checked > 40 and len({c.key for c in CLAIMS}) == len(CLAIMS)
    verdicts = judge_all([])
    assert len(verdicts) == sum(len(c.metrics) for c in CLAIMS) and {v.outcome for v in verdicts} == {NOT_RUN}
    assert {NOT_RUN} < set(OUTCOMES)


def test_a_summary_has_means_spreads_deltas_and_the_papers_values():
    values = {"Baseline": {"i_auroc": [0.90, 0.92, 0.94]}, "Baseline+NFS": {"i_auroc": [0.91, 0.92, 0.96]}}
    rows = made_up("table5", values, parameters=10)
    baseline, nfs, ffc, _ = summarise(rows, STUDIES["table5"])
    cell = baseline.cells["i_auroc"]
    assert (cell.value.mean, cell.value.spread) == (pytest.approx(92), pytest.approx(2)) and cell.delta is None
    cell = nfs.cells["i_auroc"]
    assert (cell.delta.mean, cell.delta.n) == (pytest.approx(1), 3) and cell.delta.spread == pytest.approx(1)
    assert cell.published == 98.68 and cell.published_delta == pytest.approx(0.06)
    assert nfs.cells["p_ap"].value is None and nfs.cells["p_ap"].published == 61.31
    assert nfs.seeds == (0, 1, 2) and ffc.seeds == () and nfs.extras["parameters"].mean == 10
    shown = text(rows, STUDIES["table5"])
    assert "92.00±2.00" in shown and "+1.00; 98.68" in shown and "P-AP  " not in shown and "not run yet" in shown


def test_a_table_of_which_some_rows_were_run_says_what_it_cannot_say():
    values = {"Baseline": {"i_auroc": [0.90, 0.91]}, "FPM, MF and BD (N-Net)": {"i_auroc": [0.92, 0.93]}}
    told = study_section(made_up("table4", values), STUDIES["table4"])
    assert "| FPM | 0 | not run |" in told
    assert "N-Net beats the baseline (RD) (I-AUROC; Table 4, rows 1 and 5): holds." in told
    assert (
        "- Some rows were not run, so nothing is said about: The projection (FPM) helps the baseline (RD); Memory"
        in told
    )


def test_only_runs_on_the_same_data_and_base_are_compared(tmp_path):
    values = {"Baseline": {"i_auroc": [0.9]}, "Baseline+NFS": {"i_auroc": [0.8]}}
    bases = [{"settings": "", "data_sha256": "h"}, {"settings": "train.epochs=1"}, {"data_sha256": "other"}]
    rows = list(itertools.chain.from_iterable(made_up("table5", values, **about) for about in bases))
    assert groups(rows) == [
        Group("d", "h", "small", ""),
        Group("d", "h", "small", "train.epochs=1"),
        Group("d", "other", "small", ""),
    ]
    assert [len(rows_of(rows, group)) for group in groups(rows)] == [2, 2, 2]
    (tmp_path / "results.csv").write_text(to_csv(rows))
    assert read_results(tmp_path / "results.csv") == [
        {name: "" if value is None and name in EMPTY_TEXTS else value for name, value in row.items()} for row in rows
    ]


EMPTY_TEXTS = {"expression", "maps", "device", "engine", "config_sha256", "commit", "created", "nnet", "torch", "key"}


def test_the_mean_over_data_sets_takes_what_was_run_on_all_of_them():
    one = made_up("table5", {"Baseline": {"i_auroc": [0.8, 0.9]}, "Baseline+NFS": {"i_auroc": [0.9]}}, data_sha256="a")
    two = made_up("table5", {"Baseline": {"i_auroc": [0.6]}, "Baseline+NFS": {"i_auroc": [0.8]}}, data_sha256="b")
    two[1]["p_ap"] = 0.5
    rows = averaged(one + two + made_up("table5", {"Baseline": {"i_auroc": [0.1]}}, data_sha256="c"), ["b", "a"])
    assert [(row["row"], row["seed"]) for row in rows] == [("Baseline", 0), ("Baseline+NFS", 0)]
    assert [row["i_auroc"] for row in rows] == pytest.approx([0.7, 0.85])
    assert len(groups(rows)) == 1 and groups(rows)[0].data == "mean of 2 data sets" and rows[1]["p_ap"] is None
    assert averaged(one, ["a"]) == []


def test_a_file_that_is_no_results_table_is_refused(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        read_results(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(StudyError, match="not a table of a study"):
        read_results(tmp_path / "other.csv")


@pytest.mark.parametrize("name", ["elpv-mono-full", "elpv-mono-small", "magnetic-tile-full", "magnetic-tile-small"])
def test_a_shipped_study_counts_as_done(name, tmp_path):
    """Planned with all its settings and its data's hash; the data itself is not needed for that."""
    folder = StudyFolder(shutil.copytree(ROOT / "checkpoints" / "studies" / name, tmp_path / name))
    results = folder.results()
    assert results and table(folder) == read_results(folder.root / CSV)
    for preset_name, settings, split_seed in {(r["preset"], r["settings"], r["split_seed"]) for r in results}:
        own = [
            r for r in results if (r["preset"], r["settings"], r["split_seed"]) == (preset_name, settings, split_seed)
        ]
        # A preset may have changed since; the settings of the whole network are what its runs started from.
        whole = Config.from_dict(next(r for r in own if "nnet" in r["variants"])["config"])
        values = {
            f"{section}.{key}": value
            for section, found in whole.to_dict().items()
            for key, value in found.items()
            if f"{section}.{key}" not in (*variants.PARTS, "train.seed")
        }
        sources = [
            Source("", Dataset(data, "", (), (), "", ""), sha256)
            for data, sha256 in dict.fromkeys((r["data"], r["data_sha256"]) for r in own)
        ]
        request = Request(
            select(["all"]),
            sources,
            sorted({r["seed"] for r in own}),
            base_config(preset_name, values),
            preset_name=preset_name,
            split_seed=split_seed,
        )
        plan = make_plan(request, folder)
        assert {r["key"] for r in own} == set(plan.finished.values())
        made = {(variant, r["seed"], r["data_sha256"]) for r in own for variant in r["variants"]}
        assert not [job for job in plan.missing if (job.variants[0], job.seed, job.data_sha256) in made]


def test_a_study_never_goes_into_the_current_folder_unless_asked(tmp_path, monkeypatch):
    for name in ("NNET_RUNS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local/share/nnet-workbench/studies/ablations"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_folder() == tmp_path / "data/nnet-workbench/studies/ablations"
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    assert default_folder() == tmp_path / "runs/studies/ablations"
