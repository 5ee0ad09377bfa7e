"""Security headers, and protection against CSRF."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    # Only the page's own style and script, against XSS.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # no-referrer would hide the origin of our own form
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OWN_SITE = ("same-origin", "none")  # of Sec-Fetch-Site; none: a typed address


class Guard:
    """Refuse a POST of another site (CSRF), and give each response its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] == "http" and scope["method"] == "POST" and _is_of_another_site(Headers(scope=scope)):
            await PlainTextResponse("this form belongs to another site\n", 403)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _is_of_another_site(headers: Headers) -> bool:
    origin = headers.get("origin", "")
    own = f"http://{headers.get('host', '')}"
    return (origin not in ("", own)) or headers.get("sec-fetch-site", "none") not in OWN_SITE
