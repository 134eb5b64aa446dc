"""Forgotten through a real daemon: no file has the name, the bill is what it was."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from monitor.daemon.control import call
from tests.benchmarks.history import make_history
from tests.e2e.daemon import wait_for
from tests.e2e.test_ledger import PLAN, plan
from tests.e2e.truth import billed, raw, transfer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

ALERTING = PLAN.replace('quota = "1 GB"', 'quota = "1 MB"')
NAME = b"traffic.py"


def forget(esimmon: Esimmon, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    own = ("--config", esimmon.config, "--store", esimmon.store)
    return esimmon._finished(esimmon._python("data", "forget", *own, *words))


def holding(folder: Path) -> set[str]:
    """Files of the program that have the name in their bytes, but its own log."""
    return {
        found.name
        for found in folder.rglob("*")
        if found.is_file() and not found.name.startswith("daemon-")
        if NAME in found.read_bytes()
    }


def used_bytes(esimmon: Esimmon) -> int:
    """How the plan stands."""
    shown: dict[str, Any] = json.loads(plan(esimmon, "show", "phone", "--json"))
    return int(shown["used_bytes"])


def test_a_running_daemon_forgets_a_program_in_all_files_and_in_its_memory(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    esimmon.configure(ALERTING)
    daemon = esimmon.start()
    transfer(lab, down=3_000_000)
    wait_for(lambda: (daemon.ask("alerts.pending") or {}).get("alerts"), "the alert")
    assert daemon.flush()
    used = used_bytes(esimmon)
    assert holding(esimmon.folder)
    shown = forget(esimmon, "--app", "traffic*", "--dry-run")
    assert shown.stdout.startswith("Would be forgotten: whose 3.")
    asked = forget(esimmon, "--app", "traffic*")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    assert holding(esimmon.folder)
    done = forget(esimmon, "--app", "traffic*", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Forgotten: whose 3.")
    assert holding(esimmon.folder) == set()
    (alert,) = (daemon.ask("alerts.pending") or {})["alerts"]
    assert "(forgotten)" in alert["body"]
    assert NAME.decode() not in json.dumps(daemon.ask("live"))
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    rows = {(row["application"], row["reason"]): row for row in report["rows"]}
    assert rows[None, "forgotten"]["rx_bytes"] > 3_000_000
    assert used_bytes(esimmon) == used
    # It counts on, and whoever moves bytes now is met anew.
    transfer(lab, down=50_000)
    assert {row["application"] for row in esimmon.report()["rows"]} >= {"traffic.py"}
    assert daemon.stop() == 0
    assert esimmon.start().stop() == 0
    assert used_bytes(esimmon) > used


def test_while_years_are_forgotten_no_byte_is_lost(lab: Lab, esimmon: Esimmon) -> None:
    make_history(esimmon.store, years=3)
    daemon = esimmon.start()
    transfer(lab, down=50_000)
    assert daemon.flush()
    counter, bill = raw(lab.near), billed(esimmon.report("interface"))
    own = ("--config", esimmon.config, "--store", esimmon.store)
    command = esimmon._python("data", "forget", *own, "--everything", "--yes")
    with (esimmon.folder / "said").open("w+") as said:
        done = subprocess.Popen(command, env=esimmon.place.environ, stdout=said)
        while done.poll() is None:
            transfer(lab, down=200_000)
        said.seek(0)
        assert said.read().startswith("Forgotten: whose ")
    assert done.returncode == 0
    transfer(lab, down=50_000)
    assert daemon.flush()
    report = esimmon.report("interface")
    assert billed(report) - bill == raw(lab.near) - counter
    named = {row["application"] for row in esimmon.report("application")["rows"]}
    assert not {name for name in named if name and name.startswith("application-")}
    assert daemon.stop() == 0


def test_without_a_daemon_the_command_forgets_itself(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    assert daemon.stop() == 0
    total = billed(esimmon.report())
    done = forget(esimmon, "--everything", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert holding(esimmon.folder) == set()
    assert billed(esimmon.report()) == total


def test_only_the_group_may_have_something_forgotten(
    lab: Lab, esimmon: Esimmon, user: Place
) -> None:
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    assert daemon.flush()
    ask = (
        "import sys, pathlib; from monitor.client.calling import call; "
        "print(call(pathlib.Path(sys.argv[1]), 'data.forget', "
        "{'everything': True}).refusal)"
    )
    command = [*user.enter, user.python, "-c", ask, str(daemon.control)]
    done = subprocess.run(
        command, env=user.environ, capture_output=True, text=True, check=True
    )
    assert "only root" in done.stdout
    answer = call(daemon.control, "data.forget", {"app": "no-such-program"})
    assert answer is not None
    assert "nothing is known" in answer.refusal
    assert holding(esimmon.folder)
    assert daemon.stop() == 0
    assert esimmon.store.stat().st_mode & 0o007 == 0
