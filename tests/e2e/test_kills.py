"""A hundred kills at random instants, and one before each change that a work makes.

The long series are `python -m tests.endurance.kills` and `kills_of_work`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.daemon.control import call
from tests.e2e.daemon import SLOW
from tests.e2e.disk import CHANGES, KILL, FailingDisk
from tests.e2e.test_ledger import PLAN, ids, topup
from tests.endurance import kills
from tests.endurance.kills_of_work import Bench
from tests.endurance.warm import WarmEsimmon
from tests.endurance.works import WORKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Daemon
    from tests.e2e.places import Place

_SEED = 1
_MOST = 3
_WAIT_S = 120.0  # a busy machine is no failure


@pytest.mark.needs("dbus-daemon")
def test_a_hundred_kills_at_random_instants_lose_double_and_repeat_nothing() -> None:
    found = kills.series(kills.A_STORE, _SEED)
    assert found.kills == kills.A_STORE
    assert 0 < found.starting < found.kills
    assert found.alerts


@pytest.mark.needs("clang", "/usr/include/stdlib.h", "vnstat", "vnstatd")
def test_works_that_are_killed_in_the_middle_are_done_or_not_begun(
    tmp_path: Path,
) -> None:
    """The first change of each, the last one, and one between."""
    folder = tmp_path / "works"
    folder.mkdir()
    bench = Bench(folder)
    seen = [bench.kill(name, _MOST) for name in WORKS]
    bench.close()
    assert all(begun + done == _MOST for _, begun, done in seen)


@pytest.mark.needs("clang", "/usr/include/stdlib.h")
def test_an_entry_is_noted_once_or_not_at_all_wherever_its_daemon_is_killed(
    folder: Path, root: Place
) -> None:
    disk = FailingDisk(folder)
    (folder / "store").mkdir()
    esimmon = WarmEsimmon(folder / "store", root.given(**disk.environ))
    esimmon.configure(PLAN.replace(PLAN[: PLAN.index("[[plan]]")], SLOW))
    number = 0
    while _is_killed(esimmon, disk, number):
        number += 1
    esimmon.close()
    assert number > 1


def _is_killed(esimmon: WarmEsimmon, disk: FailingDisk, number: int) -> bool:
    """Whether a daemon makes so many changes of a file until it has answered."""
    daemon, name = _started(esimmon), f"t{number}"
    before, entry = ids(esimmon), {"entry": topup(name)}
    disk.fail(CHANGES, f"{esimmon.folder}/", error=KILL, skipped=number, most=1)
    first = call(daemon.control, "ledger.append", entry, _WAIT_S)
    disk.heal()
    daemon.process.kill()
    daemon.process.wait(_WAIT_S)
    noted = ids(esimmon)
    assert noted in (before, [*before, name])
    daemon = _started(esimmon)
    again = call(daemon.control, "ledger.append", entry, _WAIT_S)
    assert again is not None
    assert again.result == {"id": name, "new": noted == before}
    assert ids(esimmon) == [*before, name]
    daemon.process.kill()
    daemon.process.wait(_WAIT_S)
    return first is None or first.result is None


def _started(esimmon: WarmEsimmon) -> Daemon:
    daemon = esimmon.warm()
    daemon.wait_ready()
    return daemon
