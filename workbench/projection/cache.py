"""The Projection page's caches, shared by all sessions and all bounded. No control runs the network: what is kept here
comes from traces."""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis import projection
from nnet.analysis.projection import Pair
from workbench.projection import pairs
from workbench.projection.measured import Measured
from workbench.projection.pairs import Embedding, Look, Region
from workbench.projection.scene import Scene
from workbench.shared import pictures, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Loaded, Model

LOOK_BYTES = 64 * resources.MEBIBYTE
"""Most memory for variance maps and statistics: about 400 images of the paper's network, over 1,000 of the default."""
PICTURE_BYTES = 32 * resources.MEBIBYTE
"""Most memory for features as colours, at most about 25 kB a pair."""
SMALL_BYTES = 16 * resources.MEBIBYTE
"""Most memory for small pictures, about 100 kB each."""
EMBEDDINGS = 200
"""Most UMAPs kept, about 10 kB each."""
CHARTS = 100
"""Most sets of four charts kept, about 100 kB each."""
RESULT_BYTES = 64 * resources.MEBIBYTE
"""Most memory for measured data sets: 384 bytes an image."""

Colours = tuple[np.ndarray, np.ndarray | None, float]
"""What `projection.pca_rgb` returns."""


class _Stores:
    def __init__(self) -> None:
        self.looks: BoundedCache[tuple[object, ...], tuple[Look, ...]] = BoundedCache(
            LOOK_BYTES, lambda looks: sum(look.nbytes for look in looks)
        )
        self.colours: BoundedCache[tuple[object, ...], Colours] = BoundedCache(
            PICTURE_BYTES, lambda found: found[0].nbytes + (0 if found[1] is None else found[1].nbytes)
        )
        self.embeddings: BoundedCache[tuple[object, ...], Embedding] = BoundedCache(EMBEDDINGS, lambda _: 1)
        self.charts: BoundedCache[tuple[object, ...], dict[str, go.Figure]] = BoundedCache(CHARTS, lambda _: 1)
        self.small: BoundedCache[str, str] = BoundedCache(SMALL_BYTES, len)
        self.results: BoundedCache[tuple[str, str], Measured] = BoundedCache(
            RESULT_BYTES, lambda measured: measured.values.nbytes
        )


@st.cache_resource(max_entries=1, show_spinner=False)
def _stores() -> _Stores:
    return _Stores()


def results() -> BoundedCache[tuple[str, str], Measured]:
    """Measured data sets, by the model's key and the hash of the files."""
    return _stores().results


def looks(model: Model, loaded: Loaded, side: str, some: Sequence[Pair], region: Region) -> tuple[Look, ...]:
    """Variance maps and statistics of a side."""
    key = (loaded.hash, model.key, side, region.kind)
    return _stores().looks.of(key, lambda: tuple(pairs.look_at(pair, region.mask) for pair in some))


def charts(scene: Scene, make: Callable[[], dict[str, go.Figure]], *controls: object) -> dict[str, go.Figure]:
    """Charts of the scene under the controls that they depend on: Plotly takes longer to check one than to draw it."""
    return _stores().charts.of((scene.loaded.hash, scene.model.key, scene.region.kind, *controls), make)


def small_picture(loaded: Loaded) -> str:
    """The image at the size of the gate profiles as a data URI, since encoding takes longer than the profiles."""
    return _stores().small.of(loaded.hash, lambda: pictures.data_uri(pictures.reduced(loaded.shown, 360)))


def colours(scene: Scene, pair: Pair, unit: bool) -> Colours:
    """`projection.pca_rgb` of a pair."""
    key = (scene.loaded.hash, scene.model.key, pair.side, pair.scale, unit)
    return _stores().colours.of(key, lambda: projection.pca_rgb(pair.before, pair.after, unit))


def embedding(scene: Scene, pair: Pair, inside: np.ndarray) -> Embedding:
    """UMAPs of a pair. Raises nnet.errors.NNetError where there are too few vectors."""
    key = (scene.loaded.hash, scene.model.key, pair.side, pair.scale, scene.region.kind)
    return _stores().embeddings.of(key, lambda: pairs.embed(pair, inside))
