"""The best tier that works, and the next one when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from monitor import tiers
from monitor.collectors.sockdiag import source
from monitor.errors import SourceError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

MAP = "0123456789abcdef" * 2
REFUSED = "Counting per process is not permitted. Run esimmon as root (sudo)."


@pytest.fixture(autouse=True)
def _no_ebpf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel refuses eBPF, as it does to any plain user."""

    def refuse(*_: object) -> NoReturn:
        raise UnsupportedError(
            "Counting per process is not permitted.",
            remedy="Run esimmon as root (sudo).",
        )

    monkeypatch.setattr(tiers, "open_program", refuse)


def choose(store: Path, known: str = "", *, killed: bool = False) -> tiers.Tier:
    """What is chosen; whatever counts is ended."""
    found = tiers.choose(store, known, killed=killed, tell=print)
    if found.program is not None:
        found.program.detach()
        found.program.close()
    return found


@pytest.mark.parametrize("known", ["", MAP, "sockdiag-1"])
def test_without_ebpf_tcp_is_counted_and_what_lacks_is_said(
    tmp_path: Path, known: str
) -> None:
    """Whoever counted before has ended, and so have its counters."""
    found = choose(tmp_path / "usage.db", known)
    assert (found.name, found.lacking) == (tiers.SOCKDIAG, REFUSED)
    assert found.program is not None
    assert not found.program.pinned
    assert found.program.instance_id != known


def test_what_a_killed_run_left_counting_is_not_explained_a_second_time(
    tmp_path: Path,
) -> None:
    """A later run with its rights reads it."""
    found = choose(tmp_path / "usage.db", MAP, killed=True)
    assert found.name == tiers.INTERFACE
    assert found.lacking.startswith(f"{REFUSED} A run before was killed")


def test_nothing_of_this_tier_goes_on_after_a_kill(tmp_path: Path) -> None:
    """So the next run may count anew."""
    found = choose(tmp_path / "usage.db", "sockdiag-1", killed=True)
    assert found.name == tiers.SOCKDIAG


def test_a_kernel_that_refuses_that_too_leaves_the_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both reasons are said."""

    def refuse() -> NoReturn:
        raise SourceError("sock_diag: not here")

    monkeypatch.setattr(source, "_subscribe", refuse)
    found = choose(tmp_path / "usage.db")
    assert (found.name, found.program) == (tiers.INTERFACE, None)
    assert found.lacking == f"{REFUSED} Nor is there less: sock_diag: not here"


def test_a_kernel_that_refuses_the_first_look_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket (a leak would fail this test) and no thread."""

    def refuse() -> NoReturn:
        raise SourceError("sock_diag: not now")

    monkeypatch.setattr(source, "_dump", refuse)
    assert choose(tmp_path / "usage.db").name == tiers.INTERFACE
