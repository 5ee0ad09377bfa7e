"""Keep other sites away from the page, and the page from them."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    # Nothing but the page's own style and script: a text that became markup in spite of all could load and run nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser hides the origin of our own form, too
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OWN_SITE = ("same-origin", "none")  # Sec-Fetch-Site; none: an address that was typed


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
