"""Training films that somebody else made: what is in them is counted and measured before it takes memory."""

import os
from pathlib import Path

import damaging
import numpy as np
import pytest
from run_builders import make_run, write_film

from nnet.runs import Runs
from nnet.runs.film import FILM, FRAME_FORMAT, MOST_SHOWN, Probe, write_probes


def test_a_frame_of_a_film_has_one_name(tmp_path: Path) -> None:
    run = make_run(Runs(tmp_path), "Film")
    film = write_film(run)
    (run.path / FILM / "frame-000001.safetensors").rename(run.path / FILM / "frame-0000001.safetensors")
    assert film.epochs == [0, 2] and len(film.scores()[0]) == 2


def test_a_film_of_thousands_of_frames_is_shown_by_its_last(tmp_path: Path) -> None:
    run = make_run(Runs(tmp_path), "Film")
    film = write_film(run, (0,))
    first = run.path / FILM / "frame-000000.safetensors"
    for epoch in range(1, 3000):
        os.link(first, first.with_name(f"frame-{epoch:06d}.safetensors"))
    assert film.epochs == list(range(3000 - MOST_SHOWN, 3000))


def test_a_frame_larger_than_any_of_ours_is_refused(tmp_path: Path) -> None:
    """It may take no room on the disk, and 200 MB each in memory."""
    run = make_run(Runs(tmp_path), "Film")
    write_film(run, (0,))
    write_probes(run.path / FILM, [Probe("a", "normal", "a", np.zeros((64, 64, 3), np.uint8))] * 64)
    size = 64 * 512 * 512 * 2
    stated = {
        f"M{i}": {"dtype": "F16", "shape": [64, 512, 512], "data_offsets": [i * size, i * size + size]}
        for i in range(6)
    }
    damaging.header(stated, 6 * size)(run.path / FILM / "frame-000000.safetensors")
    assert 6 * size > FRAME_FORMAT.most
    with pytest.raises(FRAME_FORMAT.error, match="at most"):
        run.film().frame(0)
