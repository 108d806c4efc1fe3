"""Stands before Streamlit: says what pages may load, and in a shared demo lets in whoever has the key.

Plain ASGI, so that it costs next to nothing and sees websockets and uploads, too.
"""

import asyncio
import contextlib
import html
import logging
import secrets
import sys
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime

from workbench.shared import hosting, scripts, sent, visits
from workbench.shared import hosting_words as words

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # our components come as text; Plotly compiles
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""No page may ask another host for anything; the browser sees to it."""
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
COOKIES = {hosting.VISITOR: "nnet_key", hosting.HOST: "nnet_host"}
PARAMETERS = {hosting.VISITOR: "key", hosting.HOST: "host"}
HOST_PAGE = "/Host"
_OPEN = ("/_stcore/health",)
_UPLOAD = "/_stcore/upload_file/"
_SWEEP = 10.0  # seconds
_SWITCH = 0.0005
"""Seconds after which Python lets another thread go on. A forward pass hands the interpreter over at each of its
thousand operations, and at Python's 0.005 it would wait so long each time while another visitor's page is drawn."""
_LOGGER = logging.getLogger(__name__)


class Doorman:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if not _is_own_page(headers) or not _is_let_in(headers):
                await send({"type": "websocket.close", "code": 1008})
                return
            receive = _ours(receive)
        elif scope["type"] == "http":
            scope, send = _plain(scope), _with_headers(_with_scripts(send, scope), scope)
            if answer := self._answer(scope):
                await answer(scope, receive, send)
                return
            if hosting.is_shared() and _UPLOAD in scope["path"] and scope["method"] in ("PUT", "POST"):
                await self._upload(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """What is said instead of the page, to whoever brings a key or needs one."""
        if not hosting.is_shared() or scope["path"].endswith(_OPEN):
            return None
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = {role: value for role, name in PARAMETERS.items() for key, value in asked if key == name}
        if not given:
            return None if _is_let_in(Headers(scope=scope)) else _refusal()
        right = [role for role, value in given.items() if hosting.is_key(value, role)]
        if not right:
            return _refusal(words.WRONG) if hosting.current().key or hosting.HOST in given else None
        return _let_in(scope, right, [(key, value) for key, value in asked if key not in PARAMETERS.values()])

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand an upload on if there is room for it, counting what is still on its way."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        # A body in chunks may be longer than a length that stands beside it, which then does not count.
        if not length.isdecimal() or "transfer-encoding" in headers:
            await PlainTextResponse(words.NO_LENGTH, 411)(scope, receive, send)
            return
        limits, size = hosting.current(), int(length)
        if size > limits.file_bytes + hosting.MIB or not visits.have_room(_held() + self._arriving + size):
            await PlainTextResponse(words.TOO_LARGE, 413)(scope, receive, send)
            return
        self._arriving += size
        try:
            await self.app(scope, receive, send)
        finally:
            self._arriving -= size


MIDDLEWARE = [Middleware(Doorman)]


@contextlib.asynccontextmanager
async def lifespan(_app: ASGIApp) -> AsyncIterator[None]:
    """While the server runs, visits are looked after; at its end, what visitors left is removed."""
    sys.setswitchinterval(_SWITCH)
    visits.keep_memory_together()
    sent.check_values()
    tidying = asyncio.create_task(_tidy())
    try:
        yield
    finally:
        tidying.cancel()
        visits.remove_all()


async def _tidy() -> None:
    while True:
        await asyncio.sleep(_SWEEP)
        try:
            await _look_after()
        except Exception:  # the next look may find it mended, and nobody else looks
            _LOGGER.exception("Looking after the visits failed")


async def _look_after() -> None:
    """Close the sessions that are left, give back what they held, and keep trainings within their time."""
    closed = list(visits.left())
    for session in closed:
        Runtime.instance().close_session(session.id)
        await asyncio.to_thread(visits.close, session)
    if closed:
        await asyncio.to_thread(visits.give_back_memory)
    if hosting.current().trains:
        from workbench.shared import training_allowance

        await asyncio.to_thread(training_allowance.enforce)


def _held() -> int:
    """Bytes of uploads that no page has taken yet."""
    stats = Runtime.instance().uploaded_file_mgr.get_stats()
    return sum(getattr(one, "byte_length", 0) for kind in stats.values() for one in kind)


# ------------------------------------------------------------------------------------------------------------ who it is


def _is_own_page(headers: Headers) -> bool:
    """Whether a session is opened by a page that this server has served.

    Streamlit would ask a service in the internet for this computer's public address before it refuses the others.
    """
    origin = headers.get("origin")
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    allowed = config.get_option("server.corsAllowedOrigins")
    proxy = config.get_option("browser.serverAddress") if config.is_manually_set("browser.serverAddress") else None
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    return found.netloc == headers.get("host") or origin in allowed or (proxy is not None and found.hostname == proxy)


def _ours(receive: Receive) -> Receive:
    """Pass over the messages that no page of ours sends."""

    messages = sent.Messages()

    async def received() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            if (content := messages.taken(message.get("bytes") or b"")) is not None:  # our pages send no text
                return {**message, "bytes": content}

    return received


def _is_let_in(headers: Headers) -> bool:
    if not hosting.is_shared() or not hosting.current().key:
        return True
    cookies = _cookies(headers)
    return any(hosting.is_proof(cookies.get(name, ""), role) for role, name in COOKIES.items())


def _cookies(headers: Headers) -> dict[str, str]:
    """By name. Other programs on this computer may have set some whose names http.cookies takes for an error."""
    return cookie_parser(headers.get("cookie", ""))


def _let_in(scope: Scope, roles: list[str], asked: list[tuple[str, str]]) -> Response:
    """Keep the proof in the browser, and show the page without the key in its address."""
    path = HOST_PAGE if hosting.HOST in roles and scope["path"] == "/" else scope["path"]
    path = "/" + path.lstrip("/\\")  # "//evil.example" would be another host
    answer = RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, 303)
    for role in roles:
        key = hosting.current().host_key if role == hosting.HOST else hosting.current().key
        answer.set_cookie(COOKIES[role], hosting.proof(key, role), httponly=True, samesite="lax")
    return answer


def _refusal(problem: str = "") -> Response:
    said = f"<p role=alert><b>{html.escape(problem)}</b></p>" if problem else ""
    return HTMLResponse(
        f"""<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>{words.REFUSED_TITLE}</title><style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;
padding:0 1rem;color-scheme:light dark}}input,button{{font:inherit;padding:.4rem .6rem}}</style>
<h1>{words.REFUSED_TITLE}</h1>{said}<p>{words.REFUSED}</p>
<form action="/" method=get><label>{words.REFUSED_KEY} <input name=key autocomplete=off autofocus></label>
<button>{words.REFUSED_GO}</button></form>""",
        403,
    )


def _plain(scope: Scope) -> Scope:
    """Ask for a page as it is: in a compressed one our scripts could not be put."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]}


def _with_scripts(send: Send, scope: Scope) -> Send:
    """Put our scripts into the page itself. A script that comes with what a page shows may come after the first address
    that the page writes, and Streamlit would have added that one to the browser's history."""
    if scope["method"] != "GET":
        return send
    start: Message | None = None
    page = b""

    async def pass_on(message: Message) -> None:
        nonlocal start, page
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                for name in ("etag", "last-modified", "accept-ranges"):  # they are of the file, which stays as it is
                    del headers[name]
                start = message
                return
        if start is None:
            await send(message)
            return
        page += message.get("body", b"")
        if message.get("more_body"):
            return
        page = page.replace(b"</head>", b"<script>%s</script></head>" % scripts.TEXT.encode(), 1)
        MutableHeaders(scope=start)["content-length"] = str(len(page))
        await send(start)
        await send({"type": "http.response.body", "body": page})

    return pass_on


def _with_headers(send: Send, scope: Scope) -> Send:
    """Add what every answer says, and in a shared demo a mark by which the tabs of one browser are one visit."""
    is_new = hosting.is_shared() and visits.COOKIE not in _cookies(Headers(scope=scope))

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if is_new and headers.get("content-type", "").startswith("text/html"):
                mark = f"{visits.COOKIE}={secrets.token_hex(16)}; HttpOnly; Path=/; SameSite=Lax"
                headers.append("set-cookie", mark)
        await send(message)

    return pass_on
