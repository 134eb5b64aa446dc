"""Who is reached by D-Bus: network services, and whoever shows notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.checks.remedies import Remedies

NOTIFICATIONS: Final = "org.freedesktop.Notifications"
SERVICES: Final = {
    "network-manager": ("org.freedesktop.NetworkManager", "NetworkManager"),
    "modem-manager": ("org.freedesktop.ModemManager1", "ModemManager"),
    "logind": ("org.freedesktop.login1", "logind"),
}
"""What is looked for on the system bus: id of the finding, name, name for people."""


@dataclass(frozen=True, slots=True)
class Bus:
    """A message bus.

    Attributes:
        address: where it should be; empty when that is not known.
        failure: why it cannot be used; empty when it can.
        owned: those of the names in question that somebody has.
        activatable: those that the bus would start.
    """

    address: str = ""
    failure: str = ""
    owned: frozenset[str] = frozenset()
    activatable: frozenset[str] = frozenset()

    @property
    def answers(self) -> bool:
        """Whether it can be used."""
        return bool(self.address) and not self.failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """What there is.

    Attributes:
        system: the system bus.
        session: the bus of this user's session.
        behind_sudo: login name of the person who typed sudo, or empty.
        has_backend: whether notifications can be sent (notify-send or dbus-python).
    """

    system: Bus
    session: Bus
    behind_sudo: str = ""
    has_backend: bool = True


def judge(desktop: Desktop, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        desktop: the facts.
        remedies: how commands are spelt.
    """
    yield from _system(desktop.system)
    yield from _session(desktop, remedies)


def _system(bus: Bus) -> Iterator[Finding]:
    if not bus.answers:
        text = f"The system bus does not answer ({bus.failure}): counting needs none."
        yield Finding("system-bus", Level.NOTE, text)
        return
    yield Finding("system-bus", Level.OK, "The system bus answers.")
    for finding_id, (name, shown) in SERVICES.items():
        if name in bus.owned:
            yield Finding(finding_id, Level.OK, f"{shown} is there.")
        else:
            text = f"{shown} does not run; counting does without."
            yield Finding(finding_id, Level.OK, text)


def _session(desktop: Desktop, remedies: Remedies) -> Iterator[Finding]:
    bus = desktop.session
    if desktop.behind_sudo:
        text = f"Alerts are shown by an agent of {desktop.behind_sudo}, not by root."
        yield Finding("session-bus", Level.OK, text)
        return
    if not bus.address:
        text = "There is no session bus here: alerts are only in the log and the list."
        yield Finding("session-bus", Level.NOTE, text)
        return
    if not bus.answers:
        text = f"The session bus does not answer ({bus.failure}): no alert is shown."
        yield Finding("session-bus", Level.WARN, text)
        return
    yield Finding("session-bus", Level.OK, "The session bus answers.")
    if NOTIFICATIONS in bus.owned | bus.activatable:
        how = "runs" if NOTIFICATIONS in bus.owned else "is started when needed"
        yield Finding("notifications", Level.OK, f"A notification daemon {how}.")
    else:
        text = "No notification daemon is on this desktop: no alert is shown."
        install = remedies.install("notifications")
        yield Finding("notifications", Level.WARN, text, install)
    if not desktop.has_backend:
        text = "There is no notify-send to send notifications with."
        install = remedies.install("notify-send")
        yield Finding("notify-send", Level.WARN, text, install)
