"""The status file: written whole, read while it is fresh, refused when it is not."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from monitor.client import statusfile
from monitor.errors import StatusStaleError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _document(
    age_s: float = 0, boot_id: str = BOOT_ID, **facts: object
) -> dict[str, Any]:
    boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - int(age_s * 10**9)
    return statusfile.document(1_793_491_200, boottime_ns, boot_id, 10, facts)


def test_it_is_beside_the_socket_of_its_daemon() -> None:
    path = statusfile.status_path(Path("/run/esimmon/esimmon.sock"))
    assert path == "/run/esimmon/esimmon.json"
    assert statusfile.status_path("/r/store-12.sock") == "/r/store-12.json"


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = str(tmp_path / "esimmon.json")
    document = _document(plans=[{"id": "home"}], rate={"wwan0": {}}, store="/x\udcff")
    statusfile.write(path, document)
    assert statusfile.read(path) == document
    assert document["at"] == "2026-11-01T00:00:00Z"
    assert (document["version"], document["alerts"]) == (1, [])
    assert [*tmp_path.glob("esimmon*")] == [Path(path)]


def test_any_local_user_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "esimmon.json"
    before = os.umask(0o077)
    try:
        statusfile.write(str(path), _document())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "esimmon.json"
    statusfile.write(str(path), _document())
    with path.open("rb") as reader:
        statusfile.write(str(path), _document(store="another"))
        assert "store" not in json.loads(reader.read())
    assert statusfile.read(str(path))["store"] == "another"


def test_what_is_for_the_group_is_written_when_it_changed_or_is_gone(
    tmp_path: Path,
) -> None:
    path, details = str(tmp_path / "esimmon.json"), tmp_path / "esimmon.details"
    kept = statusfile.write(path, _document(networks=[], last_hour=[]))
    first = details.stat()
    kept = statusfile.write(path, _document(networks=[], last_hour=[]), kept)
    assert details.stat() == first
    details.unlink()
    kept = statusfile.write(path, _document(networks=[], last_hour=[]), kept)
    assert details.exists()
    mover = {"application": "curl", "bytes": 1}
    statusfile.write(path, _document(networks=[], last_hour=[mover]), kept)
    assert statusfile.read(path)["last_hour"] == [mover]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "esimmon.json"
    statusfile.write(str(path), _document())
    (tmp_path / "esimmon.json.new").mkdir()
    with pytest.raises(OSError, match="File exists"):
        statusfile.write(str(path), _document(store="another"))
    assert "store" not in statusfile.read(str(path))


OF_ANOTHER_BOOT = "no daemon has run since the last boot"
OF_ANOTHER_VERSION = "the daemon is of another version"
NO_STATUS = "this is no status file of esimmon"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"boot_id": "another-boot"}, OF_ANOTHER_BOOT),
        ({"version": 2}, OF_ANOTHER_VERSION),
        ({"version": None}, OF_ANOTHER_VERSION),
        ({"boottime_ns": None}, NO_STATUS),
        ({"tick_s": "soon"}, NO_STATUS),
        ({"pid": "mine"}, NO_STATUS),
        ({"pid": 1 << 80}, NO_STATUS),
        ({"plans": {}}, NO_STATUS),
        ({"alerts": None}, NO_STATUS),
    ],
)
def test_a_document_that_no_daemon_keeps_is_refused(
    changed: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "esimmon.json")
    statusfile.write(path, _document() | changed)
    with pytest.raises(StatusStaleError, match=sentence):
        statusfile.read(path)


@pytest.mark.parametrize(
    "text", ["", "{not json", "[]", "null", '{"version": 1}', "{}", "\0"]
)
def test_what_is_no_document_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "esimmon.json"
    path.write_text(text)
    with pytest.raises(StatusStaleError, match=NO_STATUS):
        statusfile.read(str(path))


@pytest.mark.parametrize("age_s", [31.5, 86_400, -5])
def test_after_three_ticks_it_is_stale(age_s: float, tmp_path: Path) -> None:
    path = str(tmp_path / "esimmon.json")
    statusfile.write(path, _document(29))
    assert statusfile.read(path)
    statusfile.write(path, _document(age_s))
    with pytest.raises(StatusStaleError, match=r"ago \(it should every 10 s\)"):
        statusfile.read(path)


def test_what_a_killed_daemon_left_is_refused_however_fresh_it_is(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "esimmon.json")
    daemon = os.fork()
    if not daemon:
        statusfile.write(path, _document())
        os._exit(9)
    os.waitpid(daemon, 0)
    with pytest.raises(StatusStaleError, match=r"the daemon was killed: .* \d+ s ago"):
        statusfile.read(path)


@pytest.mark.parametrize("where", [{"pid_ns": 1}, {"pid_ns": 0}, {"pid": 0}])
def test_nobody_is_called_dead_who_may_have_another_number_here(
    where: dict[str, int], tmp_path: Path
) -> None:
    """A daemon in a container has a pid that is nobody's, or somebody else's."""
    path = str(tmp_path / "esimmon.json")
    document = _document() | {"pid": 1 << 30} | where
    statusfile.write(path, document)
    assert statusfile.read(path) == document


def test_without_a_file_no_daemon_is_running(tmp_path: Path) -> None:
    path = str(tmp_path / "esimmon.json")
    with pytest.raises(StatusStaleError, match="no daemon is running"):
        statusfile.read(path)
    statusfile.remove(path)
    statusfile.write(path, _document())
    statusfile.remove(path)
    assert [*tmp_path.glob("esimmon*")] == []
    with pytest.raises(StatusStaleError, match="Is a directory"):
        statusfile.read(str(tmp_path))


NAMES: dict[str, Any] = {
    "networks": [{"key": "wifi:uuid", "name": "Hotel Bali"}],
    "last_hour": [{"application": "firefox", "bytes": 7}],
    "totals": [
        {"interface": "wlan0", "network": "wifi:uuid", "rx_bytes": 5, "tx_bytes": 1},
        {"interface": "wlan0", "network": "sim:89", "rx_bytes": 7, "tx_bytes": 2},
    ],
}


def test_names_of_programs_networks_and_members_are_for_the_group(
    tmp_path: Path,
) -> None:
    path = tmp_path / "esimmon.json"
    plan = {"id": "home", "used_bytes": 9, "members": {"anna": {}}, "networks": ["W"]}
    document = _document(plans=[plan, {"id": "other"}], **NAMES)
    statusfile.write(str(path), document)
    details = Path(statusfile.details_path(str(path)))
    assert stat.S_IMODE(details.stat().st_mode) == 0o640
    assert statusfile.read(str(path)) == document
    for word in ("Hotel", "firefox", "wifi:uuid", "anna", '"W"'):
        assert word not in path.read_text()
    details.unlink()
    seen = statusfile.read(str(path))
    nameless = {"id": "home", "used_bytes": 9, "members": {}, "networks": []}
    assert seen["plans"] == [nameless, {"id": "other"}]
    of_all = {"interface": "wlan0", "network": "", "rx_bytes": 12, "tx_bytes": 3}
    assert seen["totals"] == [of_all]
    assert not {"networks", "last_hour"} & seen.keys()
    statusfile.write(str(path), document)
    statusfile.remove(str(path))
    assert [*tmp_path.glob("esimmon*")] == []


@pytest.mark.parametrize("left", [b"", b"{}", b"[]", b'{"boot_id": "another"}'])
def test_details_of_another_boot_or_that_are_none_are_left_out(
    tmp_path: Path, left: bytes
) -> None:
    path = tmp_path / "esimmon.json"
    statusfile.write(str(path), _document(**NAMES))
    Path(statusfile.details_path(str(path))).write_bytes(left)
    assert "networks" not in statusfile.read(str(path))


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"version": 1, "boot_id": 1e999, "tick_s": 1e999}']
)
def test_what_would_overflow_is_no_status_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "esimmon.json"
    path.write_bytes(content)
    with pytest.raises(StatusStaleError):
        statusfile.read(str(path))


@pytest.mark.parametrize("content", [b"[" * 100_000, b"7", b'{"of_plans": []}'])
def test_details_that_make_no_sense_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "esimmon.json"
    statusfile.write(str(path), _document(plans=[{"id": "home"}]))
    (tmp_path / "esimmon.details").write_bytes(content)
    assert statusfile.read(str(path))["plans"] == [{"id": "home"}]


def test_details_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "esimmon.json"
    statusfile.write(str(path), _document(plans=[{"id": "home"}]))
    details = {"boot_id": BOOT_ID, "of_plans": {"home": 7}}
    (tmp_path / "esimmon.details").write_text(json.dumps(details))
    with pytest.raises(StatusStaleError, match="no status file"):
        statusfile.read(str(path))
