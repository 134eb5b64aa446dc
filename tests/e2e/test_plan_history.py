"""A plan in other words: what was long ago stays as it was told, the rest follows."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.store.batch import Batch
from monitor.usage import Bill, Interval, Traffic
from tests.e2e.daemon import QUICK
from tests.unit.store.builders import WWAN, writing

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon

DAY_S = 86_400
DAYS = 190
PLAN = f"""{QUICK}
[[plan]]
id = "home"
quota = "1 MB"
every = "month"
tz = "UTC"
match.interface = ["wwan*"]
"""


def record(esimmon: Esimmon, now_s: int) -> None:
    """Half a year: 300 bytes received and 70 sent at noon of each day."""
    batch = Batch()
    first_s = now_s - now_s % DAY_S - DAYS * DAY_S
    for noon_s in range(first_s + DAY_S // 2, now_s - DAY_S, DAY_S):
        moved = Traffic(300, 70)
        batch.bill[Interval(noon_s, noon_s + 300), WWAN] = Bill(moved, moved)
    with writing(esimmon.store, first_s) as (_, writer):
        writer.flush(batch, now_s - DAY_S, trusted=True)


def history(esimmon: Esimmon) -> list[list[Any]]:
    """What `plan show` has of the cycles that are over."""
    own = ("--config", esimmon.config, "--store", esimmon.store, "--json")
    done = esimmon.plainly("plan", "show", "home", *own)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    cycles: list[list[Any]] = found["history"]
    return cycles


def test_another_way_to_count_changes_what_is_young_and_not_what_is_old(
    esimmon: Esimmon,
) -> None:
    now_s = int(time.time())
    record(esimmon, now_s)
    esimmon.configure(PLAN)
    esimmon.start().stop()
    before = history(esimmon)
    esimmon.configure(PLAN.replace("match.", 'count = "rx"\nmatch.'))
    esimmon.start().stop()
    after = history(esimmon)
    assert len(after) == len(before) > 4
    kept = [one == other for one, other in zip(before, after, strict=True)]
    is_old = [
        datetime.fromisoformat(cycle[1]).timestamp() <= now_s - 62 * DAY_S
        for cycle in before
    ]
    assert kept == is_old
    assert {True, False} == set(kept)
