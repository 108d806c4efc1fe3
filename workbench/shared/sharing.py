"""The beginning of a shared demo, before Streamlit starts: keys, addresses, the link and its QR code."""

import argparse
import contextlib
import dataclasses
import io
import os
import secrets
import socket
import tempfile

import msgspec

from nnet import environment
from workbench.shared import hosting, places
from workbench.shared import hosting_words as words
from workbench.shared.hosting import MIB, Hosting

_EVERYWHERE = "0.0.0.0"


def begin(options: argparse.Namespace) -> Hosting:
    """Decide what holds, and write it where the server reads it.

    The models of this computer's own runs stay on offer, but its runs, folders and watched lines do not become the
    visitors': what they make goes to a folder of its own.
    """
    address = f"http://{_bracketed(options.name or own_address())}:{options.port}/"
    key = "" if options.no_key else options.key or secrets.token_urlsafe(8)
    made = Hosting(
        is_shared=True,
        key=key,
        host_key=secrets.token_urlsafe(12),
        folder=tempfile.mkdtemp(prefix="nnet-shared-"),
        visitors=options.visitors,
        upload_bytes=options.upload_mb * MIB,
        all_upload_bytes=options.all_uploads_mb * MIB,
        file_bytes=min(options.upload_mb * MIB, Hosting.file_bytes),
        memory_bytes=options.memory_mb * MIB,
        trains=options.train,
        train_minutes=options.train_minutes,
        train_disk_bytes=options.train_mb * MIB,
    )
    made = dataclasses.replace(made, link=_with(address, "key", key))
    if not os.environ.get(environment.CHECKPOINTS_ONLY) or os.environ.get(environment.RUNS):
        listed = [*environment.folders(environment.CHECKPOINTS), places.runs_folder()]
        os.environ[environment.CHECKPOINTS] = os.pathsep.join(map(str, listed))
    os.environ[environment.SHARED] = msgspec.json.encode(made).decode()
    hosting.current.cache_clear()
    return made


def host_link(made: Hosting) -> str:
    """The address of the host's own page."""
    return _with(made.link.partition("?")[0], "host", made.host_key)


def _with(address: str, name: str, value: str) -> str:
    return f"{address}?{name}={value}" if value else address


def flags(made: Hosting, options: argparse.Namespace) -> list[str]:
    """Options of Streamlit: where to listen, and under which names to answer."""
    given = {
        "server.address": _EVERYWHERE,
        "server.headless": "true",
        "server.maxUploadSize": str(max(1, made.file_bytes // MIB)),
        "browser.serverAddress": options.name or own_address(),
        "logger.hideWelcomeMessage": "true",  # the link is said already
    }
    found = [part for name, value in given.items() for part in (f"--{name}", value)]
    return found + [part for name in names(options.name) for part in ("--server.allowedHosts", name)]


def names(more: str | None) -> list[str]:
    """The names and addresses of this computer, without those that are anyone's."""
    own = socket.gethostname()
    found = ["localhost", "127.0.0.1", "::1", own_address(), own, f"{own}.local", *([more] if more else [])]
    with contextlib.suppress(OSError):  # the name is known to nobody
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(own, None)]
    return list(dict.fromkeys(name.partition("%")[0] for name in found))


def own_address() -> str:
    """This computer's address in the network; 127.0.0.1 without one. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # an address for documents: only the way there is looked up
            found: str = asked.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return found


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((_EVERYWHERE, port))
        except OSError:
            return False
    return True


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def welcome(made: Hosting) -> str:
    """What the terminal says: the link, its QR code, and the host's page."""
    said = words.WITH_KEY.format(key=made.key) if made.key else words.WITHOUT_KEY
    if own_address() == "127.0.0.1" and "//127.0.0.1" in made.link:
        said = f"{said}\n  {words.NO_NETWORK}"
    return words.STARTED.format(link=made.link, code=terminal_code(made.link), host=host_link(made), key=said)


def terminal_code(link: str) -> str:
    """The QR code of a link, for a terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(link, micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue()


def picture_code(link: str) -> str:
    """The same as a picture for a page, a data URI."""
    import segno

    made: str = segno.make(link, micro=False).svg_data_uri(scale=8, border=4, light="white")
    return made
