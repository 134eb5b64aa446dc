"""vnStat as an alarm: its daemon at the fastest settings, asked all the time.

vnStat tells nobody by itself: people run `vnstat --alert` from cron, at best each
minute. Here a loop asks ten times a second, so that nothing but its daemon makes it
late: that one writes what it counted each SaveInterval, which is a minute or more
(vnstat.conf(5)). Without MaxBandwidth 0 it leaves out what is faster than the device is
said to be, and some rounds would wait for ever.
"""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from monitor.closing import Closing
from tests.lab import DEVICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.lab import Lab

LATEST_S = 150
"""Beyond this it will not come any more."""
_CONFIG = """
DatabaseDir "{folder}"
PollInterval 2
UpdateInterval 2
SaveInterval 1
BandwidthDetection 0
MaxBandwidth 0
UseLogging 0
AlwaysAddNewInterfaces 0
DaemonUser ""
DaemonGroup ""
UpdateFileOwner 0
"""
# Its exit status says no more than an error's.
_LOOP = """until {asked} | grep -q 'Alert limit exceeded'; do sleep 0.1; done
exec notify-send '{title}'"""


class Vnstat(Closing):
    """A running vnstatd that counts the lab's device."""

    def __init__(self, lab: Lab, folder: Path, environ: Mapping[str, str]) -> None:
        """Start it, and wait until it counts.

        Args:
            lab: where.
            folder: for its files.
            environ: of a desktop, for `notify-send`.
        """
        self._enter = ("nsenter", f"--net={lab.near.path}", "--")
        self._environ = environ
        self._waiting: list[subprocess.Popen[bytes]] = []
        folder.mkdir()
        self._config = folder / "vnstat.conf"
        self._config.write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        config = ("--config", str(self._config))
        self._run("vnstatd", *config, "--initdb")
        self._run("vnstat", *config, "--add", "-i", DEVICE)
        self._daemon = subprocess.Popen(
            [*self._enter, "vnstatd", "--nodaemon", *config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(3)  # it looks for the first time, and that is its baseline

    def _run(self, *command: str) -> None:
        subprocess.run([*self._enter, *command], check=True, capture_output=True)

    def arm(self, limit_bytes: int, title: str) -> None:
        """Begin to ask for a limit; a notification says when it is passed.

        Args:
            limit_bytes: of the device since this was made.
            title: of the notification.
        """
        asked = (
            f"vnstat --config '{self._config}' -i {DEVICE} "
            f"--alert 3 0 y total {limit_bytes} B"
        )
        loop = _LOOP.format(asked=asked, title=title)
        self._waiting.append(
            subprocess.Popen(
                [*self._enter, "sh", "-c", loop],
                env=dict(self._environ),
                stderr=subprocess.DEVNULL,
            )
        )

    def close(self) -> None:
        """End it."""
        for process in (self._daemon, *self._waiting):
            process.kill()
            process.wait()


def vnstat_version() -> str:
    """Its own word."""
    said = subprocess.run(
        ["vnstat", "--version"], check=True, capture_output=True, text=True
    )
    return " ".join(said.stdout.split()[:2])
