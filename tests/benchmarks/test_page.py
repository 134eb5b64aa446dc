"""The page of costs: a row says whether its budget is kept, and why one is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import page
from tests.benchmarks.idle import LOOP, OURS, SKELETON, idle

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_row_has_the_floor_where_its_budget_is_missed() -> None:
    kept = page.Row("CPU", "1 s", "0.5 s", is_kept=True, peers="vnStat 0.1", floor="0")
    assert kept.line() == "| CPU | 1 s | 0.5 s | kept | vnStat 0.1 |"
    missed = kept._replace(is_kept=False).line()
    assert missed == "| CPU | 1 s | 0.5 s | **missed**; floor: 0 | vnStat 0.1 |"


def test_a_part_that_breaks_says_so_and_keeps_what_it_had() -> None:
    def part(_: page.Scale) -> Iterator[page.Row]:
        yield page.Row("first", "-", "1", is_kept=None)
        raise FileNotFoundError(2, "no iperf3")

    rows = page._rows("in the kernel", part, page._QUICK)
    assert [row.what for row in rows] == ["first", "in the kernel"]
    assert "no iperf3" in rows[1].line()


def test_the_daemon_and_its_floors_run_side_by_side() -> None:
    found = idle(1, (OURS, SKELETON, LOOP), settled_s=3)
    assert set(found) == {OURS, SKELETON, LOOP}
    assert all(each.mib > 10 for each in found.values())
