"""Plans written by commands: a running daemon takes them at once, or says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.client.statusfile import status_path
from tests.e2e.daemon import wait_for
from tests.e2e.places import NOBODY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place

ADD = ("add", "home", "--size", "20GB", "--every", "month", "--bind", "wwan*")


def _plan(esimmon: Esimmon, *words: str) -> subprocess.CompletedProcess[str]:
    own = ("--config", esimmon.config, "--store", esimmon.store)
    return esimmon.plainly("plan", *words, *own)


def _ids(daemon: Daemon) -> list[str]:
    """The plans of the daemon's status file."""
    document: dict[str, Any] = json.loads(Path(status_path(daemon.control)).read_text())
    return [plan["id"] for plan in document["plans"]]


def test_a_running_daemon_takes_a_plan_at_once(esimmon: Esimmon) -> None:
    daemon = esimmon.start()
    done = _plan(esimmon, *ADD)
    assert (done.returncode, done.stderr) == (0, "")
    wait_for(lambda: _ids(daemon) == ["home"], "the new plan")
    shown = _plan(esimmon, "list").stdout
    assert "active  used 0 B  left 20.00 GB" in shown
    assert _plan(esimmon, "remove", "home", "--yes").returncode == 0
    wait_for(lambda: _ids(daemon) == [], "no plan")
    assert daemon.stop() == 0


def test_a_plan_is_there_when_the_next_daemon_starts(esimmon: Esimmon) -> None:
    assert _plan(esimmon, *ADD).returncode == 0
    daemon = esimmon.start()
    wait_for(lambda: _ids(daemon) == ["home"], "the plan")
    # A broken file, and the plans that it had are kept.
    (esimmon.folder / "plans.d/home.toml").write_text("quota = 7\n")
    answer = daemon.ask("plans.changed")
    assert answer is not None
    assert "plans.d/home.toml: line 1: quota = 7: must be" in answer["refused"]
    assert "not reloaded: " in daemon.said()
    assert _ids(daemon) == ["home"]
    assert daemon.stop() == 0
    assert "home.toml: line 1: quota = 7" in esimmon.call("run").stderr


def test_a_plain_user_has_plans_of_his_own(
    user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(user)
    assert user.uid == NOBODY
    done = _plan(esimmon, *ADD)
    assert (done.returncode, done.stderr) == (0, "")
    daemon = esimmon.start()
    wait_for(lambda: _ids(daemon) == ["home"], "the plan")
    assert daemon.stop() == 0


def test_where_the_store_is_closed_its_own_error_says_how_to_be_let_in(
    root: Place, user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(root)
    closed = esimmon.folder / "closed"
    closed.mkdir(mode=0o700)
    store = closed / "usage.db"
    done = esimmon.at(user).plainly("report", "--store", store)
    assert done.returncode == 1
    assert str(store) in done.stderr
    assert "plans.d" not in done.stderr


def test_who_may_not_write_is_told_so(
    root: Place, user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(root)
    done = _plan(esimmon.at(user), *ADD)
    assert done.returncode == 1
    assert done.stderr == (
        f"esimmon: {esimmon.folder}/plans.d: plans cannot be written here: Permission "
        "denied. Run it with sudo.\n"
    )
    assert _plan(esimmon, *ADD).returncode == 0
    assert "home  20.00 GB" in _plan(esimmon.at(user), "list").stdout
    assert "Run it with sudo." in _plan(esimmon.at(user), "remove", "home").stderr
