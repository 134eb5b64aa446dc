"""Signals, the service manager, the control socket, and one daemon a store."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, SLOW, wait_for
from tests.e2e.manager import Manager
from tests.e2e.places import Mounts, plain_user, readable_copy, without_libbpf
from tests.e2e.screen import Screen
from tests.e2e.truth import billed, of_process, raw, transfer
from tests.lab import DEVICE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_within_a_second_with_everything_stored(
    lab: Lab, esimmon: Esimmon, number: signal.Signals
) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    daemon = esimmon.start()
    pid, wire = transfer(lab, down=500_000)
    asked = time.monotonic()
    assert daemon.stop(number) == 0

    assert time.monotonic() - asked < 1
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) == wire
    assert "no plan yet" in daemon.shown()
    assert daemon.said() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [0.0, 0.06, 0.12])
def test_a_signal_in_the_middle_of_the_start_stops_cleanly_too(
    esimmon: Esimmon, number: signal.Signals, after_s: float
) -> None:
    daemon = esimmon.begin()
    # The lock is the first thing that a start makes.
    lock = esimmon.folder / "usage.db.lock"
    wait_for(lock.exists, "the start of the daemon")
    time.sleep(after_s)

    assert daemon.stop(number) == 0
    assert daemon.said() == ""
    assert not esimmon.pins().exists()
    assert not esimmon.control().exists()


def test_hangup_takes_a_new_configuration_and_refuses_a_broken_one(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    daemon = esimmon.start()

    esimmon.configure('[sampling]\ntick = "1 fortnight"\n')
    daemon.send(signal.SIGHUP)
    wait_for(lambda: "not reloaded" in daemon.said(), "the refusal")
    assert daemon.said() == (
        f"esimmon: not reloaded: {esimmon.config}: line 2: sampling.tick = "
        '"1 fortnight": must be a time in s, min, h, days, weeks with its unit in '
        'quotes, such as "30 days".\n'
    )
    transfer(lab, down=200_000)
    esimmon.configure(SLOW)
    assert billed(esimmon.report()) == raw(lab.near) - before

    esimmon.configure(QUICK + f'[interfaces]\nexclude = ["{DEVICE}"]\n')
    daemon.send(signal.SIGHUP)
    wait_for(lambda: "configuration reloaded" in daemon.said(), "the new tick")
    counted = billed(esimmon.report())
    transfer(lab, down=200_000)
    wait_for(lambda: _interval_s(daemon.ask("live")) < 2, "the quick tick")
    assert billed(esimmon.report()) == counted
    assert daemon.stop() == 0


def _interval_s(live: dict[str, float] | None) -> float:
    assert live is not None
    return live["interval_s"]


def test_the_service_manager_is_told_of_start_watchdog_reload_and_stop(
    esimmon: Esimmon,
) -> None:
    with Manager(esimmon.folder) as manager:
        address = str(manager.address)
        daemon = esimmon.begin(NOTIFY_SOCKET=address, WATCHDOG_USEC="400000")
        heard = _until("READY=1", manager)
        assert heard == ["READY=1"]
        status = f"STATUS=tier ebpf, store {esimmon.store}"
        assert next(manager.messages(1)) == status
        beats = list(manager.messages(1.1))
        assert set(beats) == {"WATCHDOG=1"}
        assert len(beats) >= 5  # each 0.2 s, half of the time that it has

        daemon.send(signal.SIGHUP)
        assert _until("RELOADING=1", manager)
        assert next(manager.messages(1)) == "READY=1"
        daemon.send(signal.SIGTERM)
        assert _until("STOPPING=1", manager)
        assert daemon.process.wait(5) == 0


def _until(wanted: str, manager: Manager) -> list[str]:
    """What comes up to a message."""
    heard = []
    for line in manager.messages(10):
        heard.append(line)
        if line == wanted:
            return heard
    raise AssertionError(f"{wanted} never came, but {heard}")


def test_a_manager_that_went_away_does_not_disturb(esimmon: Esimmon) -> None:
    with Manager(esimmon.folder) as manager:
        daemon = esimmon.begin(NOTIFY_SOCKET=str(manager.address))
        _until("READY=1", manager)
    assert daemon.flush()
    assert daemon.stop() == 0
    assert daemon.said() == ""


def test_a_second_daemon_of_a_store_is_refused_and_names_the_first(
    lab: Lab, esimmon: Esimmon
) -> None:
    first = esimmon.start()
    second = esimmon.call("run")
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"esimmon: {esimmon.store}: the database is in use by the process "
        f"{first.process.pid}; stop it first or give another place with --store.\n"
    )
    pid, wire = transfer(lab, down=10_000)
    assert of_process(esimmon.report(), pid) == wire
    assert first.stop() == 0


def test_beside_the_systems_daemon_a_user_needs_a_store_of_his_own(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon], folder: Path
) -> None:
    # A daemon that really is the system's must not notice this one.
    hidden = ("mount -t tmpfs none /run", "mount -t tmpfs none /var/lib")
    with Mounts(*readable_copy(folder), without_libbpf(), *hidden) as mounts:
        system = make(root.behind(mounts))
        user = make(plain_user(lab.near, folder, mounts))
        system.chosen = user.chosen = False
        daemon = system.begin()
        daemon.control = mounts.path("/run/esimmon/esimmon.sock")
        daemon.wait_ready()

        refused = user.call("run")
        assert refused.returncode == 1
        assert refused.stderr == (
            f"esimmon: the system's daemon (pid {daemon.process.pid}) counts already: "
            "see `esimmon report`, or choose another database with --store.\n"
        )
        report = user.call("report")
        assert report.returncode == 1
        assert report.stderr.startswith(
            "esimmon: /var/lib/esimmon/usage.db: no permission; "
        )
        user.chosen = True
        mine = user.start()
        assert user.report()["store"] == str(user.store)
        assert mine.stop() == 0
        assert daemon.stop() == 0


ASK = """
import json, pathlib, sys
from monitor.daemon.control import request
path = pathlib.Path(sys.argv[1])
print(json.dumps([request(path, name, {}) for name in ("status", "live", "flush")]))
"""


def test_anybody_may_ask_for_the_status_and_only_the_group_for_figures(
    lab: Lab, esimmon: Esimmon, user: Place
) -> None:
    esimmon.configure(SLOW)  # the figures are those of the last tick: no other comes
    daemon = esimmon.start()
    command = [*user.enter, user.python, "-c", ASK, str(esimmon.control())]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=user.environ
    )
    status, live, flush = json.loads(done.stdout)
    assert status == daemon.ask("status")
    assert status["pid"] == daemon.process.pid
    assert status["tier"] == "ebpf"
    assert (live, flush) == (None, None)

    transfer(lab, down=1_000_000)
    assert daemon.flush()
    answer = daemon.ask("live")
    assert answer is not None
    assert answer["devices"][DEVICE]["rx_bytes"] > 1_000_000
    assert answer["top"]


def test_a_report_has_the_bytes_of_the_last_second(lab: Lab, esimmon: Esimmon) -> None:
    esimmon.configure("")  # sampled each 10 s, stored each 30 s
    esimmon.start()
    for _ in range(2):
        pid, wire = transfer(lab, down=30_000)
        assert of_process(esimmon.report("process", "--since", "1h"), pid) == wire


def test_callers_that_misbehave_do_not_stop_the_counting(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    with contextlib.ExitStack() as links:
        for words in (b"", b"{", b"\xff\n", b"[]\n" * 5000, b"x" * 200_000):
            link = links.enter_context(socket.socket(socket.AF_UNIX))
            link.settimeout(5)
            link.connect(str(esimmon.control()))
            with contextlib.suppress(OSError):  # it hangs up on the longest
                link.sendall(words)
        pid, wire = transfer(lab, down=30_000)
        assert of_process(esimmon.report(), pid) == wire
        assert daemon.stop() == 0


def test_a_daemon_that_hangs_does_not_hold_up_a_report(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    pid, wire = transfer(lab, down=30_000)
    assert daemon.flush()
    daemon.send(signal.SIGSTOP)
    try:
        assert of_process(esimmon.report(), pid) == wire
    finally:
        daemon.send(signal.SIGCONT)
    assert daemon.stop() == 0


def test_a_terminal_shows_one_live_line_and_ctrl_c_reports(
    lab: Lab, esimmon: Esimmon, root: Place
) -> None:
    on_terminal = esimmon.at(root.inside("setsid", "--ctty", "--"))
    with Screen() as screen:
        daemon = on_terminal.begin(terminal=screen.terminal)
        screen.wait_for("Stop with Ctrl-C.")
        screen.wait_for(f"{DEVICE} down 0 B/s up 0 B/s")
        transfer(lab, down=2_000_000)
        screen.wait_for("most: ")
        screen.press_ctrl_c()
        screen.wait_for("next: ")
        assert daemon.process.wait(5) == 0
    report = screen.text.rpartition("\r\x1b[K")[2]
    assert "total" in report
    assert "most: " not in report


def test_closing_the_window_ends_the_run_as_ctrl_c_does(
    lab: Lab, esimmon: Esimmon, root: Place
) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    on_terminal = esimmon.at(root.inside("setsid", "--ctty", "--"))
    with Screen() as screen:
        daemon = on_terminal.begin(terminal=screen.terminal)
        screen.wait_for(f"{DEVICE} down 0 B/s up 0 B/s")
        pid, wire = transfer(lab, down=300_000)
    assert daemon.process.wait(5) == 0

    assert not esimmon.pins().exists()
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) == wire
