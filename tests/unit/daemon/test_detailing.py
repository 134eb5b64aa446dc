"""Who is behind an alert, over a real store and what is not in it yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from monitor.alerts import Alert, Key, Raised
from monitor.alerts.model import BACKGROUND_RATE, DATA_WARNING, MONITOR_BLIND
from monitor.daemon.detailing import Counted, details
from monitor.daemon.watch import Watch
from monitor.errors import UsageError
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.daemon.test_watch import PLAN
from tests.unit.living import life
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.daemon.recorder import Recorder


class Running:
    """A daemon that has counted something."""

    def __init__(self, recorder: Recorder, machine: Machine) -> None:
        """Go on from there."""
        self.recorder, self.machine = recorder, machine

    def move(self, ip_bytes: int, *, is_known: bool = True) -> None:
        """So many IP bytes, and a tick."""
        self.machine.pass_time(10)
        moved = Traffic(ip_bytes + 14, 0, 1, 0)
        self.machine.move(2, moved, *([ROW] if is_known else []))
        self.recorder.sample()

    def details(self, raised: Raised | None) -> dict[str, Any]:
        """What it answers."""
        watch, batch = self.watch, self.recorder.sampler.pending.batch
        return details(raised, Counted(watch._store, batch, watch.book, watch.now_s))

    @property
    def watch(self) -> Watch:
        """Its plans and alerts."""
        watch = self.recorder._watch
        assert isinstance(watch, Watch)
        return watch

    @property
    def warning(self) -> Raised:
        """The one that holds."""
        telling = self.watch.telling
        (alert,) = telling.pending()["alerts"]
        raised = telling.pending_alert(alert["id"])
        assert raised is not None
        return raised


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A plan of 10 kB, of which nothing is used."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine(devices={2: Traffic()})
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        yield Running(life(machine, store, tmp_path, PLAN), machine)


def about(raised: Raised, **more: Any) -> Raised:  # noqa: ANN401 - as `Alert` has it
    """The same, about something else."""
    return replace(raised, alert=replace(raised.alert, **more))


def test_of_a_plan_it_is_who_used_most_in_its_cycle(running: Running) -> None:
    running.move(5000)
    running.recorder.flush()
    running.move(1500)  # not in the store yet
    running.move(700, is_known=False)
    found = running.details(running.warning)
    (program,) = found["programs"]
    assert program["bytes"] == 6500
    assert found["unknown_bytes"] == 700
    assert (found["plan"], found["network"], found["is_cycle"]) == ("tiny", "", True)
    assert found["others_bytes"] == 0
    assert found["since_s"] == running.warning.key.since_s


def test_of_a_network_it_is_who_used_most_there_lately(running: Running) -> None:
    running.move(5000)
    there = next(iter(running.recorder.sampler.here.attached.values())).network
    key = Key(BACKGROUND_RATE, 0, "", f"{there}/x")
    raised = about(running.warning, key=key, network=there)
    found = running.details(raised)
    assert found["programs"][0]["bytes"] == 5000
    assert (found["plan"], found["network"], found["is_cycle"]) == ("", there, False)
    assert running.details(about(raised, network="wifi:else"))["programs"] == []


def test_what_is_over_or_has_no_details_is_refused(running: Running) -> None:
    running.move(5000)
    blind = Alert(Key(MONITOR_BLIND, 0, "", "x"), "", "", "", "", "t", "b")
    for raised in (None, Raised(blind, 1)):
        with pytest.raises(UsageError, match="no such alert any more"):
            running.details(raised)
    gone = Alert(Key(DATA_WARNING, 0, "50", "gone"), "gone", "", "", "", "t", "b")
    with pytest.raises(UsageError, match="plan gone is in no cycle now"):
        running.details(Raised(gone, 1))
