"""What a person is told of one plan, counted: on the bus, in the log, in the store."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.e2e.daemon import QUICK, SLOW, wait_for
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

    Make = Callable[[Place], Esimmon]

NEEDS = ("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send")
KB = 1000
LIMIT = "Plan travel: nothing left of 1.00 MB"


def plan(*percents: int, quota: str = "1 MB", every: str = QUICK) -> str:
    """A configuration with one plan that pays for the lab's device.

    Args:
        percents: of which a person is warned.
        quota: of a month.
        every: how often is sampled.
    """
    return f"""{every}
[[plan]]
id = "travel"
quota = "{quota}"
every = "month"
billing_day = {_far_day()}
tz = "UTC"
warn_pct = {list(percents)}
match.interface = ["wwan*"]
"""


def _far_day() -> int:
    """A day of the month on which no test begins or ends: no cycle turns meanwhile."""
    return min((datetime.now(UTC) + timedelta(days=14)).day, 28)


def seldom(*percents: int, quota: str = "1 MB") -> str:
    """The same, where nobody here waits for the next sample."""
    return plan(*percents, quota=quota, every=SLOW)


def is_seen(esimmon: Esimmon, count: int = 1) -> bool:
    """Whether the store knows of so many alerts that a person saw."""
    return sum(alert["told_at"] is not None for alert in esimmon.alerts()) == count


def wait_seen(esimmon: Esimmon, count: int = 1) -> None:
    """Wait until so many alerts were seen, and this is noted."""
    wait_for(lambda: is_seen(esimmon, count), f"{count} alerts that were seen")


def failures(esimmon: Esimmon) -> str:
    """Why alerts were not shown."""
    found = (alert["failures"].values() for alert in esimmon.alerts())
    return " ".join(text for texts in found for text in texts)


def log_lines(esimmon: Esimmon, words: str) -> int:
    """How many lines of the log, of all daemons here, have these words."""
    return sum(
        words in line
        for daemon in esimmon.daemons
        for line in daemon.said().splitlines()
    )


def half(lab: Lab, esimmon: Esimmon, text: str) -> Daemon:
    """A daemon by whose plan a person was warned of half of it."""
    esimmon.configure(text)
    daemon = esimmon.start()
    transfer(lab, down=510 * KB)
    wait_seen(esimmon)
    return daemon


def look_again(lab: Lab, daemon: Daemon) -> None:
    """A little more is moved, and judged, and whatever is to be told is told."""
    transfer(lab, down=KB)
    assert daemon.flush()
    assert daemon.stop() == 0


def reload(daemon: Daemon, esimmon: Esimmon, text: str) -> None:
    """Another configuration, in force."""
    count = daemon.said().count("configuration reloaded")
    esimmon.configure(text)
    daemon.send(signal.SIGHUP)
    wait_for(
        lambda: daemon.said().count("configuration reloaded") > count, "the reload"
    )
    assert daemon.flush()


@contextmanager
def agent_of(esimmon: Esimmon) -> Iterator[subprocess.Popen[bytes]]:
    """`esimmon notify` in the session of that place."""
    command = esimmon._own(("notify",))
    with subprocess.Popen(command, env=esimmon.place.environ) as agent:
        try:
            yield agent
        finally:
            agent.kill()
