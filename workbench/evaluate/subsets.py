"""Which maps carry the result: every subset of the maps scored, and what each map contributes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from nnet.analysis import subsets
from nnet.analysis.evaluation import Evidence
from nnet.analysis.subsets import Attribution, Subset
from nnet.scoring.metric_names import SHORT_NAMES
from workbench.evaluate import cache, download_tables, figures, words
from workbench.evaluate.cache import Key
from workbench.evaluate.scene import Scene, measured_just_now
from workbench.evaluate.settings import METRIC
from workbench.shared import controls, measuring
from workbench.shared.controls import choose

_RUNS = "evaluate_subsets"


@dataclass
class Run(measuring.Run):
    """One visitor's scoring of the subsets, with those that are scored."""

    found: list[Subset] = field(default_factory=list)


def draw(scene: Scene) -> None:
    st.markdown(words.MAPS_ABOUT)
    found = attribution(scene)
    evidence, _ = measured_just_now(scene)
    total = 2 ** len(evidence.maps) - 1
    done = len(found.subsets) if found is not None else 0
    if done < total:
        st.caption(words.subsets_cost(len(evidence), evidence.size, evidence.has_masks))
        run, says = _run(scene), measuring.Says(words.score_subsets(total), "subset", "scored")
        measuring.measure("subsets", run, lambda: _steps(scene, run), says, lambda: subset_pace(evidence))
    if found is None:
        return
    metric = choose(METRIC, {name: SHORT_NAMES[name] for name in found.metrics}, label=words.METRIC)
    if found.complete:
        _shapley(found, metric)
    _ranking(found, metric)


# ---------------------------------------------------------------------------------------------------------- scoring


def _run(scene: Scene) -> Run:
    """The visitor's scoring of the subsets."""
    runs: dict[Key, Run] = st.session_state.setdefault(_RUNS, {})
    evidence, _ = measured_just_now(scene)
    return runs.setdefault(scene.key, Run(2 ** len(evidence.maps) - 1))


def _steps(scene: Scene, current: Run) -> Iterator[int]:
    """Continue scoring subsets; a complete result is shared with everybody."""
    evidence, _ = measured_just_now(scene)
    for subset in subsets.measure_subsets(evidence, len(current.found)):
        current.found.append(subset)
        yield len(current.found)
    result = attribution(scene)
    if result is not None and result.complete:
        cache.ATTRIBUTIONS.put(scene.key, result)


def attribution(scene: Scene) -> Attribution | None:
    """All subsets that are known so far, or None."""
    if (known := cache.ATTRIBUTIONS.get(scene.key)) is not None:
        return known
    found = _run(scene).found
    if not found:
        return None
    evidence, _ = measured_just_now(scene)
    return Attribution(tuple(sorted(evidence.maps)), tuple(found), subsets.empty_values(evidence))


def subset_pace(found: Evidence) -> float:
    """About how many seconds one subset takes, from its size: measured as some 60 ns a pixel with masks."""
    pixels = len(found) * found.size**2
    return pixels * (6e-8 if found.has_masks else 2e-8)


# ----------------------------------------------------------------------------------------------------------- results


def _shapley(found: Attribution, metric: str) -> None:
    values = found.shapley(metric)
    st.markdown(words.carries(values, metric))
    st.markdown(words.shapley_title(metric))
    figure, told = figures.shapley_figure(values, SHORT_NAMES[metric]), words.carries(values, metric)
    controls.chart(
        figure, f"shapley-{metric}", words.shapley_hint(values, metric, found.empty[metric]), alt=told, width=680
    )


def _ranking(found: Attribution, metric: str) -> None:
    best, total = found.ranked(metric)[0], 2 ** len(found.maps) - 1
    st.markdown(words.ranking_title(len(found.subsets), total, metric))
    if found.complete:
        whole = next(s for s in found.subsets if s.maps == found.maps)
        st.markdown(words.best_subset(best.expression, best.values[metric], whole.values[metric], metric))
    table = download_tables.subsets(found, metric)
    columns = {name: st.column_config.CheckboxColumn(name, width="small") for name in found.maps}
    columns |= {SHORT_NAMES[key]: st.column_config.NumberColumn(format="%.4f") for key in found.metrics}
    columns |= {words.SUBSET_COLUMNS[0]: st.column_config.NumberColumn(width="small")}
    st.dataframe(table, hide_index=True, key="evaluate_subsets_table", column_config=columns, height=420)
    st.caption(words.SUBSETS_HINT)
