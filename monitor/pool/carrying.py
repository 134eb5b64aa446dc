"""One round: what the daemon has to say goes to the folder, what others said to it.

There is nothing to acknowledge and nothing to keep here: what stands in the own files
was told, and the daemon says of whom it knows how much.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from msgspec import Struct

from monitor.errors import PoolError, RejectedError
from monitor.pool import budget
from monitor.pool.folder import Folder, Hearing
from monitor.pool.founding import read_pool
from monitor.pool.own import Own
from monitor.pool.records import Instance, Reached, Text, Word, as_values, record_of
from monitor.pool.segments import Whose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from monitor.pool.folder import Life
    from monitor.pool.own import Speaker
    from monitor.pool.records import Record

# A request of the daemon's socket has at most 65,536 bytes and 256 lists and objects.
_BATCH: Final = 200
_BATCH_BYTES: Final = 60_000
_BATCH_PARTS: Final = 248
_MOST_EMPTY: Final = 20  # weeks without usage that are summed up in one round
_MOST_LIVES: Final = 3
# Asks who it is, and nothing else: a daemon that was restored must not number anything
# before it heard what it had numbered already.
_WHO: Final = 2**53 - 1


class Ask(Protocol):
    """Asks the daemon."""

    def __call__(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask.

        Args:
            method: name of the call.
            params: its arguments.

        Raises:
            RejectedError: the daemon says no.
            PoolError: nobody answers.
        """


class Page(Struct, frozen=True):
    """What `pool.outbox` answers.

    Attributes:
        device: this device's name.
        instance: which life of it.
        member: whose it is.
        records: what it says; checked one by one.
        more: whether that is not all.
        metered: whether this machine is on a metered network.
        near: whether a shared limit is near.
        known: of each device and life, up to which number it is known.
    """

    device: Text
    instance: Instance
    records: list[dict[str, Any]]
    more: bool
    metered: bool
    near: bool
    member: Text = ""
    known: dict[Text, dict[Text, Reached]] = {}

    def known_of(self, device: str, instance: str) -> int:
        """Up to which number a device is known; 0 for not at all."""
        return self.known.get(device, {}).get(instance, 0)


@dataclass
class Carried:
    """What a round brought.

    Attributes:
        device: this device's name.
        told: records that were written.
        told_bytes: their size in the file.
        waits: whether more waits for a network that costs nothing.
        came: records taken, by device.
        findings: what could not be taken, and where.
    """

    device: str = ""
    told: int = 0
    told_bytes: int = 0
    waits: bool = False
    came: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


class Carrier:
    """Carries between one daemon and one folder.

    Attributes:
        heard: called after each batch with the name of its device and how many of its
            records came in this round.
    """

    def __init__(
        self, ask: Ask, path: Path, per_hour_bytes: int, now_s: Callable[[], int]
    ) -> None:
        """Prepare.

        Args:
            ask: asks the daemon.
            path: of the folder.
            per_hour_bytes: at most so many are written an hour on a metered network.
            now_s: UTC second now.
        """
        self._ask = ask
        self._folder = Folder(path)
        self._own = Own(self._folder)
        self._per_hour_bytes = per_hour_bytes
        self._now_s = now_s
        self.heard: Callable[[str, int], None] = lambda _device, _count: None

    def carry(self) -> Carried:
        """Do one round.

        Raises:
            PoolError: it cannot be done now.
            RejectedError: the daemon says no.
        """
        pool = read_pool(self._folder.path).pool
        page = self._page(_WHO)
        done = Carried(page.device)
        began_s = None
        for _ in range(_MOST_LIVES):
            whose = Whose(pool, page.device, page.instance)
            began_s, page = self._speak(whose, page, done)
            if page.instance == whose.instance:
                break
        for life in self._folder.lives():
            if life.device != page.device:
                self._take(self._hearing(life, pool, page), done)
            elif life.instance != page.instance:
                self._take(self._hearing(life, pool, page), done, began_s)
        return done

    def _hearing(self, life: Life, pool: str, page: Page) -> Hearing:
        known = page.known_of(life.device, life.instance)
        return Hearing(self._folder, life, pool, known)

    def _speak(
        self, whose: Whose, page: Page, done: Carried
    ) -> tuple[int | None, Page]:
        """Write what this device has to say.

        Returns:
            When it gave its first word in this life, and the daemon's last answer: a
            daemon that was restored goes on as another life of its device.
        """
        try:
            with self._own.speaking(whose, page.member) as speaker:
                if speaker.reached > page.known_of(whose.device, whose.instance):
                    self._give_back(whose, page, done)
                page = self._tell(speaker, whose, done)
                return speaker.began_s, page
        except OSError as error:
            raise PoolError(
                f"{self._folder.path}: cannot be written: {error.strerror}."
            ) from error

    def _page(self, after: int) -> Page:
        answer = self._ask("pool.outbox", {"after": after})
        try:
            return msgspec.convert(answer, Page)
        except ValueError as error:
            raise PoolError(
                f"the daemon's answer makes no sense ({error}): is it of another "
                "version? Restart it."
            ) from error

    def _tell(self, speaker: Speaker, whose: Whose, done: Carried) -> Page:
        """Write what is new, as long as there is room for it."""
        empty = 0
        while True:
            page = self._page(speaker.reached)
            if page.instance != whose.instance or page.device != whose.device:
                return page
            new = [each for each in _records(page) if each.n > speaker.reached]
            count = budget.fitting(speaker.sizes(new), self._room(page, speaker, done))
            done.told_bytes += speaker.say(new[:count])
            done.told += count
            done.waits = count < len(new)
            empty = 0 if new else empty + 1
            if done.waits or not page.more or empty == _MOST_EMPTY:
                return page

    def _room(self, page: Page, speaker: Speaker, done: Carried) -> int | None:
        lately = budget.within(speaker.spoken, self._now_s(), budget.HOUR_S)
        return budget.room(
            self._per_hour_bytes,
            lately + done.told_bytes,
            is_free=not page.metered or page.near,
        )

    def _give_back(self, whose: Whose, page: Page, done: Carried) -> None:
        """Tell a daemon that was restored what it said after its backup was made."""
        for life in self._folder.lives():
            if (life.device, life.instance) == (whose.device, whose.instance):
                self._take(self._hearing(life, whose.pool, page), done)

    def _take(
        self, hearing: Hearing, done: Carried, began_s: int | None = None
    ) -> None:
        """Hand over what a device says; what is refused does not stop the others."""
        device, instance, _ = hearing.life
        said = hearing if began_s is None else _refusing_another(hearing, began_s)
        try:
            for batch in batches(said, hearing.findings):
                whose = {"device": device, "instance": instance}
                whose["member"] = hearing.member
                self._ask("pool.take", {**whose, "records": batch})
                done.came[device] = done.came.get(device, 0) + len(batch)
                self.heard(device, done.came[device])
        except RejectedError as error:
            hearing.findings.append(f"{device}: {error}")
        done.findings += hearing.findings


def _records(page: Page) -> list[Record]:
    try:
        return [record_of(each) for each in page.records]
    except ValueError as error:
        raise PoolError(f"the daemon said what is no record: {error}.") from error


def batches(
    records: Iterable[Record], findings: list[str]
) -> Iterator[list[dict[str, Any]]]:
    """Records in pieces that the daemon's socket takes.

    Args:
        records: their numbers rising.
        findings: gets what no piece has room for.

    Yields:
        None of them empty.
    """
    batch: list[dict[str, Any]] = []
    room_bytes, room_parts = _BATCH_BYTES, _BATCH_PARTS
    for record in records:
        values = as_values(record)
        text = json.dumps(values)
        parts = text.count("[") + text.count("{")
        if len(text) > _BATCH_BYTES or parts > _BATCH_PARTS:
            findings.append(f"record {record.n}: too large to be one of esimmon's")
            continue
        is_full = len(text) > room_bytes or parts > room_parts
        if is_full or len(batch) == _BATCH:
            yield batch
            batch, room_bytes, room_parts = [], _BATCH_BYTES, _BATCH_PARTS
        batch.append(values)
        room_bytes -= len(text) + 2  # the comma and the blank between two
        room_parts -= parts
    if batch:
        yield batch


def _refusing_another(hearing: Hearing, began_s: int) -> Iterator[Record]:
    """What this device said in another life.

    Raises:
        PoolError: it is alive: another machine says so under the same name.
    """
    for record in hearing:
        if isinstance(record, Word) and record.at_s > began_s:
            raise PoolError(
                f"another machine is in the pool as {hearing.life.device}, too: give "
                "this one a name of its own: device under [pool] of its configuration."
            )
        yield record
