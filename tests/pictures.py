"""Draws the pictures of the README: `python -m tests.pictures`.

They show a made-up month of a traveller, by the commands as people call them. Look at
what it drew before you commit it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.accounts import agreements
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.rollups import roll_up
from monitor.store.writer import Writer
from monitor.usage import SLOT_S, Application, Bill, Interval, Share, Traffic, total
from monitor.zones import local_zone
from tests.browser import blank_page, chromium
from tests.networking import ESIM, attachment, wifi
from tests.unit.commands.plan_stores import agreement
from tests.web.stage import settle, web

if TYPE_CHECKING:
    from monitor.usage import Attachment

FOLDER: Final = Path(__file__).parents[1] / ".github"
ZONE: Final = "Europe/Lisbon"
SIZE: Final = (1100, 1560)
HOUR_S, DAY_S = 3600, 86_400
DAYS: Final = 24
GB, MB = 10**9, 10**6
BOOT: Final = "b007b007-0000-4000-8000-00000000000b"
HOTEL: Final = wifi(b"Hotel", 4)
PLAN: Final = {
    "plan": {
        "id": "travel",
        "tz": ZONE,
        "buckets": [{"id": "main", "bytes": 30 * GB}],
        "cycle": {"kind": "month"},
    }
}


class Habit(NamedTuple):
    """How a program moves bytes.

    Attributes:
        name: of the application.
        app_class: of it.
        hours: local ones in which it does.
        per_hour_bytes: in the middle.
        chance_pct: that it does so in such an hour.
    """

    name: str
    app_class: str
    hours: range
    per_hour_bytes: int
    chance_pct: int


HABITS: Final = (
    Habit("firefox", "interactive", range(7, 24), 45 * MB, 70),
    Habit("thunderbird", "background", range(24), 2 * MB, 90),
    Habit("zoom", "interactive", range(9, 18), 260 * MB, 8),
    Habit("container:ci-runner", "background", range(9, 20), 190 * MB, 7),
    Habit("syncthing", "background", range(24), 12 * MB, 35),
    Habit("apt", "background", range(2, 4), 160 * MB, 12),
)


def make_month(store: Path, now_s: int) -> None:
    """Write a month up to now, with an evening on which esimmon did not run.

    Args:
        store: the database to make.
        now_s: UTC second.
    """
    random = Random(2026)  # noqa: S311 - a made-up month
    end_s = now_s - now_s % SLOT_S
    gap = Interval(end_s - 9 * DAY_S, end_s - 9 * DAY_S + 7 * HOUR_S)
    begin_s = end_s - DAYS * DAY_S
    with open_store(store, writable=True, create=True) as made:
        agreements.keep(made, [agreement(PLAN)], begin_s)
        for run in (Interval(begin_s, gap.from_s), Interval(gap.to_s, end_s)):
            with Writer(made) as writer:
                writer.start(BOOT, run.from_s, "ebpf", "0.1.0", begin_s - 1000)
                writer.flush(_usage(run, random), run.to_s, trusted=True)
                writer.stop(run.to_s)
        roll_up(made, now_s, local_zone({"TZ": ZONE}))


def _usage(run: Interval, random: Random) -> Batch:
    batch = Batch(networks={each.key: each for each in (ESIM, HOTEL)})
    sim, hotel = attachment(ESIM, "wwan0"), attachment(HOTEL, "wlan0")
    for from_s in range(run.from_s, run.to_s, HOUR_S):
        hour = from_s // HOUR_S % 24
        is_away = 8 <= hour < 20
        _book(batch, from_s, sim if is_away else hotel, random)
    return batch


def _book(batch: Batch, from_s: int, where: Attachment, random: Random) -> None:
    when = Interval(from_s, from_s + SLOT_S)
    moved = []
    for habit in HABITS:
        hour = from_s // HOUR_S % 24
        if hour not in habit.hours or random.randrange(100) >= habit.chance_pct:
            continue
        rx_bytes = habit.per_hour_bytes * random.randrange(20, 180) // 100
        traffic = Traffic(rx_bytes, rx_bytes // random.randrange(6, 30), 900, 300)
        share = Share(
            Application(habit.name, "executable"), app_class=habit.app_class, uid=1000
        )
        batch.explanation[when, where, share] = traffic
        moved.append(traffic)
    whole = total([*moved, Traffic(20_000, 9000, 3, 3)])
    batch.bill[when, where] = Bill(whole, whole)


def draw_page(store: Path, home: Path) -> None:
    """The dashboard."""
    with (
        web(store, home, zone=ZONE) as server,
        chromium(home) as browser,
        blank_page(browser, SIZE, timezone_id=ZONE) as (page, _),
    ):
        server.open(page)
        settle(page)
        page.screenshot(path=FOLDER / "web.png")


def draw_report(store: Path) -> None:
    """The report as a picture."""
    command = ["report", "--by", "day", "--period", "month", "--format", "png"]
    place = [
        "--store",
        str(store),
        "--tz",
        ZONE,
        "--output",
        str(FOLDER / "report.png"),
    ]
    subprocess.run(
        [sys.executable, "-m", "monitor", *command, *place],
        check=True,
        env={**os.environ, "TZ": ZONE},
    )


def main() -> None:
    """Draw all of them."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "usage.db"
        make_month(store, int(time.time()))
        draw_page(store, Path(folder))
        draw_report(store)


if __name__ == "__main__":
    main()
