"""The command that shares the workbench: it listens on the network, says its link, refuses whoever has no key, and
leaves nothing behind. And the plain command: it listens on this computer alone."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from serving import answer, free_port
from waiting import until

from workbench.shared import hosting_words as words
from workbench.shared import sharing

ROOT = Path(__file__).parents[2]


@contextmanager
def workbench(folder: Path, *options: str, **environment: str) -> Iterator[tuple[int, Path, subprocess.Popen]]:
    """A running workbench, what it says in a file, and its process."""
    port, said = free_port(), folder / "said"
    command = [sys.executable, "-m", "workbench", "--port", str(port), *options]
    with said.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: process.poll() is not None or is_up(port), said.read_text)
        assert process.poll() is None, said.read_text()
        yield port, said, process
    finally:
        process.terminate()
        process.wait(60)


def is_up(port: int) -> bool:
    try:
        return asked(port, "/_stcore/health")[0] == http.client.OK
    except OSError:
        return False


def asked(port: int, path: str, cookie: str = "", host: str = "127.0.0.1") -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    found = connection.getresponse()
    text = found.read().decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in found.getheaders()}
    connection.close()
    return found.status, headers, text


def others_reach(port: int) -> bool:
    """Whether another address of this computer is listened to than the one that only it reaches."""
    try:
        with socket.create_connection((sharing.own_address(), port), timeout=10):
            return True
    except OSError:
        return False


def test_a_shared_demo_listens_and_refuses_without_the_key(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with workbench(tmp_path, "--shared", TMPDIR=str(tmp_path / "tmp")) as (port, said, process):
        link, host = re.findall(r"http://\S+", said.read_text())[:2]
        assert urlsplit(link).port == port and "█" in said.read_text()
        for path in ("/", "/Inspect", "/Host"):
            status, _, text = asked(port, path)
            assert status == http.client.FORBIDDEN and words.REFUSED in text
        own = f"http://127.0.0.1:{port}"
        assert answer(port, "127.0.0.1", own) == http.client.FORBIDDEN
        status, headers, _ = asked(port, f"/?{urlsplit(link).query}")
        cookie = headers["set-cookie"].partition(";")[0]
        assert status == http.client.SEE_OTHER and asked(port, "/", cookie)[0] == http.client.OK
        assert answer(port, "127.0.0.1", own, cookie) == http.client.SWITCHING_PROTOCOLS
        assert answer(port, "127.0.0.1", "http://evil.example", cookie) == http.client.FORBIDDEN
        assert answer(port, "evil.example", f"http://evil.example:{port}", cookie) == http.client.FORBIDDEN
        assert asked(port, f"/?{urlsplit(host).query}")[1]["location"] == "/Host"
        if sharing.own_address() != "127.0.0.1":
            assert others_reach(port) and sharing.own_address() in link
        (folder,) = (tmp_path / "tmp").glob("nnet-shared-*")
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert not folder.exists()


def test_the_plain_demo_listens_on_this_computer_alone(tmp_path: Path) -> None:
    with workbench(tmp_path, "--server.headless", "true") as (port, _, _process):
        status, headers, _ = asked(port, "/")
        assert status == http.client.OK and "default-src 'self'" in headers["content-security-policy"]
        assert answer(port, "evil.example", f"http://evil.example:{port}") == http.client.FORBIDDEN
        if sharing.own_address() != "127.0.0.1":
            assert not others_reach(port)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "workbench", "--shared", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and words.PORT_TAKEN.format(port=port) in done.stderr


def test_limits_have_to_be_numbers() -> None:
    command = [sys.executable, "-m", "workbench", "--shared", "--visitors", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "0 is not a number from 1 up" in done.stderr


@pytest.mark.parametrize("home", ["no-folder", ""])
def test_the_home_folder_does_not_matter(home: str, tmp_path: Path) -> None:
    """A HOME that is a file, and none at all."""
    (tmp_path / "no-folder").write_text("a file")
    with workbench(tmp_path, "--server.headless", "true", HOME=str(tmp_path / home) if home else "") as (port, said, _):
        assert asked(port, "/")[0] == http.client.OK
        assert "Traceback" not in said.read_text()
