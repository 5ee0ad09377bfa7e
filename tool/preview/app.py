"""The web application. Messages are never in a URL or on disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from client import MAX_FILE_BYTES
from plugin.error import ERROR_ONS, ERROR_OPTION
from plugin.setting import option
from plugin.setting.option import Options
from plugin_process import ROOT
from preview import gallery
from preview.answer import Answer, Plugin
from preview.form import Form, language, of_sample, submitted
from preview.guard import Guard
from preview.html import Child, h, write
from preview.message import Posted, Way, read
from preview.page import page
from preview.phrases import PHRASES
from preview.result import result
from preview.sequel import sequels

HOSTS = ["127.0.0.1", "localhost"]  # against DNS rebinding
MAX_FORM_BYTES = 4 * MAX_FILE_BYTES  # URL encoding can triple the size
MAX_FIELDS = 64
FORM_TYPE = "application/x-www-form-urlencoded"
HERE = Path(__file__).parent
ASSETS = {  # path -> file, content type
    "/style.css": (HERE / "style.css", "text/css"),
    "/page.js": (HERE / "page.js", "text/javascript"),
    "/icon.svg": (ROOT / "deploy/spacectl/icon.svg", "image/svg+xml"),
}


def app() -> Starlette:
    """Return the web application."""
    routes = [Route("/", _get), Route("/", _post, methods=["POST"])]
    routes += [Route(path, _asset(file, kind)) for path, (file, kind) in ASSETS.items()]
    guards = [Middleware(Guard), Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)]
    return Starlette(routes=routes, middleware=guards)


async def _get(request: Request) -> Response:
    chosen = language(request.query_params.get("language", ""))
    name = request.query_params.get("case", "")
    sample = gallery.sample(name) if name else None
    if name and sample is None:
        return Response("no such case\n", 404, media_type="text/plain")
    return await _answered(of_sample(sample, chosen) if sample else Form(chosen))


async def _post(request: Request) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return Response("a form is expected\n", 415, media_type="text/plain")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            return _too_large()
    try:
        fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        return _too_large()
    return await _answered(submitted({name: values[-1] for name, values in fields.items()}))


def _too_large() -> Response:
    english, korean = PHRASES.values()
    return Response(f"{english.too_large}\n{korean.too_large}\n", 413, media_type="text/plain")


def _asset(file: Path, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = file.read_bytes()

    async def asset(_: Request) -> Response:
        return Response(content, media_type=kind)

    return asset


async def _answered(form: Form) -> Response:
    problems, shown = await _result(form) if form.text.strip() else ([], None)
    return Response(write(page(form, shown, problems)), media_type="text/html")


async def _result(form: Form) -> tuple[list[str], list[Child]]:
    """Return the problems of the form, and the result of its message."""
    phrases = PHRASES[form.language]
    problems, now = [], form.arrived_at
    if now is None:
        problems.append(phrases.bad_arrival)
        now = datetime.now(UTC)
    _, errors = option.merge(form.values, Options())
    problems += [f"{phrases.option_ignored} {error.message}" for error in errors if not _refuses(error)]
    try:
        posted = read(form.text)
    except ERROR_ONS as e:
        return problems, list(result(form, Answer(refusal=e), []))
    problems += _flaws(posted, form)
    if posted.way is Way.NONE:
        return problems, [h("p", phrases.unread)]
    answer = await Plugin(form.values, now).answer(posted.data)
    steps = await sequels(posted.data, form.values, now) if answer.events else []
    return problems, list(result(form, answer, steps))


def _refuses(error: ERROR_OPTION) -> bool:
    return error.name in option.SETTINGS and option.SETTINGS[error.name].fails_closed


def _flaws(posted: Posted, form: Form) -> list[str]:
    phrases = PHRASES[form.language]
    if posted.way is Way.NONE:
        return [phrases.unreadable.format(posted.flaw)]
    flaws = [phrases.no_json.format(*posted.place)] if posted.place else []
    return [*flaws, phrases.no_object] if posted.way is Way.RELAY else []
