"""What a service on the system bus says, kept up to date by its signals.

Scope: one service; a thread and a connection of its own for each that is followed.
Privilege: none: every user of the system bus may ask.
Cost: the thread sleeps until a signal; then one reading, at most one a pause.
Source: the D-Bus specification: NameOwnerChanged, GetNameOwner.

Nobody but this thread ever waits for D-Bus, and no service is started by asking. What
is known stays known while a service is slow or hangs, as long as it owns its name: a
hung NetworkManager changes no network. It is unknown when that name has no owner or
another one that has not answered yet, and when the bus is gone.

A signal that may change what bytes belong to is told at once, before anything is read:
`stirred_ns` is when it came, and whoever waits for `changed` can read counters then.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic

from monitor.closing import Closing
from monitor.collectors.services import Signal, Source, T, Wanted, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jeepney import MatchRule, Message

    from monitor.dbus import Bus

_BUS: Final = "org.freedesktop.DBus"
_PAUSE_S: Final = 0.1
_LONGEST_PAUSES: Final = 30


class Follower(Closing, Generic[T]):
    """Follows a service in a thread of its own.

    Attributes:
        changed: a file descriptor, readable when `take` has something new, or is about
            to have.
        stirred_ns: CLOCK_BOOTTIME of the last signal of the kind STIR; 0 before any.
    """

    def __init__(
        self, source: Source[T], address: str, pause_s: float = _PAUSE_S
    ) -> None:
        """Start.

        Args:
            source: what to follow.
            address: of the bus; it need not be there yet.
            pause_s: least time between two readings, and before the next try after a
                failure; of many in a row each one waits longer, up to 30 times as long.
        """
        self.changed = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.stirred_ns = 0
        self._source = source
        self._address = address
        self._pause_s = pause_s
        self._known = source.unknown
        self._owner = ""
        self._wants = False
        self._pauses = 1
        self._bus: Bus | None = None
        self._stop = threading.Event()
        self._asked = threading.Event()
        name = source.service.rpartition(".")[2]
        # A daemon thread: what hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def take(self) -> T:
        """What is known now; `changed` is silent until that changes again."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.changed)
        return self._known

    def wait(self, timeout_s: float) -> None:
        """Wait until the service was asked, or found to be absent.

        Args:
            timeout_s: how long at most, in seconds.
        """
        self._asked.wait(timeout_s)

    def close(self, grace_s: float = 1.0) -> None:
        """End the thread.

        Args:
            grace_s: how long to wait for it, in seconds.
        """
        if self._stop.is_set():
            return
        self._stop.set()
        bus = self._bus
        if bus is not None:
            bus.break_off()
        self._thread.join(grace_s)
        if not self._thread.is_alive():
            os.close(self.changed)

    def _run(self) -> None:
        from monitor.dbus import connected  # noqa: PLC0415 - jeepney, in this thread

        while not self._stop.is_set():
            try:
                takes_fds = self._source.takes_fds
                with connected(self._address, takes_fds=takes_fds) as bus:
                    self._bus = bus
                    self._subscribe(bus)
                    self._follow(bus)
            except TimeoutError:
                # The bus itself hangs, as on a machine that swaps: it is there.
                self._doubt()
            except Exception:  # noqa: BLE001 - whatever a bus may send or lack
                self._know_nothing()
            self._bus = None
            self._asked.set()
            self._source.forget()
            self._stop.wait(self._back_off_s())

    def _subscribe(self, bus: Bus) -> None:
        """Hear of the service, and of who it is, from now on.

        Raises:
            OSError: no answer in time, or the bus is gone.
        """
        from jeepney import message_bus  # noqa: PLC0415 - as above

        bus.on_signal = self._hear
        for rule in _rules(self._source.service, self._source.wanted):
            bus.call(message_bus.AddMatch(rule))

    def _follow(self, bus: Bus) -> None:
        """Read, and again after each signal, until the bus is gone.

        Raises:
            OSError: it is.
        """
        from monitor.dbus import owner_of  # noqa: PLC0415 - as above

        self._source.forget()
        while not self._stop.is_set():
            self._wants = False
            self._is_owned_by(owner_of(bus, self._source.service))
            is_read = not self._owner or self._read(bus)
            self._asked.set()
            if is_read:
                self._pauses = 1
                self._listen(bus, None)
            else:
                self._listen(bus, self._back_off_s())

    def _back_off_s(self) -> float:
        """How long to wait after a failure: each time longer."""
        pauses = self._pauses
        self._pauses = min(2 * pauses, _LONGEST_PAUSES)
        return pauses * self._pause_s

    def _is_owned_by(self, owner: str) -> None:
        if owner != self._owner:
            self._know_nothing()
            self._owner = owner

    def _read(self, bus: Bus) -> bool:
        """Whether the service gave a sensible answer.

        Raises:
            OSError: the bus is gone.
        """
        try:
            known = self._source.read(bus)
        except TimeoutError:
            self._doubt()
            return False
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - whatever a service may send
            self._doubt()
            return False
        self._publish(known)
        return True

    def _listen(self, bus: Bus, most_s: float | None) -> None:
        """Hear signals until it is time to read again.

        Args:
            bus: where.
            most_s: time after which to read in any case; None for when a signal wants
                it.

        Raises:
            OSError: the bus is gone.
        """
        rested_s = time.monotonic() + self._pause_s
        end_s = None if most_s is None else time.monotonic() + most_s
        with suppress(TimeoutError):
            while not self._stop.is_set():
                self._hear(bus.receive(rested_s if self._wants else end_s))

    def _hear(self, message: Message) -> None:
        """Weigh a message: at once, also while a reply is waited for."""
        from jeepney import HeaderFields, MessageType  # noqa: PLC0415 - as above

        fields = message.header.fields
        if message.header.message_type is not MessageType.signal:
            return
        signal = Signal(
            str(fields.get(HeaderFields.interface, "")),
            str(fields.get(HeaderFields.member, "")),
            str(fields.get(HeaderFields.path, "")),
            tuple(message.body),
        )
        weight = self._weigh(str(fields.get(HeaderFields.sender, "")), signal)
        self._wants |= weight is not Weight.IGNORE
        if weight is Weight.STIR:
            self._stir()

    def _weigh(self, sender: str, signal: Signal) -> Weight:
        """Anybody may send a signal to anybody: only the service and the bus count."""
        if sender == _BUS and signal.member == "NameOwnerChanged":
            self._is_owned_by(str(signal.body[-1]))
            return Weight.STIR
        return self._source.weigh(signal) if sender == self._owner else Weight.IGNORE

    def _stir(self) -> None:
        self.stirred_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        os.eventfd_write(self.changed, 1)

    def _publish(self, known: T) -> None:
        if known != self._known:
            self._known = known
            os.eventfd_write(self.changed, 1)

    def _doubt(self) -> None:
        if not self._source.is_patient:
            self._publish(self._source.unknown)

    def _know_nothing(self) -> None:
        self._owner = ""
        self._source.forget()
        self._publish(self._source.unknown)


def _rules(service: str, wanted: tuple[Wanted, ...]) -> Iterator[MatchRule]:
    """What to tell the bus."""
    from jeepney import MatchRule  # noqa: PLC0415 - as above

    named = MatchRule(
        type="signal", sender=_BUS, interface=_BUS, member="NameOwnerChanged"
    )
    named.add_arg_condition(0, service)
    yield named
    for each in wanted:
        rule = MatchRule(
            type="signal",
            sender=service,
            interface=each.interface,
            path_namespace=each.path or None,
        )
        if each.about:
            rule.add_arg_condition(0, each.about)
        yield rule
