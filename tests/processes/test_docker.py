"""The Dockerfile without Docker: linted, in step with the package, and its steps run in an environment of its own."""

import fnmatch
import http.client
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest
from serving import answer, free_port
from waiting import until

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """Keyword and arguments of each instruction, in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def given(keyword: str) -> list[str]:
    return [rest for word, rest in instructions() if word == keyword]


def copied() -> dict[str, str]:
    """What is copied from the checkout -> where to, relative to /src."""
    found = {}
    for rest in given("COPY"):
        if not rest.startswith("--from"):
            *sources, target = rest.split()
            found |= {source: f"{target}{Path(source).name}" if target.endswith("/") else target for source in sources}
    return found


HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.mark.skipif(not HADOLINT.exists(), reason="the extra [dev] is not installed")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_exists_and_is_all_that_the_package_is_built_from() -> None:
    sources = copied()
    assert all((ROOT / source).exists() for source in sources)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"}
    assert needed | {*project["project"]["license-files"], "constraints.txt"} == set(sources)
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*" and {rule[1:] for rule in rules if rule.startswith("!")} == set(sources)
    assert not any(fnmatch.fnmatch(source, rule) for source in sources for rule in rules[1:] if rule[0] != "!")


def test_it_installs_the_versions_that_were_tested_on_the_python_that_they_were_tested_on() -> None:
    pinned = set((ROOT / "constraints.txt").read_text().split())
    versions = re.findall(r"\b(?:torch|torchvision)==\S+", " ".join(given("RUN")))
    assert len(versions) == 2 and set(versions) <= pinned
    extras = set(re.findall(r"\[(.+)\]", given("RUN")[-2])[0].split(","))
    assert extras < set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    (image,) = {rest.split()[0] for rest in given("FROM")}
    assert image.startswith("python:3.11-slim")


def test_it_runs_as_nobody_special_and_keeps_runs_in_a_volume() -> None:
    names = [word for word, _ in instructions()]
    (user,) = given("USER")
    assert f"useradd --uid {user} " in given("RUN")[-1] and names.index("USER") < names.index("CMD")
    (volume,) = given("VOLUME")
    assert f"NNET_RUNS={volume}" in given("ENV")[-1] and f"chown nnet {volume}" in given("RUN")[-1]
    (port,) = given("EXPOSE")
    assert f'"{port}"' in given("CMD")[0] and f":{port}/" in given("HEALTHCHECK")[0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_steps_lead_to_a_healthy_workbench_that_answers_to_its_own_names_alone(tmp_path: Path) -> None:
    source, home = tmp_path / "src", tmp_path / "nnet"
    for path, target in copied().items():
        (source / target).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, source / target)
    # The packages of others are those of this environment: they take minutes and a network to install.
    venv.create(home, with_pip=False)
    paths = sysconfig.get_paths("venv", vars={"base": str(home), "platbase": str(home)})
    (Path(paths["purelib"]) / "packages_of_others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    scripts = Path(paths["scripts"])
    pip = shlex.split(next(rest for rest in given("RUN") if "constraints" in rest))
    assert pip[0] == "pip"
    here = [sys.executable, "-m", "pip", "--python", str(scripts / "python")]
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run([*here, *pip[1:], *offline], cwd=source, check=True)

    port, runs = free_port(), tmp_path / "runs"
    command, health = (json.loads(text[text.index("[") :]) for text in (given("CMD")[0], given("HEALTHCHECK")[0]))
    words = [word.replace("8501", str(port)).replace("0.0.0.0", "127.0.0.1") for word in (*command, *health)]
    command, health = words[: len(command)], words[len(command) :]
    environment = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}", "NNET_RUNS": str(runs)}
    environment["STREAMLIT_SERVER_ALLOWED_HOSTS"] = "localhost nnet.example"
    with subprocess.Popen([scripts / command[0], *command[1:]], cwd=tmp_path, env=environment) as server:
        try:
            until(lambda: subprocess.run([scripts / health[0], *health[1:]], capture_output=True).returncode == 0)
            for host, status in (("nnet", http.client.SWITCHING_PROTOCOLS), ("evil", http.client.FORBIDDEN)):
                assert answer(port, f"{host}.example", f"http://{host}.example:{port}") == status
        finally:
            server.terminate()
