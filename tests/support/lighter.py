"""Pages without a browser for less: what Streamlit's test runner does anew for each page or control is done once, or
when somebody asks for it. What a page shows is the same."""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import MagicMock

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import app_test, local_script_runner

from nnet.data import synthetic

_drawn = functools.lru_cache(4096)(synthetic._image)


@pytest.fixture(scope="module", autouse=True)
def small_synthetic_sets() -> Iterator[None]:
    """Drawing a synthetic set takes longer than what the pages do with it. Here its images are as small as the
    network's, and each is drawn once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(synthetic, "SIDE", 64)
        patched.setattr(synthetic, "_image", lambda *what: _drawn(*what).copy())
        yield


@contextlib.contextmanager
def lighter() -> Iterator[None]:
    """Until the end of the block."""
    with pytest.MonkeyPatch.context() as patched:
        # It looks through every installed package for components whenever an AppTest begins.
        patched.setattr(
            manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
        )
        patched.setattr(local_script_runner, "require_widgets_deltas", _wait)
        # Each message's hash is for a browser that may know it already.
        patched.setattr(script_run_context, "populate_hash_if_needed", lambda message: None)
        patched.setattr(SafeSessionState, "filtered_state", property(_Kept))
        patched.setattr(app_test, "MagicMock", _runtime)
        yield


_ASKS = local_script_runner.require_widgets_deltas


def _wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
    """Wait for the script's thread. An AppTest asks a thousand times a second whether it has ended, and takes the
    interpreter from it each time."""
    if runner._script_thread is not None:
        runner._script_thread.join(timeout)
    if not runner.script_stopped():
        _ASKS(runner, 0)


class _Kept(Mapping[str, Any]):
    """What a session keeps, by key. Each text field, list, slider and number asks for all of it, to look at its own."""

    def __init__(self, state: SafeSessionState) -> None:
        self._safe = state

    def __getitem__(self, key: str) -> Any:
        with self._safe._lock:
            return self._safe._state[key]

    def __iter__(self) -> Iterator[str]:
        with self._safe._lock:
            return iter(self._safe._state.filtered_state)

    def __len__(self) -> int:
        return len(list(iter(self)))


_made = functools.cache(MagicMock)


def _runtime(**given: object) -> MagicMock:
    """A stand-in for the server, which takes a class of its own."""
    runtime: MagicMock = _made(**given)
    runtime.reset_mock()
    return runtime
