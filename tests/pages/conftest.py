"""What all tests of pages share."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from streamlit.components.v2 import manifest_scanner

from nnet.data import synthetic


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Whenever an AppTest begins, Streamlit looks through every installed package for components, which takes longer
    than most pages. Here it looks once."""
    with pytest.MonkeyPatch.context() as patched:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patched.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(scope="module", autouse=True)
def small_synthetic_sets() -> Iterator[None]:
    """Drawing a synthetic set takes longer than what the pages do with it. Here its images are as small as the
    network's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(synthetic, "SIDE", 64)
        yield
