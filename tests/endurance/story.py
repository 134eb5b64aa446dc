"""A daemon whose clocks are pushed about, and what must hold of it all the same."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.client.calling import request
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from tests.e2e.daemon import wait_for
from tests.e2e.truth import Raw, raw

if TYPE_CHECKING:
    import random

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.wall import Wall
    from tests.endurance.zones import Zone
    from tests.lab import Lab

CONFIG = """
[sampling]
tick = "1 s"
flush = "1 s"
[[plan]]
id = "travel"
quota = "2 MB"
every = "month"
billing_day = 1
tz = "UTC"
warn_pct = [10, 30, 50, 80]
match.interface = ["wwan*"]
"""
QUOTA_BYTES = 2_000_000
SLOT_S = 300
ALWAYS = Interval(0, 1 << 40)
WARNED_PCT = (10, 30, 50, 80)

_PATIENCE_S = 30.0
_SPANS = """
SELECT spans.from_s, spans.to_s FROM spans JOIN attachments USING (attachment_id)
WHERE device = 'wwan0'
"""
_WRONG_HOURS = """
SELECT u.from_s, b.attachment_id, b.rx_counter_bytes, (
    SELECT sum(rx_counter_bytes) FROM spans JOIN bill USING (span_id)
    WHERE spans.from_s >= u.from_s AND spans.from_s < u.to_s
    AND attachment_id = b.attachment_id
) AS parts FROM hours AS u JOIN hours_bill AS b ON b.from_s = u.from_s
WHERE parts IS NOT b.rx_counter_bytes
AND u.from_s >= ifnull(
    (SELECT value + 0 FROM meta WHERE key = 'spans_purged_to_s'), 0)
AND u.from_s - u.from_s % 3600 NOT IN (SELECT hour_s FROM stale_hours)
"""
_WRONG_DAYS = """
SELECT u.from_s, b.attachment_id, b.rx_counter_bytes, (
    SELECT sum(rx_counter_bytes) FROM hours JOIN hours_bill USING (from_s)
    WHERE hours.from_s >= u.from_s AND hours.from_s < u.to_s
    AND attachment_id = b.attachment_id
) AS parts FROM days AS u JOIN days_bill AS b ON b.from_s = u.from_s
WHERE parts IS NOT b.rx_counter_bytes
AND u.from_s >= ifnull(
    (SELECT value + 0 FROM meta WHERE key = 'hours_purged_to_s'), 0)
AND NOT EXISTS (
    SELECT 1 FROM stale_days WHERE from_s >= u.from_s AND from_s < u.to_s)
AND NOT EXISTS (
    SELECT 1 FROM stale_hours WHERE hour_s > u.from_s - 3600 AND hour_s < u.to_s)
"""


class Story:
    """One store under one wall clock.

    Attributes:
        chance: all that happens comes from it.
        wall: the clock.
        zone: the time zone.
        esimmon: the program.
        daemon: the one that runs.
        moments: what happened, for the message of a failure.
        ahead_s: of the wall clock to the true time.
        stands: how the plan stood when it was last looked at.
    """

    def __init__(
        self,
        lab: Lab,
        esimmon: Esimmon,
        clocks: tuple[Wall, Zone],
        chance: random.Random,
    ) -> None:
        """Prepare it; `start` begins."""
        self.chance, self.esimmon = chance, esimmon
        self.wall, self.zone = clocks
        self.moments: list[str] = []
        self.ahead_s = 0
        self.stands = ""
        self._lab = lab
        self._before = Raw(0, 0)
        self._since_ns = 0
        self._starts = self._steps = 0
        esimmon.configure(CONFIG)
        self.daemon: Daemon

    def begin(self) -> None:
        """Start for the first time: what the kernel has counted so far is no usage."""
        self._before = raw(self._lab.near)
        self._since_ns = time.monotonic_ns()
        self.start()

    def start(self) -> None:
        """Start the daemon."""
        self._starts += 1
        self.daemon = self.esimmon.start()

    def set_clock(self, ahead_s: int, *, synchronised: bool) -> None:
        """Set the wall clock.

        Args:
            ahead_s: of the true time.
            synchronised: whether the kernel says that it is right.
        """
        self.ahead_s = ahead_s
        self._steps += 1
        self.wall.set(ahead_s, synchronised=synchronised)

    def now_s(self) -> int:
        """UTC second as the wall clock has it."""
        return int(time.time()) + self.ahead_s + self.wall.slept_s

    def move(self) -> None:
        """Send datagrams both ways."""
        near, far = self._lab.near, self._lab.far
        for here, there in ((near, "far4"), (far, "near4")):
            with (
                here.inside(),
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
            ):
                for _ in range(self.chance.randint(1, 20)):
                    size = self.chance.randint(1, 1400)
                    sock.sendto(bytes(size), (self._lab.address[there], 9))

    def is_summed(self, until_s: int) -> bool:
        """Whether all clock hours that were over by a second are summed up.

        Args:
            until_s: UTC second.
        """
        ((oldest_s,),) = self._ask("SELECT min(hour_s) FROM stale_hours")
        return oldest_s is None or oldest_s > until_s - 3600

    def check(self, *, is_placed: bool = True) -> None:
        """See whether all that was promised holds now.

        Args:
            is_placed: False while nobody can know what time it is.

        Raises:
            AssertionError: something does not.
        """
        wait_for(self._is_flushed, "the store to be up to date")
        self._check_totals()
        self._check_spans()
        self._check_tiers()
        if is_placed:
            self._check_alerts()

    def so_far(self) -> str:
        """What happened, for the message of a failure."""
        said = [each.said() for each in self.esimmon.daemons[-1:]]
        return "\n".join([*self.moments, self.stands, *said])

    def _is_flushed(self) -> bool:
        """A calendar job may hold the store for a moment."""
        answer = request(self.daemon.control, "flush", {}, timeout_s=_PATIENCE_S)
        return bool((answer or {}).get("flushed"))

    def _ask(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.esimmon.store)) as database:
            return list(database.execute(query))

    def _check_totals(self) -> None:
        with open_store(self.esimmon.store, writable=False) as store:
            bills = queries.interface_bills(store, ALWAYS)
        ((rx, tx),) = self._ask(
            "SELECT ifnull(sum(rx_counter_bytes), 0), ifnull(sum(tx_counter_bytes), 0)"
            " FROM unplaced WHERE share_id IS NULL"
        )
        booked = Raw(
            rx + sum(each.counter.rx_bytes for each in bills),
            tx + sum(each.counter.tx_bytes for each in bills),
        )
        moved = raw(self._lab.near) - self._before
        assert booked == moved, f"booked {booked}, the kernel says {moved}"

    def _check_spans(self) -> None:
        spans = self._ask(_SPANS)
        for from_s, to_s in spans:
            assert from_s <= to_s <= from_s - from_s % SLOT_S + SLOT_S, (from_s, to_s)
        covered_s = sum(to_s - from_s for from_s, to_s in spans)
        passed_s = (time.monotonic_ns() - self._since_ns) / 1e9
        # Of each clock step and each start a second may be rounded into its spans.
        slack_s = 2 + self._starts + self._steps
        assert covered_s <= passed_s + slack_s, (
            f"spans cover {covered_s} s of {passed_s:.0f} s: one straddles a step"
        )

    def _check_tiers(self) -> None:
        """What is summed and not marked as stale is the sum of its parts."""
        for upper, query in (("hours", _WRONG_HOURS), ("days", _WRONG_DAYS)):
            wrong = self._ask(query)
            assert not wrong, f"{upper} are not the sums of their parts: {wrong}"

    def _check_alerts(self) -> None:
        keys = [key for (key,) in self._ask("SELECT key FROM alerts")]
        data = [key for key in keys if key.startswith("data.")]
        assert len(set(data)) == len(data), f"an alert came twice: {sorted(data)}"
        wait_for(self._stands_right, "a plan that stands as what was recorded")

    def _stands_right(self) -> bool:
        """Whether status, store and alerts say the same of the plan in this cycle."""
        asked = ("status", "--json", "--store", self.esimmon.store)
        done = self.esimmon.plainly(*asked)
        if done.returncode:
            return False
        document = json.loads(done.stdout)
        (plan,) = document["plans"]
        cycle = Interval(_second(plan["cycle_start"]), _second(plan["cycle_end"]))
        # What a clock that ran ahead has dated later than now is not used yet.
        so_far = Interval(cycle.from_s, _second(document["at"]))
        with open_store(self.esimmon.store, writable=False) as store:
            bills = queries.interface_bills(store, so_far)
        used_bytes = sum(each.l3.bytes for each in bills if each.where.billed)
        if cycle.from_s < self._purged_to_s():
            return (
                True  # a clock years ahead let its spans go: the hour is all there is
            )
        pct = used_bytes * 100 // QUOTA_BYTES
        reached = [each for each in WARNED_PCT if each <= pct]
        keys = {key for (key,) in self._ask("SELECT key FROM alerts")}
        self.stands = (
            f"status {plan['used_bytes']} of {cycle}, the store {used_bytes}; "
            f"reached {reached}, told {sorted(keys)}; at {document['at']}"
        )
        is_told = not reached or any(
            key.startswith(f"data.warning/{cycle.from_s}/{reached[-1]}") for key in keys
        )
        return plan["used_bytes"] == used_bytes and is_told

    def _purged_to_s(self) -> int:
        found = self._ask("SELECT value FROM meta WHERE key = 'spans_purged_to_s'")
        return int(found[0][0]) if found else 0


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
