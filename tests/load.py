"""The load of the traffic generator: a modest mix of what programs do.

A download and an upload, questions with one answer each (a new UDP socket each time, as
for DNS), processes that live for milliseconds, and a server whose workers were forked
before their clients came. Nothing here is random.
"""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

    from tests.lab import Both, Counters, Lab

_STOP_S = 30


@dataclass
class Work:
    """Programs of one kind.

    Attributes:
        name: of the class.
        port: what its packets have in common.
        processes: names and pids of those that run in near.
    """

    name: str
    port: int
    processes: list[tuple[str, int]]


def _client(lab: Lab, name: str, port: int, up: int, down: int) -> Work:
    far = lab.address["far4"]
    server = lab.far.traffic("serve", far, port)
    next_line(server)
    client = lab.near.traffic("transfer", far, port, up, down, name)
    client.wait()
    server.wait()
    return Work(name.removeprefix("lab-"), port, [(name, client.pid)])


def _questions(lab: Lab, port: int) -> Work:
    far = lab.address["far4"]
    server = lab.far.datagrams("serve", far, port)
    next_line(server)
    client = lab.near.datagrams("ask", far, port, 200, "lab-questions")
    client.wait()
    server.communicate("stop\n")
    return Work("questions", port, [("lab-questions", client.pid)])


def _short(lab: Lab, port: int, count: int) -> Work:
    far = lab.address["far4"]
    server = lab.far.traffic("serve", far, port, count)
    next_line(server)
    parent = lab.near.traffic("short_lived", far, port, count, 20_000)
    said, _ = parent.communicate()
    server.wait()
    pids = [int(word) for word in said.split()]
    return Work("short", port, [(f"short-{at}", pid) for at, pid in enumerate(pids)])


def _preforked(lab: Lab, port: int, workers: int) -> Work:
    near = lab.address["near4"]
    server = lab.near.traffic("serve_preforked", near, port, workers, "lab-server")
    pids = [int(word) for word in next_line(server).split()]
    clients = [
        lab.far.traffic("transfer", near, port, 100_000, 400_000)
        for _ in range(workers)
    ]
    for process in (*clients, server):
        process.wait()
    names = [("lab-server", server.pid)]
    names += [(f"lab-server-{at}", pid) for at, pid in enumerate(pids)]
    return Work("preforked", port, names)


def next_line(process: subprocess.Popen[str]) -> str:
    """The next line that a program of tests/traffic.py says."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"{process.args!r} ended early")
    return line


def make_load(lab: Lab) -> list[Work]:
    """A modest mix of what programs do.

    Args:
        lab: where.

    Returns:
        What was done, by whom.
    """
    return [
        _client(lab, "lab-download", 7701, 0, 20_000_000),
        _client(lab, "lab-upload", 7702, 5_000_000, 0),
        _questions(lab, 7703),
        _short(lab, 7704, 50),
        _preforked(lab, 7705, 4),
    ]


def stop(monitor: subprocess.Popen[str]) -> int:
    """End a monitor as a person does, with Ctrl-C.

    Args:
        monitor: the process.

    Returns:
        Its exit status.
    """
    monitor.send_signal(signal.SIGINT)
    return monitor.wait(_STOP_S)


def truth(
    works: list[Work], wire: dict[str, Both], before: Counters, after: Counters
) -> dict[str, Any]:
    """What happened, for JSON.

    Args:
        works: what was done, by whom.
        wire: what crossed the wire for each of them.
        before: counters of near's device before.
        after: and after.

    Returns:
        Classes with their processes and IP bytes; rx is what near received.
    """
    classes = [
        {
            "class": work.name,
            "port": work.port,
            "processes": [{"comm": name, "pid": pid} for name, pid in work.processes],
            "wire": {
                "rx_bytes": wire[work.name].rx.bytes,
                "tx_bytes": wire[work.name].tx.bytes,
                "rx_packets": wire[work.name].rx.packets,
                "tx_packets": wire[work.name].tx.packets,
            },
        }
        for work in works
    ]
    interface = {"before": asdict(before), "after": asdict(after)}
    return {"classes": classes, "interface": interface}
