"""The training film: a few pinned images and what the network says of them, epoch by epoch."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

from nnet.config import Config
from nnet.errors import NNetError
from nnet.runs import Film, Frame
from nnet.runs.film import FILM
from nnet.saved.formats import CONFIG, CONFIG_FORMAT
from nnet.scoring.promise import conformal
from workbench.components.training_film import Reel, Reels
from workbench.components.training_film import film as film_strip
from workbench.shared import controls, pictures, resources, units
from workbench.shared import film_figures as figures
from workbench.shared import film_words as words
from workbench.shared.cache import BoundedCache
from workbench.shared.settings import FILM_SCALE, PROBE, whole_number

SCORE_MAP_BYTES = 32 * resources.MEBIBYTE
"""Most memory for the films' score maps, 64 kB each."""
FILM_BYTES = 64 * resources.MEBIBYTE
"""Most memory for films of all sessions together; one takes about 0.5 to 2 MB."""


def of_model(path: Path) -> Film | None:
    """The film that lies in a checkpoint's directory, or None. A damaged checkpoint has none."""
    try:
        config = Config.from_dict(CONFIG_FORMAT.read(path / CONFIG)["config"])
    except (NNetError, FileNotFoundError):
        return None
    film = Film(path / FILM, config)
    return film if film.epochs else None


def draw(name: str, film: Film) -> None:
    """The film with its controls and the chart of its scores.

    Args:
        name: of the run or model, unique on the page.
        film: as it is now.
    """
    try:
        _watched(name, film)
    except NNetError as error:
        st.warning(units.plain(str(error)), icon=":material/broken_image:")


def brief(name: str, film: Film) -> None:
    """The film's heatmap alone, of the first pinned image that is not normal."""
    try:
        epochs, kinds = film.epochs, [probe.kind for probe in film.probes]
        probe = next((index for index, kind in enumerate(kinds) if kind != "normal"), 0)
        whole = reels(film, epochs, probe, "one")
        label = words.FILM_LABEL.format(probe=words.probe_label(probe + 1, film.probes[probe]))
        film_strip(f"film-{name}-brief", replace(whole, large=whole.large[1:], small=()), None, _at_rest, label=label)
    except NNetError as error:
        st.warning(units.plain(str(error)), icon=":material/broken_image:")


def _watched(name: str, film: Film) -> None:
    epochs, probes = film.epochs, film.probes
    if not epochs or not probes:
        st.info(words.NO_FILM, icon=":material/movie:")
        return
    labels = [words.probe_label(number, probe) for number, probe in enumerate(probes, 1)]
    first = next((index for index, probe in enumerate(probes) if probe.kind != "normal"), 0)
    probe = PROBE.remember(first, whole_number(0, len(probes) - 1))
    scale = FILM_SCALE.remember()
    shown = reels(film, epochs, probe, scale)
    label = words.FILM_LABEL.format(probe=labels[probe])
    film_strip(f"film-{name}-{probe}", shown, _epoch(epochs), _at_rest, label=label)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            words.PROBE,
            range(len(probes)),
            format_func=labels.__getitem__,
            key=PROBE.key,
            help=words.PROBE_HELP,
            width=320,
        )
        controls.choose(FILM_SCALE, words.FILM_SCALES, label=words.FILM_SCALE, help=words.FILM_SCALE_HELP)
    st.caption(words.FILM_ABOUT)
    _film_scales(film, epochs, scale)
    _film_scores(film, probe, labels)


def _epoch(epochs: Sequence[int]) -> int | None:
    """The epoch in the URL, None for the newest."""
    written = st.query_params.get("epoch", "")
    return int(written) if written.isdecimal() and int(written) in epochs else None


def _at_rest(epoch: int | None) -> None:
    if epoch is None:
        st.query_params.pop("epoch", None)
    else:
        st.query_params["epoch"] = str(epoch)


def _film_scales(film: Film, epochs: Sequence[int], scale: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        level = film.level(film.frame(epochs[-1]))
        shown = pictures.calibrated_scale(level or 1.0)
        if scale == "each":
            shown = pictures.Scale(0, 2, words.EACH_TICKS, words.EACH_UNIT)
        st.html(pictures.colour_bar(shown))
    with right:
        st.html(pictures.colour_bar(pictures.map_scale()))
    st.caption(words.MAP_SCALE_HINT)


def _film_scores(film: Film, probe: int, labels: Sequence[str]) -> None:
    epochs, scores, held_out = film.scores()
    kinds = [one.kind for one in film.probes]
    quantile = film.config.scoring.quantile
    levels = conformal(held_out, quantile) if held_out.shape[1] else np.zeros(len(epochs))
    st.markdown(words.SCORES_TITLE)
    st.html(figures.colour_key(kinds, words.SCORE_KEY, held_out.shape[1] > 0))
    figure = figures.scores_figure(epochs, scores, kinds, labels, held_out, levels, probe)
    controls.chart(figure, "film_scores", words.SCORES_HINT)


# --------------------------------------------------------------------------------------------------------- pictures


_FILMS: BoundedCache[tuple[object, ...], Reels] = BoundedCache(FILM_BYTES, lambda reels: reels.nbytes)
_SCORE_MAPS: BoundedCache[tuple[object, ...], np.ndarray] = BoundedCache(SCORE_MAP_BYTES, lambda score: score.nbytes)


def reels(film: Film, epochs: Sequence[int], probe: int, scale: str) -> Reels:
    """The film of one pinned image, made again only when there are new frames. `scale`: a key of
    `words.FILM_SCALES`."""
    newest = (film.folder / f"frame-{epochs[-1]:06d}.safetensors").stat().st_mtime_ns
    key = (str(film.folder), tuple(epochs), newest, probe, scale)
    return _FILMS.of(key, lambda: _reels(film, epochs, probe, scale, key))


def _judged(film: Film, frame: Frame, probe: int) -> np.ndarray:
    """Score_p of a pinned image in a frame at the film's size. A frame is never changed, but a resumed run makes some
    again."""
    path = film.folder / f"frame-{frame.epoch:06d}.safetensors"
    key = (str(path), path.stat().st_mtime_ns, probe)
    return _SCORE_MAPS.of(key, lambda: figures.resized(film.score_map(frame, probe), figures.HEAT_SIDE))


def _reels(film: Film, epochs: Sequence[int], probe: int, scale: str, key: tuple[object, ...]) -> Reels:
    probes = film.probes
    normal = [index for index, one in enumerate(probes) if one.kind == "normal"]
    frames, levels, scores, of_maps = [], [], [], []
    for epoch in epochs:  # one after the other: of each only the maps of one image are kept
        frame = film.frame(epoch)
        levels.append(film.level(frame) or float(frame.scores.max()))
        scores.append(_judged(film, frame, probe))
        of_maps.append(figures.map_levels(frame.maps, normal))
        frames.append(replace(frame, maps={name: m[probe].copy() for name, m in frame.maps.items()}))
    judged = np.stack(scores)
    by_frame = levels if scale == "each" else [levels[-1]] * len(frames)
    heat = [pictures.calibrated_scale(level) for level in by_frame]
    map_scale = pictures.map_scale()
    small = []
    for name in frames[-1].maps:
        by_map = [found[name] if scale == "each" else of_maps[-1][name] for found in of_maps]
        values = np.stack(
            [np.asarray(frame.maps[name], np.float32) / level for frame, level in zip(frames, by_map, strict=True)]
        )
        small.append(Reel(name, strip=figures.strip(values, [map_scale] * len(frames), values.shape[1])))
    image, mask = probes[probe].image, probes[probe].mask
    both = (pictures.reduced(shown, figures.PHOTO_SIDE) for shown in (figures.outlined(image, mask), image))
    photo, plain = map(pictures.data_uri, both)
    strip = figures.strip(judged, heat, figures.HEAT_SIDE, 0.75)
    return Reels(
        hashlib.sha256(repr(key).encode()).hexdigest(),
        tuple(epochs),
        tuple(words.epoch_title(epoch) for epoch in epochs),
        tuple(words.frame_line(frame, probe, level) for frame, level in zip(frames, levels, strict=True)),
        (Reel(words.PROBE, photo), Reel(words.HEAT, plain, strip)),
        tuple(small),
    )
