"""Devices with daemons, stores and networks of their own, and one folder for all."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from tests.e2e.daemon import QUICK, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Daemon, Esimmon

POOL_PLAN = f"""{QUICK}
[[plan]]
id = "family"
quota = "1 GB"
every = "month"
tz = "UTC"
match.interface = ["wwan0"]
[[plan.member]]
id = "anna"
allocation_bytes = "500 MB"
[[plan.member]]
id = "ben"
allocation_bytes = "500 MB"
"""


class Device:
    """One device of a pool.

    Attributes:
        esimmon: the program there.
        folder: of the pool, as this device has it.
        daemon: that runs.
    """

    daemon: Daemon

    def __init__(self, esimmon: Esimmon, folder: Path, name: str) -> None:
        """Start a daemon that is in no pool.

        Args:
            esimmon: the program there.
            folder: that all sync.
            name: of the device.
        """
        self.esimmon, self.folder, self.name = esimmon, folder, name
        self.start()

    def start(self) -> None:
        """Start the daemon."""
        self.daemon = self.esimmon.start()

    def call(self, *words: str) -> tuple[int, str, str]:
        """Run a command of a group: exit status, output, complaints."""
        own = ("--config", self.esimmon.config, "--store", self.esimmon.store)
        group, verb, *more = words
        done = self.esimmon.plainly(group, verb, *own, *more)
        return done.returncode, done.stdout, done.stderr

    def run(self, *words: str) -> str:
        """The same; it must go well."""
        status, out, err = self.call(*words)
        assert (status, err) == (0, ""), (status, err)
        return out

    def init(self, member: str = "") -> None:
        """Begin the pool."""
        whose = ("--member", member) if member else ()
        words = (str(self.folder), "--plan", "family", "--device", self.name)
        self.run("pool", "init", *words, *whose)

    def join(self, member: str = "", *more: str) -> None:
        """Come to the pool."""
        whose = ("--member", member) if member else ()
        words = (str(self.folder), "--device", self.name, "--bind", "wwan0")
        self.run("pool", "join", *words, *whose, *more)

    def sync(self) -> str:
        """One round."""
        return self.run("pool", "sync")

    def status(self) -> dict[str, Any]:
        """How the pool's only plan stands here."""
        (plan,) = json.loads(self.run("pool", "status", "--json"))["plans"]
        found: dict[str, Any] = plan
        return found

    def used(self) -> dict[str, int]:
        """What each device used, as this one knows it."""
        return {each["device"]: each["used_bytes"] for each in self.status()["devices"]}

    def moved(self) -> int:
        """Bytes that this device itself has counted."""
        rows = self.esimmon.report()["interfaces"]
        return sum(each["rx_bytes"] + each["tx_bytes"] for each in rows)

    def show(self) -> dict[str, Any]:
        """What `plan show` has."""
        found: dict[str, Any] = json.loads(self.run("plan", "show", "family", "--json"))
        return found


def settle(*devices: Device) -> None:
    """Let all say what they have, and hear what the others said."""
    for _ in range(2):
        for each in devices:
            each.sync()


def agree(*devices: Device) -> dict[str, int]:
    """Wait until all know the same, and say what."""
    wait_for(
        lambda: len({str(sorted(each.used().items())) for each in devices}) == 1,
        "all devices to know the same",
    )
    return devices[0].used()


def topup(entry_id: str) -> dict[str, Any]:
    """An entry as a command hands it over."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"kind": "topup", "id": entry_id, "ts": at, "bytes": 1_000_000}
