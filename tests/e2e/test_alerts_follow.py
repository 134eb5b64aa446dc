"""`esimmon alerts list --follow` says what comes and what changes, as it happens."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.daemon import wait_for
from tests.e2e.telling import agent_of
from tests.e2e.test_alerts import PLAN
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

_PATIENCE_S = 20
TITLE = "Plan travel: nothing left of 1.00 MB"


class Following:
    """A running `esimmon alerts list --follow`."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    def lines(self) -> list[str]:
        """What it has shown."""
        return self._out.read_text(encoding="utf-8").splitlines()

    def said(self) -> str:
        """What it has said of itself."""
        return self._err.read_text(encoding="utf-8")

    def alerts(self) -> list[dict[str, Any]]:
        """The same as JSON has it."""
        return [json.loads(line) for line in self.lines()]

    def end(self) -> int:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_PATIENCE_S)


@contextmanager
def following(esimmon: Esimmon, out: Path, *words: str) -> Iterator[Following]:
    """The command, started."""
    command = esimmon._python("alerts", "--follow", "--store", esimmon.store, *words)
    err = out.with_suffix(".err")
    with (
        out.open("wb") as shown,
        err.open("wb") as said,
        subprocess.Popen(
            command, env=esimmon.place.environ, stdout=shown, stderr=said
        ) as process,
    ):
        try:
            yield Following(process, out, err)
        finally:
            process.kill()


def test_what_comes_is_shown_through_restarts_of_the_daemon_until_ctrl_c(
    lab: Lab, esimmon: Esimmon, tmp_path: Path
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    with following(esimmon, tmp_path / "out", "--json") as seen:
        transfer(lab, down=1_200_000, up=1000)
        wait_for(seen.alerts, "the alert")
        (alert,) = seen.alerts()
        assert (alert["kind"], alert["state"]) == ("data.limit", "holds")
        assert alert["title"] == TITLE
        daemon.stop()
        # The next one gives the plan more: what held is over.
        esimmon.configure(PLAN.replace("1 MB", "1 GB"))
        esimmon.start()
        wait_for(lambda: len(seen.alerts()) > 1, "its end")
        assert [each["state"] for each in seen.alerts()] == ["holds", "over"]
        assert seen.alerts()[1]["id"] == alert["id"]
        assert "trying again" in seen.said()
        assert seen.end() == 0
    assert "Traceback" not in seen.said()


@pytest.mark.needs("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send")
def test_that_an_alert_was_shown_is_said_when_it_happens(
    lab: Lab, esimmon: Esimmon, root: Place, stack: Desktop, tmp_path: Path
) -> None:
    esimmon.configure(PLAN.replace('flush = "1 s"', 'flush = "10 min"'))
    esimmon.start()
    agent = agent_of(esimmon.at(root.given(**stack.session)))
    with following(esimmon, tmp_path / "out") as seen, agent:
        transfer(lab, down=1_200_000, up=1000)
        wait_for(lambda: "  desktop " in "".join(seen.lines()), "the agent's word")
        assert seen.end() == 0
    assert TITLE in seen.lines()[-1]


def test_text_begins_with_what_is_there(
    lab: Lab, esimmon: Esimmon, tmp_path: Path
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    transfer(lab, down=1_200_000, up=1000)
    wait_for(esimmon.alerts, "the alert")
    daemon.stop()
    with following(esimmon, tmp_path / "out") as seen:
        wait_for(seen.lines, "the alert")
        (line,) = seen.lines()
        assert f"holds    {TITLE}" in line
        assert line.endswith("log only")
        assert seen.end() == 0


def test_who_may_not_read_the_list_hears_what_holds_and_how_to_hear_more(
    lab: Lab, esimmon: Esimmon, user: Place, tmp_path: Path
) -> None:
    esimmon.configure(PLAN)
    esimmon.start()
    transfer(lab, down=1_200_000, up=1000)
    wait_for(esimmon.alerts, "the alert")
    with following(esimmon.at(user), tmp_path / "out", "--json") as seen:
        wait_for(seen.alerts, "the alert")
        (alert,) = seen.alerts()
        assert (alert["kind"], alert["plan"], alert["id"]) == (
            "data.limit",
            "travel",
            None,
        )
        assert seen.said().count("\n") == 1
        assert "sudo usermod -aG esimmon nobody" in seen.said()
        assert seen.end() == 0


def test_a_reader_that_went_away_ends_it_without_a_word(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(PLAN)
    esimmon.start()
    words = ("alerts", "list", "--follow", "--store", esimmon.store)
    command = esimmon._python(*words)
    with subprocess.Popen(
        command,
        env=esimmon.place.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        transfer(lab, down=1_200_000, up=1000)
        assert process.wait(_PATIENCE_S) == 141  # as after SIGPIPE
        assert process.stderr.read() == b""
