"""What the daemon tells of a tick to whoever looks on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from monitor.attribution.shares import Attributed
from monitor.counting.live import Ticked
from monitor.daemon.tickfacts import LEFT_OUT, MOST_ROWS, UNATTRIBUTED, tick_facts
from monitor.usage import (
    Application,
    Attachment,
    Bill,
    BootInterval,
    Interval,
    Owner,
    Process,
    Share,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SIM = Attachment("sim:1", "wwan0", billed=True, metered=True)
BRIDGE = Attachment("if:docker0", "docker0", billed=False)


def moved(
    number: int, rx_bytes: int, where: Attachment = SIM, name: str = "app"
) -> Attributed:
    """Bytes of a process."""
    share = Share(Application(name, "program"), app_class="background", uid=1000)
    owner = Owner(number, number, 0)
    process = Process(owner, "old", "/x", ("x",), 1000, 1, "/")
    return Attributed(where, share, process, Traffic(rx_bytes, 1))


def told(rows: Sequence[Attributed], *bills: tuple[Attachment, int]) -> dict[str, Any]:
    """What is told of these rows."""
    found = {at: Bill(Traffic(), Traffic(rx, len(rows))) for at, rx in bills}
    tick = Ticked(Interval(10, 11), 11 * 10**9, 1.0, found, rows)
    return tick_facts(tick, lambda _: "pk", lambda process: f"now {process.owner.pid}")


def test_rows_are_of_billed_networks_and_add_up_the_largest_first() -> None:
    rows = [moved(1, 10), moved(2, 500), moved(3, 900, BRIDGE)]
    facts = told(rows, (SIM, 600), (BRIDGE, 900))
    (device,) = facts["devices"]
    assert (device["device"], device["plan"], device["rx_bytes"]) == (
        "wwan0",
        "pk",
        600,
    )
    first, rest, second = facts["rows"]
    assert (first["application"], first["pid"], first["comm"]) == ("app", 2, "now 2")
    assert (rest["reason"], rest["rx_bytes"]) == (UNATTRIBUTED, 90)
    assert second["rx_bytes"] == 10
    assert (facts["until_ns"], facts["interval_s"]) == (11 * 10**9, 1.0)


def test_of_many_rows_the_small_ones_are_one_and_a_line_stays_short() -> None:
    rows = [moved(number, 1000 + number, name="n" * 500) for number in range(5000)]
    whole = sum(row.traffic.rx_bytes for row in rows)
    facts = told(rows, (SIM, whole))
    assert len(facts["rows"]) == MOST_ROWS + 1
    assert facts["rows"][-1]["reason"] == LEFT_OUT
    assert sum(row["rx_bytes"] for row in facts["rows"]) == whole
    assert len(json.dumps(facts)) < 150_000


def test_before_the_time_is_known_there_is_nothing_to_tell() -> None:
    tick = Ticked(BootInterval(0, 5), 5, 1.0, {}, [])
    for nothing in (None, tick):
        facts = tick_facts(nothing, lambda _: None, lambda _: "")
        assert (facts["interval_s"], facts["rows"], facts["devices"]) == (0.0, [], [])
