"""What counting costs in the kernel: the same traffic with the program and without.

    python tests/benchmarks/kernel_cost.py [--rounds 7] [--seconds 1]

Both ends are on this machine and counted, so every packet pays twice. Rounds with and
without are interleaved, and medians compared, for a machine is never quiet. Needs root
and iperf3 (Debian package iperf3).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.collectors.bpf import open_program
from monitor.collectors.bpf.cgroups import find_root
from monitor.collectors.bpf.libbpf import Library
from tests.lab import DEVICE, Lab
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Watching = Callable[[Lab], AbstractContextManager[object]]

PORT = 7900
_NOTHING = Path(__file__).with_name("nothing.bpf.c")
_OF_CGROUPS = ("skb_egress", "skb_ingress")
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


@contextmanager
def doing_nothing(_: Lab) -> Iterator[None]:
    """Have programs that do nothing at the hooks that each packet passes.

    The floor: whatever counts there cannot cost less.
    """
    library = Library()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as links:
        target = Path(folder) / "nothing.o"
        headers = f"-I/usr/include/{platform.machine()}-linux-gnu"
        command = ("clang", "-O2", "-g", "-target", "bpf", headers, "-c", _NOTHING)
        subprocess.run([*command, "-o", target], check=True)
        opened = library.pointer("bpf_object__open_file", bytes(target), None)
        links.callback(library.close_object, opened)
        library.number("bpf_object__load", opened)
        cgroup = os.open(find_root(), os.O_RDONLY | os.O_DIRECTORY)
        links.callback(os.close, cgroup)
        for name, program in library.members(opened, "program").items():
            if name in _OF_CGROUPS:
                link = library.pointer("bpf_program__attach_cgroup", program, cgroup)
            else:
                link = library.pointer("bpf_program__attach", program)
            links.callback(library.number, "bpf_link__destroy", link)
        yield


class Cost(NamedTuple):
    """What a monitor costs.

    Attributes:
        gbit_per_s: without it, and with it.
        faster_pct: of throughput; negative when it is slower.
        dearer_pct: CPU for each byte, of the whole machine.
    """

    gbit_per_s: tuple[float, float]
    faster_pct: float
    dearer_pct: float


@contextmanager
def counting(lab: Lab) -> Iterator[None]:
    """Have the program count near's device."""
    with lab.near.inside():
        program = open_program(None, "").program
    assert program.wires is not None
    program.wires.watch([lab.ifindex(lab.near)])
    try:
        yield
    finally:
        program.close()


def measured(
    kind: str,
    rounds: int,
    seconds: int,
    monitor: Watching = counting,
) -> Cost:
    """The same traffic without and with a monitor.

    Args:
        kind: of traffic.
        rounds: how often each.
        seconds: how long each.
        monitor: has it watch near as long as its `with` lasts.
    """
    offload, words = KINDS[kind]
    found: dict[bool, list[Round]] = {False: [], True: []}
    with Lab(offload=offload) as lab:
        for _ in range(rounds):
            found[False].append(play(lab, words, seconds))
            with monitor(lab):
                found[True].append(play(lab, words, seconds))
    speed = {each: median(r.bits_per_s for r in found[each]) for each in found}
    cost = {
        each: median(r.cpu_pct / r.bits_per_s for r in found[each]) for each in found
    }
    return Cost(
        (speed[False] / 1e9, speed[True] / 1e9),
        100 * (speed[True] / speed[False] - 1),
        100 * (cost[True] / cost[False] - 1),
    )


def compare(kind: str, rounds: int, seconds: int, monitor: Watching = counting) -> str:
    """One line: throughput and CPU for each byte, with and without."""
    (without, with_), faster_pct, dearer_pct = measured(kind, rounds, seconds, monitor)
    return (
        f"{kind:16} {without:6.2f} -> {with_:6.2f} Gbit/s "
        f"({faster_pct:+5.1f} %)   CPU per byte {dearer_pct:+5.1f} %"
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
    print("the same with programs that do nothing")
    for kind in KINDS:
        print(compare(kind, wanted.rounds, wanted.seconds, doing_nothing), flush=True)


if __name__ == "__main__":
    main()
