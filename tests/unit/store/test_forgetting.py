"""Names that are forgotten are in no file any more, and no sum has changed."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from monitor.accounts.forgetting import Wish, carry_out, scour, wish_of
from monitor.alerts import Alert, Key, Raised
from monitor.config import Config
from monitor.daemon.dates import Dates
from monitor.daemon.jobs import calendar_jobs
from monitor.errors import RejectedError, UsageError
from monitor.networks.uplink import SIM, WIFI, Network
from monitor.plans.localtime import NEVER
from monitor.store import queries, scouring
from monitor.store.backup import back_up
from monitor.store.batch import Batch, Event, ProcessHour, ProcessRow, RemoteHour
from monitor.store.engine import open_store
from monitor.store.rescue import backups
from monitor.store.rollups import roll_up
from monitor.usage import Application, Attachment, Interval, Share, Traffic
from tests.unit.store.builders import (
    DAY_S,
    FIREFOX,
    HOUR_S,
    KERNEL,
    T0,
    bill,
    contents,
    process,
    share,
    traffic,
    writing,
)
from tests.unit.store.children import killed_in
from tests.unit.store.history import UTC_ZONE, column, whole

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

DAYS = 3
NOW_S = T0 + DAYS * DAY_S
SECRET = Application("sekretapp", "executable")
ICCID = "8944500102030405064"
UUID = "ed1928c6-efa4-419b-8344-11a2ad3d5898"
SIM_CARD = Network(
    f"sim:{ICCID}", SIM, "Airalo-Sekret", iccid=ICCID, eid="89033023", mcc="410"
)
HOTEL = Network(f"wifi:{UUID}", WIFI, "Hotel Bali", uuid=UUID, ssid=b"Hotel Bali")
ON_SIM = Attachment(SIM_CARD.key, "wwan0", billed=True, iccid=ICCID, mcc="410")
ON_WIFI = Attachment(HOTEL.key, "wlan0", billed=True, uuid=UUID, ssid=b"Hotel Bali")
TOLD = Alert(
    key=Key("data.warning", T0, "80", "travel"),
    plan="travel",
    application="",
    network="",
    detail="80",
    title="Plan travel: 80 %",
    body="Most by sekretapp (3 MB), on Hotel Bali. sekretapps are others.",
)
OF_IT = Alert(
    key=Key("app.new", T0, "", f"{HOTEL.key}/sekretapp"),
    plan="",
    application="sekretapp",
    network=HOTEL.key,
    detail="1",
    title="sekretapp is new",
    body="sekretapp moves data",
)


def _day(from_s: int) -> Batch:
    batch = Batch(
        networks={SIM_CARD.key: SIM_CARD, HOTEL.key: HOTEL}, sockets_instance="map-1"
    )
    for start_s in range(from_s, from_s + DAY_S, 5 * HOUR_S):
        when, hour_s = Interval(start_s, start_s + 300), start_s - start_s % HOUR_S
        for where in (ON_SIM, ON_WIFI):
            batch.bill[when, where] = bill(100_000, 7_000)
            batch.explanation[when, where, share(SECRET, 1001)] = traffic(40_000, 3)
            batch.explanation[when, where, share()] = traffic(30_000)
            inner = Share(SECRET, "tunnel", uid=1001, via="wg0")
            batch.explanation[when, where, inner] = traffic(5_000)
            batch.explanation[when, where, KERNEL] = traffic(10_000)
            for pid, application in ((78, SECRET), (77, FIREFOX)):
                who = process(pid, application.name)
                key = ProcessHour(hour_s, where, application, who)
                row = ProcessRow(when, application.name, traffic(30_000))
                batch.processes[key] = row
        batch.remotes[RemoteHour(hour_s, SECRET, "198.51.100.0/24")] = (10, 20)
        batch.events.append(Event(start_s, "seen", "Hotel Bali"))
    return batch


def _fill(path: Path) -> None:
    with writing(path) as (store, writer):
        for day in range(DAYS):
            at_s = T0 + day * DAY_S
            writer.flush(_day(at_s), at_s + DAY_S, trusted=True)
        batch = Batch(alerts=[Raised(TOLD, T0), Raised(OF_IT, T0)])
        writer.flush(batch, NOW_S, trusted=True)
        while roll_up(store, NOW_S, UTC_ZONE):
            pass
        back_up(store, NOW_S - DAY_S)
        back_up(store, NOW_S)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of some days that names everything, and two copies."""
    folder = tmp_path_factory.mktemp("filled")
    _fill(folder / "usage.db")
    return folder


@pytest.fixture
def path(tmp_path: Path, filled: Path) -> Path:
    """Such a store of one's own."""
    shutil.copytree(filled, tmp_path / "own")
    return tmp_path / "own" / "usage.db"


def _holding(path: Path, *words: str) -> set[str]:
    """Files beside the store that have one of these words in their bytes."""
    return {
        found.name
        for found in path.parent.rglob("*")
        if found.is_file()
        for word in words
        if word.encode() in found.read_bytes()
    }


def _sums(store: Store) -> list[tuple[object, ...]]:
    """The bill of each interface and the sum of each way of explaining, by day."""
    found: list[tuple[object, ...]] = [whole(store)]
    for from_s in range(T0, NOW_S, DAY_S):
        for period in (Interval(from_s, from_s + DAY_S), Interval(from_s, from_s + 60)):
            bills = queries.interface_bills(store, period)
            found += [(each.name, each.counter, each.l3) for each in bills]
            by_device: dict[tuple[str, str], Traffic] = {}
            for row in queries.explanation(store, period):
                key = (row.interface, row.scope)
                by_device[key] = by_device.get(key, Traffic()) + row.traffic
            found += sorted(by_device.items())
    return found


def _forget(path: Path, wish: Wish) -> dict[str, object]:
    with open_store(path, writable=True) as store:
        before = _sums(store)
        told = carry_out(store, (), wish, NOW_S, dry_run=False)
        assert scour(store, NOW_S)
        assert _sums(store) == before
        _insist_on_tiers(store)
    return told


def _insist_on_tiers(store: Store) -> None:
    """Hours are the sums of their spans, days of their hours: made anew, the same."""
    tables = ("hours_explanation", "days_explanation", "hours_bill", "days_bill")
    before = {name: contents(store.path)[name] for name in tables}
    with store.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO stale_hours SELECT DISTINCT from_s - from_s % 3600 FROM hours"
        )
    while roll_up(store, NOW_S, UTC_ZONE):
        pass
    assert {name: contents(store.path)[name] for name in tables} == before


def test_an_application_is_in_no_byte_of_any_file_and_its_bytes_are_forgotten(
    path: Path,
) -> None:
    assert len(_holding(path, "sekretapp")) >= 3
    told = _forget(path, Wish(app="sekret*"))
    assert told["bytes"] == DAYS * 5 * 2 * (40_000 + 3 + 5_000)
    assert _holding(path, "sekretapp (", "/usr/bin/sekretapp", '"sekretapp"') == set()
    assert b"firefox" in path.read_bytes()
    assert len(backups(path)) == 1
    with open_store(path, writable=False) as store:
        rows = queries.explanation(store, Interval(0, NOW_S))
    assert {(row.application, row.share_kind) for row in rows} == {
        ("firefox", "socket"),
        (None, "kernel"),
        (None, "forgotten"),
        (None, "tunnel"),
    }
    (alert,) = contents(path)["alerts"]
    assert "Most by (forgotten) (3 MB), on Hotel Bali. sekretapps are others." in alert
    assert contents(path)["remote_hours"] == []
    marks = [mark for mark, _ in contents(path)["alert_marks"]]
    assert marks == [TOLD.key.text]


def test_a_network_keeps_its_bytes_and_its_country_and_has_no_name(path: Path) -> None:
    for network, words in ((SIM_CARD, (ICCID, "89033023", "Sekret")), (HOTEL, (UUID,))):
        assert _holding(path, *words)
        _forget(path, Wish(network=network.key))
        assert _holding(path, *words) == set()
    assert _holding(path, "Hotel Bali") == set()
    with open_store(path, writable=False) as store:
        bills = queries.interface_bills(store, Interval(0, NOW_S))
    assert {(each.name, each.network) for each in bills} == {
        ("wwan0", "forgotten:1"),
        ("wlan0", "forgotten:2"),
    }
    rows = contents(path)["attachments"]
    assert {(row[2], row[6], row[7]) for row in rows} == {
        ("wwan0", "", "410"),
        ("wlan0", "", ""),
    }
    with open_store(path, writable=True) as store, pytest.raises(RejectedError):
        carry_out(store, (), Wish(network="forgotten:1"), NOW_S, dry_run=False)


def test_a_user_leaves_and_the_others_stay(path: Path) -> None:
    _forget(path, Wish(uid=1001))
    with open_store(path, writable=False) as store:
        rows = queries.explanation(store, Interval(0, NOW_S))
    assert {row.uid for row in rows} == {-1, 1000}
    assert {row[9] for row in contents(path)["processes"]} == {1000}


def test_before_a_day_nobody_is_named_and_from_it_on_everybody_is(path: Path) -> None:
    day_s = T0 + 2 * DAY_S
    _forget(path, Wish(before_s=day_s + HOUR_S))  # the day that has begun stays whole
    with open_store(path, writable=False) as store:
        before = queries.explanation(store, Interval(0, day_s))
        after = queries.explanation(store, Interval(day_s, NOW_S))
    assert {row.application for row in before} == {None}
    assert {row.application for row in after} == {"sekretapp", "firefox", None}
    assert column(path, "process_hours.hour_s")[0] == day_s
    assert column(path, "events.at_s")[0] == day_s


def test_of_everything_only_sums_stay(path: Path) -> None:
    _forget(path, Wish(everything=True))
    words = ("sekretapp (", "firefox", ICCID, UUID, "Hotel", "Airalo", "198.51")
    assert _holding(path, *words) == set()
    assert contents(path)["processes"] == []


def test_a_rehearsal_says_the_same_and_changes_nothing(path: Path) -> None:
    before = contents(path)
    with open_store(path, writable=True) as store:
        wish = Wish(app="sekretapp")
        shown = carry_out(store, (), wish, NOW_S, dry_run=True)
        assert contents(path) == before
        assert carry_out(store, (), wish, NOW_S, dry_run=False) == shown
        with pytest.raises(RejectedError, match="nothing is known"):
            carry_out(store, (), wish, NOW_S, dry_run=False)


def test_what_was_forgotten_twice_adds_up(path: Path) -> None:
    for name in ("sekretapp", "firefox"):
        _forget(path, Wish(app=name))


def _wait_s(attempt: int) -> float:
    return 0.02 * attempt if attempt < 16 else 0.3 * (attempt - 14)


def test_a_kill_leaves_all_or_nothing_and_the_rest_is_made_up_for(
    tmp_path: Path, filled: Path
) -> None:
    outcomes: set[tuple[bool, bool]] = set()
    for attempt in range(40):
        # The last ones wait for a machine that is busy otherwise.
        if attempt >= 16 and len({done for done, _ in outcomes}) == 2:
            break
        path = tmp_path / str(attempt) / "usage.db"
        shutil.copytree(filled, path.parent)
        before = contents(path)

        def work(path: Path = path, wait_s: float = _wait_s(attempt)) -> None:
            with open_store(path, writable=True) as store:
                # From the first statement to the last copy.
                kill = (os.getpid(), signal.SIGKILL)
                threading.Timer(wait_s, os.kill, kill).start()
                carry_out(store, (), Wish(app="sekretapp"), NOW_S, dry_run=False)
                scour(store, NOW_S)
                time.sleep(60)

        assert killed_in(work)
        with open_store(path, writable=True) as store:
            is_done = not any("sekretapp" in row for row in contents(path)["processes"])
            now = contents(path)
            is_whole = {k: v for k, v in now.items() if v != before[k]} == {}
            assert is_whole or is_done
            outcomes.add((is_done, scouring.is_owed(store)))
            if is_done:
                assert scour(store, NOW_S)
        if is_done:
            assert _holding(path, "/usr/bin/sekretapp", "sekretapp (") == set()
    assert {done for done, _ in outcomes} == {True, False}


def test_while_somebody_reads_an_older_state_it_is_owed(path: Path) -> None:
    with open_store(path, writable=True) as store:
        with open_store(path, writable=False) as reader:
            whole(reader)
            carry_out(store, (), Wish(app="sekretapp"), NOW_S, dry_run=False)
            assert not scour(store, NOW_S)
            assert scouring.is_owed(store)
        assert scour(store, NOW_S)
        assert not scouring.is_owed(store)
        assert _holding(path, "/usr/bin/sekretapp") == set()


def test_what_a_kill_left_to_be_wiped_the_calendar_wipes(path: Path) -> None:
    with open_store(path, writable=True) as store:
        carry_out(store, (), Wish(app="sekretapp"), NOW_S, dry_run=False)
        assert len(backups(path)) == 2
        dates = Dates(lambda: NOW_S, lambda: NOW_S)
        jobs = calendar_jobs(store, Config, dates, lambda: NEVER, lambda: None)
        (retention,) = (job for job in jobs if job.name == "retention")
        retention.run()
        assert not scouring.is_owed(store)
        assert _holding(path, "/usr/bin/sekretapp", '"sekretapp"') == set()
    assert len(backups(path)) == 1


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"app": ""},
        {"app": "x", "uid": 1},
        {"uid": True},
        {"uid": -1},
        {"before": 10**300},
        {"everything": False},
        {"app": ["x"]},
    ],
)
def test_a_wish_that_is_none_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        wish_of(given)
