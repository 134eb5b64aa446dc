"""The sockdiag source in a process of its own, for a test to ask: lines of words.

    python looker.py

It says "ready" first, and one line of JSON for each line it reads:

    look     what it knows now
    deafen   no room for what the kernel tells, and nobody reads it, until ...
    listen   ... this; then as `look`
    starve   no file can be opened any more, until ...
    feed     ... this; then as `look`
"""

from __future__ import annotations

import json
import resource
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.collectors.sockdiag import SockDiag

_LEAST_ROOM = 1


def main() -> None:
    """Answer until the input ends."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from monitor.collectors.bpf.cgroups import (  # noqa: PLC0415 - the path is set now
        CgroupPaths,
        find_root,
    )
    from monitor.collectors.sockdiag import SockDiag  # noqa: PLC0415
    from monitor.tiers import own_netns  # noqa: PLC0415

    told: list[str] = []
    with SockDiag(own_netns(), CgroupPaths(find_root()), told.append) as source:
        print("ready", flush=True)  # noqa: T201 - the way to the test
        for line in sys.stdin:
            word = line.strip()
            _obey(source, word)
            answer = {} if word in {"deafen", "starve"} else _answer(source, told)
            print(json.dumps(answer), flush=True)  # noqa: T201


def _obey(source: SockDiag, word: str) -> None:
    if word == "deafen":
        source._lock.acquire()
        source._ends.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LEAST_ROOM)
    elif word == "listen":
        source._lock.release()
        source._ends.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    elif word in {"starve", "feed"}:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        soft = 1 if word == "starve" else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _answer(source: SockDiag, told: list[str]) -> dict[str, Any]:
    rows = source.read()
    ended = source.exited()
    return {
        "rows": [
            {
                "pid": key.owner.pid,
                "ifindex": key.ifindex,
                "netns": key.netns,
                "comm": source.comm(key.owner),
                "process": asdict(process) if process else None,
                "ended": key.owner in ended,
                **asdict(counters.traffic),
            }
            for key, counters in rows.items()
            for process in [source.process(key.owner)]
        ],
        "unseen": asdict(source.unseen),
        "lost": source.health().failed_rows,
        "told": told,
    }


if __name__ == "__main__":
    main()
