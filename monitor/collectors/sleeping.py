"""Before the machine sleeps and after it woke up, as logind says, with time to write.

Unit: edges: about to sleep, awake again.
Scope: the machine: suspend, hibernation and both at once; not its end.
Privilege: none: polkit lets everybody delay a sleep (`inhibit-delay-sleep`); where it
is not installed, only root.
Cost: a thread that sleeps, with a connection of its own; two calls for each sleep.
Since: systemd 183; elogind too.
Source: org.freedesktop.login1(5): Inhibit, PrepareForSleep; systemd.io/INHIBITOR_LOCKS.

Logind waits before a sleep for those who hold a delay lock, 5 s at most unless it is
told otherwise (InhibitDelayMaxSec). The lock is a descriptor: whoever is to write
something down closes it when that is done, and waits for nothing. Without a lock the
edges come all the same, but nobody waits for what they lead to.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.closing import Closing
from monitor.collectors.following import Follower
from monitor.collectors.services import Signal, Source, Wanted, Weight

if TYPE_CHECKING:
    from monitor.dbus import Bus

_NAME: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = f"{_NAME}.Manager"
_LOCK: Final = ("sleep", "esimmon", "write down the last counts", "delay")
_PAUSE_S: Final = 0.1
_MOST_EDGES: Final = 16


class Grace(NamedTuple):
    """Whether logind waits for us before the machine sleeps.

    Attributes:
        is_given: whether it does.
        refusal: why it does not, if it said so.
    """

    is_given: bool = False
    refusal: str = ""


class Sleeping(Closing):
    """Follows the machine's sleep in a thread of its own.

    Attributes:
        changed: a file descriptor, readable when `take` may have something new.
    """

    def __init__(self, address: str, pause_s: float = _PAUSE_S) -> None:
        """Start.

        Args:
            address: of the system bus; it need not be there yet.
            pause_s: see `Follower`.
        """
        self._lock = _DelayLock()
        self._follower = Follower(self._lock, address, pause_s)
        self.changed = self._follower.changed

    def take(self) -> tuple[list[bool], Grace]:
        """What happened since the last call, and whether logind will wait.

        Returns:
            True for each time that the machine was about to sleep, after which
            `let_go` is due, False for each time that it was awake again.
        """
        grace = self._follower.take()
        return self._lock.edges(), grace

    def let_go(self) -> None:
        """Everything is written down: the machine may sleep."""
        self._lock.let_go()

    def release(self) -> None:
        """Hold up no sleep any more, this one or a later one."""
        self._lock.release()

    def close(self) -> None:
        """End the thread."""
        self.release()
        self._follower.close()


class _DelayLock(Source[Grace]):
    """The descriptor that makes logind wait.

    The thread of the bus gets it, that of the loop closes it. When a sleep is near it
    is set apart: the one of the next sleep may be here before the loop is done with it.
    """

    service = _NAME
    wanted = (Wanted(_MANAGER, _PATH),)
    unknown = Grace()
    is_patient = False
    takes_fds = True

    def __init__(self) -> None:
        self._access = threading.Lock()
        self._edges: deque[bool] = deque(maxlen=_MOST_EDGES)
        self._is_near = self._is_over = False
        self._held: list[int] = []
        self._apart: list[int] = []

    def weigh(self, signal: Signal) -> Weight:
        """A sleep is near, or over."""
        if signal.member != "PrepareForSleep":
            return Weight.IGNORE
        is_near = signal.body[:1] == (True,)
        with self._access:
            self._is_near = is_near
            self._edges.append(is_near)
            if is_near:
                self._apart += self._held
                self._held.clear()
        return Weight.STIR

    def read(self, bus: Bus) -> Grace:
        """Have a lock for the next sleep; one that is near has no use for it.

        Raises:
            OSError: no answer in time, or the bus is gone.
            ValueError: that is no lock.
        """
        from monitor.dbus import CallError  # noqa: PLC0415 - jeepney: 3.5 MB

        if not self._is_wanted():
            return Grace(bool(self._held))
        try:
            lock = _inhibit(bus)
        except CallError as error:
            return Grace(refusal=str(error))
        with self._access:
            self._held.append(lock)
            if self._is_near or self._is_over:  # while the answer was waited for
                _close(self._held)
            return Grace(bool(self._held))

    def _is_wanted(self) -> bool:
        with self._access:
            return not (self._held or self._is_near or self._is_over)

    def forget(self) -> None:
        """Another logind, or none: it does not wait for a lock of the one before."""
        with self._access:
            self._is_near = False
            _close(self._held)

    def edges(self) -> list[bool]:
        """What happened since the last call."""
        with self._access:
            found = list(self._edges)
            self._edges.clear()
            return found

    def let_go(self) -> None:
        """Close the lock of the sleep that is near."""
        with self._access:
            _close(self._apart)

    def release(self) -> None:
        """Close all, and get no other."""
        with self._access:
            self._is_over = True
            _close(self._held)
            _close(self._apart)


def _close(locks: list[int]) -> None:
    while locks:
        os.close(locks.pop())


def _inhibit(bus: Bus) -> int:
    """Ask for a lock.

    Returns:
        Its descriptor, closed on exec.

    Raises:
        OSError: no answer in time, or the bus is gone.
        CallError: logind refuses.
        ValueError: that is no lock.
    """
    from jeepney import DBusAddress, FileDescriptor, new_method_call  # noqa: PLC0415

    manager = DBusAddress(_PATH, bus_name=_NAME, interface=_MANAGER)
    (lock,) = bus.call(new_method_call(manager, "Inhibit", "ssss", _LOCK))
    if not isinstance(lock, FileDescriptor):
        raise ValueError(f"no lock: {lock!r}")  # noqa: TRY004 - what logind sent
    return int(lock.to_raw_fd())
