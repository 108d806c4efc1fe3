"""A static server, as a lecturer would start one; a free port; and whom a running workbench answers."""

import contextlib
import functools
import http.client
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

_HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on the console."""


@contextlib.contextmanager
def static(folder: Path) -> Iterator[str]:
    """The address under which a folder is served."""
    server = http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.create_server(("localhost", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def answer(port: int, host: str, origin: str, cookie: str = "") -> int:
    """Status of the request that opens a session, sent by a page of `origin` to a server that it calls `host`."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    for name, value in {**_HANDSHAKE, "Host": f"{host}:{port}", "Origin": origin, "Cookie": cookie}.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status
