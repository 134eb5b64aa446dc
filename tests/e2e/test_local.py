"""On a tether, what stays among its neighbours is shown, and is in no plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.truth import adds_up, free_port, moved, of_process, transfer
from tests.lab import DEVICE
from tests.load import next_line

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

TETHERED = """
[sampling]
tick = "1 s"
flush = "1 s"
[interfaces]
tethered = ["wwan0"]
[[plan]]
id = "phone"
quota = "1 GB"
every = "month"
[plan.match]
interface = ["wwan0"]
"""
NEIGHBOUR = "10.77.1.2"  # the router beside near, as a phone is


def test_only_what_goes_beyond_the_neighbours_is_billed_and_charged(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(TETHERED)
    daemon = esimmon.start()
    before = lab.counters()
    port = free_port()
    server = lab.left.traffic("serve", NEIGHBOUR, port)
    next_line(server)
    near_by = lab.near.traffic("transfer", NEIGHBOUR, port, 300_000, 700_000)
    assert (near_by.wait(), server.wait()) == (0, 0)
    pid, wire = transfer(lab, up=200_000, down=400_000)

    report = esimmon.report()
    (interface,) = report["interfaces"]
    assert report["l3"] == "exact"
    assert adds_up(report)
    assert moved(report["rows"]) == of_process(report, pid) == wire
    local = (interface["rx_local_bytes"], interface["tx_local_bytes"])
    counters = lab.counters()
    assert interface["rx_bytes"] + local[0] == (
        counters.rx_bytes
        - before.rx_bytes
        - 14 * (counters.rx_packets - before.rx_packets)
    )
    assert interface["tx_bytes"] + local[1] == (
        counters.tx_bytes
        - before.tx_bytes
        - 14 * (counters.tx_packets - before.tx_packets)
    )

    everything = esimmon.report("process", "--interface", DEVICE)
    neighbours = [row for row in everything["rows"] if row["pid"] == near_by.pid]
    assert {row["network"] for row in neighbours} == {f"if:{DEVICE}/local"}
    assert sum(row["rx_bytes"] for row in neighbours) == local[0]
    (plan,) = json.loads(esimmon.call("status", "--json").stdout)["plans"]
    assert plan["used_bytes"] == interface["rx_bytes"] + interface["tx_bytes"]
    assert daemon.stop() == 0
