"""A pool in a folder, and a stand-in for a daemon that keeps it in memory."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from monitor.errors import PoolError, RejectedError
from monitor.pool.carrying import Carrier
from monitor.pool.founding import found_pool
from monitor.pool.records import Record, Usage, Word, as_values, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOUR_S = 3600
START_S = 1_764_280_800

Key = tuple[str, int, str, int, str, str]


def usage(n: int, hour: int, rx_bytes: int, tx_bytes: int = 0) -> Usage:
    """What a device moved in an hour.

    Args:
        n: its number.
        hour: from 0.
        rx_bytes: received.
        tx_bytes: sent.
    """
    from_s = START_S + hour * HOUR_S
    return Usage(
        n, "family", from_s, from_s + HOUR_S, "", 0, "", "anna", rx_bytes, tx_bytes
    )


def word(n: int, at_s: int) -> Word:
    """A sign of life."""
    return Word(n, at_s, at_s, {"family": "0" * 64})


class Standin:
    """What a daemon does for a pool: it numbers what it says, and takes what it hears.

    Attributes:
        said: what it says, by what it is about.
        heard: by device and life, what was heard of it, and its newest number.
        is_there: whether it answers.
        metered: whether it is on a metered network.
        near: whether a limit is near.
        pages: how many records an answer has.
        talks: whether it gives a word each time that it is asked.
        refused: devices of which it takes nothing.
    """

    def __init__(self, device: str, instance: str = "") -> None:
        """Have nothing said yet.

        Args:
            device: its name.
            instance: which life; 16 hex digits.
        """
        self.device = device
        self.instance = instance or (device.encode().hex() + "0" * 16)[:16]
        self.numbers = itertools.count(1)
        self.said: dict[object, Record] = {}
        self.heard: dict[tuple[str, str], tuple[int, dict[object, Record]]] = {}
        self.members: dict[str, str] = {}
        self.is_there, self.metered, self.near = True, False, False
        self.pages, self.talks = 500, False
        self.now_s = START_S
        self.refused: set[str] = set()

    def move(self, hour: int, rx_bytes: int) -> None:
        """Count something.

        Args:
            hour: from 0.
            rx_bytes: what came in it, all in all.
        """
        made = usage(next(self.numbers), hour, rx_bytes)
        self.said[_about(made)] = made

    def live(self, at_s: int) -> None:
        """Give a sign of life."""
        self.now_s = at_s
        self.said["word"] = word(next(self.numbers), at_s)

    def __call__(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as the daemon does."""
        if not self.is_there:
            raise PoolError("no daemon answers there.")
        return self.take(params) if method == "pool.take" else self.outbox(params)

    def outbox(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """`pool.outbox`."""
        after = params["after"]
        newest = max((each.n for each in self.said.values()), default=0)
        if self.talks and after <= newest:
            self.live(self.now_s)
            newest = self.said["word"].n
        found = sorted(
            (each for each in self.said.values() if each.n > after),
            key=lambda each: each.n,
        )
        known: dict[str, dict[str, int]] = {self.device: {self.instance: newest}}
        for (device, instance), (reached, _) in self.heard.items():
            known.setdefault(device, {})[instance] = reached
        return {
            "device": self.device,
            "instance": self.instance,
            "member": f"of {self.device}",
            "plans": ["family"],
            "records": [as_values(each) for each in found[: self.pages]],
            "more": len(found) > self.pages,
            "metered": self.metered,
            "near": self.near,
            "known": known,
        }

    def take(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """`pool.take`."""
        whose = params["device"], params["instance"]
        if whose[0] in self.refused:
            raise RejectedError("not from that one")
        records = [record_of(each) for each in params["records"]]
        reached, kept = self.heard.get(whose, (0, {}))
        for each in records:
            known = kept.get(_about(each))
            if known is None or known.n < each.n:
                kept[_about(each)] = each
            reached = max(reached, each.n)
        self.heard[whose] = reached, kept
        self.members[whose[0]] = params["member"]
        if whose == (self.device, self.instance):
            self.instance = f"{int(self.instance, 16) + 1:016x}"
            self.said = {}
        return {"taken": len(records), "through": reached}

    def sum_of(self, device: str) -> int:
        """Bytes that are known of a device, in all its lives."""
        lives = [kept for (name, _), (_, kept) in self.heard.items() if name == device]
        lives += [self.said] if device == self.device else []
        return sum(
            each.rx_bytes + each.tx_bytes
            for kept in lives
            for each in kept.values()
            if isinstance(each, Usage)
        )

    def carrier(self, folder: Path, per_hour_bytes: int = 100_000) -> Carrier:
        """What carries for it.

        Args:
            folder: of the pool.
            per_hour_bytes: on a metered network.
        """
        return Carrier(self, folder, per_hour_bytes, lambda: self.now_s)


def _about(record: Record) -> object:
    if isinstance(record, Usage):
        return (record.plan, record.from_s, record.mcc, record.tethered, record.app)
    return "word" if isinstance(record, Word) else str(record.entry["id"])


def new_pool(tmp_path: Path) -> Path:
    """The folder of a new pool."""
    folder = tmp_path / "family"
    folder.mkdir()
    found_pool(folder, {"family": 'id = "family"\n'})
    return folder
