"""`esimmon import vnstat`: what vnStat says, to the byte, once."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store import overlap, queries
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock
from monitor.store.writer import Writer
from monitor.usage import Attachment, Bill, Interval, Traffic, total
from tests import vnstats
from tests.unit.store.builders import contents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.store.engine import Store

    Told = dict[str, dict[tuple[int, ...], tuple[int, int]]]

pytestmark = pytest.mark.needs("vnstat", "vnstatd")

ZONES = ("Europe/Berlin", "Asia/Kathmandu")
HOUR_S, DAY_S = 3600, 86_400
WLAN = Attachment("if:wlan0", "wlan0", billed=True)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where esimmon counts; there is nothing yet."""
    return tmp_path / "store" / "only.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty database of vnStat."""
    (tmp_path / "vnstat").mkdir()
    return vnstats.make(tmp_path / "vnstat")


def history(until_s: int, days: int, seed: int = 1) -> list[vnstats.Update]:
    """Traffic of some days, much of it odd."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    return [
        vnstats.Update(
            until_s - chance.randrange(days * DAY_S),
            chance.choice([0, 1, 1500, 10**6, 10**9 + 7]),
            chance.randrange(10**5),
        )
        for _ in range(days * 6)
    ] + [
        vnstats.Update(until_s - 1, 17, 3),
        vnstats.Update(until_s - days * DAY_S, 1, 1),
    ]


def take_over(store: Path, database: Path, zone: str, *words: str) -> int:
    """Import without a question."""
    given = ["import", "vnstat", str(database), "--store", str(store), "--tz", zone]
    return main([*given, *(words or ["--yes"])])


def counted(store: Path, from_s: int, to_s: int) -> tuple[int, int]:
    """What esimmon says that was moved; its reasons add up to it."""
    with open_store(store, writable=False) as opened:
        return counted_in(opened, from_s, to_s)


def counted_in(opened: Store, from_s: int, to_s: int) -> tuple[int, int]:
    """The same of an open store."""
    bills = queries.interface_bills(opened, Interval(from_s, to_s))
    shares = queries.explanation(opened, Interval(from_s, to_s))
    bill = total(each.counter for each in bills)
    imported = [row.traffic for row in shares if row.share_kind == "imported"]
    assert opened.path.name != "only.db" or total(imported) == bill
    return bill.rx_bytes, bill.tx_bytes


def next_month(year: int, month: int) -> tuple[int, int, int]:
    """Its first day."""
    return (year + month // 12, month % 12 + 1, 1)


def compare(store: Path, database: Path, zone: ZoneInfo, name: str = "wlan0") -> None:
    """Every hour, day, month and year is as vnStat says it is."""
    told = vnstats.told(database, name)
    assert all(told[table] for table in vnstats.TABLES)
    with open_store(store, writable=False) as opened:
        compare_all(opened, told, zone)


def compare_all(opened: Store, told: Told, zone: ZoneInfo) -> None:
    """The same of an open store."""
    for (year,), amounts in told["year"].items():
        edges = [vnstats.utc_s(zone, each, 1, 1) for each in (year, year + 1)]
        assert counted_in(opened, *edges) == amounts, year
    for (year, month), amounts in told["month"].items():
        first = vnstats.utc_s(zone, year, month, 1)
        last = vnstats.utc_s(zone, *next_month(year, month))
        assert counted_in(opened, first, last) == amounts, (year, month)
    for date, amounts in told["day"].items():
        noon = vnstats.utc_s(zone, *date, 12)
        first = vnstats.utc_s(zone, *date)
        after = clock_date(noon + DAY_S, zone)
        assert counted_in(opened, first, vnstats.utc_s(zone, *after)) == amounts, date


def clock_date(at_s: int, zone: ZoneInfo) -> Sequence[int]:
    """The local date of a second."""
    local = datetime.fromtimestamp(at_s, zone)
    return local.year, local.month, local.day


@pytest.mark.parametrize("zone_name", ZONES)
def test_every_day_month_and_year_is_as_vnstat_says_it(
    zone_name: str, database: Path, store: Path
) -> None:
    zone, now_s = ZoneInfo(zone_name), clock.now_s()
    vnstats.fill(database, "wlan0", history(now_s - 60, 1000), zone)
    assert take_over(store, database, zone_name) == 0
    compare(store, database, zone)
    for date, amounts in vnstats.told(database, "wlan0")["hour"].items():
        first = vnstats.utc_s(zone, *date[:4])
        if first % HOUR_S == 0:
            assert counted(store, first, first + HOUR_S) == amounts
    slots = vnstats.told(database, "wlan0")["fiveminute"]
    with open_store(store, writable=False) as opened:
        for date, amounts in list(slots.items())[1:60]:
            first = vnstats.utc_s(zone, *date)
            assert counted_in(opened, first, first + 300) == amounts


def test_a_second_time_adds_nothing_and_a_later_one_what_is_new(
    database: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zone, now_s = ZoneInfo("Europe/Berlin"), clock.now_s()
    updates = sorted(history(now_s - 60, 200))
    split = [each for each in updates if each.at_s < now_s - 9 * DAY_S - 1234]
    vnstats.fill(database, "wlan0", split, zone)
    assert take_over(store, database, "Europe/Berlin") == 0
    compare(store, database, zone)
    before = contents(store)
    capsys.readouterr()
    assert take_over(store, database, "Europe/Berlin") == 0
    assert "wlan0: nothing new. Left out: " in capsys.readouterr().out
    assert contents(store) == before
    vnstats.fill(database, "wlan0", updates[len(split) :], zone)
    for _ in range(2):
        assert take_over(store, database, "Europe/Berlin") == 0
        compare(store, database, zone)


def test_what_esimmon_counted_itself_is_left_out(
    database: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "both.db"
    booted = overlap.Now(clock.now_s(), "another boot", clock.now_s())
    monkeypatch.setattr("monitor.commands.import_.vnstat._now", lambda: booted)
    zone, now_s = ZoneInfo("UTC"), clock.now_s()
    updates = history(now_s - 60, 30)
    vnstats.fill(database, "wlan0", updates, zone)
    start_s = now_s - 20 * DAY_S - 4321
    stop_s = start_s + 3 * DAY_S
    run(store, updates, (start_s, stop_s))
    own = contents(store)["bill"]
    assert take_over(store, database, "UTC") == 0
    said = capsys.readouterr().out
    assert "counted by esimmon itself" in said
    rows = vnstats.told(database, "wlan0")
    assert set(own) <= set(contents(store)["bill"])
    whole = counted(store, now_s - 40 * DAY_S, now_s)
    days = rows["day"].values()
    assert whole == (sum(rx for rx, _ in days), sum(tx for _, tx in days))
    assert take_over(store, database, "UTC") == 0
    assert counted(store, now_s - 40 * DAY_S, now_s) == whole


def own_bills(store: Path, from_s: int, to_s: int) -> list[queries.InterfaceBill]:
    """What is billed in a time."""
    with open_store(store, writable=False) as opened:
        return queries.interface_bills(opened, Interval(from_s, to_s))


def run(store: Path, updates: list[vnstats.Update], time: tuple[int, int]) -> None:
    """A run of esimmon that saw the same."""
    start_s, stop_s = time
    batch = Batch()
    for each in sorted(updates):
        if start_s <= each.at_s < stop_s:
            piece = Interval(each.at_s, each.at_s)
            moved = Traffic(each.rx, each.tx, 1, 1)
            before = batch.bill.get((piece, WLAN), Bill(Traffic(), Traffic()))
            batch.bill[piece, WLAN] = before + Bill(moved, moved)
    ran(store, "boot", time, batch)


def ran(store: Path, boot_id: str, time: tuple[int, int], batch: Batch) -> None:
    """A run with this usage."""
    start_s, stop_s = time
    with (
        open_store(store, writable=True, create=True) as opened,
        Writer(opened) as writer,
    ):
        writer.start(boot_id, start_s, "ebpf", "0.1.0", start_s - 100)
        writer.flush(batch, stop_s, trusted=True)
        writer.stop(stop_s)


def test_from_the_last_run_of_this_boot_on_esimmon_will_count_it_itself(
    database: Path, tmp_path: Path
) -> None:
    store = tmp_path / "both.db"
    now_s = clock.now_s()
    updates = history(now_s - 60, 3)
    vnstats.fill(database, "wlan0", updates, ZoneInfo("UTC"))
    ran(store, clock.read().boot_id, (now_s - 7200, now_s - 3600), Batch())
    assert take_over(store, database, "UTC") == 0
    assert counted(store, now_s - 7200, now_s) == (0, 0)
    assert counted(store, now_s - 40 * DAY_S, now_s - 7200) != (0, 0)


def test_a_run_after_an_import_begins_as_if_there_was_none(
    database: Path, store: Path
) -> None:
    now_s = clock.now_s()
    vnstats.fill(database, "wlan0", history(now_s - 60, 3), ZoneInfo("UTC"))
    assert take_over(store, database, "UTC") == 0
    with open_store(store, writable=True) as opened, Writer(opened) as writer:
        resume = writer.start("boot", now_s, "ebpf", "0.1.0", now_s - 100)
        assert resume.first
        assert resume.last_s is None
        assert queries.gaps(opened, Interval(0, now_s + 1)) == []
        (only,) = queries.runs(opened, Interval(0, now_s + 1))
        assert only.run_id > 0


def test_a_trial_changes_nothing(
    database: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vnstats.fill(database, "wlan0", history(clock.now_s() - 60, 3), ZoneInfo("UTC"))
    assert take_over(store, database, "UTC", "--yes", "--dry-run") == 0
    assert not store.exists()
    said = capsys.readouterr().out
    assert said.startswith("Would import: wlan0: ")
    assert "next:" not in said


def test_an_interface_is_the_network_that_a_person_says(
    database: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = clock.now_s()
    for name in ("wlan0", "usb0", "docker0"):
        vnstats.fill(database, name, history(now_s - 60, 2), ZoneInfo("UTC"))
    assert take_over(store, database, "UTC", "--network", "usb0=-") == 2
    assert "which network was wlan0?" in capsys.readouterr().err
    words = ["--network", "usb0=-", "--network", "wlan0=if:wlan0"]
    assert take_over(store, database, "UTC", *words, "--network", "eth9=-") == 2
    assert "there are: docker0, usb0, wlan0." in capsys.readouterr().err
    assert take_over(store, database, "UTC", *words, "--network", "wlan0=x") == 2
    assert take_over(store, database, "UTC", *words) == 0
    said = capsys.readouterr().out
    assert "Left out: docker0: it carries what others are billed for" in said
    assert "Left out: usb0.\n" in said
    (bill,) = own_bills(store, 0, now_s)
    assert bill.where == WLAN


def test_months_that_begin_on_another_day_are_read_as_such(
    tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rotated").mkdir()
    database = vnstats.make(tmp_path / "rotated", month_rotate=17)
    zone, now_s = ZoneInfo("Europe/Berlin"), clock.now_s()
    updates = history(now_s - 60, 400)
    vnstats.fill(database, "wlan0", updates, zone, month_rotate=17)
    words = ["--yes", "--month-rotate", "17"]
    assert take_over(store, database, "Europe/Berlin", *words) == 0
    assert "contradict" not in capsys.readouterr().out
    for (year, month), amounts in vnstats.told(database, "wlan0")["month"].items():
        first = vnstats.utc_s(zone, year, month, 17)
        year_after, month_after, _ = next_month(year, month)
        last = vnstats.utc_s(zone, year_after, month_after, 17)
        assert counted(store, first, last) == amounts
    other = tmp_path / "other" / "usage.db"
    assert take_over(other, database, "Europe/Berlin") == 0
    assert "Its months or years contradict its days by" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE interface SET name = 'a b'", "table interface: 'a b' makes no sense"),
        ("UPDATE interface SET created = 7", "table interface: 7 makes no sense"),
        (
            "UPDATE day SET date = '2024-02-30' WHERE id = 1",
            "'2024-02-30' makes no sense",
        ),
        (
            "UPDATE day SET date = '9999-12-31' WHERE id = 1",
            "'9999-12-31' makes no sense",
        ),
        ("UPDATE month SET rx = -1", "table month: "),
        ("UPDATE hour SET tx = 'much'", "table hour: "),
        ("UPDATE hour SET rx = 1.5", "table hour: "),
        ("DROP TABLE day", "this is no database of vnStat 2"),
        (
            "ALTER TABLE day RENAME TO was; CREATE VIEW day AS SELECT * FROM was",
            "this is no database of vnStat 2",
        ),
    ],
)
def test_nonsense_in_it_is_named_and_nothing_is_imported(
    statement: str,
    words: str,
    database: Path,
    store: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    vnstats.fill(database, "wlan0", history(clock.now_s() - 60, 3), ZoneInfo("UTC"))
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(statement)
    assert take_over(store, database, "UTC") == 1
    assert words in capsys.readouterr().err
    assert not store.exists()


def test_what_is_no_database_is_said_so(
    tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    assert take_over(store, other, "UTC") == 1
    assert "there is no database of vnStat" in capsys.readouterr().err
    other.write_bytes(b"x" * 5000)
    assert take_over(store, other, "UTC") == 1
    assert "file is not a database" in capsys.readouterr().err


def test_a_daemon_must_be_stopped_first(
    database: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vnstats.fill(database, "wlan0", history(clock.now_s() - 60, 3), ZoneInfo("UTC"))
    store.parent.mkdir()
    with WriterLock(store):
        assert take_over(store, database, "UTC") == 1
    assert "A daemon that counts must be stopped first" in capsys.readouterr().err


def test_a_report_says_what_was_imported_and_that_nobody_knows_whose_it_was(
    database: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vnstats.fill(database, "wlan0", history(clock.now_s() - 60, 3), ZoneInfo("UTC"))
    assert take_over(store, database, "UTC") == 0
    capsys.readouterr()
    period = "2020-01-01..2099-12-31"
    assert main(["report", "--store", str(store), "--period", period]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "(imported)" in said
    assert "imported: counted by another program, with the link layer" in said
    assert "coverage 0.0 %" in said
    assert "all of it IP packets" not in said


def test_a_person_at_a_terminal_is_asked_which_network_it_was(
    database: Path, store: Path
) -> None:
    now_s = clock.now_s()
    vnstats.fill(database, "wlan0", history(now_s - 60, 2), ZoneInfo("UTC"))
    ran(store, "boot", (now_s - 99 * DAY_S, now_s - 98 * DAY_S), on_another_network())
    words = ["import", "vnstat", str(database), "--store", str(store)]
    far, near = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "monitor", *words],
        stdin=near,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(far, b"7\n2\n")
        said, _ = process.communicate(timeout=120)
    os.close(near)
    os.close(far)
    assert process.returncode == 0
    assert "1  the interface by itself (if:wlan0)" in said
    assert "2  interface usb7" in said
    assert "Imported: wlan0 as interface usb7: " in said
    places = {bill.where.network for bill in own_bills(store, 0, now_s)}
    assert places == {"if:usb7"}


def on_another_network() -> Batch:
    """A little usage elsewhere, long ago."""
    at_s = clock.now_s() - 99 * DAY_S
    where = Attachment("if:usb7", "usb7", billed=True)
    moved = Bill(Traffic(1, 1, 1, 1), Traffic(1, 1, 1, 1))
    return Batch(bill={(Interval(at_s, at_s), where): moved})
