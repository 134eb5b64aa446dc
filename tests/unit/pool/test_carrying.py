"""Rounds between daemons and a folder that all of them share."""

from __future__ import annotations

import os
import resource
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import PoolError, RejectedError
from monitor.pool.carrying import batches
from monitor.pool.records import Entry
from monitor.pool.segments import SEGMENT_BYTES
from tests.pooling import START_S, Standin, new_pool, usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.pool.records import Record


def segments(folder: Path, device: str) -> list[Path]:
    """The files of a device."""
    return sorted((folder / "devices" / device).iterdir())


def test_what_one_says_the_other_hears_to_the_byte(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    anna.move(0, 1000)
    anna.move(1, 200)
    ben.move(0, 30)
    of_anna, of_ben = anna.carrier(folder), ben.carrier(folder)
    assert of_anna.carry().told == 2
    done = of_ben.carry()
    assert (done.told, done.came, done.findings) == (1, {"anna": 2}, [])
    assert of_anna.carry().came == {"ben": 1}
    anna.move(1, 250)  # the hour went on
    assert of_anna.carry().told == 1
    assert of_ben.carry().came == {"anna": 1}
    assert of_ben.carry().came == {}
    for each in (anna, ben):
        assert (each.sum_of("anna"), each.sum_of("ben")) == (1250, 30)
    assert ben.members == {"anna": "of anna"}


def test_who_comes_late_hears_everything_in_pieces_that_the_socket_takes(
    tmp_path: Path,
) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(3000):
        anna.move(hour, 1 + hour)
    assert anna.carrier(folder).carry().told == 3000
    assert len(segments(folder, "anna")) > 1
    heard: list[tuple[str, int]] = []
    carrier = ben.carrier(folder)
    carrier.heard = lambda device, count: heard.append((device, count))
    assert carrier.carry().came == {"anna": 3000}
    assert len(heard) > 14
    assert ben.sum_of("anna") == anna.sum_of("anna") == sum(range(1, 3001))


def test_a_segment_ends_near_its_size_and_the_next_says_what_it_continues(
    tmp_path: Path,
) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    for hour in range(2000):
        anna.move(hour, 1)
    anna.carrier(folder).carry()
    first, second = segments(folder, "anna")
    assert SEGMENT_BYTES <= first.stat().st_size < SEGMENT_BYTES + 1000
    assert f'"after":{first.read_bytes().count(b"usage")}' in second.read_text()


def test_on_a_metered_network_an_hour_has_its_bound(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    anna.metered = True
    for hour in range(400):
        anna.move(hour, 1)
    anna.live(START_S)
    written = []
    for hour in range(5):
        anna.now_s = START_S + hour * 3601
        done = [anna.carrier(folder, 20_000).carry()]
        # The file was changed when the test says that it is.
        os.utime(segments(folder, "anna")[-1], (anna.now_s, anna.now_s))
        # Neither another round nor another relay has an hour of its own.
        done += [anna.carrier(folder, 20_000).carry() for _ in range(2)]
        written.append(sum(each.told_bytes for each in done))
    sizes = [path.stat().st_size for path in segments(folder, "anna")]
    assert sum(written) == sum(sizes) > 60_000
    assert all(each <= 20_000 for each in written)
    assert not anna.carrier(folder, 20_000).carry().waits


@pytest.mark.parametrize(("metered", "near"), [(False, False), (True, True)])
def test_where_it_costs_nothing_or_matters_nothing_waits(
    tmp_path: Path, *, metered: bool, near: bool
) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    anna.metered, anna.near = metered, near
    for hour in range(400):
        anna.move(hour, 1)
    done = anna.carrier(folder, 20_000).carry()
    assert (done.told, done.waits) == (400, False)


def test_what_waits_for_another_network_is_told_there(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    anna.metered = True
    for hour in range(400):
        anna.move(hour, 1)
    carrier, of_ben = anna.carrier(folder, 20_000), ben.carrier(folder)
    assert carrier.carry().waits
    of_ben.carry()
    assert 0 < ben.sum_of("anna") < 400
    anna.metered = False
    assert not carrier.carry().waits
    of_ben.carry()
    assert ben.sum_of("anna") == 400


def test_a_write_that_was_cut_short_is_continued_in_a_new_file(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(10):
        anna.move(hour, 1)
    anna.carrier(folder).carry()
    (path,) = segments(folder, "anna")
    os.truncate(path, path.stat().st_size - 20)
    of_ben = ben.carrier(folder)
    of_ben.carry()
    assert ben.sum_of("anna") == 9
    assert anna.carrier(folder).carry().told == 1
    assert len(segments(folder, "anna")) == 2
    of_ben.carry()
    assert ben.sum_of("anna") == 10


def test_a_line_that_was_damaged_is_told_again(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(10):
        anna.move(hour, 1)
    anna.carrier(folder).carry()
    (path,) = segments(folder, "anna")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"\0\0\0\n", *lines[6:]]))
    of_ben = ben.carrier(folder)
    (finding,) = of_ben.carry().findings
    assert finding.startswith(f"anna/{path.name}: line 6: ")
    assert ben.sum_of("anna") == 4
    assert anna.carrier(folder).carry().told == 6
    of_ben.carry()
    assert ben.sum_of("anna") == 10


def test_files_that_arrive_in_another_order_wait_for_each_other(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(4000):
        anna.move(hour, 1)
    anna.carrier(folder).carry()
    first, second, third = segments(folder, "anna")
    aside = tmp_path / "aside"
    second.rename(aside)
    of_ben = ben.carrier(folder)
    assert of_ben.carry().findings == [
        f"anna/{third.name}: waits for what comes before it"
    ]
    assert 0 < ben.sum_of("anna") == first.read_bytes().count(b"usage")
    aside.rename(second)
    assert of_ben.carry().findings == []
    assert ben.sum_of("anna") == 4000


def test_a_folder_that_was_emptied_is_filled_again(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    anna.move(0, 5)
    carrier = anna.carrier(folder)
    carrier.carry()
    shutil.rmtree(folder / "devices")
    assert carrier.carry().told == 1


def test_an_unmounted_folder_is_never_written(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    carrier = anna.carrier(folder)
    shutil.rmtree(folder)
    with pytest.raises(PoolError, match="Is it mounted"):
        carrier.carry()
    folder.mkdir()
    with pytest.raises(PoolError, match="no pool is in it"):
        carrier.carry()
    assert list(folder.iterdir()) == []


def test_a_daemon_that_was_restored_hears_what_it_said_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(6):
        anna.move(hour, 10)
    anna.live(START_S)
    of_ben = ben.carrier(folder)
    anna.carrier(folder).carry()
    of_ben.carry()
    restored = Standin("anna", anna.instance)
    for hour in range(3):  # as far as the backup goes
        restored.move(hour, 10)
    restored.talks = True
    carrier = restored.carrier(folder)
    carrier.carry()
    assert restored.instance != anna.instance
    # It gave no number anew that others know as something else.
    kept = restored.heard["anna", anna.instance][1].values()
    assert sorted(each.n for each in kept) == [4, 5, 6, 7]
    restored.move(7, 10)
    carrier.carry()
    of_ben.carry()
    assert ben.sum_of("anna") == 70


def test_two_machines_of_one_name_are_told_so(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, other = Standin("anna"), Standin("anna", "f" * 16)
    anna.move(0, 5)
    anna.live(START_S)
    of_anna, of_other = anna.carrier(folder), other.carrier(folder)
    of_anna.carry()
    other.live(START_S + 60)
    of_other.carry()  # it may be the same machine, set up anew
    assert other.sum_of("anna") == 5
    anna.live(START_S + 120)
    sentence = "another machine is in the pool as anna, too"
    for carrier in (of_anna, of_other):
        with pytest.raises(PoolError, match=sentence):
            carrier.carry()


def test_what_the_daemon_refuses_of_one_does_not_stop_the_others(
    tmp_path: Path,
) -> None:
    folder = new_pool(tmp_path)
    for name in ("anna", "ben", "cleo"):
        device = Standin(name)
        device.move(0, 7)
        device.carrier(folder).carry()
    last = Standin("dora")
    last.refused.add("anna")
    done = last.carrier(folder).carry()
    assert done.came == {"ben": 1, "cleo": 1}
    assert done.findings == ["anna: not from that one"]


def test_a_daemon_that_is_away_or_says_no_is_an_error_that_says_so(
    tmp_path: Path,
) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    carrier = anna.carrier(folder)
    anna.is_there = False
    with pytest.raises(PoolError, match="no daemon answers"):
        carrier.carry()


def test_where_no_more_can_be_written_the_file_stays_as_it_was(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    anna.move(0, 1)
    carrier = anna.carrier(folder)
    carrier.carry()
    (path,) = segments(folder, "anna")
    before = path.read_bytes()
    anna.move(1, 1)
    with at_most(len(before) + 50), pytest.raises(PoolError, match="File too large"):
        carrier.carry()
    assert path.read_bytes() == before
    assert carrier.carry().told == 1
    assert segments(folder, "anna") == [path]


@contextmanager
def at_most(size_bytes: int) -> Iterator[None]:
    """The kernel lets files grow so far only, as a full disk would: setrlimit(2)."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_two_relays_of_one_device_do_not_write_at_once(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    refusals: list[str] = []

    class Interrupted(Standin):
        """Another round begins while one is under way."""

        def outbox(self, params: Mapping[str, Any]) -> dict[str, Any]:
            """Answer; the second time only after the other round."""
            self.asked += 1
            if self.asked == 2:
                with pytest.raises(PoolError) as caught:
                    self.carrier(folder).carry()
                refusals.append(str(caught.value))
            return super().outbox(params)

        asked = 0

    anna = Interrupted("anna")
    anna.move(0, 1)
    anna.carrier(folder).carry()
    (refusal,) = refusals
    assert "another esimmon writes there for anna right now" in refusal


def test_pieces_fit_the_socket_and_what_no_piece_takes_is_left_out() -> None:
    nested = {"id": "x", "scope": [[]] * 300}
    records: list[Record] = [
        *(usage(n, n, 1) for n in range(1, 500)),
        Entry(500, {"id": "y", "note": "\N{SNOWMAN}" * 5000}),
        Entry(501, nested),
        usage(502, 502, 1),
    ]
    findings: list[str] = []
    pieces = list(batches(records, findings))
    assert [each["n"] for piece in pieces for each in piece] == [
        *range(1, 501),
        502,
    ]
    assert all(len(each) <= 200 for each in pieces)
    assert findings == ["record 501: too large to be one of esimmon's"]


def test_a_refusal_of_the_first_question_comes_through(tmp_path: Path) -> None:
    class Strange(Standin):
        """A daemon that is in no pool."""

        def outbox(self, params: Mapping[str, Any]) -> dict[str, Any]:
            """Refuse."""
            raise RejectedError(f"not {params}: this daemon is in no pool")

    with pytest.raises(RejectedError, match="in no pool"):
        Strange("anna").carrier(new_pool(tmp_path)).carry()


@pytest.mark.parametrize(
    ("strange", "sentence"),
    [
        ({"records": [{"kind": "usage", "n": 1}]}, "what is no record"),
        ({"records": [{"kind": "strange", "n": 1}]}, "what is no record"),
        ({"instance": "../x"}, "makes no sense"),
        ({"more": 1}, "makes no sense"),
    ],
)
def test_an_answer_that_makes_no_sense_is_the_daemons_fault(
    tmp_path: Path, strange: dict[str, Any], sentence: str
) -> None:
    class Strange(Standin):
        """A daemon of another version."""

        def outbox(self, params: Mapping[str, Any]) -> dict[str, Any]:
            """Answer."""
            return super().outbox(params) | strange

    with pytest.raises(PoolError, match=sentence):
        Strange("anna").carrier(new_pool(tmp_path)).carry()
