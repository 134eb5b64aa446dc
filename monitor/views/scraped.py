"""Answers Prometheus: one page over HTTP, a thread that does nothing else.

One request after the other, each with a deadline: it cannot be made to hold memory. On
loopback only names of this machine are answered, so that a page of the web which has
its name point here reads nothing.
"""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from monitor import __version__
from monitor.closing import Closing
from monitor.errors import ConfigError
from monitor.views.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_S: Final = 5
_PATH: Final = "/metrics"


class Scraped(Closing):
    """Listens from the beginning, answers from `start` on."""

    def __init__(self, listen: str, text: Callable[[], str]) -> None:
        """Take the address.

        Args:
            listen: an IP address and a port.
            text: what is answered; called in the thread.

        Raises:
            ConfigError: the address cannot be had.
        """
        host, _, port = listen.rpartition(":")
        address = ip_address(host.strip("[]"))
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - its name
        made = type("Server", (HTTPServer,), {"address_family": family})
        handler = type(
            "Handler", (_Handler,), {"text": staticmethod(text), "host": address}
        )
        try:
            self._server: HTTPServer = made((str(address), int(port)), handler)
        except OSError as error:
            raise ConfigError(
                f'[metrics] listen = "{listen}": {error.strerror}.'
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Give the address back."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    timeout = _PATIENCE_S
    server_version = f"esimmon/{__version__}"
    sys_version = ""
    text: Callable[[], str]
    host = ip_address("127.0.0.1")

    def do_GET(self) -> None:
        """Answer with the figures."""
        if not self._is_meant():
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path.partition("?")[0] != _PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            body = self.text().encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _is_meant(self) -> bool:
        """Whether the name that was asked for is one of an address."""
        if not self.host.is_loopback:
            return True
        asked = self.headers.get("Host", "")
        name = asked.rpartition(":")[0] if not asked.endswith("]") else asked
        name = (name or asked).strip("[]")
        if name == "localhost":
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def log_message(self, *_: object) -> None:
        """Say nothing: it happens every few seconds."""
