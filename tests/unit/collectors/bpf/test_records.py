"""What the kernel's maps hold, as values: sums over CPUs, paths, names, arguments."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors.bpf import records
from monitor.usage import Owner, SocketCounters, SocketKey, Traffic

KEY = SocketKey(Owner(2**60, 2**22, 2**32 - 1), 4026531833, 2)


def facts(
    text: bytes, *, exe: int = 0, cgroup: int = 0, argv: int = 0
) -> records.Facts:
    """Parse facts with that text and those lengths in it."""
    raw = records.FACTS.pack(7, 1000, 1, exe, cgroup, argv, 1, b"comm", text)
    return records.parse_facts(raw)


def test_keys_survive_packing() -> None:
    assert records.parse_key(records.pack_key(KEY)) == KEY
    assert records.parse_owner(records.pack_owner(KEY.owner)) == KEY.owner


def test_an_identity_survives_packing() -> None:
    known = records.Identity("ab" * 16, "cd" * 16, "ef" * 32, 2**40, 1, 13)
    first = known._replace(predecessor="00" * 16)

    assert records.parse_identity(known.pack()) == known
    assert records.parse_identity(first.pack()).predecessor == ""


def test_a_row_below_zero_is_a_claim_and_no_overflow() -> None:
    raw = struct.pack("=5Q", 2**64 - 12, 0, 2**64 - 2, 33, 77)

    assert records.parse_row(raw) == SocketCounters(Traffic(-12, 0, -2, 33), 77)


def test_losses_of_all_cpus_are_added() -> None:
    raw = struct.pack("=12Q", *range(1, 7), *range(10, 70, 10))

    assert records.parse_losses(raw) == records.Health(11, 22, 33, 44, 55, 66)


def test_components_are_put_in_order() -> None:
    text = b"curl\0bin\0usr\0"

    assert facts(text, exe=len(text)).exe == "/usr/bin/curl"
    assert facts(b"", exe=0).exe == ""


def test_a_path_that_was_cut_keeps_its_end() -> None:
    text = b"program\0" + b"d" * 255 + b"\0" + b"e" * 255 + b"\0"

    assert facts(text, exe=len(text)).exe == f".../{'d' * 255}/program"


def test_a_cgroup_that_was_cut_is_looked_up_by_its_id() -> None:
    room = b"\0" * 512
    whole = b"a.service\0system.slice\0"

    assert facts(room + whole, cgroup=len(whole)).cgroup == "/system.slice/a.service"
    assert facts(room, cgroup=0).cgroup == "/"
    assert facts(room + b"x" * 256, cgroup=300).cgroup is None


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        (b"", ()),
        (b"\0\0\0", ()),
        (b"curl\0-s\0", ("curl", "-s")),
        (b"curl\0-s\0http://exam", ("curl", "-s", "http://exam")),
        (b"nginx: worker process\0\0\0\0", ("nginx: worker process",)),
        (b"sh\0\0-c\0", ("sh", "", "-c")),
        (b"\xff\xfe\0", ("\udcff\udcfe",)),
    ],
)
def test_a_command_line_is_split(raw: bytes, arguments: tuple[str, ...]) -> None:
    assert records.parse_argv(raw) == arguments
    assert facts(b"\0" * 768 + raw, argv=len(raw)).argv == arguments


@given(st.binary(min_size=1024, max_size=1024), *[st.integers(0, 65535)] * 3)
def test_whatever_stands_there_is_read(
    text: bytes, exe: int, cgroup: int, argv: int
) -> None:
    read = facts(text, exe=exe, cgroup=cgroup, argv=argv)

    assert read.comm == "comm"
    assert all(isinstance(one, str) for one in read.argv)
