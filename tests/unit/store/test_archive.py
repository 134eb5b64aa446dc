"""A backup file holds what was given, and what is wrong with one is a sentence."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.store import archive

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = archive.About(1_750_000_000, "0.1.0", "m" * 64)
TEXTS = {"plans.d/home.toml": 'quota = "1 GB"\n', "config.toml": "# ü\n"}
DATABASE = bytes(range(256)) * 200


def quiet(done: int, total: int) -> None:
    """Nobody looks."""
    assert 0 <= done <= total


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a made-up database."""
    source, target = tmp_path / "source.db", tmp_path / "backup.tar"
    source.write_bytes(DATABASE)
    archive.write(target, ABOUT, source, TEXTS, quiet)
    return target


def taken_out(backup: Path) -> tuple[archive.Backup, bytes]:
    """All that is in it."""
    database = backup.with_name("out.db")
    found = archive.read(backup, database, quiet)
    return found, database.read_bytes()


def test_what_was_written_comes_back(backup: Path) -> None:
    assert archive.is_archive(backup)
    assert taken_out(backup) == (archive.Backup(ABOUT, TEXTS), DATABASE)
    assert archive.read(backup, None, quiet) == archive.Backup(ABOUT, TEXTS)


def test_anybody_can_open_it(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert tar.getnames() == ["contents.json", *TEXTS, "usage.db"]
        assert all(member.mode == 0o600 for member in tar)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.floats(0, 1), bits=st.integers(1, 255), kept=st.floats(0, 1))
def test_a_changed_byte_and_a_missing_end_are_noticed(
    at: float, bits: int, kept: float, backup: Path
) -> None:
    whole = backup.read_bytes()
    changed = bytearray(whole)
    changed[int(at * (len(whole) - 1))] ^= bits
    broken = backup.with_name("broken.tar")
    for body in (changed, whole[: int(kept * len(whole))]):
        broken.write_bytes(body)
        try:
            found = taken_out(broken)
        except StoreError as error:
            assert str(error).startswith(f"{broken}: ")  # noqa: PT017 - not always
        else:
            # In the padding, or in what says who made the file and when.
            assert found == (archive.Backup(ABOUT, TEXTS), DATABASE)


def with_contents(path: Path, change: dict[str, object], extra: str = "") -> Path:
    """A backup with other words about itself, and a file more."""
    body = b"x"
    part = {"size_bytes": 1, "sha256": archive._sum(body)}
    contents: dict[str, object] = {
        "kind": "esimmon backup",
        "version": 1,
        **ABOUT._asdict(),
        "files": {"usage.db": part},
    } | change
    contents["sha256"] = archive._sum_of(contents)
    with tarfile.open(path, "w") as tar:
        for name, text in (
            ("contents.json", json.dumps(contents).encode()),
            ("usage.db", body),
            *([(extra, body)] if extra else []),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "another"}, "this is no backup of esimmon"),
        ({"version": 2}, "a later version of esimmon made this backup"),
        ({"made_s": "now"}, "its list of contents makes no sense"),
        ({"program": "\x1b[31m"}, "its list of contents makes no sense"),
        ({"files": []}, "its list of contents makes no sense"),
        ({"files": {}}, "its list of contents makes no sense"),
        ({"files": {"usage.db": None}}, "its list of contents makes no sense"),
        (
            {"files": {"usage.db": {"size_bytes": 1 << 70, "sha256": "0" * 64}}},
            "its list of contents makes no sense",
        ),
        (
            {"files": {"../../etc/passwd": {"size_bytes": 1, "sha256": "0" * 64}}},
            "its list of contents makes no sense",
        ),
        (
            {"files": {"usage.db": {"size_bytes": 1, "sha256": "0" * 64}}},
            "the sum of its database is wrong",
        ),
        (
            {"files": {"usage.db": {"size_bytes": 2, "sha256": "0" * 64}}},
            "'usage.db' is not what it should be",
        ),
    ],
)
def test_what_it_says_of_itself_is_not_believed(
    change: dict[str, object], words: str, tmp_path: Path
) -> None:
    path = with_contents(tmp_path / "made.tar", change)
    with pytest.raises(StoreError, match=words):
        taken_out(path)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "plans.d/a.toml", "usage.db"])
def test_files_that_it_does_not_list_are_not_taken(name: str, tmp_path: Path) -> None:
    path = with_contents(tmp_path / "made.tar", {}, extra=name)
    with pytest.raises(StoreError, match="is not what it should be"):
        taken_out(path)


def test_a_link_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "link.tar"
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("contents.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(member)
    with pytest.raises(StoreError, match="this is no backup of esimmon"):
        taken_out(path)


def headers(kind: bytes, size_bytes: int, body: bytes, times: int) -> bytes:
    """Members of a tar that say something of the next one."""
    member = tarfile.TarInfo("x")
    member.type, member.size = kind, size_bytes
    return (member.tobuf(tarfile.GNU_FORMAT) + body.ljust(512, b"\0")) * times


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (headers(b"L", 512, b"a" * 512, 3_000), "this is no backup"),
        (headers(b"x", 512, b"512 a=" + b"b" * 505 + b"\n", 3_000), "is damaged"),
        (headers(b"x", 8_000, b"20 GNU.sparse.x=", 1), "this is no backup"),
        *(
            (headers(kind, 0, b"", 1), "this is no backup")
            for kind in (b"S", b"5", b"g")
        ),
    ],
)
def test_what_a_backup_has_not_is_not_looked_into(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "made.tar").write_bytes(content)
    with pytest.raises(StoreError, match=words):
        taken_out(tmp_path / "made.tar")


def test_a_name_that_is_said_to_be_large_is_not_taken_into_memory(
    tmp_path: Path,
) -> None:
    path = tmp_path / "made.tar"
    path.write_bytes(headers(b"L", 1 << 33, b"", 1))
    os.truncate(path, 1 << 33)  # takes no room on the disk
    with pytest.raises(StoreError, match="this is no backup"):
        taken_out(path)


def test_a_machine_is_named_without_its_id(tmp_path: Path) -> None:
    machine_id = tmp_path / "machine-id"
    assert archive.machine_name(machine_id) == ""
    machine_id.write_text("")
    assert archive.machine_name(machine_id) == ""
    machine_id.write_text("0123456789abcdef0123456789abcdef\n")
    first = archive.machine_name(machine_id)
    assert len(first) == 64
    assert "0123456789abcdef" not in first
    machine_id.write_text("1123456789abcdef0123456789abcdef\n")
    assert archive.machine_name(machine_id) != first
