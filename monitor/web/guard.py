"""Who may ask, and what a browser may do with the answer.

Loopback is open to every user of the machine and to every page in the browser, so:

- Data wants a token that is new for each start. It comes with the address, behind `#`:
  a browser sends that part to nobody, in no request and no Referer. The page keeps it
  for its tab and sends it as `Authorization`. It is no cookie, because cookies know no
  ports: a server of somebody else on another port would get it.
- The name that was asked for must be this machine's: a page of the Internet whose name
  suddenly means 127.0.0.1 still says its own (DNS rebinding).
- Nothing but GET and HEAD, and no CORS: other pages can neither change nor read.
- The policy lets the page load and ask from here alone, and makes text of all names.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

DATA: Final = "/api/"
"""What addresses of data begin with."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_METHODS: Final = ("GET", "HEAD")


class Guard:
    """Lets through what a person's own page asks, and nothing else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        """Stand before an application.

        Args:
            app: what answers.
            token: what data wants.
        """
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse; as ASGI has it."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        answer: ASGIApp = self._app
        if refusal is not None:
            status, sentence = refusal
            allowed = {"Allow": ", ".join(_METHODS)} if status == 405 else None  # noqa: PLR2004 - Method Not Allowed
            answer = JSONResponse({"error": sentence}, status, allowed)
        await answer(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and sentence; None for what may pass."""
        headers = Headers(scope=scope)
        if not _is_here(headers.getlist("host")):
            return 421, "this server is for 127.0.0.1, localhost and [::1] only."
        if scope["method"] not in _METHODS:
            return 405, "esimmon web is for reading only."
        if scope["path"].startswith(DATA):
            given = headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, self._wanted):
                return 401, "open the address that `esimmon web` wrote when it began."
        return None


def _is_here(hosts: list[str]) -> bool:
    """Whether one host was named, and it is this machine; its port may be forwarded."""
    if len(hosts) != 1:
        return False
    name, colon, port = hosts[0].lower().rpartition(":")
    if not colon or port.endswith("]"):
        return hosts[0].lower() in _NAMES
    return name in _NAMES and port.isascii() and port.isdigit()
