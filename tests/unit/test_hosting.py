"""What a shared demo allows: keys, texts without paths, budgets, and what the doorman lets in."""

import argparse
import asyncio
import contextlib
import dataclasses
import math
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg

from nnet import environment
from workbench.__main__ import parser
from workbench.shared import doorman, hosting, sharing, units, visits
from workbench.shared import hosting_words as words
from workbench.shared.hosting import HOST, VISITOR, Hosting

PAGE = "the workbench"
KEY, HOST_KEY = "for-visitors", "for-the-host"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hosting]:
    """A shared demo with a key."""
    made = Hosting(is_shared=True, key=KEY, host_key=HOST_KEY, folder=str(tmp_path), file_bytes=1000)
    monkeypatch.setenv(environment.SHARED, msgspec.json.encode(made).decode())
    hosting.current.cache_clear()
    hosting._roots.cache_clear()
    yield made
    monkeypatch.undo()
    hosting.current.cache_clear()
    hosting._roots.cache_clear()


@pytest.fixture
def visitor() -> TestClient:
    """A browser before an app that answers everything."""

    async def page(_request: object) -> HTMLResponse:
        return HTMLResponse(f"<html><head><script type=module></script></head>{PAGE}</html>", headers={"etag": "it"})

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    routes = [WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", page, methods=["GET", "PUT", "POST"])]
    compressing = Middleware(GZipMiddleware, minimum_size=0)  # as Streamlit does
    return TestClient(Starlette(routes=routes, middleware=[*doorman.MIDDLEWARE, compressing]))


def test_alone_is_what_holds_without_a_word() -> None:
    hosting.current.cache_clear()
    assert not hosting.is_shared() and hosting.without_paths("/data/x.png is gone") == "/data/x.png is gone"


@pytest.mark.parametrize("field", ["visitors", "upload_bytes", "train_minutes"])
def test_limits_are_checked_where_they_are_read(field: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"is_shared": true, "{field}": 0}}', type=Hosting)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("/home/ann/data/part 1.png is damaged.", "part 1.png is damaged."),
        ("Not in ‘/srv/x/models’ nor (/etc/passwd)", "Not in ‘models’ nor (passwd)"),
        ("~/runs/a-b/weights.safetensors: gone", "weights.safetensors: gone"),
        ("See http://localhost:8501/a/b and M1/M2, 3/4", "See http://localhost:8501/a/b and M1/M2, 3/4"),
        ("test/hole/000.png of synthetic:metal", "test/hole/000.png of synthetic:metal"),
    ],
)
def test_visitors_read_no_folders(said: str, left: str, shared: Hosting) -> None:
    assert hosting.without_paths(said) == left
    assert units.plain(said) == "".join(
        f"\\{c}" if c in units._MARKDOWN else c for c in units.plain(left).replace("\\", "")
    )


def test_folders_with_spaces_are_known_by_their_beginning(shared: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNET_DATA", "/srv/our data")
    hosting._roots.cache_clear()
    assert hosting.without_paths("/srv/our data/bottle/good/1.png is blank") == "bottle/good/1.png is blank"
    assert hosting.without_paths(f"{shared.folder}/3f/a.png") == "3f/a.png"


# ---------------------------------------------------------------------------------------------------- the doorman


def test_pages_may_load_nothing_from_another_host(visitor: TestClient) -> None:
    policy = visitor.get("/").headers["content-security-policy"]
    allowed = [source for part in policy.split(";") for source in part.split()[1:]]
    assert not [source for source in allowed if "." in source or "*" in source or source.endswith("//")]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy


def test_alone_nobody_needs_a_key(visitor: TestClient) -> None:
    assert visitor.get("/Inspect").text.endswith(f"{PAGE}</html>")


def test_without_the_key_there_is_a_plain_sentence(visitor: TestClient, shared: Hosting) -> None:
    for path in ("/", "/Inspect", "/static/index.js", "/media/1.png", "/_stcore/upload_file/a/b"):
        answer = visitor.get(path)
        assert answer.status_code == 403 and words.REFUSED in answer.text and "workbench</" not in answer.text
    assert visitor.get("/_stcore/health").status_code == 200
    wrong = visitor.get("/", params={"key": "guess"})
    assert wrong.status_code == 403 and words.WRONG in wrong.text


def test_the_link_lets_in_and_the_address_forgets_the_key(visitor: TestClient, shared: Hosting) -> None:
    first = visitor.get("/Inspect", params={"key": KEY, "sample": "cell0496"}, follow_redirects=False)
    assert first.status_code == 303 and first.headers["location"] == "/Inspect?sample=cell0496"
    kept = first.headers["set-cookie"]
    assert KEY not in kept and "HttpOnly" in kept and "SameSite=lax" in kept
    assert visitor.get("/Inspect").text.endswith(f"{PAGE}</html>")


def test_a_key_opens_no_other_host(visitor: TestClient, shared: Hosting) -> None:
    answer = visitor.get("http://testserver//evil.example/x", params={"key": KEY}, follow_redirects=False)
    assert answer.headers["location"] == "/evil.example/x"


def test_the_hosts_key_is_another_one(visitor: TestClient, shared: Hosting) -> None:
    answer = visitor.get("/", params={"host": HOST_KEY}, follow_redirects=False)
    assert answer.headers["location"] == "/Host"
    assert visitor.get("/", params={"host": KEY}).status_code == 403
    assert hosting.is_proof(hosting.proof(HOST_KEY, HOST), HOST)
    assert not hosting.is_proof(hosting.proof(KEY, VISITOR), HOST) and not hosting.is_proof("", HOST)


def test_a_session_needs_the_key_and_a_page_of_ours(visitor: TestClient, shared: Hosting) -> None:
    own = {"origin": "http://testserver"}
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("/_stcore/stream", headers=own):
        pass
    visitor.get("/", params={"key": KEY})
    for origin in ("http://evil.example", "http://[", "null"):
        foreign = {"origin": origin}
        with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("/_stcore/stream", headers=foreign):
            pass
    with visitor.websocket_connect("/_stcore/stream", headers=own):
        pass


def test_a_message_with_a_number_that_no_control_sends_reaches_no_page() -> None:
    heard: list[bytes] = []

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                heard.append(await socket.receive_bytes())
                await socket.send_bytes(b"")

    def message(*numbers: float, alone: float = 0.0) -> bytes:
        sent = BackMsg()
        states = sent.rerun_script.widget_states.widgets
        states.add(id="slider").double_array_value.data.extend(numbers)
        states.add(id="number").double_value = alone
        return sent.SerializeToString()

    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", stream)], middleware=doorman.MIDDLEWARE)
    good, other, no_message = message(1.5, 2.0, alone=-3.0), message(0.0), b"\xff\xff"
    with TestClient(app).websocket_connect("/_stcore/stream") as socket:
        socket.send_text("a message")
        for sent in (good, message(1.0, math.nan), message(-math.inf), message(alone=math.nan), other, no_message):
            socket.send_bytes(sent)
        for _ in range(3):
            socket.receive_bytes()
    assert heard == [good, other, no_message]


@pytest.mark.parametrize("others", ["a/b=1", "{x}=(y)", "a@b=1", "é=ü", '"', "; ;=;"])
def test_cookies_of_other_programs_of_this_computer_keep_nobody_out(
    visitor: TestClient, shared: Hosting, others: str
) -> None:
    proof = f"nnet_key={hosting.proof(shared.key, hosting.VISITOR)}"
    for cookies in (f"{others}; {proof}", f"{proof}; {others}"):
        assert visitor.get("/", headers={"cookie": cookies.encode()}).status_code == 200
    assert visitor.get("/", headers={"cookie": others.encode()}).status_code == 403


def test_uploads_are_refused_before_they_are_read(
    visitor: TestClient, shared: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    monkeypatch.setattr(doorman, "_held", lambda: sum(held))
    visitor.get("/", params={"key": KEY})
    path = "/_stcore/upload_file/session/file"
    assert visitor.put(path, content=b"x" * 1000).status_code == 200
    assert visitor.put(path, content=b"x" * (hosting.MIB + 1001)).status_code == 413
    assert visitor.put(path, content=iter([b"x"])).status_code == 411
    both = {"content-length": "1", "transfer-encoding": "chunked"}
    assert visitor.put(path, content=iter([b"x" * 9]), headers=both).status_code == 411, "the length does not count"
    held.append(shared.all_upload_bytes)
    assert visitor.put(path, content=b"x").status_code == 413


def test_an_upload_takes_room_from_its_beginning_to_its_end(shared: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorman, "_held", lambda: shared.all_upload_bytes - 1500)
    monkeypatch.setattr(doorman, "_is_let_in", lambda headers: True)
    monkeypatch.setattr(visits, "everybody", list)
    path, begun, heard = "/_stcore/upload_file/session/file", [], []

    async def upload() -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                heard.append(message["status"])

        headers = [(b"content-length", b"1000")]
        await door({"type": "http", "method": "PUT", "path": path, "query_string": b"", "headers": headers}, none, send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope)
        if len(begun) == 1:
            await upload()  # while the first is on its way
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def none() -> Message:
        return {"type": "http.request", "body": b""}

    door = doorman.Doorman(app)
    with ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
        for _ in range(2):
            thread.submit(asyncio.run, upload()).result()
    assert heard == [413, 204, 204] and len(begun) == 2


def test_a_browser_is_one_visit(visitor: TestClient, shared: Hosting) -> None:
    visitor.get("/", params={"key": KEY})
    mark = visitor.cookies[visits.COOKIE]
    visitor.get("/Inspect")
    assert len(mark) == 32 and visitor.cookies[visits.COOKIE] == mark


# ------------------------------------------------------------------------------------------------- how it begins


def begun(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Hosting, argparse.Namespace]:
    for name in ("NNET_CHECKPOINTS", environment.SHARED):
        monkeypatch.setenv(name, "")
    options = parser().parse_args(["--shared", *arguments])
    made = sharing.begin(options)
    assert msgspec.json.decode(os.environ[environment.SHARED], type=Hosting) == made
    Path(made.folder).rmdir()
    hosting.current.cache_clear()
    return made, options


def test_every_demo_has_keys_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    (one, _), (other, _) = begun(monkeypatch), begun(monkeypatch)
    assert len(one.key) >= 11 and one.key != other.key and one.host_key not in (one.key, other.host_key)
    assert f"?key={one.key}" in one.link and not one.trains
    said = sharing.welcome(one)
    assert one.link in said and f"?host={one.host_key}" in said and "█" in said


def test_limits_come_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made, options = begun(
        monkeypatch, "--no-key", "--name", "lab.example", "--upload-mb", "5", "--train", "--visitors", "9"
    )
    assert (made.key, made.link) == ("", "http://lab.example:8501/")
    assert (made.upload_bytes, made.file_bytes, made.trains, made.visitors) == (5 * 2**20, 5 * 2**20, True, 9)
    flags = sharing.flags(made, options)
    assert flags[flags.index("--server.maxUploadSize") + 1] == "5"
    hosts = {flags[place + 1] for place, flag in enumerate(flags) if flag == "--server.allowedHosts"}
    assert {"localhost", "127.0.0.1", "lab.example"} <= hosts and "*" not in hosts


def test_the_models_of_ones_own_runs_stay_on_offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNET_RUNS", str(tmp_path))
    made, _ = begun(monkeypatch)
    assert os.environ["NNET_CHECKPOINTS"] == str(tmp_path) and made.folder != str(tmp_path)


def test_the_limits_are_one_frozen_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Hosting().visitors = 3  # type: ignore[misc]


def test_sessions_are_closed_before_streamlit_forgets_them() -> None:
    """A session that Streamlit drops by itself keeps its uploads and open files for ever."""
    settings = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())
    assert settings["server"]["disconnectedSessionTTL"] > 2 * (visits.GRACE + doorman._SWEEP)


ARENAS = """
import asyncio, ctypes, threading
from workbench.shared import doorman

async def start():
    async with doorman.lifespan(None):
        pass

asyncio.run(start())
libc, together = ctypes.CDLL(None), threading.Barrier(9)
libc.malloc.restype = ctypes.c_void_p

def work():
    together.wait()
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
together.wait()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif("platform.libc_ver()[0] != 'glibc'", reason="another C library")
def test_threads_share_two_places_of_memory() -> None:
    """Scattered over many, what closed sessions leave is not given back."""
    done = subprocess.run([sys.executable, "-c", ARENAS], capture_output=True, text=True, check=True)
    assert 1 <= done.stdout.count("<heap nr=") <= 2


def test_looking_after_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    async def look() -> None:
        looks.append(len(looks))
        if len(looks) > 1:
            raise asyncio.CancelledError
        raise OSError("a damaged run")

    monkeypatch.setattr(doorman, "_look_after", look)
    monkeypatch.setattr(doorman, "_SWEEP", 0.0)
    # In a thread of its own: a browser that this process has started keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread, pytest.raises(asyncio.CancelledError):
        thread.submit(asyncio.run, doorman._tidy()).result()
    assert looks == [0, 1]


def test_our_scripts_are_in_the_page_before_anything_of_streamlit_runs(visitor: TestClient) -> None:
    answer = visitor.get("/Inspect", headers={"accept": "text/html,*/*", "accept-encoding": "gzip, br"})
    assert "window.nnBack" in answer.text.partition("</head>")[0], "what the page writes into its address comes later"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers, "it would be the mark of the file without them"
