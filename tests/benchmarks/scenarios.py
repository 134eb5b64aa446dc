"""The 24 scenarios of picosnitch's public benchmark, with generators of our own.

Which traffic, how many bytes and by which means is as its README describes them; near
is the machine, and far the peer. Nothing is paced but what is about pace: who counts
each packet need not be given time.
"""

from __future__ import annotations

import ctypes
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.benchmarks.container import Container
from tests.benchmarks.stage import TESTS
from tests.lab import DEVICE
from tests.load import next_line

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.benchmarks.stage import Stage

    Run = Callable[[Stage, str], "Played"]

MIB: Final = 1 << 20
_DATAGRAM: Final = 1200
_NEVER: Final = 1 << 30  # a server that answers every n-th datagram answers none
_MACS: Final = ("02:77:00:00:01:01", "02:77:00:00:01:02")  # near's, and of its router
_IO_URING_SETUP, _PARAMS_BYTES = 425, 120


@dataclass(frozen=True, slots=True)
class Played:
    """What took part in a scenario.

    Attributes:
        processes: how many, all with the name of the scenario.
        application: what they should be recognised as; else that name.
    """

    processes: int = 1
    application: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of the 24.

    Attributes:
        name: with its number there, at most 15 characters.
        text: what it is.
        run: makes the traffic and waits for its end.
        lacking: what this kernel must have for it and has not; empty if it can run.
    """

    name: str
    text: str
    run: Run
    lacking: Callable[[], str] = str

    @property
    def number(self) -> str:
        """As in the benchmark, such as s01."""
        return self.name[:3]


def _finish(*processes: subprocess.Popen[str], stop: bool = False) -> None:
    """Wait for all; with `stop`, by telling them to."""
    for process in processes:
        process.communicate("stop\n" if stop else None)
        if process.returncode:
            raise RuntimeError(f"{process.args!r} failed")


def _tcp(
    up: int,
    down: int,
    *how: str,
    source: str = "traffic.py",
    family: str = "4",
) -> Run:
    """A conversation; `how` goes to the `transfer` command of a source."""

    def run(stage: Stage, name: str) -> Played:
        at = (stage.lab.address[f"far{family}"], stage.port())
        server = stage.far("traffic.py", "serve", *at)
        amounts = [stage.some(amount) for amount in (up, down)]
        _finish(stage.near(name, source, "transfer", *at, *amounts, *how), server)
        return Played()

    return run


def _by(how: str, up: int, down: int) -> Run:
    return _tcp(up, down, how, source="syscalls.py")


def _uring(up: int, down: int) -> Run:
    return _tcp(up, down, source="uring.c")


def _loopback(stage: Stage, name: str) -> Played:
    at = ("127.0.0.1", stage.port())
    server = stage.near("server", "traffic.py", "serve", *at)
    next_line(server)
    down = stage.some(24 * MIB)
    _finish(stage.near(name, "traffic.py", "transfer", *at, 0, down), server)
    return Played()


def _both_ways(stage: Stage, name: str) -> Played:
    ways = ((stage.some(24 * MIB), 0), (0, stage.some(24 * MIB)))
    far, port = stage.lab.address["far4"], stage.port()
    server = stage.far("traffic.py", "serve_preforked", far, port, 2, "far")
    clients = [
        stage.near(name, "traffic.py", "transfer", far, port, *way) for way in ways
    ]
    _finish(*clients, server)
    return Played(2)


def _burst(stage: Stage, name: str) -> Played:
    far, port = stage.lab.address["far4"], stage.port()
    server = stage.far("traffic.py", "serve_preforked", far, port, 30, "far")
    words = ("transfer", far, port, 256 << 10, 0)
    _finish(*[stage.near(name, "traffic.py", *words) for _ in range(30)], server)
    return Played(30)


def _short(stage: Stage, name: str) -> Played:
    far, port = stage.lab.address["far4"], stage.port()
    server = stage.far("traffic.py", "serve", far, port, 20)
    for _ in range(20):
        _finish(stage.near(name, "traffic.py", "transfer", far, port, 512 << 10, 0))
    _finish(server)
    return Played(20)


def _udp_up(port: int, full: int, size: int) -> Run:
    def run(stage: Stage, name: str) -> Played:
        at = (stage.lab.address["far4"], port or stage.port())
        server = stage.far("datagrams.py", "serve", *at, _NEVER)
        count = stage.some(full // size)
        _finish(stage.near(name, "datagrams.py", "send", *at, size, count))
        _finish(server, stop=True)
        return Played()

    return run


def _udp_down(family: str) -> Run:
    def run(stage: Stage, name: str) -> Played:
        at = (stage.lab.address[f"near{family}"], stage.port())
        server = stage.near(name, "datagrams.py", "serve", *at, _NEVER)
        next_line(server)
        count = stage.some(24 * MIB // _DATAGRAM)
        words = map(str, ("send", *at, _DATAGRAM, count))
        _finish(stage.lab.far.datagrams(*words))
        _finish(server, stop=True)
        return Played()

    return run


def _udp_both(stage: Stage, name: str) -> Played:
    _udp_up(0, 24 * MIB, _DATAGRAM)(stage, name)
    _udp_down("4")(stage, name)
    return Played(2)


def _echo(stage: Stage, name: str) -> Played:
    words = ("ping", stage.lab.address["far4"], "raw", stage.some(6291), 1000)
    _finish(stage.near(name, "datagrams.py", *words))
    return Played()


def _raw(stage: Stage, name: str) -> Played:
    # Somebody listens, or the peer's kernel would answer that nobody does.
    server = stage.far("bench_traffic.py", "hold_raw", 253)
    words = (stage.lab.address["far4"], 253, 1000, stage.some(4 * MIB // 1000))
    _finish(stage.near(name, "packets.py", "raw_protocol", *words))
    _finish(server, stop=True)
    return Played()


def _frames(stage: Stage, name: str) -> Played:
    address, port = stage.lab.address, stage.port()
    server = stage.far("datagrams.py", "serve", address["far4"], port, _NEVER)
    ends = f"{address['near4']},{address['far4']},{port},1000"
    count = stage.some(4 * MIB // 1000)
    words = ("packet", "frames", DEVICE, ",".join(_MACS), ends, count)
    _finish(stage.near(name, "packets.py", *words))
    _finish(server, stop=True)
    return Played()


def _batches_up(stage: Stage, name: str) -> Played:
    words = (stage.lab.address["far4"], stage.port(), _whole_batches(stage))
    server = stage.far("syscalls.py", "swallow", *words, "plain")
    _finish(stage.near(name, "syscalls.py", "shower", *words, "mmsg"), server)
    return Played()


def _batches_down(stage: Stage, name: str) -> Played:
    words = (stage.lab.address["near4"], stage.port(), _whole_batches(stage))
    server = stage.near(name, "syscalls.py", "swallow", *words, "mmsg")
    next_line(server)
    sender = stage.lab.far.script(TESTS / "syscalls.py", "shower", *words, "mmsg")
    _finish(sender, server)
    return Played()


def _whole_batches(stage: Stage) -> int:
    batch = 8 * _DATAGRAM
    return stage.some(24 * MIB // batch) * batch


def _container(stage: Stage, name: str) -> Played:
    far, port = stage.lab.address["far4"], stage.port()
    words = ("transfer", far, port, stage.some(24 * MIB), 0)
    server = stage.far("traffic.py", "serve", far, port)
    with Container(stage.lab) as container:
        _finish(stage.inside(container, name, "traffic.py", *words), server)
        stage.lab.wire()
    return Played(application=container.application)


def _drip(stage: Stage, name: str) -> Played:
    far, port = stage.lab.address["far4"], stage.port()
    server = stage.far("traffic.py", "serve", far, port)
    words = ("drip", far, port, stage.some(2 * MIB), 128 << 10)
    _finish(stage.near(name, "bench_traffic.py", *words), server)
    return Played()


def _many(stage: Stage, name: str) -> Played:
    far, port = stage.lab.address["far4"], stage.port()
    server = stage.far("traffic.py", "serve", far, port, 60)
    words = ("many", far, port, 60, 64 << 10)
    _finish(stage.near(name, "bench_traffic.py", *words), server)
    return Played()


def _sctp(stage: Stage, name: str) -> Played:
    words = (stage.lab.address["far4"], stage.port(), stage.some(24 * MIB))
    server = stage.far("bench_traffic.py", "serve_sctp", *words)
    _finish(stage.near(name, "bench_traffic.py", "receive_sctp", *words), server)
    return Played()


def _no_sctp() -> str:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
    except OSError as error:
        return f"this kernel has no SCTP ({error.strerror})"
    return ""


def _no_uring() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(_PARAMS_BYTES))
    if fd < 0:
        return f"this kernel has no io_uring ({os.strerror(ctypes.get_errno())})"
    os.close(fd)
    return ""


SCENARIOS: Final = (
    Scenario("s01-tcp-down", "TCP download", _tcp(0, 32 * MIB)),
    Scenario("s02-tcp-up", "TCP upload", _tcp(32 * MIB, 0)),
    Scenario("s03-tcp-both", "TCP both ways at once", _both_ways),
    Scenario("s04-udp-both", "UDP both ways", _udp_both),
    Scenario("s05-icmp", "ICMP echo, raw socket", _echo),
    Scenario("s06-udp-443", "UDP to port 443", _udp_up(443, 24 * MIB, _DATAGRAM)),
    Scenario("s07-tcp6-down", "TCP over IPv6", _tcp(0, 24 * MIB, family="6")),
    Scenario("s08-sctp", "SCTP download", _sctp, _no_sctp),
    Scenario("s09-small-udp", "small UDP to port 53", _udp_up(53, 4 * MIB, 64)),
    Scenario("s10-raw", "raw IP, protocol 253", _raw),
    Scenario("s11-short", "20 short processes", _short),
    Scenario("s12-af-packet", "frames by AF_PACKET", _frames),
    Scenario("s13-uring-up", "io_uring upload", _uring(24 * MIB, 0), _no_uring),
    Scenario("s14-sendfile", "sendfile upload", _by("sendfile", 32 * MIB, 0)),
    Scenario("s15-sendmmsg", "UDP by sendmmsg", _batches_up),
    Scenario("s16-loopback", "loopback only", _loopback),
    Scenario("s17-container", "in a container", _container),
    Scenario("s18-drip", "slow upload", _drip),
    Scenario("s19-many", "60 small TCP connections", _many),
    Scenario("s20-burst", "30 processes at once", _burst),
    Scenario("s21-uring-down", "io_uring download", _uring(0, 24 * MIB), _no_uring),
    Scenario("s22-splice", "splice download", _by("splice", 0, 32 * MIB)),
    Scenario("s23-recvmmsg", "UDP by recvmmsg", _batches_down),
    Scenario("s24-udp6-down", "UDP over IPv6", _udp_down("6")),
)
