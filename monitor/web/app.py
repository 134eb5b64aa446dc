"""Which address answers what."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.errors import EsimmonError, StoreError, UsageError
from monitor.escapes import visible
from monitor.web import documents
from monitor.web.asking import asked_of
from monitor.web.guard import DATA, Guard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from monitor.web.reader import Opened, Reader

_MEDIA: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_PAGE: Final = "index.html"
# Of the chart, only what a browser loads; its licence is for who has the package.
_FOLDERS: Final = ("", "uplot")


class Asset(NamedTuple):
    """A file of the page."""

    content: bytes
    media_type: str


def read_assets() -> dict[str, Asset]:
    """The files of the page by their address: there is no way to any other file."""
    found = {}
    for folder in _FOLDERS:
        for each in (files("monitor.web") / "assets" / folder).iterdir():
            media_type = _MEDIA.get(f".{each.name.rpartition('.')[2]}")
            if media_type is not None:
                address = "/" if each.name == _PAGE else f"/{folder}/{each.name}"
                content = each.read_bytes()
                found[address.replace("//", "/")] = Asset(content, media_type)
    return found


def make_app(reader: Reader, token: str) -> Starlette:
    """The whole application.

    Args:
        reader: where the figures are.
        token: what data wants.
    """
    routes = [
        Route(address, _sending(asset), methods=["GET"])
        for address, asset in read_assets().items()
    ]

    # A page asks for all at once. One after the other is faster: the answers would only
    # take the interpreter from each other.
    turn = anyio.CapacityLimiter(1)

    def answering(make: Callable[[Opened, Request], dict[str, Any]]) -> Any:  # noqa: ANN401 - an endpoint
        def read(request: Request) -> JSONResponse:
            with reader.open() as opened:
                return JSONResponse(documents.harmless(make(opened, request)))

        async def answer(request: Request) -> JSONResponse:
            return await anyio.to_thread.run_sync(read, request, limiter=turn)

        return answer

    def asked(make: Any) -> Any:  # noqa: ANN401 - one of `documents`
        return lambda opened, request: make(
            opened,
            asked_of(request.query_params.multi_items(), opened.now_s, opened.zone),
        )

    def plain(make: Any) -> Any:  # noqa: ANN401 - one of `documents`
        return lambda opened, _: make(opened)

    makers = {
        "standing": plain(documents.standing),
        "networks": plain(documents.networks),
        "alerts": plain(documents.alerts),
        "usage": asked(documents.usage),
        "applications": asked(documents.applications),
    }
    routes += [
        Route(f"{DATA}{name}", answering(make), methods=["GET"])
        for name, make in makers.items()
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={EsimmonError: _refused},
    )
    app.router.redirect_slashes = False  # an address is right, or there is no such
    return app


def _sending(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def send(_: Request) -> Response:
        return Response(asset.content, media_type=asset.media_type)

    return send


def _refused(_: Request, error: Exception) -> JSONResponse:
    """What a person can act on, in the words of the command line."""
    reason = error.reason if isinstance(error, StoreError) else None
    document = {"error": visible(str(error)), "reason": reason}
    return JSONResponse(document, 400 if isinstance(error, UsageError) else 503)
