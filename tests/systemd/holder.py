"""A service that holds the eBPF program, and does what it is told line by line.

    python holder.py KNOWN_INSTANCE ROWS NETNS

It says as JSON what it opened. Then `read` says what was counted in the namespace;
`close`, `detach` and `drop_previous` are those of the program.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.collectors.bpf import Surroundings, open_program
from monitor.usage import total

if TYPE_CHECKING:
    from monitor.usage import SocketCounters, SocketKey

NO_BPFFS = Surroundings(bpffs=Path("/nowhere"))


def main(known: str, rows: str, netns: str) -> None:
    """Open, say what it is, obey."""

    def moved(reading: dict[SocketKey, SocketCounters]) -> dict[str, int]:
        here = (reading[key].traffic for key in reading if key.netns == int(netns))
        return asdict(total(here))

    def say(what: object) -> None:
        print(json.dumps(what), flush=True)  # noqa: T201 - how the test is answered

    opened = open_program("any", known, surroundings=NO_BPFFS, rows=int(rows))
    program, final = opened.program, opened.final
    say(
        {
            "instance": program.instance_id,
            "adopted": program.adopted,
            "pinned": program.pinned,
            "outlives_a_stop": program.outlives_a_stop,
            "final": moved(final[1]) if final else None,
        }
    )
    for line in sys.stdin:
        if line == "read\n":
            say(moved(program.read()))
        else:
            getattr(program, line.strip())()
            say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
