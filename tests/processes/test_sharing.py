"""The command that shares the workbench: it listens on the network, says its link, refuses whoever has no key, and
leaves nothing behind. And the plain command: it listens on this computer alone, to pages that it served itself, under
the computer's own names, and to nobody else."""

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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Port of a workbench for this computer alone, and what it says. Its HOME is a file."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "no-folder").write_text("a file")
    with workbench(folder, "--server.headless", "true", HOME=str(folder / "no-folder")) as (port, said, _):
        yield port, said


def test_the_plain_demo_listens_on_this_computer_alone(plain: tuple[int, Path]) -> None:
    port, said = plain
    status, headers, _ = asked(port, "/")
    assert status == http.client.OK and "default-src 'self'" in headers["content-security-policy"]
    if sharing.own_address() != "127.0.0.1":
        assert not others_reach(port)
    assert "Traceback" not in said.read_text()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_computer_may_talk_to_the_server(plain: tuple[int, Path], host: str) -> None:
    port, _ = plain
    assert answer(port, host, f"http://{host}:{port}") == http.client.SWITCHING_PROTOCOLS


def test_a_foreign_page_is_refused(plain: tuple[int, Path]) -> None:
    assert answer(plain[0], "localhost", "http://evil.example") == http.client.FORBIDDEN


def test_a_foreign_page_cannot_send_a_file(plain: tuple[int, Path]) -> None:
    """It has no token, since it cannot read the cookie."""
    connection = http.client.HTTPConnection("localhost", plain[0], timeout=60)
    connection.request("PUT", "/_stcore/upload_file/session/file", b"content", {"Origin": "http://evil.example"})
    assert connection.getresponse().status in (http.client.BAD_REQUEST, http.client.FORBIDDEN)
    connection.close()


def test_a_foreign_page_cannot_read_an_answer(plain: tuple[int, Path]) -> None:
    connection = http.client.HTTPConnection("localhost", plain[0], timeout=60)
    connection.request("GET", "/_stcore/health", headers={"Origin": "http://evil.example"})
    found = connection.getresponse()
    assert found.status == http.client.OK and found.headers["Access-Control-Allow-Origin"] in (None, "")
    connection.close()


def test_a_foreign_name_that_was_made_to_point_here_is_refused(plain: tuple[int, Path]) -> None:
    """DNS rebinding: host and origin agree, so that only the list of allowed names tells."""
    port, _ = plain
    assert answer(port, "evil.example", f"http://evil.example:{port}") == http.client.FORBIDDEN


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


def test_it_needs_no_home_folder(tmp_path: Path) -> None:
    with workbench(tmp_path, "--server.headless", "true", HOME="") as (port, said, _):
        assert asked(port, "/")[0] == http.client.OK
        assert "Traceback" not in said.read_text()
