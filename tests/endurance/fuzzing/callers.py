"""What comes by sockets: the daemon's own, and that of `esimmon web`."""

from __future__ import annotations

import json
import selectors
import socket
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from monitor.daemon.control import Control
from monitor.web.asking import asked_of
from tests.endurance.fuzzing.mutation import spoilt_json
from tests.endurance.fuzzing.target import Target
from tests.unit.commands.stores import START_S, make_store
from tests.unit.daemon.test_control import METHODS
from tests.web.stage import web

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

_ZONE: Final = ZoneInfo("Asia/Karachi")
_ASKED: Final = {"jsonrpc": "2.0", "id": 1, "method": "echo", "params": {"word": "x"}}
_TOKEN: Final = b"TOKEN"
_PATIENCE_S: Final = 20
_IMPATIENCE_S: Final = 0.05  # for what is no whole request


def control_lines(folder: Path) -> Target:
    """Lines on the daemon's socket; what its methods do with them is e2e's matter."""
    closing_all = ExitStack()
    selector = closing_all.enter_context(selectors.DefaultSelector())
    path = folder / "run" / "esimmon.sock"
    control = Control(path, METHODS, selector)
    closing_all.callback(control.close)

    def turn() -> None:
        for key, _ in selector.select(0):
            key.data()

    def feed(given: bytes) -> None:
        with closing(socket.socket(socket.AF_UNIX)) as link:
            link.connect(str(path))
            link.settimeout(0)
            turn()
            for at in range(0, len(given), 50_000):
                with suppress(OSError):  # it hung up on us
                    link.send(given[at : at + 50_000])
                while selector.select(0):
                    turn()
                    with suppress(OSError):
                        link.recv(1 << 20)
        while control._callers:
            turn()

    def make(chance: Random) -> bytes:
        lines = [spoilt_json(chance, _ASKED) for _ in range(chance.randrange(1, 4))]
        return b"\n".join(lines) + b"\n" * chance.randrange(2)

    line = json.dumps(_ASKED).encode() + b"\n"
    words = (b'"method"', b'"fail"', b'"who"', b'"news"', b"\n", b'"params"')
    return Target(feed, (line,), words, make, lambda n: line * n, closing_all.close)


def web_requests(folder: Path) -> Target:
    """Requests of any bytes to `esimmon web`, which then answers a good one."""
    store = make_store(folder / "usage.db")
    closing_all = ExitStack()
    server = closing_all.enter_context(web(store, folder))
    host, _, port = server.address.rpartition("/")[2].partition(":")
    good = (
        b"GET /api/usage?period=2023&network=x HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer TOKEN\r\nConnection: close\r\n\r\n"
    )

    def ask(given: bytes, patience_s: float) -> bytes:
        with closing(socket.create_connection((host, int(port)), _PATIENCE_S)) as link:
            with suppress(OSError):  # it hung up on us, or waits for the rest
                link.sendall(given.replace(_TOKEN, server.token.encode()))
                link.settimeout(patience_s)
                return link.recv(1 << 16)
            return b""

    def feed(given: bytes) -> None:
        answer = ask(given, _IMPATIENCE_S)
        if answer.startswith(b"HTTP/1.1 5"):
            raise AssertionError(f"answered {answer[:300]!r}")
        if not ask(good, _PATIENCE_S).startswith(b"HTTP/1.1 200"):
            raise AssertionError("it does not answer any more")

    words = (
        *(b"HEAD", b"POST", b"/../../etc/passwd", b"%00", b"%ff", b"?period=", b"\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 99\r\n", b"Host: x\r\n"),
        *(
            b"&from=1&to=9",
            b"&plan=x",
            b"Upgrade: websocket\r\n",
            b"Range: bytes=0-\r\n",
        ),
    )
    return Target(feed, (good,), words, close=closing_all.close)


def web_queries(_: Path) -> Target:
    """What an address asks for."""
    seeds = (b"period=month&network=wifi:x", b"from=1700000000&to=1700086400&plan=a")

    def feed(given: bytes) -> None:
        asked_of(parse_qsl(given.decode("latin-1"), True), START_S, _ZONE)  # noqa: FBT003 - as Starlette does

    words = (b"period=", b"&from=", b"&to=", b"..", b"9999", b"&plan=", b"%ff", b"%00")
    return Target(feed, seeds, words, grown=lambda n: b"network=" + b"x" * n)
