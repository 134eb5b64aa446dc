"""What counting costs in the kernel: the same traffic with the program and without.

    python tests/benchmarks/kernel_cost.py [--rounds 7] [--seconds 1]

Both ends are on this machine and counted, so every packet pays twice. Rounds with and
without are interleaved, and medians compared, for a machine is never quiet. Needs root
and iperf3 (Debian package iperf3).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.collectors.bpf import open_program
from tests.lab import DEVICE, Lab
from tests.load import next_line

PORT = 7900
KINDS = {
    "TCP, offload": (True, ()),
    "TCP, segmented": (False, ()),
    "UDP 1200 B": (False, ("-u", "-b", "0", "-l", "1200")),
}


class Round(NamedTuple):
    """One second of traffic.

    Attributes:
        bits_per_s: received.
        cpu_pct: of both ends together.
    """

    bits_per_s: float
    cpu_pct: float


def play(lab: Lab, words: tuple[str, ...], seconds: int) -> Round:
    """Let iperf3 send as fast as it can."""
    address = lab.address["far4"]
    server = lab.far.popen(["iperf3", "-s", "-1", "--forceflush", "-p", str(PORT)])
    next_line(server)
    client = lab.near.popen(
        ["iperf3", "-J", "-c", address, "-p", str(PORT), "-t", str(seconds), *words]
    )
    text, _ = client.communicate()
    server.communicate()
    end = json.loads(text)["end"]
    cpu = end["cpu_utilization_percent"]
    whole = end.get("sum_received") or end["sum"]
    return Round(whole["bits_per_second"], cpu["host_total"] + cpu["remote_total"])


def compare(kind: str, rounds: int, seconds: int) -> str:
    """One line: throughput and CPU for each byte, with and without."""
    offload, words = KINDS[kind]
    found: dict[bool, list[Round]] = {False: [], True: []}
    with Lab(offload=offload) as lab:
        for _ in range(rounds):
            found[False].append(play(lab, words, seconds))
            with lab.near.inside():
                program = open_program(None, "").program
            assert program.wires is not None
            program.wires.watch([lab.ifindex(lab.near)])
            found[True].append(play(lab, words, seconds))
            program.close()
    speed = {each: median(r.bits_per_s for r in found[each]) for each in found}
    cost = {
        each: median(r.cpu_pct / r.bits_per_s for r in found[each]) for each in found
    }
    faster = 100 * (speed[True] / speed[False] - 1)
    dearer = 100 * (cost[True] / cost[False] - 1)
    return (
        f"{kind:16} {speed[False] / 1e9:6.2f} -> {speed[True] / 1e9:6.2f} Gbit/s "
        f"({faster:+5.1f} %)   CPU per byte {dearer:+5.1f} %"
    )


def main() -> None:
    """Compare all kinds."""
    parser = argparse.ArgumentParser(description="what counting costs in the kernel")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1)
    wanted = parser.parse_args()
    print(f"{DEVICE} to eth0, without -> with the program")
    for kind in KINDS:
        print(compare(kind, wanted.rounds, wanted.seconds), flush=True)


if __name__ == "__main__":
    main()
