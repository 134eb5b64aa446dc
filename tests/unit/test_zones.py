"""The machine's time zone, found as the C library finds it."""

from __future__ import annotations

import os
import shutil
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.zones import local_zone

DATABASE = Path("/usr/share/zoneinfo")
JUNE = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Asia/Karachi", "Asia/Karachi"),
        (":Asia/Karachi", "Asia/Karachi"),
        ("/usr/share/zoneinfo/Asia/Karachi", "Asia/Karachi"),
        ("", "UTC"),
        ("Nowhere/City", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("/nowhere", "UTC"),
        ("Asia", "UTC"),
    ],
)
def test_tz_is_taken_first_and_utc_when_it_names_no_zone(given: str, name: str) -> None:
    assert local_zone({"TZ": given}).key == name


def test_without_tz_the_machines_link_names_the_zone(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(DATABASE / "Asia/Kathmandu")
    assert local_zone({}, link).key == "Asia/Kathmandu"


def test_a_machine_that_moves_has_its_new_zone_at_once(tmp_path: Path) -> None:
    link, next_link = tmp_path / "localtime", tmp_path / "new"
    for name in ("Asia/Kathmandu", "Europe/Paris", "Asia/Kathmandu"):
        next_link.symlink_to(DATABASE / name)
        next_link.replace(link)  # as timedatectl does
        assert local_zone({}, link).key == name
        assert local_zone({}, link).key == name


def test_a_copied_zone_file_has_its_rules_but_no_name(tmp_path: Path) -> None:
    copy = tmp_path / "localtime"
    shutil.copy(DATABASE / "Asia/Kathmandu", copy)
    zone = local_zone({}, copy)
    assert zone.key == "localtime"
    assert JUNE.astimezone(zone).utcoffset() == timedelta(hours=5, minutes=45)


def test_a_machine_without_a_zone_is_in_utc(tmp_path: Path) -> None:
    assert local_zone({}, tmp_path / "none").key == "UTC"


def test_a_link_into_another_database_is_read_as_a_file(tmp_path: Path) -> None:
    other = tmp_path / "zoneinfo/Middle/Earth"
    other.parent.mkdir(parents=True)
    shutil.copy(DATABASE / "Asia/Kathmandu", other)
    link = tmp_path / "localtime"
    link.symlink_to(other)
    assert local_zone({}, link).key == "localtime"


def header(**counts: int) -> bytes:
    """The beginning of a zone file, with nothing behind it (tzfile(5))."""
    names = ("isutc", "isstd", "leap", "time", "type", "char")
    return b"TZif2" + bytes(15) + struct.pack(">6l", *(counts.get(n, 0) for n in names))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"TZif", b"TZif2", header(), header() + header()),
        header(time=2**31 - 1, type=1, char=4),  # makes room for 17 GB
        header() + header(type=1, char=1) + bytes(7),  # no end of the line: for ever
        header() + header(type=1, char=1) + bytes(7) + b"\n<+05",
        *(header(isutc=5, type=9), header() + b"TZif9" + bytes(60)),
    ],
)
def test_a_zone_file_that_is_broken_is_none(content: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "localtime"
    broken.write_bytes(content)
    assert local_zone({}, broken).key == "UTC"
    assert local_zone({"TZ": str(broken)}).key == "UTC"


def test_a_pipe_that_nobody_writes_is_no_zone_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "localtime")
    assert local_zone({}, tmp_path / "localtime").key == "UTC"
