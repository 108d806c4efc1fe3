"""Many visitors at once: how long answers take, whether one sees another's picture, and what stays when they leave.

    python -m benchmarks.load [--sessions 10] [--uploads 5] [--changes 20] [--seconds 60] [--wait 150] > load.md

Starts a workbench of its own with the embedded model, and opens sessions over Streamlit's websocket as browsers do.
Each opens Inspect, uploads pictures that only it has, and then moves controls, at times of its own, within `--seconds`.
As a browser does, a session asks only for the part of the page that a control stands in, and names the large messages
that it still has. A latency is the time from what a visitor does to the end of the answer. It fails with exit code 1 if
an answer holds another session's file name or colour, if a run ends with an error, if a picture is not the one that was
sent, or if what is shown after an upload is not what was uploaded last. `--bulk 1000` lets one more session upload so
many pictures at once, first of all; `--sessions 0` ends after the processor time that one visitor alone takes.

Memory, open files and processor time of the server are read before, at the peak, and `--wait` seconds after the last
one has left; in `--rounds` the same is done again, so that what grows is told from what is merely kept.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import websockets
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

ROOT = Path(__file__).resolve().parents[1]
PAGE = "Inspect"
PATIENCE = 600.0
NAME = re.compile(rb"visitor-(\d+)-picture(?:-\d+)?")
ORIGINAL = re.compile(r'"title":\s*"Original".*?data:image/[a-z]+;base64,([A-Za-z0-9+/=]+)', re.DOTALL)
COLOURS = 40
BEFORE = "before"
KEPT = 12  # large messages of a session, some 0.3 MB each


@dataclass
class Found:
    """What the sessions saw: seconds by kind of action, and sentences on what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def colour_of(number: int) -> tuple[int, int, int]:
    """A colour that only one session of `COLOURS` uses."""
    image = Image.new("HSV", (1, 1), (int(256 * (number % COLOURS) / COLOURS), 220, 220)).convert("RGB")
    red, green, blue = np.asarray(image)[0, 0]
    return int(red), int(green), int(blue)


def picture_of(number: int, count: int) -> bytes:
    """A PNG file with noise, whose left half has the session's colour."""
    pixels = np.random.default_rng([number, count]).integers(90, 130, (160, 240, 3), dtype=np.uint8)
    pixels[:, :120] = colour_of(number)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def mixed_up(number: int, sent: bytes) -> str:
    """What a message to a session holds of another session, in a sentence; "" if nothing."""
    if others := {int(other) for other in NAME.findall(sent)} - {number}:
        return f"Session {number} was told the file names of {sorted(others)}."
    return ""


def wrong_colour(number: int, shown: np.ndarray) -> str:
    """Whether a picture, uint8 (h, w, 3), that a session is shown has another session's colour, in a sentence."""
    left = np.median(shown[:, : shown.shape[1] // 4].reshape(-1, 3), axis=0)
    nearest = min(range(COLOURS), key=lambda one: float(np.abs(left - colour_of(one)).sum()))
    return "" if nearest == number % COLOURS else f"Session {number} was shown the picture of session {nearest}."


class Session:
    """A visitor's browser tab, as far as the server can tell."""

    def __init__(self, number: int, port: int, found: Found) -> None:
        self.number, self.port, self.found = number, port, found
        self.id = self.page_hash = self.query = ""
        self.elements: dict[str, tuple[Element, str]] = {}  # by their place, with the part of the page they stand in
        self.states: dict[str, WidgetState] = {}
        self.messages: dict[str, ForwardMsg] = {}  # the last large ones, by their hash
        self.shown = ""
        self.heading = ""
        self.progress: list[str] = []

    async def run(self, uploads: int, changes: int, seconds: float) -> None:
        """Everything that this visitor does."""
        chance = random.Random(self.number)
        cookie = await asyncio.to_thread(self._cookie)
        async with self._connection(cookie) as self.socket:
            await self._timed("open", self._rerun())
            for count in range(uploads):
                await asyncio.sleep(chance.uniform(0, seconds / (uploads + changes)))
                await self._timed("upload", self._upload([count], cookie))
                self._check_picture(count)
            for _ in range(changes):
                await asyncio.sleep(chance.uniform(0, seconds / (uploads + changes)))
                await self._timed("control", self._change(chance))

    async def run_bulk(self, count: int) -> None:
        """So many pictures in one upload, and then one change."""
        cookie = await asyncio.to_thread(self._cookie)
        async with self._connection(cookie) as self.socket:
            await self._rerun()
            await self._timed(f"upload of {count:,} pictures", self._upload(range(count), cookie))
            self._check_picture(0)
            if not any(f"of {count:,}" in text for text in self.progress):
                self.found.wrong.append("It was not said how many of the pictures had been scored.")
            await self._timed(f"control beside {count:,} pictures", self._change(random.Random(1)))

    def _connection(self, cookie: str) -> websockets.connect:
        headers = {"Cookie": f"_streamlit_xsrf={cookie}", "Origin": f"http://localhost:{self.port}"}
        address = f"ws://localhost:{self.port}/_stcore/stream"
        return websockets.connect(address, additional_headers=headers, max_size=None, open_timeout=PATIENCE)

    async def _timed(self, kind: str, act: object) -> None:
        started = time.perf_counter()
        try:
            await asyncio.wait_for(act, PATIENCE)  # type: ignore[arg-type]
        except (TimeoutError, websockets.WebSocketException, OSError) as error:
            self.found.wrong.append(f"Session {self.number}, {kind}: {type(error).__name__} {error}")
            raise
        self.found.seconds.setdefault(kind, []).append(time.perf_counter() - started)

    # ------------------------------------------------------------------------------------------------- what it does

    async def _rerun(self, part: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self.page_hash, PAGE
        state.widget_states.CopyFrom(WidgetStates(widgets=self.states.values()))
        state.fragment_id = part
        self.messages = dict(list(self.messages.items())[-KEPT:])
        state.cached_message_hashes.extend(self.messages)
        await self.socket.send(message.SerializeToString())
        await self._until_finished(part)
        self.states = {name: one for name, one in self.states.items() if not one.HasField("file_uploader_state_value")}

    async def _upload(self, counts: Sequence[int], cookie: str) -> None:
        """Choose some pictures in the uploader at once."""
        uploader = next(one.file_uploader for one, _ in self.elements.values() if one.HasField("file_uploader"))
        names = [f"visitor-{self.number}-picture-{count}.png" for count in counts]
        message = BackMsg()
        message.file_urls_request.request_id = "upload"
        message.file_urls_request.file_names.extend(names)
        message.file_urls_request.session_id = self.id
        await self.socket.send(message.SerializeToString())
        while True:
            answer = await self._next()
            if answer.WhichOneof("type") == "file_urls_response":
                break
        state = WidgetState(id=uploader.id)
        for count, name, urls in zip(counts, names, answer.file_urls_response.file_urls, strict=True):
            content = picture_of(self.number, count)
            await asyncio.to_thread(self._put, urls.upload_url, name, content, cookie)
            file = state.file_uploader_state_value.uploaded_file_info.add()
            file.name, file.size, file.file_id = name, len(content), urls.file_id
            file.file_urls.CopyFrom(urls)
        self.states[uploader.id] = state
        self.shown = ""
        await self._rerun()

    async def _change(self, chance: random.Random) -> None:
        sliders = [(one.slider, part) for one, part in self.elements.values() if one.HasField("slider")]
        slider, part = chance.choice(sliders)
        steps = int((slider.max - slider.min) / slider.step)
        value = slider.min + slider.step * chance.randint(0, steps)
        self.states[slider.id] = WidgetState(id=slider.id)
        self.states[slider.id].double_array_value.data.append(value)
        await self._rerun(part)

    def _cookie(self) -> str:
        with urlopen(f"http://localhost:{self.port}/_stcore/health", timeout=PATIENCE) as answer:
            found = re.search(r"_streamlit_xsrf=([^;]+)", ",".join(answer.headers.get_all("Set-Cookie") or []))
        return found[1] if found else ""

    def _put(self, path: str, name: str, content: bytes, cookie: str) -> None:
        head = (
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x", "X-Xsrftoken": cookie}
        headers |= {"Cookie": f"_streamlit_xsrf={cookie}", "Origin": f"http://localhost:{self.port}"}
        body = head.encode() + content + b"\r\n--x--\r\n"
        request = Request(f"http://localhost:{self.port}{path}", body, headers, method="PUT")
        with urlopen(request, timeout=PATIENCE):
            pass

    # -------------------------------------------------------------------------------------------------- what it sees

    async def _next(self) -> ForwardMsg:
        sent = await self.socket.recv()
        assert isinstance(sent, bytes)
        if problem := mixed_up(self.number, sent):
            self.found.wrong.append(problem)
        message = ForwardMsg()
        message.ParseFromString(sent)
        if message.HasField("ref_hash"):
            known, place = self.messages.pop(message.ref_hash), message.metadata
            message = ForwardMsg()
            message.CopyFrom(known)
            message.metadata.delta_path[:] = place.delta_path
        if message.metadata.cacheable:
            self.messages[message.hash] = message
        return message

    async def _until_finished(self, part: str) -> None:
        """Read the answer: of the whole page, or of a part of it, after which the page may ask to be run as a whole."""
        while True:
            message = await self._next()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.id = message.new_session.initialize.session_id
                if not part:
                    self.elements.clear()
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                self._see(message)
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    part = ""
                    continue
                if message.script_finished != ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    return
                self.found.wrong.append(f"Session {self.number}: a run of the page ended with an error.")
                return

    def _see(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type") if message.delta.WhichOneof("type") == "new_element" else None
        if kind == "exception":
            self.found.wrong.append(f"Session {self.number}: {element.exception.message[:200]}")
        if kind == "heading" and (found := NAME.search(element.heading.body.replace("\\", "").encode())):
            self.heading = found[0].decode()
        if kind == "progress":
            self.progress.append(element.progress.text)
        if kind in ("slider", "file_uploader"):
            self.elements[str(list(message.metadata.delta_path))] = element, message.delta.fragment_id
        if kind == "bidi_component" and (found := ORIGINAL.search(element.bidi_component.json)):
            self.shown = found[1]

    def _check_picture(self, count: int) -> None:
        if self.heading != f"visitor-{self.number}-picture-{count}":
            self.found.wrong.append(f"Session {self.number} was shown {self.heading!r} after it uploaded {count}.")
        if not self.shown:
            self.found.wrong.append(f"Session {self.number} was not shown its picture.")
            return
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(self.shown))).convert("RGB"))
        if problem := wrong_colour(self.number, shown):
            self.found.wrong.append(problem)


# ----------------------------------------------------------------------------------------------------------- the server


@dataclass(frozen=True)
class Held:
    """What the server holds at a moment: resident bytes, open files and threads; and how many seconds of a processor it
    has taken so far."""

    bytes: int
    files: int
    threads: int
    seconds: float

    @classmethod
    def by(cls, pid: int) -> Held:
        status = Path(f"/proc/{pid}/status").read_text()
        kib, threads = (int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
        spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]  # for itself, for the system
        seconds = sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
        return cls(1024 * kib, len(os.listdir(f"/proc/{pid}/fd")), threads, seconds)


async def visited(count: int, first: int, port: int, options: argparse.Namespace) -> Found:
    """What so many sessions found."""
    found = Found()
    sessions = [Session(first + number, port, found) for number in range(count)]
    acts = [one.run(options.uploads, options.changes, options.seconds) for one in sessions]
    for number, end in enumerate(await asyncio.gather(*acts, return_exceptions=True)):
        if isinstance(end, BaseException):
            found.wrong.append(f"Session {first + number} ended early: {type(end).__name__} {end}")
    return found


def alone(pid: int, port: int, count: int = 40) -> str:
    """What one change and one upload of a visitor who is alone cost the server, as a sentence."""

    def spent(number: int, uploads: int, changes: int) -> float:
        before = Held.by(pid).seconds
        asyncio.run(visited(1, number, port, argparse.Namespace(uploads=uploads, changes=changes, seconds=0.0)))
        return Held.by(pid).seconds - before

    spent(10_000, 1, 10)  # it loads the model
    once = spent(10_001, 1, 0)
    change = 1000 * (spent(10_002, 1, count) - once) / count
    upload = 1000 * (spent(10_003, 1 + count // 4, 0) - once) / (count // 4)
    return f"Alone, a changed control takes the server {change:.0f} ms of a processor, an upload {upload:.0f} ms."


def measured(server: subprocess.Popen, port: int, options: argparse.Namespace) -> bool:
    """Load the server and print what was found; whether nothing went wrong."""
    print(alone(server.pid, port) + "\n", flush=True)
    if not options.sessions:
        return True
    rows, found = [(BEFORE, Held.by(server.pid))], Found()
    if options.bulk:
        asyncio.run(Session(20_000, port, found).run_bulk(options.bulk))
        rows.append((f"after {options.bulk:,} pictures in one upload", Held.by(server.pid)))
    for round in range(1, options.rounds + 1):
        started = time.perf_counter()
        now = asyncio.run(visited(options.sessions, 100 * round, port, options))
        found.wrong += now.wrong
        for kind, seconds in now.seconds.items():
            found.seconds.setdefault(kind, []).extend(seconds)
        rows.append((f"round {round}, at its end", Held.by(server.pid)))
        print(f"round {round} has ended after {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        time.sleep(options.wait)
        rows.append((f"round {round}, {options.wait:.0f} s after they left", Held.by(server.pid)))
    print("\n".join(report(found, rows)))
    return not found.wrong


def report(found: Found, rows: Sequence[tuple[str, Held]]) -> Iterator[str]:
    """The lines of the tables."""
    yield "| action | times | median | 90 % | 99 % | longest |\n|---|---|---|---|---|---|"
    for kind, seconds in found.seconds.items():
        shares = np.percentile(seconds, (50, 90, 99, 100))
        yield f"| {kind} | {len(seconds):,} | " + " | ".join(f"{value:.2f} s" for value in shares) + " |"
    yield "\n| the server | resident memory | open files | threads | processor time |\n|---|---|---|---|---|"
    for name, held in rows:
        took = f"{held.seconds:,.1f} s" if name == BEFORE else f"{held.seconds - rows[0][1].seconds:,.1f} s more"
        yield f"| {name} | {held.bytes / 1e6:,.0f} MB | {held.files} | {held.threads} | {took} |"
    yield f"\nThe visitors themselves took {time.process_time():,.1f} s of a processor."
    yield f"\nErrors and mix-ups: {len(found.wrong)}."
    yield from (f"- {sentence}" for sentence in found.wrong[:20])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("sessions", 10), ("uploads", 5), ("changes", 20), ("rounds", 1), ("bulk", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--wait", type=float, default=150.0)
    parser.add_argument("--port", type=int, default=8597)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "workbench", "--port", str(options.port), "--server.headless", "true"]
        environment = os.environ | {"NNET_RUNS": folder}
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            address = f"http://localhost:{options.port}/_stcore/health"
            while True:
                try:
                    urlopen(address, timeout=PATIENCE).close()
                    break
                except OSError:
                    time.sleep(0.2)
            return 0 if measured(server, options.port, options) else 1
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
