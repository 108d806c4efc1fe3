"""Replay bundles: what is stored comes back, what was changed is found, and what is hostile is refused."""

import dataclasses
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builders import encode, random_images, zipped
from bundles import Members, changed, opened, pack, signed

from nnet import replay
from nnet.cli import main
from nnet.data.images import decode
from nnet.detector import Detector
from nnet.replay import checks
from nnet.replay.formats import CALIBRATION, IMAGE, MANIFEST, MODEL, SETTINGS, VALUES, ReplayError
from nnet.scoring.maps import score_map
from nnet.scoring.overlay import to_png

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def packed(detector: Detector) -> bytes:
    """A bundle of an uploaded JPEG, whose threshold was moved."""
    return pack(detector, ("part.jpg", encode(random_images(1, 96, seed=3)[0], "JPEG")))


def arrays(members: Members) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(members[VALUES]), allow_pickle=False) as read:
        return dict(read)


def with_arrays(members: Members, **values: np.ndarray) -> Members:
    stream = io.BytesIO()
    np.savez(stream, **(arrays(members) | values))
    return {**members, VALUES: stream.getvalue()}


def wrong(content: bytes) -> set[str]:
    """Names of the checks without a network that fail."""
    return {check.name for check in checks.check(replay.unpack(content)) if not check.agrees}


# --------------------------------------------------------------------------------------------------- there and back


def test_everything_comes_back(detector: Detector, packed: bytes) -> None:
    bundle = replay.unpack(packed)
    image = decode(bundle.original[1], "x").image
    np.testing.assert_array_equal(bundle.image, image)
    for name, values in detector.trace(image).maps.items():
        np.testing.assert_array_equal(bundle.maps[name], values)
    reference = detector.calibration.for_expression("M1*M2*M3")
    np.testing.assert_array_equal(bundle.reference.scores, reference.scores)
    assert bundle.reference.threshold == 1.5 * reference.threshold
    assert bundle.view == {"opacity": "40", "scale": "own"} and bundle.title == "part.jpg"
    assert bundle.original[0] == "part.jpg" and bundle.weights_hash == detector.checkpoint.weights_hash
    assert bundle.levels == {n: q["q99"] for n, q in detector.calibration.map_quantiles.items()}
    assert bundle.model["config"] == detector.config.to_dict()
    assert bundle.model["teacher"]["sha256"] == detector.network.T.sha256()
    assert wrong(packed) == set()


def test_the_same_machine_gives_the_same_digits(detector: Detector, packed: bytes) -> None:
    again = checks.rerun(replay.unpack(packed), detector)
    assert again.tolerance == 0 and all(check.agrees for check in again.checks), again.checks
    assert {check.name for check in again.checks} >= {"Weights", "Teacher", "Calibration", "M1", "M6", "Score"}


def test_a_sample_has_no_uploaded_file(detector: Detector) -> None:
    bundle = replay.unpack(pack(detector, None, random_images(1)[0]))
    assert bundle.original is None
    assert "Uploaded file" not in {check.name for check in checks.check(bundle)}


# ---------------------------------------------------------------------------------------------- what was changed


def test_a_changed_member_is_named(packed: bytes) -> None:
    members = opened(packed)
    other = changed(members, MODEL, commit="0" * 40)
    assert wrong(zipped(other)) == {"Files"}
    assert replay.unpack(zipped(other)).damaged == (MODEL,)


@pytest.mark.parametrize(
    ("forge", "found"),
    [
        (lambda m: changed(m, SETTINGS, score=0.5), {"Numbers shown"}),
        (lambda m: changed(m, SETTINGS, percentile=12.0), {"Numbers shown"}),
        (lambda m: changed(m, SETTINGS, anomalous=not json.loads(m[SETTINGS])["anomalous"]), {"Numbers shown"}),
        (lambda m: with_arrays(m, M1=arrays(m)["M1"] * 1.01), {"Score from maps"}),
        (lambda m: with_arrays(m, score=arrays(m)["score"] * 1.01), {"Score from maps", "Numbers shown"}),
        (lambda m: {**m, IMAGE: to_png(random_images(1, 96, seed=8)[0])}, {"Pixels"}),
        (lambda m: {**m, "original.jpg": m["original.jpg"][:-400]}, {"Uploaded file"}),
    ],
)
def test_a_forged_bundle_contradicts_itself(
    packed: bytes, forge: Callable[[Members], Members], found: set[str]
) -> None:
    assert wrong(signed(forge(opened(packed)))) == found


def test_running_again_finds_forged_maps(detector: Detector, packed: bytes) -> None:
    """Maps, score and numbers that fit one another, but are not what the network makes of the image."""
    members = opened(packed)
    values = arrays(members)
    values["M2"] = values["M2"] + np.float32(1e-3)
    bundle = replay.unpack(packed)
    values["score"] = score_map(values, "M1*M2*M3", bundle.size, bundle.sigma)
    score = float(values["score"].max())
    numbers = {
        "score": score,
        "percentile": bundle.reference.percentile(score),
        "p_value": bundle.reference.p_value(score),
        "anomalous": bundle.reference.is_anomalous(score),
    }
    forged = signed(changed(with_arrays(members, **values), SETTINGS, **numbers))
    assert wrong(forged) == set()
    again = checks.rerun(replay.unpack(forged), detector)
    assert {check.name for check in again.checks if not check.agrees} == {"M2", "Score"}


def test_another_calibration_and_another_teacher_are_found(detector: Detector, packed: bytes) -> None:
    members = opened(packed)
    scores = [2 * s for s in json.loads(members[CALIBRATION])["scores"]]
    teacher = {"name": "resnet18", "origin": "", "sha256": "0" * 64}
    other = changed(changed(members, CALIBRATION, scores=scores), MODEL, teacher=teacher)
    again = checks.rerun(replay.unpack(signed(other)), detector)
    assert {check.name for check in again.checks if not check.agrees} == {"Calibration", "Teacher"}


def test_other_weights_are_not_compared(detector: Detector, packed: bytes) -> None:
    members = opened(packed)
    model = json.loads(members[MODEL])
    model["checkpoint"]["weights_sha256"] = "0" * 64
    with pytest.raises(ReplayError, match="has different weights"):
        checks.rerun(replay.unpack(signed(changed(members, MODEL, **model))), detector)


# ---------------------------------------------------------------------------------------------------- tolerances


def test_the_tolerance_follows_from_what_differs(detector: Detector) -> None:
    here = replay.environment(detector)
    assert checks.expected_difference(here, here)[0] == 0
    elsewhere = here | {"threads": here["threads"] + 1}
    tolerance, why = checks.expected_difference(elsewhere, here)
    assert tolerance == checks.FLOAT32_TOLERANCE and "threads" in why
    older = here | {"versions": here["versions"] | {"torch": "1.0"}}
    assert "torch 1.0" in checks.expected_difference(older, here)[1]
    gpu = here | {"kind": "cuda"}
    assert checks.expected_difference(gpu, here)[0] == checks.FLOAT16_TOLERANCE


@pytest.mark.parametrize(("factor", "agrees"), [(0.9, True), (3.0, False)])
def test_elsewhere_maps_may_differ_by_the_tolerance(
    detector: Detector, packed: bytes, factor: float, agrees: bool
) -> None:
    bundle = replay.unpack(packed)
    machine = bundle.model["environment"] | {"threads": 99}
    bundle = dataclasses.replace(bundle, model=bundle.model | {"environment": machine})
    shift = np.float32(factor * checks.FLOAT32_TOLERANCE)
    again = checks.rerun(bundle, detector, {n: m + shift for n, m in bundle.maps.items()})
    by_name = {check.name: check.agrees for check in again.checks}
    assert by_name["M1"] is agrees and by_name["Score"] is agrees


# ------------------------------------------------------------------------------------------------------- hostile


def _bomb(members: Members) -> bytes:
    return zipped({**members, VALUES: bytes(65 * 2**20)}, zipfile.ZIP_DEFLATED)


def _array_bomb(members: Members) -> bytes:
    """An array that states more numbers than it holds."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1000, 1000)})
    return signed({**members, VALUES: zipped({"score.npy": header.getvalue() + bytes(16), "M1.npy": b""})})


def _pickled(members: Members) -> bytes:
    array = np.empty((2, 2), object)
    array[:] = {"a": 1}
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return signed({**members, VALUES: zipped({"score.npy": stream.getvalue(), "M1.npy": stream.getvalue()})})


def _renamed(name: str) -> Callable[[Members], bytes]:
    return lambda m: zipped({**m, name: b"x"})


HOSTILE: dict[str, tuple[Callable[[Members], bytes], str]] = {
    "traversal": (_renamed("../evil.py"), "would leave the folder"),
    "absolute": (_renamed("/etc/passwd"), "would leave the folder"),
    "foreign member": (_renamed("setup.py"), "does not belong in it"),
    "nested original": (_renamed("original.exe"), "does not belong in it"),
    "bomb": (_bomb, "MiB; at most"),
    "truncated": (lambda m: zipped(m)[:-900], "damaged or cut off"),
    "empty": (lambda m: zipped({}), "it has no manifest.json"),
    "not a zip": (lambda m: b"\x89PNG....", "a ZIP was expected"),
    "no model": (lambda m: zipped({k: v for k, v in m.items() if k != MODEL}), "is incomplete: model.json"),
    "unlisted": (lambda m: zipped({**m, "original.png": b""}), "its manifest does not list"),
    "lzma": (lambda m: zipped(m, zipfile.ZIP_LZMA), "unsupported method"),
    "newer": (lambda m: zipped(changed(m, MANIFEST, version=2)), "Update N-Net"),
    "other format": (lambda m: zipped(changed(m, MANIFEST, format="zip")), "not a replay bundle of N-Net"),
    "broken json": (lambda m: signed({**m, SETTINGS: b"{"}), "settings.json is damaged: it is no JSON"),
    "deep json": (lambda m: signed({**m, SETTINGS: b"[" * 100_000}), "too many lists or objects"),
    "no object": (lambda m: signed({**m, SETTINGS: b"[1]"}), "expected an object, found a list"),
    "not finite": (lambda m: signed(changed(m, SETTINGS, threshold=float("nan"))), "it is no JSON"),
    "a text": (lambda m: signed(changed(m, SETTINGS, sigma="4")), "expected a number, found a text at sigma"),
    "huge sigma": (lambda m: signed(changed(m, SETTINGS, sigma=1e6)), "a number <= 64.0 at sigma"),
    "huge size": (lambda m: signed(changed(m, SETTINGS, size=10**6)), "a whole number <= 1024 at size"),
    "expression": (lambda m: signed(changed(m, SETTINGS, expression="__import__('os')")), "is not part of"),
    "missing map": (lambda m: signed({**m, VALUES: _only(m, "score", "M1")}), "needs M2 and M3"),
    "no score map": (lambda m: signed({**m, VALUES: _only(m, "M1", "M2")}), "hold the score map"),
    "unsorted": (lambda m: signed(changed(m, CALIBRATION, scores=[3, 2, 1])), "ascending scores"),
    "view": (lambda m: signed(changed(m, SETTINGS, view={"a": 1})), "expected a text, found a whole number at view"),
    "long title": (lambda m: signed(changed(m, SETTINGS, title="x" * 10_000)), "a text of length <= 500 at title"),
    "pickled": (_pickled, "float32 of two dimensions was expected"),
    "array bomb": (_array_bomb, "finite numbers that it states"),
    "no picture": (lambda m: signed({**m, IMAGE: b"not a picture"}), "image.png"),
    "long message of zipfile": (lambda m: signed({**m, VALUES: _misnamed(m[VALUES])}), "could not be read as a ZIP"),
    "doubles": (lambda m: signed(with_arrays(m, M1=np.zeros((4, 4)))), "float32 of two dimensions"),
}


def _misnamed(content: bytes) -> bytes:
    """An NPZ whose last header states a name of 3,000 bytes, which zipfile then quotes (found by fuzzing)."""
    at = content.rindex(b"PK\x03\x04") + 26
    return content[:at] + struct.pack("<H", 3000) + content[at + 2 :]


def _only(members: Members, *names: str) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{name: values for name, values in arrays(members).items() if name in names})
    return stream.getvalue()


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_hostile_is_refused_in_a_sentence(packed: bytes, kind: str) -> None:
    make, said = HOSTILE[kind]
    with pytest.raises(ReplayError) as refusal:
        replay.unpack(make(opened(packed)), "evil.zip")
    message = str(refusal.value)
    assert said in message and "evil.zip" in message
    assert "\n" not in message and len(message) < 1000


def test_an_entry_that_holds_more_than_it_states_is_refused(packed: bytes) -> None:
    """The directory says 10 bytes, the compressed stream holds a mebibyte."""
    members = {MANIFEST: bytes(2**20)}
    content = bytearray(zipped(members, zipfile.ZIP_DEFLATED))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + at
        content[start : start + 4] = (10).to_bytes(4, "little")
    with pytest.raises(ReplayError, match="damaged or cut off"):
        replay.unpack(bytes(content))


def test_a_pickle_that_would_run_does_not_run(packed: bytes, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "ran",)

    members = opened(packed)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1, 1)})
    file = header.getvalue() + pickle.dumps(np.array([[Evil()]], object))
    with pytest.raises(ReplayError):
        replay.unpack(signed({**members, VALUES: zipped({"score.npy": file, "M1.npy": file})}))
    assert not (tmp_path / "ran").exists()


# -------------------------------------------------------------------------------------------------- command line


def test_the_command_line_checks_a_bundle(
    tiny_checkpoint: Path, packed: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.zip").write_bytes(packed)
    assert main(["replay", "b.zip", "--checkpoint", str(tiny_checkpoint), "--device", "cpu"]) == 0
    assert "every digit must agree" in (said := capsys.readouterr().out) and "DIFFERS" not in said
    assert main(["replay", "b.zip"]) == 0
    assert "was not run again" in capsys.readouterr().out
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(tiny_checkpoint)
    assert main(["replay", "b.zip", "--device", "cpu"]) == 0
    assert "The checkpoint mine has the same weights" in capsys.readouterr().out
    (tmp_path / "b.zip").write_bytes(signed(changed(opened(packed), SETTINGS, score=0.5)))
    assert main(["replay", "b.zip"]) == 1
    assert "DIFFERS  Numbers shown" in capsys.readouterr().out
    assert main(["replay", "missing.zip"]) == 1
    assert "could not be read" in capsys.readouterr().err
