"""Estimates of a run: time, memory and disk, from a few steps that are really made."""

import dataclasses
import json
from pathlib import Path

import streamlit as st

from nnet.runs import Estimate, RunSpec, estimate
from workbench.shared import resources

ESTIMATES = 32
"""Most estimates kept; one is good for ESTIMATE_SECONDS, since memory and disk change."""
ESTIMATE_SECONDS = 300


@st.cache_data(max_entries=ESTIMATES, ttl=ESTIMATE_SECONDS, show_spinner=False)
def _estimate(_spec: RunSpec, _upload: Path | None, key: str) -> Estimate:
    """`key` is there for the cache."""
    return estimate(_spec, resources.runs_folder(), _upload)


def estimate_key(spec: RunSpec, upload: Path | None) -> str:
    """Stands for everything that an estimate depends on."""
    known = dataclasses.replace(spec, name="", created="", memory_bytes=None, disk_bytes=None, tensorboard=False)
    return json.dumps([known.to_dict(), str(upload), str(resources.runs_folder())], sort_keys=True)


def estimated(spec: RunSpec, upload: Path | None) -> Estimate:
    """Time, memory and disk of a run, measured in a process of its own unless that was done a moment ago.

    Raises:
        nnet.errors.NNetError: it cannot be trained, in a sentence.
    """
    key = estimate_key(spec, upload)
    found = _estimate(spec, upload, key)
    if found.refusals or found.warnings:  # the visitor makes room, and wants to be judged by that
        _estimate.clear(spec, upload, key)
    return found
