"""Findings about what dead daemons left."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.checks import leftovers
from monitor.checks.leftovers import Left, Leftovers, Life, Pinned
from tests.unit.checks.reading import USER, levels

STORE = Path("/home/amina/.local/state/esimmon/usage.db")
FOLDER = Path("/sys/fs/bpf/esimmon/0123456789abcdef")


@pytest.mark.parametrize(
    ("pinned", "level", "words", "remedy"),
    [
        (
            Pinned(FOLDER, STORE, has_store=True, life=Life.DEAD),
            "note",
            "takes that over without loss",
            f"sudo esimmon run --store {STORE}",
        ),
        (
            Pinned(FOLDER, STORE, has_store=True, life=Life.ELSEWHERE),
            "warn",
            f"the daemon of {STORE} has its own",
            "sudo esimmon doctor --remove-orphans",
        ),
        (
            Pinned(FOLDER, STORE, has_store=False, life=Life.DEAD),
            "warn",
            "which is gone",
            "sudo esimmon doctor --remove-orphans",
        ),
        (
            Pinned(FOLDER, None, has_store=False, life=Life.DEAD),
            "warn",
            "not known here (0123456789abcdef)",
            "sudo esimmon doctor --remove-orphans",
        ),
        (
            Pinned(FOLDER, None, has_store=False, life=Life.UNKNOWN),
            "note",
            "--store FILE",
            "",
        ),
    ],
)
def test_pins_of_a_dead_daemon_are_told_by_what_becomes_of_them(
    pinned: Pinned, level: str, words: str, remedy: str
) -> None:
    (found,) = leftovers.judge(Leftovers(pins=(pinned,)), USER)
    assert (found.id, found.level, found.remedy) == ("orphan-pins", level, remedy)
    assert words in found.text


def test_pins_of_a_running_daemon_are_no_finding() -> None:
    running = Pinned(FOLDER, STORE, has_store=True, life=Life.RUNS)
    assert levels(leftovers.judge(Leftovers(pins=(running,)), USER)) == {}


def test_many_files_of_a_kind_are_one_finding() -> None:
    files = tuple(
        Left(Path(f"/run/esimmon/{number}.sock"), is_mine=number > 0)
        for number in range(5)
    )
    (found,) = leftovers.judge(Leftovers(sockets=files), USER)
    assert found.id == "orphan-socket"
    assert "/run/esimmon/2.sock and 2 more" in found.text
    assert found.remedy == "sudo esimmon doctor --remove-orphans"
    (mine,) = leftovers.judge(Leftovers(sockets=files[1:2]), USER)
    assert mine.remedy == "esimmon doctor --remove-orphans"


def test_what_only_root_can_see_is_said() -> None:
    (found,) = leftovers.judge(Leftovers(are_pins_hidden=True), USER)
    assert (found.level, found.remedy) == ("note", "sudo esimmon doctor")
