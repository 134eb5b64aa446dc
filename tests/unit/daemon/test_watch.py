"""Plans are charged and alerts judged after each tick, over a real store."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.config import parse_config
from monitor.store import alerts as stored_alerts
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.living import life as begun
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.daemon.recorder import Recorder
    from monitor.store.engine import Store

PLAN = """
[[plan]]
id = "tiny"
quota = "10 kB"
every = "month"
billing_day = 1
tz = "UTC"
[plan.match]
interface = ["eth*"]
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store."""
    with open_store(tmp_path / "usage.db", writable=True, create=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who runs the tests is not to be told of them."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def life(machine: Machine, store: Store, folder: Path, text: str = PLAN) -> Recorder:
    """One life of a daemon with that plan, or another configuration."""
    return begun(machine, store, folder, text)


def kinds(store: Store) -> list[tuple[str, str]]:
    """Kind and detail of all alerts."""
    found = reversed(stored_alerts.listed(store))
    return sorted((row.raised.key.kind, row.raised.alert.detail) for row in found)


def move(recorder: Recorder, machine: Machine, ip_bytes: int) -> None:
    """So many IP bytes, and a tick."""
    machine.pass_time(10)
    machine.move(2, Traffic(ip_bytes + 14, 0, 1, 0), ROW)
    recorder.sample()


def test_a_threshold_that_is_crossed_is_stored_at_once(
    store: Store, tmp_path: Path
) -> None:
    """Without waiting for the next flush."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path)
    move(recorder, machine, 5000)
    assert kinds(store) == [("data.warning", "50")]


def test_of_two_thresholds_in_one_tick_only_the_highest_is_told(
    store: Store, tmp_path: Path
) -> None:
    """And nothing but the limit when nothing remains."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path)
    move(recorder, machine, 8500)
    assert kinds(store) == [("data.warning", "80")]
    move(recorder, machine, 5000)
    assert kinds(store) == [("data.limit", "100"), ("data.warning", "80")]


def test_an_alert_names_who_used_most_though_nothing_is_stored_yet(
    store: Store, tmp_path: Path
) -> None:
    """The whole plan went within one flush."""
    machine = Machine(devices={2: Traffic()})
    move(life(machine, store, tmp_path), machine, 60_000)
    (row,) = stored_alerts.listed(store)
    assert "most by curl (60.0 kB)" in row.raised.alert.body


def test_what_moved_in_a_gap_is_no_rush_of_the_first_tick(
    store: Store, tmp_path: Path
) -> None:
    """60 MB in ten hours are not 60 MB in ten minutes."""
    machine = Machine(devices={2: Traffic()})
    life(machine, store, tmp_path, text="")
    machine.pass_time(36_000)
    machine.move(2, Traffic(60_000_014, 0, 1, 0), ROW)
    life(machine, store, tmp_path, text="")
    assert kinds(store) == []


@pytest.mark.parametrize(("slept_s", "is_rush"), [(0, True), (8 * 3600, False)])
def test_what_moved_before_a_night_and_after_it_is_no_rush(
    store: Store, tmp_path: Path, slept_s: int, *, is_rush: bool
) -> None:
    """30 MB in the evening and 30 MB in the morning, each with one tick."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path, text="")
    recorder.sampler.here.class_of = lambda _: "background"
    machine.pass_time(10)
    machine.move(2, Traffic(30_000_014, 0, 1, 0), ROW)
    machine.sleep(slept_s)
    recorder.sample()
    move(recorder, machine, 30_000_000)
    assert (kinds(store) == []) is not is_rush


def test_a_restart_tells_nothing_again(store: Store, tmp_path: Path) -> None:
    """Told-state is in the store, in the transaction that the alert forced."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path)
    move(recorder, machine, 6000)
    for _ in range(2):
        recorder = life(machine, store, tmp_path)
        move(recorder, machine, 1)
    assert kinds(store) == [("data.warning", "50")]


def test_what_became_of_an_alert_is_stored_at_once(
    store: Store, tmp_path: Path
) -> None:
    """Without waiting for the next flush: a kill then would have it told again."""
    machine = Machine(devices={2: Traffic()})
    move(life(machine, store, tmp_path), machine, 6000)
    (row,) = stored_alerts.listed(store)
    assert row.told_by == ("journal",)


def test_what_a_daemon_was_killed_over_is_in_the_log_of_the_next_one_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The alert was in the store, and the log had no line of it."""
    machine = Machine(devices={2: Traffic()})
    move(life(machine, store, tmp_path), machine, 6000)
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("DELETE FROM deliveries")
    caplog.clear()
    for _ in range(2):
        life(machine, store, tmp_path)
        assert caplog.text.count("Plan tiny: 60 % of 10.0 kB used") == 1


def test_what_was_crossed_while_the_daemon_was_down_is_told_at_its_start(
    store: Store, tmp_path: Path
) -> None:
    """The bytes of the gap belong to the plan."""
    machine = Machine(devices={2: Traffic()})
    life(machine, store, tmp_path)
    machine.pass_time(600)
    machine.move(2, Traffic(9514, 0, 1, 0), ROW)
    life(machine, store, tmp_path)
    assert kinds(store) == [("data.warning", "95")]


def test_a_plan_added_later_counts_what_is_stored_already(
    store: Store, tmp_path: Path
) -> None:
    """Its cycle began before it was written down."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path, text="")
    move(recorder, machine, 6000)
    recorder.end()
    recorder = life(machine, store, tmp_path)
    written = json.loads((tmp_path / "esimmon.json").read_text(encoding="utf-8"))
    assert written["plans"][0]["used_bytes"] == 6000
    assert kinds(store) == [("data.warning", "50")]


def test_a_reload_takes_other_plans_and_tells_nothing_again(
    store: Store, tmp_path: Path
) -> None:
    """The same plan with another quota goes on from what was used."""
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path)
    move(recorder, machine, 6000)
    watch = recorder._watch
    assert watch is not None
    watch.reload(parse_config(PLAN.replace("10 kB", "11 kB"), "config.toml"))
    move(recorder, machine, 1)
    assert kinds(store) == [("data.warning", "50")]


def test_a_reload_takes_other_rules_of_programs(store: Store, tmp_path: Path) -> None:
    recorder = life(Machine(devices={2: Traffic()}), store, tmp_path)
    watch = recorder._watch
    assert watch is not None
    text = (
        "[background]\nrate = '7 MB'\n[unusual]\nfloor = '9 MB'\ntimes = 3\nweeks = 5"
    )
    watch.reload(parse_config(text, "config.toml"))
    assert watch.telling.rule.rate_bytes == 7_000_000
    rule = watch.telling.unusual.rule
    assert (rule.floor_bytes, rule.times, rule.weeks) == (9_000_000, 3, 5)


def test_a_plan_that_matches_nothing_pays_for_nothing(
    store: Store, tmp_path: Path
) -> None:
    """Its figures stay at zero, and nobody is warned."""
    machine = Machine(devices={2: Traffic()})
    text = PLAN.replace('"eth*"', '"wwan*"')
    recorder = life(machine, store, tmp_path, text)
    move(recorder, machine, 60_000)
    assert kinds(store) == []
    watch = recorder._watch
    assert watch is not None
    (plan,) = watch.book.plans
    assert (plan.seen.status.used_bytes, plan.seen.status.uncovered_bytes) == (0, 0)


def test_a_store_that_cannot_be_read_stops_no_tick(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once."""
    caplog.set_level(logging.WARNING)
    machine = Machine(devices={2: Traffic()})
    recorder = life(machine, store, tmp_path)
    watch = recorder._watch
    assert watch is not None
    watch.book.restate()
    store.path.rename(tmp_path / "elsewhere.db")
    for _ in range(2):
        move(recorder, machine, 1)
    assert caplog.text.count("the plans cannot be judged") == 1
