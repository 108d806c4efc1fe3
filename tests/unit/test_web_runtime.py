"""The browser's runtime comes from npm once, is checked, and its absence is explained."""

import io
import urllib.error

import pytest

from nnet.export import ExportError, runtime, web


def test_a_file_that_is_not_the_package_is_refused(tmp_path):
    other = tmp_path / runtime.FILE
    other.write_bytes(b"something else")
    with pytest.raises(ExportError, match="is not onnxruntime-web"):
        runtime.install(tmp_path, other)
    with pytest.raises(ExportError, match="is not onnxruntime-web"):
        runtime.locate(tmp_path / "missing.tgz")


def test_without_a_network_the_message_says_what_to_do(tmp_path, monkeypatch):
    def offline(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(runtime.urllib.request, "urlopen", offline)
    with pytest.raises(ExportError, match="--runtime"):
        runtime.locate()


def test_what_came_with_another_hash_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(runtime.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(b"tampered"))
    with pytest.raises(ExportError, match="did not give the expected file"):
        runtime.locate()
    assert list(tmp_path.rglob("*.tgz")) == []


def test_a_folder_without_pictures_is_refused_as_samples(tmp_path):
    with pytest.raises(ExportError, match="There is no picture"):
        web.folder_pictures(tmp_path)
