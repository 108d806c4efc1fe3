"""Results of studies without a page: what can be chosen, claims in words, tables, and charts that show the numbers."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from builders import ablation_rows

from nnet.studies import CLAIMS, STUDIES, TABLES, Measured, StudyError, read_results, summarise
from nnet.studies.claims import FAILS, HOLDS, NOT_MEASURED, NOT_RUN, ONE_SEED, OUTCOMES, WITHIN
from nnet.studies.store import CARD, CSV, to_csv
from workbench.ablations.results import downloads, figures, words
from workbench.ablations.results import rows as data
from workbench.ablations.results.rows import NOT_CLAIMED, Base, bases_of
from workbench.shared import theme

TABLE4 = {
    "Baseline": {"i_auroc": [0.80, 0.81, 0.82]},
    "FPM": {"i_auroc": [0.85, 0.86, 0.88]},
    "MF (NFS and FFC)": {"i_auroc": [0.78, 0.78, 0.79]},
    "FPM and BD": {"i_auroc": [0.85, 0.87, 0.87]},
}
MASKED = {
    "Baseline": {"i_auroc": [0.8, 0.8], "p_ap": [0.50, 0.52], "p_auroc": [0.9, 0.9], "p_pro": [0.7, 0.72]},
    "FPM": {"i_auroc": [0.8, 0.9], "p_ap": [0.55, 0.56], "p_auroc": [0.9, 0.91], "p_pro": [0.74, 0.75]},
}


def only(rows: list[dict[str, object]]) -> Base:
    """The one base of some rows."""
    (base,) = bases_of(rows).values()
    return base


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(one for one in figure.data if one.name == name)


# ------------------------------------------------------------------------------------------------------------- bases


def test_each_data_set_under_each_base_and_the_means_can_be_chosen() -> None:
    rows = ablation_rows("table4", MASKED, "tile") + ablation_rows("table4", MASKED, "my carpet/red")
    rows += ablation_rows("table4", MASKED, "tile", settings="train.epochs=9", key="other")
    found = bases_of(rows)
    assert list(found) == ["tile", "my-carpet-red", "tile~2", "mean"]
    assert found["tile~2"].title == "tile, preset small, train.epochs=9"
    mean = found["mean"]
    assert mean.is_mean and mean.names == ("tile", "my carpet/red") and len(mean.rows) == 4 and len(mean.raw) == 8
    about = data.origin(mean)
    assert (about.runs, about.seeds, about.images, about.training_images) == (8, (0, 1), 60, 100)
    assert about.minutes == pytest.approx(8 * 1.5) and about.minutes_each == pytest.approx(2.0)
    assert about.devices == ("CPU, 2 threads",) and about.commits == ("0123456789",) and not about.shared


def test_rows_of_single_kinds_of_defects_do_not_count_twice() -> None:
    rows = ablation_rows("table4", MASKED, defects=("dent", "hole"))
    base = only(rows)
    assert len(base.rows) == 4 and data.origin(base).runs == 4 and base.has_masks
    assert not only(ablation_rows("table4", TABLE4)).has_masks
    assert bases_of([]) == {}


def test_a_damaged_table_is_refused_with_its_line(tmp_path: Path) -> None:
    good = to_csv(ablation_rows("table4", TABLE4))
    path = tmp_path / CSV
    for content, expected in (
        (good.replace(",0.81,", ",almost,", 1), "line 3: i_auroc is 'almost', expected a number"),
        (good[:-40], "another number of cells"),
        (good.replace(",part,1,", ",part,,", 1), "seed is empty"),
        ("study,row\n", "lacks the column variant"),
        ("", "lacks the column study"),
    ):
        path.write_text(content)
        with pytest.raises(StudyError, match=expected):
            data.bases(tmp_path)
    path.write_bytes(b"\xff\xfe\x00PNG")
    with pytest.raises(StudyError, match="is not a text file"):
        read_results(path)
    path.unlink()
    with pytest.raises(StudyError, match="cannot be read"):
        data.bases(tmp_path)


def test_a_table_survives_its_way_through_the_file(tmp_path: Path) -> None:
    (tmp_path / CSV).write_text(to_csv(ablation_rows("table4", TABLE4)))
    assert data.bases(tmp_path)["part"].rows == only(ablation_rows("table4", TABLE4)).rows


# ------------------------------------------------------------------------------------------------------------ claims


def test_every_claim_of_a_study_has_an_outcome_that_can_be_shown() -> None:
    found = data.checked(only(ablation_rows("table4", TABLE4)), "i_auroc", ["table4"])
    outcomes = {one.claim.key: one.outcome for one in found}
    assert outcomes == {"fpm": HOLDS, "mf": FAILS, "bd": WITHIN, "all-parts": NOT_MEASURED, "nnet": NOT_RUN}
    assert set(theme.OUTCOMES) == {*OUTCOMES, NOT_CLAIMED}
    assert all(words.badge(outcome).count(outcome) == 1 for outcome in theme.OUTCOMES)
    told = words.claim(found[0], "i_auroc", whole=True)
    assert (
        "projection \\(FPM\\) helps the baseline" in told
        and "here +5.33 ± 0.58 points over 3 seeds · paper +0.13" in told
    )
    assert "Table 4, rows 1 and 2" in told


def test_the_claims_say_how_long_their_networks_learned() -> None:
    assert words.trained(only(ablation_rows("table4", TABLE4))) == ""
    told = words.trained(only(ablation_rows("table4", TABLE4, steps=1372)))
    assert told == "Each of these networks was trained for 1,372 steps; the paper trains for 200 epochs."
    both = words.trained(only(ablation_rows("table4", TABLE4, steps=372, epochs=4)))
    assert both == "Each of these networks was trained for 4 epochs (372 steps); the paper trains for 200 epochs."
    mixed = [row | {"steps": 100 + row["seed"]} for row in ablation_rows("table4", TABLE4)]
    assert "for 100 to 102 steps" in words.trained(only(mixed))


def test_the_statement_counts_what_was_decided() -> None:
    base = only(ablation_rows("table4", TABLE4))
    found = data.checked(base, "i_auroc", ["table4"])
    expected = "Of 3 claims checked on part by I-AUROC, 1 holds, 1 does not hold and 1 is undecided."
    assert words.statement(found, base, "i_auroc") == expected
    told = words.besides(found, base, "i_auroc")
    assert told == "1 claim is waiting for its networks. 1 claim cannot be measured, since there are no masks."
    pixels = data.checked(base, "p_ap", ["table4"])
    assert words.statement(pixels, base, "p_ap") == "The networks that these claims compare have not been run on part."
    single = only(ablation_rows("table4", {label: {"i_auroc": v["i_auroc"][:1]} for label, v in TABLE4.items()}))
    found = data.checked(single, "i_auroc", ["table4"])
    assert found[0].outcome == ONE_SEED and "One seed decides nothing" in words.statement(found, single, "i_auroc")
    figure9 = data.checked(base, "i_auroc", ["figure9"])
    assert words.statement(figure9, base, "i_auroc") == "Nothing can be said by I-AUROC here."


def test_a_claim_for_another_metric_says_which_ones() -> None:
    base = only(ablation_rows("table4", MASKED))
    one = next(c for c in data.checked(base, "i_auroc", ["table4"]) if c.claim.key == "all-parts")
    assert one.outcome == NOT_CLAIMED
    assert "claimed for P-AP, P-AUROC and P-PRO" in words.claim(one, "i_auroc", whole=False)


def test_of_several_comparisons_the_weakest_is_shown() -> None:
    values = {
        "Baseline+NFS": {"i_auroc": [0.80, 0.80]},
        "Baseline+FFC": {"i_auroc": [0.88, 0.90]},
        "Baseline+NFS+FFC": {"i_auroc": [0.85, 0.86]},
    }
    base = only(ablation_rows("table5", values))
    one = next(c for c in data.checked(base, "i_auroc", ["table5"]) if c.claim.key == "nfs-ffc")
    assert (one.outcome, one.deciding) == (FAILS, "Baseline+FFC")
    short, whole = (words.claim(one, "i_auroc", whole=w) for w in (False, True))
    assert (
        "weakest comparison, with Baseline \\+ fusion \\(FFC\\): here -3.50 ± 0.71 points over 2 seeds · paper +0.05"
        in short
    )
    assert (
        "against Baseline \\+ memory \\(NFS\\) +5.50 ± 0.71 points" in whole
        and "+0.02 against Baseline \\+ memory \\(NFS\\)" in whole
    )


def test_what_clearly_speaks_against_a_claim_decides_before_what_merely_wavers() -> None:
    values = {
        "Baseline+NFS": {"i_auroc": [0.60, 0.90]},  # -5 points on average, but far within the spread
        "Baseline+FFC": {"i_auroc": [0.71, 0.71]},
        "Baseline+NFS+FFC": {"i_auroc": [0.70, 0.70]},
    }
    one = data.checked(only(ablation_rows("table5", values)), "i_auroc", ["table5"])[-1]
    assert (one.outcome, one.deciding) == (FAILS, "Baseline+FFC")
    blocks = {f"L = {n}": {"i_auroc": v} for n, v in ((4, [0.8, 0.8]), (5, [0.8, 0.801]), (6, [0.7, 0.71]))}
    one = data.checked(only(ablation_rows("figure10", blocks)), "i_auroc", ["figure10"])[0]
    assert one.claim.same and (one.outcome, one.deciding) == (FAILS, "L = 6")
    assert "largest difference, with L = 6: here +9.50" in words.claim(one, "i_auroc", whole=False)


# ------------------------------------------------------------------------------------------------------------ tables


def test_the_table_has_ours_beside_the_papers() -> None:
    base = only(ablation_rows("table4", TABLE4))
    table = words.results_table(summarise(base.rows, STUDIES["table4"]), STUDIES["table4"], "i_auroc")
    first, fpm, *_, nnet = table.to_dict("records")
    assert first["I-AUROC here, %"] == "81.00 ± 1.00" and first["to Baseline (RD)"] == "baseline"
    assert fpm["to Baseline (RD)"] == "+5.33 ± 0.58" and fpm["Paper's I-AUROC, %"] == "98.75"
    assert fpm["Paper's difference"] == "+0.13"
    assert nnet["I-AUROC here, %"] == words.NO_RUN and nnet["Paper's I-AUROC, %"] == "98.74"
    pixels = words.results_table(summarise(base.rows, STUDIES["table4"]), STUDIES["table4"], "p_ap")
    assert list(pixels["P-AP here, %"]) == ["no masks"] * 4 + [words.NO_RUN]
    assert "masks" in words.no_masks(base) and "part" in words.no_masks(base)


def test_rows_have_plain_names_with_the_papers_symbols_and_files_keep_the_papers() -> None:
    of_tables = [row.label for name in ("table4", "table5", "table6", "table7") for row in STUDIES[name].rows]
    assert all(words.row_name(label) != label for label in of_tables)
    assert words.row_name("L_RKD + L_KD") == "Rebuilding + copying (L_RKD + L_KD)"
    assert words.row_name("KD, M4 (16 x 16)") == "Copier alone (KD), M4 (16 x 16)"
    assert words.row_name("delta = 0.002") == "δ = 0.002" and words.row_name("N-Net, M5") == "N-Net, M5"
    losses = only(ablation_rows("table6", {"L_RKD": {"i_auroc": [0.8]}, "L_RKD + L_KD": {"i_auroc": [0.9]}}))
    found = data.deltas(losses, STUDIES["table6"], "i_auroc")
    figure = figures.delta_figure(found, "L_RKD")
    assert "copying" in figure.layout.yaxis.ticktext[0] and ">KD</span></sub>" in figure.layout.yaxis.ticktext[0]
    assert figure.layout.xaxis.title.text == "percentage points to Rebuilding (L<sub>RKD</sub>)"
    assert {line["row"] for line in lines(downloads.study_csv(losses, STUDIES["table6"]))} >= {"L_RKD", "L_RKD + L_KD"}


def test_csv_files_hold_the_same_numbers() -> None:
    base = only(ablation_rows("table4", MASKED))
    found = {(r["row"], r["metric"]): r for r in lines(downloads.study_csv(base, STUDIES["table4"]))}
    assert len(found) == 5 * 4
    fpm = found["FPM", "P-AP"]
    assert float(fpm["measured"]) == pytest.approx(55.5) and float(fpm["delta"]) == pytest.approx(4.5)
    assert float(fpm["published_delta"]) == pytest.approx(0.4) and fpm["seeds"] == "0 1"
    assert found["FPM and BD", "P-AP"]["measured"] == "" and found["FPM and BD", "P-AP"]["published"] == "62.77"
    claims = lines(downloads.claims_csv(base))
    assert len(claims) == sum(len(c.metrics) * len(c.others) for c in CLAIMS)
    ours = next(r for r in claims if (r["row"], r["against"], r["metric"]) == ("FPM", "Baseline", "P-AP"))
    assert ours["outcome"] == HOLDS and float(ours["difference"]) == pytest.approx(4.5)
    assert len(lines(downloads.rows_csv(base, STUDIES["table4"]))) == 4
    assert lines(downloads.rows_csv(base, STUDIES["table5"])) == []


@pytest.mark.parametrize("key", TABLES)
def test_the_papers_tables_are_shown_as_printed(key: str) -> None:
    table, frame = TABLES[key], data.published_frame(TABLES[key])
    assert list(frame.columns) == [*table.heads, *table.columns]
    assert [list(row)[len(table.heads) :] for row in frame.itertuples(index=False)] == [
        [cell.text for cell in cells] for _, cells in table.rows
    ]
    assert f"Table {key[5:]} of" in words.published_source(table) and key[5:] in words.published_title(table)


def test_the_command_says_what_would_fill_a_view() -> None:
    assert data.command(["figure9"], None) == "python -m nnet ablate --study figure9 --data elpv:mono"
    rows = ablation_rows(
        "table4", TABLE4, "ELPV monocrystalline", preset="paper", settings="train.epochs=9 loss.delta=0.5"
    )
    assert data.command(["table4", "table5"], only(rows)) == (
        "python -m nnet ablate --study table4 table5 --data elpv:mono --preset paper --set train.epochs=9 "
        "--set loss.delta=0.5"
    )
    assert "--data PATH" in data.command(["table4"], only(ablation_rows("table4", TABLE4)))
    assert {name: data.trainings(STUDIES[name]) for name in ("table4", "table7", "figure9", "figure10")} == {
        "table4": 5,
        "table7": 1,
        "figure9": 3,
        "figure10": 16,
    }
    told = words.to_run(STUDIES["figure9"], data.origin(only(rows)))
    assert "3 trainings for each seed" in told and "9 with" in told and "2 min on average; that is 18 min" in told


def test_every_view_is_named_and_explained() -> None:
    base = only(ablation_rows("table4", TABLE4))
    names = [words.view_name(view, base) for view in words.VIEWS]
    assert "Table 4 · What each part is for" in names and "Figure 9 · The distance between features (not run)" in names
    assert set(words.GLOSSARY) == set(STUDIES) and set(STUDIES) < set(words.VIEWS)
    assert "S1" in words.study_notes(STUDIES["table6"])


# ------------------------------------------------------------------------------------------------------------ charts


def test_differences_are_drawn_with_spread_seeds_and_the_papers_own() -> None:
    base = only(ablation_rows("table4", TABLE4))
    found = data.deltas(base, STUDIES["table4"], "i_auroc")
    assert [value.label for value in found] == [row.label for row in STUDIES["table4"].rows[1:]]
    assert found[0].seeds == pytest.approx({0: 5.0, 1: 5.0, 2: 6.0}) and not found[-1].ran
    figure = figures.delta_figure(found, "Baseline")
    ours, paper = trace(figure, "measured here"), trace(figure, "the paper")
    assert ours.x == pytest.approx([16 / 3, -8 / 3, 16 / 3]) and list(ours.y) == [0, 1, 2]
    assert ours.error_x.array == pytest.approx([value.measured.spread for value in found[:3]])
    assert paper.x == pytest.approx([0.13, 0.08, 0.16, 0.12])
    assert len(trace(figure, "single seeds").x) == 9
    assert "not run" in figure.layout.yaxis.ticktext[3] and "not run" not in figure.layout.yaxis.ticktext[0]
    low, high = figure.layout.xaxis.range
    assert low < -3 and high > 6 and figure.layout.xaxis.title.text.startswith("percentage points")


def test_nothing_measured_gives_an_empty_chart_of_the_same_shape() -> None:
    base = only(ablation_rows("table4", TABLE4))
    for metric in ("p_ap", "p_pro"):
        figure = figures.delta_figure(data.deltas(base, STUDIES["table4"], metric), "Baseline")
        assert len(trace(figure, "measured here").x) == 0 and len(trace(figure, "the paper").x) == 4
        assert "not measured" in figure.layout.yaxis.ticktext[0]
    json.loads(figures.bars_figure(data.values(base, STUDIES["figure9"], "p_ap"), "cosine").to_json())


def test_bars_start_at_a_whole_percent_below_everything() -> None:
    values = {"L1": {"p_auroc": [0.902, 0.91]}, "cosine": {"p_auroc": [0.95, 0.96]}}
    base = only(ablation_rows("figure9", values))
    found = data.values(base, STUDIES["figure9"], "p_auroc")
    figure, low = figures.bars_figure(found, "cosine"), figures.lowest(found)
    bars = [one for one in figure.data if isinstance(one, go.Bar)]
    assert [bar.base + bar.y[0] for bar in bars] == pytest.approx([90.6, 95.5]) and low == int(low) < 90.2
    assert all(bar.base == low for bar in bars) and f"{low:g} %" in words.AXIS_NOTE.format(low=low)
    assert bars[1].marker.color == theme.NORMAL != bars[0].marker.color
    assert "not run" in figure.layout.xaxis.ticktext[1]


def test_sweeps_stand_on_one_axis_with_the_papers_choice() -> None:
    values = {f"delta = {d:g}": {"i_auroc": [0.8, 0.82]} for d in (0.00002, 0.002, 0.2)}
    values |= {"L = 4": {"i_auroc": [0.9, 0.9]}, "beta constant": {"i_auroc": [0.7, 0.7]}}
    found = data.values(only(ablation_rows("figure10", values)), STUDIES["figure10"], "i_auroc")
    sizes = {name: len(data.sweep(found, name)) for name in words.SWEEP_TITLES}
    assert sizes == {"L": 6, "delta": 5, "alpha": 5, "beta": 2}
    limits = figures.limits(found)
    assert limits[0] < 70 and limits[1] > 90
    figure = figures.sweep_figure(data.sweep(found, "delta"), limits, chosen=words.CHOSEN_VALUES["delta"], log=True)
    line = trace(figure, "measured here")
    assert list(line.x) == [0.00002, 0.002, 0.2] and line.y == pytest.approx([81] * 3)
    assert figure.layout.xaxis.type == "log" and list(figure.layout.yaxis.range) == limits
    assert figure.layout.shapes[0].x0 == 0.002
    beta = figures.sweep_figure(data.sweep(found, "beta"), limits)
    assert trace(beta, "measured here").mode == "markers" and list(trace(beta, "measured here").x) == [1.0]


def test_branches_stand_side_by_side_map_by_map() -> None:
    values = {"KD, M5 (32 x 32)": {"p_ap": [0.3, 0.4]}, "N-Net, M5 (32 x 32)": {"p_ap": [0.5, 0.5]}}
    found = data.values(only(ablation_rows("figure6", values)), STUDIES["figure6"], "p_ap")
    figure = figures.maps_figure({"KD": found[:4], "N-Net": found[4:]}, ("a", "b", "c", "d"))
    kd, nnet = trace(figure, "KD"), trace(figure, "N-Net")
    assert kd.y == pytest.approx([35]) and nnet.y == pytest.approx([50]) and kd.x[0] < nnet.x[0]
    assert round(kd.x[0]) == round(nnet.x[0]) == 2


def test_the_area_of_a_circle_is_its_parameters() -> None:
    rows = ablation_rows("table4", TABLE4) + ablation_rows("figure9", {"L1": {"i_auroc": [0.9, 0.9]}})
    points = data.speed_points(only(rows), "i_auroc")
    assert [point.label for point in points] == list(TABLE4), "a weight of the loss makes no other network"
    assert data.speed_points(only(rows), "p_pro") == []
    (circles,) = figures.speed_figure(points, "I-AUROC").data
    marker = circles.marker
    diameters = np.sqrt(np.array(marker.size) / marker.sizeref)
    assert marker.sizemode == "area" and list(marker.size) == sorted((p.parameters for p in points), reverse=True)
    assert diameters.max() == pytest.approx(figures.LARGEST) and circles.y[-1] == pytest.approx(points[-1].quality.mean)
    assert list(words.speed_table(points, "i_auroc")["Network"]) == [words.row_name(label) for label in TABLE4]
    told = words.speed_made(data.origin(only(rows)))
    assert "CPU, 2 threads" in told and "shared" not in told
    assert "shared" in words.speed_made(data.origin(only(ablation_rows("table4", TABLE4, jobs=2))))
    assert lines(downloads.speed_csv(points, "i_auroc"))[0]["network"] == "Baseline"


def test_a_card_is_read_if_there_is_one(tmp_path: Path) -> None:
    assert data.card(tmp_path) is None
    (tmp_path / CARD).write_text("# A study\n")
    assert data.card(tmp_path) == "# A study"


# ----------------------------------------------------------------------------------------------- words that must agree


@pytest.mark.parametrize(
    ("mean", "spread", "written"),
    [
        (-0.071382, 0.070714, "-0.0714 ± 0.0707 points"),
        (0.4200, 0.1, "+0.42 ± 0.10 points"),
        (-1.004, 1.001, "-1.004 ± 1.001 points"),
        (0.5, None, "+0.50 points"),
        (0.0, 0.0, "+0.00 ± 0.00 points"),
    ],
)
def test_a_difference_has_as_many_digits_as_tell_it_from_its_spread(
    mean: float, spread: float | None, written: str
) -> None:
    assert words.points(Measured(mean, spread, 3)) == written


def test_both_times_of_a_study_are_named_and_how_large_its_networks_are() -> None:
    base = only([row | {"steps": 600} for row in ablation_rows("table4", TABLE4)])
    told = words.about_results(base, data.origin(base))
    assert "24 min for all runs, of which 18 min training" in told and "128 × 128 px, 600 steps" in told
    other = only(ablation_rows("table4", TABLE4, settings="model.size=256 train.epochs=2"))
    assert other.size == 256 and "(256 × 256 px)" in words.table_title(other, True)
    assert only(ablation_rows("table4", TABLE4, preset="gone")).size is None


def test_a_study_answers_what_the_paper_claims_of_the_copier() -> None:
    copier = next(claim for claim in CLAIMS if claim.key == "bd")
    assert "from 61.18 to **62.77** (+1.59 points)" in words.paper_says(copier, "p_ap")
    base = only(ablation_rows("table4", TABLE4))
    found = next(one for one in data.checked(base, "i_auroc", ["table4"]) if one.claim == copier)
    told = words.study_says(base, found, data.origin(base), "i_auroc")
    assert "I-AUROC changes by **+0.00 ± 1.00 points**: the paper's claim is undecided" in told
    assert "50 good pictures of part, 3 seeds" in told and "128 × 128 px" in told
    one = only(ablation_rows("table4", {"Baseline": TABLE4["Baseline"]}))
    found = next(o for o in data.checked(one, "i_auroc", ["table4"]) if o.claim == copier)
    assert words.study_says(one, found, data.origin(one), "i_auroc") == words.NO_STUDY
