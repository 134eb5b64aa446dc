"""The database as this user may read it, and what the daemon last said."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from monitor import clock
from monitor.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.plans.agreement import Agreement
    from monitor.store.alerts import AlertRow
    from monitor.store.engine import Store
    from monitor.views.alert_states import Silences

# A page asks for several things at once: the daemon writes down what it has for the
# first of them only.
_FLUSHED_S: Final = 2.0


class Here(Protocol):
    """Where the database and its daemon are; see `commands.options.Setup`."""

    def flushed(self) -> tuple[Path, Path | None]:
        """The database, once the daemon wrote down what it has, and its socket."""

    def last_word(self, store: Path) -> dict[str, Any] | None:
        """What the daemon said at its last tick; None without one."""


class SilencesFor(Protocol):
    """Which alerts nobody wants to hear; see `commands.alerts.silent`."""

    def __call__(
        self, *, store: Store, rows: Sequence[AlertRow], socket: Path | None
    ) -> Silences:
        """What is silent now."""


class PlansFor(Protocol):
    """Which plans there are; see `commands.plan.desk.plans_for`."""

    def __call__(self, *, store: Store, is_running: bool) -> tuple[Agreement, ...]:
        """All plans."""


class Ways(NamedTuple):
    """How commands find out what is known beside the database."""

    here: Here
    plans_for: PlansFor
    silences_for: SilencesFor


@dataclass(frozen=True, slots=True)
class Opened:
    """The database, open for one answer.

    Attributes:
        store: one snapshot of it.
        document: the daemon's last word; None without one.
        plans: all of them.
        now_s: UTC second.
        zone: whose days are meant, and in which times are shown.
        silences: of some alerts.
    """

    store: Store
    document: dict[str, Any] | None
    plans: tuple[Agreement, ...]
    now_s: int
    zone: ZoneInfo
    silences: Callable[[Sequence[AlertRow]], Silences]


class Reader:
    """Opens the database for each answer; safe in threads."""

    def __init__(self, ways: Ways, zone: ZoneInfo) -> None:
        """Know where things are.

        Args:
            ways: to the database, and to what is known beside it.
            zone: whose days are meant.
        """
        self._ways = ways
        self._zone = zone
        self._turn = threading.Lock()
        self._place: tuple[Path, Path | None] | None = None
        self._asked_ns = 0

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """The database and what is known beside it, as of now.

        Raises:
            StoreError: it cannot be read.
        """
        path, socket = self._flushed()
        document = self._ways.here.last_word(path)
        with open_store(path, writable=False) as store:
            is_running = socket is not None or document is not None
            yield Opened(
                store=store,
                document=document,
                plans=self._ways.plans_for(store=store, is_running=is_running),
                now_s=clock.now_s(),
                zone=self._zone,
                silences=lambda rows: self._ways.silences_for(
                    store=store, rows=rows, socket=socket
                ),
            )

    def _flushed(self) -> tuple[Path, Path | None]:
        with self._turn:
            now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            old_s = (now_ns - self._asked_ns) / clock.SECOND_NS
            if self._place is None or old_s > _FLUSHED_S:
                self._place = self._ways.here.flushed()
                self._asked_ns = now_ns
            return self._place
