"""Who may speak to the page.

The page itself, which holds nothing, is anybody's; whatever tells or changes something wants the
token, in a header that no other site can have a browser send. So there is no cookie that a forged
request could ride on. The names that a request is for and from are checked as well: a host name
that an attacker owns can be pointed at this machine (DNS rebinding), an address cannot.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What the browser is told with every answer.
_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through to an application only what may come.

    Args:
        app: what is guarded.
        token: what a request for anything but `is_open` has to bring.
        is_open: paths that everybody may GET.
        names: host names of this page, beside addresses and localhost.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, is_open: Collection[str], names: Collection[str]
    ) -> None:
        self._app = app
        self._authorization = f"Bearer {token}".encode()
        self._is_open = frozenset(is_open)
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification. Cancellation: as the application's own."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            answer = self._app if refusal is None else _refused(refusal)
            await answer(scope, receive, _with_headers(send))
        else:
            await send({"type": "websocket.close"})

    def _refusal(self, scope: Scope) -> HTTPStatus | None:
        headers = Headers(scope=scope)
        if not self._is_ours(f"http://{headers.get('host', '')}"):
            return HTTPStatus.MISDIRECTED_REQUEST
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers["host"]:
            return HTTPStatus.FORBIDDEN
        if scope["path"] in self._is_open and scope["method"] in ("GET", "HEAD"):
            return None
        given = headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._authorization):
            return HTTPStatus.UNAUTHORIZED
        return None

    def _is_ours(self, url: str) -> bool:
        try:
            name = urlsplit(url).hostname or ""
            return name in self._names or bool(ip_address(name))
        except ValueError:
            return False


def _refused(status: HTTPStatus) -> ASGIApp:
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return PlainTextResponse(f"{status.phrase}\n", status, headers)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending
