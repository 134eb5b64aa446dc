"""As many packets as a machine can make, past the daemon's programs in the kernel."""

from __future__ import annotations

import json
import os
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.resources import cpu_s
from tests.e2e.truth import Raw, moved, raw
from tests.endurance.crowd import HEADERS_BYTES, Crowd, on_device
from tests.endurance.results import Result
from tests.namespaces import run

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE_BYTES = 18
"""Of a datagram: the smallest frame of Ethernet."""
_SENDERS = 4
_ROUNDS = 5
_SECONDS = 4.0
_LINK_HEADER_BYTES = 14
# Counted by somebody else where they arrive, and gone: nothing else takes CPU time.
_SINK = """
table netdev flood {
  counter arrived { }
  chain ingress {
    type filter hook ingress device "to_near" priority 0; policy accept;
    udp dport PORT counter name arrived drop
  }
}
"""


class Round(NamedTuple):
    """Of one flood.

    Attributes:
        sent: datagrams that the kernel took from the senders.
        cpu_s: time on a CPU that they took, with all that the kernel did for them.
        arrived: packets at the other end.
        arrived_bytes: of IP.
        kernel: what the device's own counters say.
    """

    sent: int
    cpu_s: float
    arrived: int
    arrived_bytes: int
    kernel: Raw


def packets(part: int) -> Result:
    """As many UDP packets of 46 B as two cores make, from 4 processes, past the daemon.

    Rounds without it are between those with it. The other end drops what arrives, and
    counts it with nftables.
    """
    result = Result()
    rounds, seconds, used_s = max(1, _ROUNDS // part), _SECONDS / part, 0.0
    with Crowd() as crowd:
        text = _SINK.replace("PORT", str(crowd.short.port))
        run("ip", "netns", "exec", crowd.lab.left.name, "nft", "-f", "-", text=text)
        found: dict[bool, list[Round]] = {True: [], False: []}
        for _ in range(rounds):
            found[False].append(_flood(crowd, seconds))
            crowd.start()
            began_s = cpu_s(crowd.daemon.process.pid)
            found[True].append(_flood(crowd, seconds))
            _judge(result, crowd, found[True][-1])
            used_s = cpu_s(crowd.daemon.process.pid) - began_s
            with crowd.maps() as maps:
                health = maps.health()
            result.expect(f"nothing is lost, but {health}", is_so=not any(health))
            result.expect("it ends well", is_so=crowd.daemon.stop() == 0)
            for file in crowd.esimmon.store.parent.glob("usage.db*"):
                file.unlink()  # the next round has a report of its own
    result.say(_compared("a second", found, lambda each: each.arrived / seconds))
    per_cpu = _compared(
        "a second of CPU", found, lambda each: each.arrived / each.cpu_s
    )
    result.say(f"{per_cpu}; {os.cpu_count()} cores make so many times as much at most")
    result.say(f"daemon: {used_s:.2f} s of CPU in the last round, with its report")
    return result


def _compared(
    what: str, found: dict[bool, list[Round]], rate: Callable[[Round], float]
) -> str:
    without, beside = (median(map(rate, found[each])) for each in (False, True))
    return (
        f"packets {what}: {without:,.0f} without the daemon, {beside:,.0f} with it "
        f"({100 * (1 - beside / without):.1f} % less; medians of {len(found[True])})"
    )


def _flood(crowd: Crowd, seconds: float) -> Round:
    before, (packets_before, bytes_before) = raw(crowd.lab.near), _arrived(crowd)
    sending = crowd.begin("blast", _SENDERS, seconds, SIZE_BYTES)
    said, _ = sending.communicate()
    sent, cpu_us = said.split()
    packets_now, bytes_now = _arrived(crowd)
    return Round(
        sent=int(sent),
        cpu_s=int(cpu_us) / 1e6,
        arrived=packets_now - packets_before,
        arrived_bytes=bytes_now - bytes_before,
        kernel=raw(crowd.lab.near) - before,
    )


def _arrived(crowd: Crowd) -> tuple[int, int]:
    """Packets and bytes of IP so far."""
    enter = ("ip", "netns", "exec", crowd.lab.left.name)
    words = ("nft", "-j", "list", "counter", "netdev", "flood", "arrived")
    answer = json.loads(run(*enter, *words))["nftables"]
    (counter,) = (each["counter"] for each in answer if "counter" in each)
    return counter["packets"], counter["bytes"]


def _judge(result: Result, crowd: Crowd, flooded: Round) -> None:
    report = crowd.flushed_report()
    billed = moved(on_device(report)).tx
    of_crowd = [row for row in report["rows"] if row["comm"] == "crowd"]
    named = moved(of_crowd).tx
    size = HEADERS_BYTES + SIZE_BYTES
    frames = flooded.kernel.tx_bytes // (size + _LINK_HEADER_BYTES)
    result.say(
        f"sent {flooded.sent:,}, in the device's counters {frames:,}, at the other end "
        f"{flooded.arrived:,}, billed {billed.packets:,}, named {named.packets:,}"
    )
    arrived = (flooded.arrived_bytes, flooded.arrived)
    result.expect(f"{billed} billed is {arrived}", is_so=billed == arrived)
    result.expect(f"all of {billed} is named, not {named}", is_so=named == billed)
