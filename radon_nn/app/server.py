"""The playground's server: three fixed pages, and a websocket with a session behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from radon_nn.app import assets, messages
from radon_nn.app.guards import Allowance, Guard
from radon_nn.app.session import Answer, Session
from radon_nn.app.slices import SlicedNetwork

try:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect
except ImportError as error:
    raise ImportError(
        "playground: expected the packages starlette, uvicorn and websockets, got none; install them by "
        "`pip install 'radon-nn[app]'`"
    ) from error

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_SESSIONS = 32
"""Windows at once: a class's tutorial on one server. Each holds one fit, some 10 kB."""
_RATE, _BURST = 120.0, 240.0
"""Requests per second: two for each frame of a screen of 60 Hz; what is more waits."""
_MOST_ERRORS = 500
"""Requests in error before a window is shut: a page that works sends none."""
_THREADS = 2
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_REFUSED, _TOO_MANY, _CLOSED = 1008, 1013, 1011


class Playground:
    """
    The server as an ASGI application.

    Parameters
    ----------
    guard : Guard
        Who may speak to it.
    opened : SlicedNetwork, optional
        The network of a file.
    root_path : str
        The prefix under which a proxy passes requests on, such as '/user/ann/proxy/8765'; whether the proxy strips it
        or not.
    """

    def __init__(self, guard: Guard, opened: SlicedNetwork | None = None, root_path: str = "") -> None:
        self._guard, self._opened, self._prefix = guard, opened, root_path.rstrip("/")
        self._sessions = 0
        # fit releases the lock of the interpreter where it computes, so windows do not wait for each other's long fits.
        self._solvers = ThreadPoolExecutor(_THREADS, thread_name_prefix="playground")
        pages = {
            "/playground.js": (assets.playground(), "text/javascript"),
            "/page.js": (assets.text("page.js"), "text/javascript"),
            "/style.css": (assets.text("style.css"), "text/css"),
        }
        routes = [Route(path, _constant(*page)) for path, page in pages.items()]
        self._routes = Starlette(routes=[Route("/", self._page), *routes, WebSocketRoute("/ws", self._talk)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve a request.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        if scope["type"] in ("http", "websocket"):
            headers = dict(scope["headers"])
            if not self._guard.knows_host(headers.get(b"host", b"").decode("latin-1")):
                await _refuse(scope, receive, send, "expected a Host that this server goes by; see --allow-host")
                return
            if self._prefix and scope["path"].startswith(self._prefix + "/"):
                path = scope["path"].removeprefix(self._prefix)
                scope = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        await self._routes(scope, receive, send)

    async def _page(self, request: Request) -> Response:
        if not self._guard.knows_token(request.query_params.get("token", "")):
            return PlainTextResponse("expected the token; open the whole address that was printed\n", 403, _HEADERS)
        return Response(assets.text("index.html"), 200, _HEADERS, "text/html")

    async def _talk(self, socket: WebSocket) -> None:
        """One window's requests and answers, until it closes."""
        headers = socket.headers
        known = self._guard.knows_origin(headers.get("origin", ""), headers.get("host", ""))
        if not known or not self._guard.knows_token(socket.query_params.get("token", "")):
            await socket.close(_REFUSED)
            return
        if self._sessions >= _MOST_SESSIONS:
            await socket.accept()
            await socket.close(_TOO_MANY, "too many windows; close one")
            return
        self._sessions += 1
        try:
            await socket.accept()
            await self._served(socket)
        except (WebSocketDisconnect, OSError):
            pass
        finally:
            self._sessions -= 1

    async def _served(self, socket: WebSocket) -> None:
        session, inbox = Session(self._opened), Inbox()
        reader = asyncio.create_task(self._read(socket, inbox))
        errors = 0
        try:
            while (text := await inbox.take()) is not None:
                answer = await asyncio.get_running_loop().run_in_executor(self._solvers, session.answer, text)
                await socket.send_text(_as_json(answer))
                errors += answer["type"] == "error"
                if errors > _MOST_ERRORS:
                    await socket.close(_REFUSED, "too many errors")
                    return
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self, socket: WebSocket, inbox: Inbox) -> None:
        allowance = Allowance(_RATE, _BURST)
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await asyncio.sleep(allowance.take())
                await inbox.put(message.get("text") or message.get("bytes") or "")
        finally:
            inbox.close()


class Inbox:
    """Requests that wait: the newest of each kind, since the page's state has moved on from the older ones."""

    def __init__(self) -> None:
        self._waiting: dict[str, str | bytes] = {}
        self._changed = asyncio.Event()
        self._open = True

    async def put(self, text: str | bytes) -> None:
        """
        Put a request in, in the place of an older one of its kind.

        Parameters
        ----------
        text : str or bytes
            The request.
        """
        kind = _kind(text)
        self._waiting.pop(kind, None)
        self._waiting[kind] = text
        self._changed.set()
        await asyncio.sleep(0)

    def close(self) -> None:
        """Say that no more will come."""
        self._open = False
        self._changed.set()

    async def take(self) -> str | bytes | None:
        """
        The request that has waited longest.

        Returns
        -------
        str or bytes, optional
            None if the window has closed.
        """
        while not self._waiting and self._open:
            self._changed.clear()
            await self._changed.wait()
        if not self._open:
            return None
        return self._waiting.pop(next(iter(self._waiting)))


def _kind(text: str | bytes) -> str:
    """The kind of a request by which it is replaced; all that cannot be read are one kind."""
    if len(text) > messages.MOST_BYTES:
        return ""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    kind = content.get("type") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) and kind in messages.TYPES else ""


def _as_json(answer: Answer) -> str:
    try:
        return json.dumps(answer, allow_nan=False)
    except ValueError:
        # Where masses cancel in the last digits a number may overflow; JSON has none that is not finite.
        return json.dumps({"type": "error", "id": answer["id"], "text": "the answer has a number that is not finite"})


def _constant(content: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def give(request: Request) -> Response:
        """Give one of the page's own files."""
        return Response(content, 200, _HEADERS, kind)

    return give


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _REFUSED})
        return
    await PlainTextResponse(reason + "\n", 403, _HEADERS)(scope, receive, send)
