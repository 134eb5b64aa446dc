"""`esimmon import device`: another machine's use is a member's, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store import queries
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.rollups import roll_up
from monitor.store.writer import Writer
from monitor.usage import Attachment, Bill, Interval, Traffic, total
from tests.unit.store.builders import contents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WWAN = Attachment("sim:1", "wwan0", billed=True)
WLAN = Attachment("if:wlan0", "wlan0", billed=True)
PLAN = """
quota = "10 GB"
every = "month"
tz = "UTC"
match.interface = "usb0"
[[member]]
id = "amina"
[[member]]
id = "bilal"
"""


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of another machine."""
    monkeypatch.setattr("monitor.store.archive.machine_name", lambda: "a" * 64)
    return tmp_path / "there" / "usage.db"


@pytest.fixture
def file(there: Path, tmp_path: Path) -> Path:
    """What the other machine counted, as it hands it out."""
    count(there, cycle(), 1000)
    return exported(there, tmp_path / "amina.json")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The store of this one, with a plan that two share."""
    path = tmp_path / "here" / "usage.db"
    count(path, (clock.now_s() - 50, clock.now_s() - 40), 0)
    (path.parent / "plans.d").mkdir()
    (path.parent / "plans.d" / "family.toml").write_text(PLAN)
    return path


def count(store: Path, time: tuple[int, int], rx_bytes: int) -> None:
    """A run that counted, the same on two networks."""
    with (
        open_store(store, writable=True, create=True) as opened,
        Writer(opened) as writer,
    ):
        writer.start("boot", time[0], "ebpf", "0.1.0", time[0] - 100)
        batch = Batch()
        for at_s in range(*time, 60) if rx_bytes else ():
            moved = Traffic(rx_bytes, rx_bytes // 10, 1, 1)
            for where in (WWAN, WLAN):
                batch.bill[Interval(at_s, at_s), where] = Bill(moved, moved)
        writer.flush(batch, time[1], trusted=True)
        writer.stop(time[1])


def exported(store: Path, file: Path) -> Path:
    """What that machine hands out."""
    words = ["export", "--store", str(store), "--output", str(file), "--force"]
    assert main(words) == 0
    return file


def take_over(here: Path, file: Path, *words: str) -> int:
    """Import it as amina's."""
    given = ["import", "device", str(file), "--store", str(here)]
    given += ["--plan", "family", "--member", "amina", *words]
    return main(given)


def bound(here: Path) -> None:
    """The plan pays for amina's devices."""
    assert main(["plan", "bind", "family", "@amina", "--store", str(here)]) == 0


def used(here: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Bytes of this cycle by member."""
    capsys.readouterr()
    words = ["plan", "members", "family", "--store", str(here), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    members = found["members"]
    rows = (
        members.items()
        if isinstance(members, dict)
        else [(each["id"], each) for each in members]
    )
    return {name: each["used_bytes"] for name, each in rows}


def cycle() -> tuple[int, int]:
    """Some minutes of this month that are over."""
    now_s = clock.now_s()
    return now_s - 3000, now_s - 600


def moved(store: Path, device: str) -> Traffic:
    """All that was ever billed of an interface."""
    with open_store(store, writable=False) as opened:
        bills = queries.interface_bills(opened, Interval(0, clock.now_s() + 1))
    return total(each.l3 for each in bills if each.name == device)


def test_it_is_charged_to_the_member_and_a_second_time_adds_nothing(
    here: Path, there: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take_over(here, file, "--network", "sim:1") == 1
    assert "nobody pays for @amina so far" in capsys.readouterr().err
    bound(here)
    assert take_over(here, file) == 2
    assert "--network with one of sim:1 (44.0 kB), if:wlan0 (44.0 kB)" in " ".join(
        capsys.readouterr().err.split()
    )
    assert take_over(here, file, "--network", "sim:1", "--dry-run") == 0
    assert moved(here, "@amina") == Traffic()
    assert take_over(here, file, "--network", "sim:1") == 0
    assert moved(here, "@amina") == moved(there, "wwan0")
    expected = moved(there, "wwan0").bytes
    assert used(here, capsys) == {"amina": expected, "bilal": 0}
    before = contents(here)
    assert take_over(here, file, "--network", "sim:1") == 0
    assert "nothing new. Left out: 44.0 kB imported before." in capsys.readouterr().out
    assert contents(here) == before


def test_a_later_export_adds_what_came_since(
    here: Path, there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, last = cycle()
    bound(here)
    count(there, (first, first + 1000), 1000)
    for time in ((first + 1000, last), (0, 0)):
        file = exported(there, tmp_path / "amina.json")
        assert take_over(here, file, "--network", "sim:1") == 0
        assert moved(here, "@amina") == moved(there, "wwan0")
        if time[0]:
            count(there, time, 5000)
    assert used(here, capsys)["amina"] == moved(there, "wwan0").bytes


def test_two_machines_of_a_member_are_told_apart_to_the_byte(
    here: Path, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both moved something in one hour, of which the first export knew a part."""
    first = clock.now_s() - clock.now_s() % 3600 - 7200
    last = first + 3000
    laptop, phone = there, tmp_path / "phone" / "usage.db"
    bound(here)
    count(laptop, (first, first + 600), 1000)
    count(phone, (first, last), 7000)
    file = exported(laptop, tmp_path / "laptop.json")
    assert take_over(here, file, "--network", "sim:1") == 0
    monkeypatch.setattr("monitor.store.archive.machine_name", lambda: "b" * 64)
    other = exported(phone, tmp_path / "phone.json")
    named = ("--network", "sim:1", "--device", "phone")
    assert take_over(here, other, "--network", "sim:1") == 2
    assert take_over(here, other, *named) == 1  # nobody pays for it so far
    assert main(["plan", "bind", "family", "@phone", "--store", str(here)]) == 0
    assert take_over(here, other, *named) == 0
    monkeypatch.setattr("monitor.store.archive.machine_name", lambda: "a" * 64)
    count(laptop, (first + 600, last), 1000)
    with open_store(laptop, writable=True) as store:
        roll_up(store, clock.now_s(), ZoneInfo("UTC"))
    file = exported(laptop, tmp_path / "laptop.json")
    assert take_over(here, file, "--network", "sim:1") == 0
    assert moved(here, "@amina").bytes == moved(laptop, "wwan0").bytes
    assert moved(here, "@phone").bytes == moved(phone, "wwan0").bytes


@pytest.mark.parametrize("by", ["device", "member"])
def test_a_report_has_a_row_of_it_and_still_adds_up_to_the_bill(
    by: str, here: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count(here, cycle(), 300)
    bound(here)
    assert take_over(here, file, "--network", "sim:1") == 0
    capsys.readouterr()
    words = ["report", "--by", by, "--store", str(here), "--since", "2h"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {(row[by], row["interface"]): row["rx_bytes"] for row in found["rows"]}
    name = {"device": "@amina", "member": "amina"}[by]
    assert rows[name, "@amina"] == moved(here, "@amina").rx_bytes
    own, others = found["this_device"], found["other_devices"]
    assert others["rx_bytes"] == moved(here, "@amina").rx_bytes
    assert own["rx_bytes"] == sum(
        moved(here, device).rx_bytes for device in ("wwan0", "wlan0")
    )
    for key in ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets"):
        assert sum(row[key] for row in found["rows"]) == found["total"][key]
        assert own[key] + others[key] == found["total"][key] == found["billed"][key]
    is_other = {each["name"]: each["is_other_device"] for each in found["interfaces"]}
    assert is_other == {"@amina": True, "wlan0": False, "wwan0": False}
    assert main([*words, "--csv"]) == 0
    assert f'"{name}"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--member", "zoe"], '"zoe" does not share the plan family; who does: amina'),
        (["--plan", "other"], 'no plan "other"; there are: family.'),
        (["--network", "x"], 'no network "x" in'),
        (["--device", "a b"], '--device "a b": must be letters'),
    ],
)
def test_a_name_that_is_not_there_is_said_so(
    words: Sequence[str],
    sentence: str,
    here: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert take_over(here, file, "--network", "sim:1", *words) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"esimmon export"', '"another"'),
        ('"version": 1', '"version": 2'),
        ('"version": 1', '"x": 1'),
        ('"machine": "a', '"machine": "../'),
        ('"rx_bytes": 1', '"rx_bytes": "1'),
        ('"rx_bytes": 1', '"rx_bytes": 1e3'),
        ('"from": "20', '"from": "x'),
        ('"to": "20', '"to": "30'),
        ("]}\n", ""),
        (', "rows": [\n', ""),
    ],
)
def test_what_is_no_export_changes_nothing(
    old: str,
    new: str,
    here: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bound(here)
    text = file.read_text()
    assert old in text
    head, _, tail = text.rpartition(old)
    file.write_text(head + new + tail)
    before = contents(here)
    assert take_over(here, file, "--network", "sim:1") == 1
    error = capsys.readouterr().err
    assert error.startswith(f"esimmon: {file}: ")
    assert error.count("\n") == 1
    assert contents(here) == before
