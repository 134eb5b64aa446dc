"""A folder in which somebody put what he liked."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from monitor.errors import PoolError
from monitor.pool import places
from monitor.pool.folder import Folder
from monitor.pool.founding import (
    POOL_FILE,
    found_pool,
    named_like,
    plan_text,
    read_pool,
)
from monitor.pool.records import LONGEST_LINE, as_line
from monitor.pool.segments import MOST_BYTES
from tests.pooling import Standin, new_pool, usage, word

if TYPE_CHECKING:
    from pathlib import Path

INSTANCE = "b" * 16
FIRST = f"{INSTANCE}-000001.jsonl"


def head(folder: Path, **changed: object) -> bytes:
    """The first line of a segment of Anna's."""
    pool = json.loads((folder / POOL_FILE).read_text())["pool"]
    values = {"kind": "device", "version": 1, "pool": pool, "device": "anna"}
    values |= {"instance": INSTANCE, "member": "", "after": 0}
    return json.dumps(values | changed).encode() + b"\n"


def put(folder: Path, content: bytes, name: str = FIRST) -> Path:
    """A file that says it is Anna's."""
    path = folder / "devices" / "anna" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


ONE = as_line(usage(1, 0, 7))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\0\0\0\n", "JSON is malformed"),
        (b"[]\n", "Expected `object`"),
        (b'{"kind":"usage"}\n', "missing required field `n`"),
        (b'{"kind":"usage","n":2}\n', "missing required field"),
        (as_line(usage(1, 1, 1)), "number 1 after 1"),
        (as_line(usage(2, 1, -1)), "Expected `int` >= 0"),
        (as_line(usage(2, 1, 1 << 62)), "Expected `int`"),
        (as_line(usage(2, -1_000_000, 1)), "Expected `int` >= 0"),
        (as_line(usage(2, 1, 1)).replace(b"family", b"f" * 257), "length <= 256"),
        (as_line(usage(2, 1, 1)).replace(b'"to_s":', b'"to_s":9'), "one clock hour"),
        (as_line(usage(2, 1, 1)).replace(b'"tethered":0', b'"tethered":7'), "<= 1"),
        (as_line(word(2, 5)).replace(b"0" * 64, b"g" * 64), "regex"),
        (b'{"kind":"entry","n":2,"entry":' + b"[" * 5000 + b"\n", "deeply"),
        (b'{"kind":"entry","n":2,"entry":[]}\n', "Expected `object`"),
        (b'{"kind":"usage","n":2,"app":"\xff\xff"}\n', ""),
        (b'{"kind":"x","n":2,"y":"' + b"y" * LONGEST_LINE + b'"}\n', "longer than"),
    ],
)
def test_a_line_that_cannot_be_taken_ends_that_file_and_is_named(
    tmp_path: Path, line: bytes, why: str
) -> None:
    folder = new_pool(tmp_path)
    put(folder, head(folder) + ONE + line + as_line(usage(9, 9, 100)))
    cleo = Standin("cleo")
    cleo.move(0, 5)
    cleo.carrier(folder).carry()
    ben = Standin("ben")
    (finding,) = ben.carrier(folder).carry().findings
    assert finding.startswith(f"anna/{FIRST}: line 3: ")
    assert why in finding
    assert (ben.sum_of("anna"), ben.sum_of("cleo")) == (7, 5)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pool": "0" * 32}, "of another pool"),
        ({"device": "ben"}, "of another device"),
        ({"instance": "c" * 16}, "of another device"),
        ({"version": 2}, "version 2 is of a later esimmon"),
        ({"kind": "usage"}, "Invalid value"),
        ({"after": -1}, "Expected `int` >= 0"),
        ({"member": 5}, "Expected `str`"),
    ],
)
def test_a_file_that_is_not_that_devices_is_not_read(
    tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    folder = new_pool(tmp_path)
    put(folder, head(folder, **changed) + ONE)
    ben = Standin("ben")
    (finding,) = ben.carrier(folder).carry().findings
    assert finding.startswith(f"anna/{FIRST}: line 1: ")
    assert why in finding
    assert ben.sum_of("anna") == 0


def test_what_a_later_version_says_besides_is_passed_over(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    more = ONE.replace(b"{", b'{"colour":{"r":1},', 1)
    later = b'{"kind":"holiday","n":2,"where":["x"]}\n'
    put(folder, head(folder, more=1) + more + later + as_line(usage(3, 1, 10)))
    ben = Standin("ben")
    assert ben.carrier(folder).carry().findings == []
    assert ben.sum_of("anna") == 17


@pytest.mark.parametrize(
    "name",
    [
        f"{INSTANCE}-000001.sync-conflict-20261127-1-ABC.jsonl",
        f"{INSTANCE}-000001 (conflicted copy).jsonl",
        f".syncthing.{FIRST}.tmp",
        f"~{FIRST}",
        f"{INSTANCE}-1.jsonl",
        f"{INSTANCE.upper()}-000001.jsonl",
        "notes.txt",
    ],
)
def test_files_of_other_names_are_not_looked_at(tmp_path: Path, name: str) -> None:
    folder = new_pool(tmp_path)
    put(folder, head(folder) + ONE, name)
    put(folder, b"", name)
    ben = Standin("ben")
    done = ben.carrier(folder).carry()
    assert (done.came, done.findings) == ({}, [])


def test_neither_links_nor_pipes_nor_folders_are_followed(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(head(folder) + ONE)
    mine = folder / "devices/anna"
    mine.mkdir()
    (mine / FIRST).symlink_to(secret)
    os.mkfifo(mine / FIRST.replace("1.", "2."))
    (mine / FIRST.replace("1.", "3.")).mkdir()
    (folder / "devices/cleo").symlink_to(mine)
    (folder / "devices/.hidden").mkdir()
    (folder / "devices/dora").write_text("a file")
    ben = Standin("ben")
    done = ben.carrier(folder).carry()
    assert (done.came, done.findings) == ({}, [])


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    path = put(folder, head(folder) + ONE)
    os.truncate(path, MOST_BYTES + 1)
    assert Standin("ben").carrier(folder).carry().came == {}


def test_the_own_folder_may_not_be_a_link(tmp_path: Path) -> None:
    folder, elsewhere = new_pool(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "devices/anna").symlink_to(elsewhere)
    anna = Standin("anna")
    anna.move(0, 1)
    with pytest.raises(PoolError):
        anna.carrier(folder).carry()
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_place_of_the_next_file_is_not_written_through(
    tmp_path: Path,
) -> None:
    folder, target = new_pool(tmp_path), tmp_path / "target"
    anna = Standin("anna")
    anna.move(0, 1)
    (folder / "devices/anna").mkdir()
    name = f"{anna.instance}-000001.jsonl"
    (folder / "devices/anna" / name).symlink_to(target)
    anna.carrier(folder).carry()
    assert not target.exists()
    ben = Standin("ben")
    ben.carrier(folder).carry()
    assert ben.sum_of("anna") == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"version":1,"pool":"x","plans":[]}', "regex"),
        (b'{"version":1,"pool":"' + b"a" * 32 + b'","plans":["../x"]}', "regex"),
        (b'{"version":2,"pool":"' + b"a" * 32 + b'","plans":[]}', "later esimmon"),
        (b" " * 70_000, "truncated"),
    ],
)
def test_a_file_of_the_pool_that_is_none_is_named(
    tmp_path: Path, content: bytes, why: str
) -> None:
    folder = new_pool(tmp_path)
    (folder / POOL_FILE).write_bytes(content)
    with pytest.raises(PoolError, match=why) as caught:
        read_pool(folder)
    assert str(caught.value).startswith(f"{folder / POOL_FILE}: ")


def test_a_plan_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    assert plan_text(folder, "family") == 'id = "family"\n'
    with pytest.raises(PoolError, match="Is it synced"):
        plan_text(folder, "other")
    (folder / "plans/other.toml").write_bytes(b"\xff")
    with pytest.raises(PoolError, match="not UTF-8"):
        plan_text(folder, "other")


def test_a_pool_is_not_begun_twice(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    before = (folder / POOL_FILE).read_bytes()
    with pytest.raises(PoolError, match="esimmon pool join"):
        found_pool(folder, {"other": ""})
    assert (folder / POOL_FILE).read_bytes() == before
    assert not (folder / "plans/other.toml").exists()


def test_a_name_is_taken_whatever_its_case(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    (folder / "devices/Anna").mkdir()
    assert named_like(folder, "anna") == "Anna"
    assert named_like(folder, "ann") is None


def test_a_folder_full_of_rubbish_costs_a_bounded_amount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_MOST_NAMES", 5)
    folder = new_pool(tmp_path)
    for number in range(20):
        put(folder, b"", f"rubbish-{number}")
    assert len(Folder(folder).lives()) <= 5


@pytest.mark.needs("root")
def test_what_root_makes_belongs_to_whom_the_folder_does(tmp_path: Path) -> None:
    folder = tmp_path / "family"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    found_pool(folder, {"family": 'id = "family"\n'})
    anna = Standin("anna")
    anna.move(0, 1)
    anna.carrier(folder).carry()
    made = [*folder.rglob("*")]
    assert len(made) == 6
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {
        (65534, 65534)
    }
