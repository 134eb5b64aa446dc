"""`esimmon networks` on a real store: what is shown, what is named, what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.accounts import agreements
from monitor.cli import main
from monitor.client import statusfile
from monitor.client.statusfile import status_path
from monitor.config import control_socket
from monitor.networks.facts import network_facts
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock
from monitor.usage import Interval
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi
from tests.unit import standings
from tests.unit.commands.listening import daemon_at
from tests.unit.commands.plan_stores import agreement
from tests.unit.store.builders import BRIDGE, DAY_S, T0, bill, writing

if TYPE_CHECKING:
    from pathlib import Path

PHONE = wifi(b"Anna's iPhone", is_phone=True)
EVIL = wifi(b"\x1b]0;own\x07\xff", 2)
NOW_S = T0 + 12 * 3600
PK = {
    "patterns": ["wwan*"],
    "plan": {
        "id": "pk",
        "tz": "UTC",
        "cycle": {"kind": "month"},
        "buckets": [{"id": "main", "bytes": 10**9}],
    },
}


def used(days_ago: int, network: Any, device: str, rx: int) -> Batch:  # noqa: ANN401 - a network
    """An hour's usage of a network."""
    from_s = NOW_S - days_ago * DAY_S - 3600
    when = Interval(from_s, from_s + 300)
    found = {network.key: network}
    return Batch(bill={(when, attachment(network, device)): bill(rx)}, networks=found)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SIM today, a phone yesterday, a hostile Wi-Fi last week, a cable in winter."""
    monkeypatch.setattr(clock, "now_s", lambda: NOW_S)
    monkeypatch.setenv("TZ", "UTC")
    path = tmp_path / "usage.db"
    with writing(path) as (opened, writer):
        agreements.keep(opened, [agreement(PK)], 0)
        for batch in (
            used(60, CABLE, "eth0", 10),
            used(7, EVIL, "wlan0", 20),
            used(1, PHONE, "wlan0", 30),
            used(0, ESIM, "wwan0", 40_000),
            Batch(bill={(Interval(NOW_S, NOW_S + 9), BRIDGE): bill(9)}),
        ):
            writer.flush(batch, NOW_S, trusted=True)
        writer.stop(NOW_S)
    return path


class Typist:
    """Someone who types `esimmon networks` on one store."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._store = store
        self._capsys = capsys

    def type(self, *words: str, status: int = 0) -> str:
        """What it answers, or what is wrong."""
        given = ["networks", *words, "--store", str(self._store)]
        assert main(given) == status
        out, err = self._capsys.readouterr()
        if not status:
            assert err == ""
            return out.removesuffix("\n")
        assert (out, err.count("\n")) == ("", 1)
        assert err.rstrip("\n").isprintable()
        return err.removeprefix("esimmon: ").rstrip("\n")

    def found(self, *words: str) -> list[dict[str, Any]]:
        """The same for programs."""
        networks: list[dict[str, Any]] = json.loads(self.type("--json", *words))[
            "networks"
        ]
        return networks

    def called(self) -> dict[str, str]:
        """What has a name."""
        every = self.found("--all")
        return {each["key"]: each["label"] for each in every if each["label"]}


@pytest.fixture
def typist(store: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Someone at this store."""
    return Typist(store, capsys)


def test_what_was_seen_lately_the_newest_first_with_the_bytes_of_today(
    typist: Typist,
) -> None:
    found = typist.found()
    assert [each["key"] for each in found] == [ESIM.key, PHONE.key, EVIL.key]
    assert [each["today"]["rx_bytes"] for each in found] == [40_000, 0, 0]
    assert [each["plan"] for each in found] == ["pk", None, None]
    assert found[0]["iccid"] == ICCID
    assert found[2]["ssid_hex"] == EVIL.ssid.hex()


def test_how_far_back_is_looked(typist: Typist) -> None:
    def keys(*words: str) -> list[str]:
        return [each["key"] for each in typist.found(*words)]

    assert keys("--all")[-1] == CABLE.key
    assert keys("--since", "2 days") == [ESIM.key, PHONE.key]
    assert keys("--since", "2025-01-01")[-1] == CABLE.key
    assert keys("--since", "2025-03-04") == [ESIM.key]
    assert "exclude each other" in typist.type("--all", "--since", "2h", status=2)
    assert "not understood" in typist.type("--since", "soon", status=2)
    assert "no time zone" in typist.type("--tz", "Mars", status=2)


def test_the_day_is_that_of_the_zone(typist: Typist) -> None:
    # It is Wednesday already on Kiritimati, where the usage was just after midnight.
    (first, *_) = typist.found("--tz", "Pacific/Kiritimati")
    assert first["today"]["rx_bytes"] == 40_000
    (first, *_) = typist.found("--tz", "Etc/GMT-13")
    assert first["today"]["rx_bytes"] == 40_000


def test_people_read_no_iccid_and_no_escape(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = typist.type().split("\n")
    assert lines[1].startswith("eSIM …4321 Airalo ")
    assert all(line.isprintable() for line in lines)
    assert ICCID not in "".join(lines)
    assert any('Wi-Fi "\\x1b]0;own\\x07\\xff"' in line for line in lines)
    assert ICCID in typist.type("--long")
    whole = " ".join(" ".join(lines).split())
    assert 'Wi-Fi "Anna\'s iPhone" is metered, and no plan pays for it.' in whole
    assert "As of 12:00, when esimmon last ran" in whole
    assert "1 more was seen before: esimmon networks --all" in whole


def test_csv_is_for_spreadsheets(typist: Typist) -> None:
    rows = list(csv.DictReader(io.StringIO(typist.type("--csv"))))
    assert [row["key"] for row in rows] == [ESIM.key, PHONE.key, EVIL.key]
    assert rows[0]["today_rx_bytes"] == "40000"
    assert typist.type("--format", "csv") == typist.type("--csv")


@pytest.fixture
def socket(store: Path) -> Path:
    """Where a daemon of this store listens."""
    is_root = os.geteuid() == 0
    return control_socket(store, os.environ, is_root=is_root, explicit=True)


def test_what_a_daemon_says_is_attached_now(
    typist: Typist, store: Path, socket: Path
) -> None:
    here = {"wwan0": ESIM, "usb0": TETHER}
    attached = [attachment(network, name) for name, network in here.items()]
    facts = network_facts(attached, here, {}, lambda where: where.device)
    document = {**standings.document(), "networks": facts, "store": str(store)}
    with daemon_at(socket, {"flush": {"flushed": True}}):
        statusfile.write(status_path(socket), document)
        found, text = typist.found(), typist.type()
        statusfile.remove(status_path(socket))
    assert [(each["key"], each["attached"]) for each in found] == [
        (ESIM.key, True),
        (TETHER.key, True),
        (PHONE.key, False),
        (EVIL.key, False),
    ]
    assert {each["interface"]: each["plan"] for each in found[:2]} == {
        "wwan0": "wwan0",
        "usb0": "usb0",
    }
    assert "As of" not in text
    assert [line for line in text.split("\n") if " now " in line] != []
    assert not any(each["attached"] for each in typist.found())


def test_without_a_store_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Typist(tmp_path / "none.db", capsys)
    assert "esimmon run" in lost.type(status=1)
    assert "esimmon run" in lost.type("name", "wwan0", "x", status=1)


def test_a_store_without_networks_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.db"
    open_store(path, writable=True, create=True).close()
    text = Typist(path, capsys).type()
    assert text.startswith("No network was seen yet. Start counting with: esimmon run")


def test_a_network_gets_a_name_another_one_and_none(typist: Typist) -> None:
    said = typist.type("name", "Anna's iPhone", " Phone ")
    assert said == 'Wi-Fi "Anna\'s iPhone" is now called "Phone".'
    assert typist.called() == {PHONE.key: "Phone"}
    assert "Phone (Wi-Fi)" in typist.type()
    typist.type("name", "Phone", "Handy")
    typist.type("name", ICCID, "Travel")
    assert typist.called() == {PHONE.key: "Handy", ESIM.key: "Travel"}
    said = typist.type("name", "Handy", "--clear")
    assert said == 'Wi-Fi "Anna\'s iPhone" has no name of yours any more.'
    typist.type("name", ESIM.key, "")
    assert typist.called() == {}


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("nosuch", "x"), 2, 'no network "nosuch" was met here'),
        (("wlan0", "x"), 2, "several networks are called"),
        (("wwan0",), 2, "give a NAME, or --clear"),
        (("wwan0", "x", "--clear"), 2, "give a NAME, or --clear"),
        (("wwan0", "x" * 65), 2, "at most 64 characters; this one has 65"),
        (("wwan0", "two\nlines"), 2, '"two\\nlines" cannot be'),
        (("wwan0", "\x1b[31m"), 2, "cannot be a network's name"),
        (("wwan0", PHONE.key), 1, "another network is called"),
        (("\x1b[31m\udcff", "x"), 2, 'no network "\\x1b[31m\\xff"'),
    ],
)
def test_what_is_refused_is_a_sentence_and_changes_nothing(
    typist: Typist, words: tuple[str, ...], status: int, why: str
) -> None:
    assert why in typist.type("name", *words, status=status)
    assert typist.called() == {}


def test_the_name_of_another_network_is_refused(typist: Typist) -> None:
    typist.type("name", "wwan0", "Phone")
    said = typist.type("name", PHONE.uuid, "Phone", status=1)
    assert said == f'another network is called "Phone": {ESIM.key}. Nothing changed.'


def test_options_in_front_of_the_verb_are_not_lost_in_silence(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["networks", "--store", str(store), "name", "wwan0", "x"]) == 2
    assert "are written behind it" in capsys.readouterr().err


def test_a_daemon_that_answers_is_who_writes(typist: Typist, socket: Path) -> None:
    said: dict[str, dict[str, object]] = {
        "flush": {"flushed": True},
        "networks.name": {"label": "x"},
    }
    with daemon_at(socket, said):
        typist.type("name", "wwan0", "x")
    assert typist.called() == {}


def test_a_daemon_that_cannot_write_it_is_not_passed_over(
    typist: Typist, socket: Path
) -> None:
    with daemon_at(socket, {"flush": {"flushed": True}}):
        assert "another version" in typist.type("name", "wwan0", "x", status=1)
    assert typist.called() == {}


def test_who_holds_the_store_and_does_not_answer_is_named(
    typist: Typist, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.commands.handing._PATIENCE_S", 0.0)
    with WriterLock(store):
        assert "in use by the process" in typist.type("name", "wwan0", "x", status=1)
    assert typist.called() == {}


def test_the_shell_completes_keys_and_names(typist: Typist, store: Path) -> None:
    typist.type("name", PHONE.key, "Anna's")

    def completed(begun: str, *options: str) -> list[str]:
        words = ["esimmon", "networks", "name", *options, begun]
        done = subprocess.run(
            [sys.executable, "-m", "monitor"],
            env={
                **os.environ,
                "_ESIMMON_COMPLETE": "fish_complete",
                "COMP_WORDS": " ".join(words[:-1]),
                "COMP_CWORD": begun,
            },
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        lines = filter(None, done.stdout.splitlines())
        return [line.partition(",")[2].partition("\t")[0] for line in lines]

    of_store = ("--store", str(store))
    assert completed("wifi:", *of_store) == sorted([PHONE.key, EVIL.key])
    assert completed("A", *of_store) == ["Anna's"]
    assert completed("s", *of_store) == [ESIM.key]
    assert completed("s") == []


class Reporter:
    """Someone who asks what each network moved in this year."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._store = store
        self._capsys = capsys

    def text(self, *words: str) -> str:
        """What is written."""
        given = ["report", "--store", str(self._store), "--period", "2025"]
        assert main([*given, *words]) == 0
        return self._capsys.readouterr().out

    def json(self, *words: str) -> dict[str, Any]:
        """The same for programs."""
        found: dict[str, Any] = json.loads(self.text("--json", *words))
        return found


@pytest.fixture
def reporter(store: Path, capsys: pytest.CaptureFixture[str]) -> Reporter:
    """Someone at this store."""
    return Reporter(store, capsys)


def test_a_report_by_network_adds_up_and_has_names(
    typist: Typist, reporter: Reporter
) -> None:
    typist.type("name", "wwan0", "Travel")
    rows = reporter.json("--by", "network")["rows"]
    assert [(row["network"], row["network_name"], row["rx_bytes"]) for row in rows] == [
        (ESIM.key, "Travel", 40_000),
        (PHONE.key, "Anna's iPhone", 30),
        (EVIL.key, "\x1b]0;own\x07\udcff", 20),
        (CABLE.key, "Wired connection 1", 10),
    ]
    lines = reporter.text("--by", "network").split("\n")
    assert [line.partition("  ")[0] for line in lines[2:8]] == [
        "network",
        "Travel (eSIM …4321)",
        'Wi-Fi "Anna\'s iPhone"',
        'Wi-Fi "\\x1b]0;own\\x07\\xff"',
        "Ethernet Wired connection 1",
        "total",
    ]
    first = next(csv.DictReader(io.StringIO(reporter.text("--by", "network", "--csv"))))
    assert (first["network_name"], first["network"]) == ("Travel", ESIM.key)


def test_a_report_of_one_network_among_those_of_an_interface(
    reporter: Reporter,
) -> None:
    for named, rx_bytes in (
        (("--network", "Anna's iPhone"), 30),
        (("--network", EVIL.key), 20),
        (("--network", EVIL.key, "--network", PHONE.uuid), 50),
        (("--interface", "wlan*"), 50),
        (("--interface", "wwan*", "--network", EVIL.key), 0),
    ):
        found = reporter.json(*named)
        assert sum(row["rx_bytes"] for row in found["rows"]) == rx_bytes, named
        assert sum(each["rx_bytes"] for each in found["interfaces"]) == rx_bytes


def test_a_network_that_nobody_met_has_no_report(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["report", "--store", str(store), "--network", "mars"]
    assert main(given) == 2
    assert 'no network "mars" was met here' in capsys.readouterr().err
    assert main([*given, "--by", "remote"]) == 2
    assert "--by remote is over all interfaces" in capsys.readouterr().err
