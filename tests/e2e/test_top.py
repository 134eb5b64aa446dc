"""`esimmon top` on a real terminal, over the shoulder of a real daemon."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from monitor.units import format_size
from tests.e2e.daemon import SLOW, wait_for
from tests.e2e.tmux import Tmux
from tests.e2e.truth import adds_up, transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Both, Lab

pytestmark = pytest.mark.needs("tmux")

PLAN = """
[[plan]]
id = "phone"
quota = "1 GB"
every = "month"
billing_day = 1
[plan.match]
interface = ["*"]
"""


@contextmanager
def live(esimmon: Esimmon, folder: Path, *options: str) -> Iterator[Tmux]:
    """The live screen, once it shows something."""
    with Tmux(folder, esimmon.command("top", *options)) as tmux:
        tmux.wait_for("down/s")
        yield tmux


def looked(lab: Lab, esimmon: Esimmon, *options: str) -> CompletedProcess[str]:
    """One look while short processes move something, one after another."""
    with ThreadPoolExecutor() as threads:
        look = threads.submit(esimmon.call, "top", "--once", *options)
        while not look.done():
            transfer(lab, down=300_000, comm="short")
    return look.result()


def row_of(screen: str, name: str) -> str:
    """The line of a screen that is about somebody."""
    return next(line for line in screen.splitlines() if name in line)


def size_of(*moved: Both) -> str:
    """What is shown of bytes that were counted on the wire."""
    return format_size(sum(way.bytes for both in moved for way in both))


def test_who_moves_is_seen_at_once_though_the_daemon_ticks_each_minute(
    lab: Lab, esimmon: Esimmon, folder: Path
) -> None:
    esimmon.configure(f"{SLOW}{PLAN}")
    daemon = esimmon.start()
    _, earlier = transfer(lab, down=3_000_000, comm="earlier")
    with live(esimmon, folder) as tmux:
        screen = tmux.wait_for("0.00 of 1.00 GB (0.3 %), left 997 MB, resets in")
        assert screen.startswith("phone  0.00 of")
        assert row_of(screen, "traffic.py").endswith(f" {size_of(earlier)}")
        tmux.press("p")
        _, newcomer = transfer(lab, down=2_000_000, comm="newcomer")
        tmux.wait_for("newcomer [")
        screen = tmux.wait_for(size_of(newcomer))
        lines = screen.splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) == 24
        assert re.search(
            rf"[kM]B/s +[0-9.]+ k?B/s +{size_of(newcomer)}$", row_of(screen, "newcomer")
        )
        assert "earlier" not in screen
        tmux.press("a")
        both = size_of(earlier, newcomer)
        screen = tmux.wait_for(both)
        assert row_of(screen, "traffic.py").endswith(f" {both}")
        tmux.press("n")
        tmux.wait_for(" network")
        tmux.press("q")
        tmux.wait_for("status 0")
    assert daemon.stop() == 0
    assert adds_up(esimmon.report())


def test_hostile_names_are_shown_and_found_and_obeyed_by_nobody(
    lab: Lab, esimmon: Esimmon, folder: Path
) -> None:
    daemon = esimmon.start()
    with live(esimmon, folder, "--by", "process") as tmux:
        transfer(lab, down=100_000, comm="[red]x\x1b[2J")
        tmux.wait_for("[red]x\\x1b[2J [")
        transfer(lab, down=300_000, comm="other")
        tmux.wait_for("other [")
        tmux.press("/", "R", "E", "D", "Enter")
        assert "[red]x" in tmux.wait_until_gone("other [")
        tmux.press("Escape")
        screen = tmux.wait_for("other [")
        assert screen.index("other [") < screen.index("[red]x")
        tmux.press("s", "s")
        tmux.wait_for("process \u25bc")
        wait_for(
            lambda: tmux.screen.index("[red]x") < tmux.screen.index("other ["),
            "the order of names",
        )
        tmux.resize(120, 40)
        wait_for(
            lambda: len(tmux.screen.splitlines()) == 40 and "other [" in tmux.screen,
            "a larger screen",
        )
    assert daemon.stop() == 0


def test_it_goes_on_when_the_daemon_is_started_again(
    lab: Lab, esimmon: Esimmon, folder: Path
) -> None:
    first = esimmon.start()
    with live(esimmon, folder, "--by", "process") as tmux:
        transfer(lab, down=100_000, comm="before")
        tmux.wait_for("before [")
        assert first.stop() == 0
        second = esimmon.start()
        transfer(lab, down=100_000, comm="after")
        screen = tmux.wait_for("after [")
        assert "before [" in screen
    assert second.stop() == 0


def test_a_script_gets_one_look_with_whole_rows_that_add_up(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(SLOW)
    daemon = esimmon.start()
    done = looked(lab, esimmon, "--json", "--by", "process")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    (device,) = found["devices"]
    whole = sum(row["total_bytes"] for row in found["rows"])
    assert whole == device["rx_bytes"] + device["tx_bytes"]
    short = [row for row in found["rows"] if row["name"].startswith("short [")]
    assert max(row["rx_bytes_per_s"] for row in short) > 0
    text = looked(lab, esimmon)
    assert re.search(r"^traffic.py .*B/s .*B/s .*MB", text.stdout, re.MULTILINE)
    assert daemon.stop() == 0


def test_who_may_not_look_is_told_so_and_nothing_is_hidden_behind_a_traceback(
    esimmon: Esimmon, user: Place
) -> None:
    done = esimmon.call("top", "--once")
    assert done.returncode == 1
    assert done.stderr == (
        "esimmon: no daemon is running. Start counting with: esimmon run\n"
    )
    daemon = esimmon.start()
    done = esimmon.at(user).call("top", "--once", "--store", esimmon.store)
    assert done.returncode == 1
    assert "only root, the daemon's user and group esimmon may ask this" in done.stderr
    for words, reason in (((), "needs a terminal"), (("--json",), "--once")):
        done = esimmon.call("top", *words)
        assert done.returncode == 2
        assert reason in done.stderr
    assert daemon.stop() == 0
