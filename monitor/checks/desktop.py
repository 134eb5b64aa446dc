"""Who is reached by D-Bus: network services, and whoever shows notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.checks.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.checks.remedies import Remedies

NOTIFICATIONS: Final = "org.freedesktop.Notifications"


class Service(NamedTuple):
    """Somebody on the system bus.

    Attributes:
        bus_name: its name there.
        shown: its name for people.
        without: what is not known while it is not there.
        unit: of systemd.
    """

    bus_name: str
    shown: str
    without: str
    unit: str


SERVICES: Final = {
    "network-manager": Service(
        "org.freedesktop.NetworkManager",
        "NetworkManager",
        "networks are told apart by modem and interface alone",
        "NetworkManager",
    ),
    "modem-manager": Service(
        "org.freedesktop.ModemManager1",
        "ModemManager",
        "no SIM profile is known",
        "ModemManager",
    ),
    "logind": Service(
        "org.freedesktop.login1",
        "logind",
        "nobody says when the machine sleeps or a screen is locked",
        "systemd-logind",
    ),
}
"""What is looked for on the system bus, by id of the finding."""


@dataclass(frozen=True, slots=True)
class Bus:
    """A message bus.

    Attributes:
        address: where it should be; empty when that is not known.
        failure: why it cannot be used; empty when it can.
        owned: those of the names in question that somebody has.
        activatable: those that the bus would start.
        silent: those that somebody has who does not answer.
    """

    address: str = ""
    failure: str = ""
    owned: frozenset[str] = frozenset()
    activatable: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

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
        has_backend: whether plyer could send notifications (by notify-send or
            dbus-python) where the bus itself cannot.
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
    yield from _system(desktop.system, remedies)
    yield from _session(desktop, remedies)


def _system(bus: Bus, remedies: Remedies) -> Iterator[Finding]:
    if not bus.answers:
        text = f"The system bus does not answer ({bus.failure}): counting needs none."
        yield Finding("system-bus", Level.NOTE, text)
        return
    yield Finding("system-bus", Level.OK, "The system bus answers.")
    for finding_id, service in SERVICES.items():
        yield _service(finding_id, service, bus, remedies)


def _service(
    finding_id: str, service: Service, bus: Bus, remedies: Remedies
) -> Finding:
    name, shown, without, unit = service
    if name in bus.silent:
        text = f"{shown} does not answer: what was known before goes on to hold."
        restart = remedies.as_root(f"systemctl restart {unit}")
        return Finding(
            finding_id, Level.WARN, text, restart if remedies.has_systemd else ""
        )
    if name in bus.owned:
        return Finding(finding_id, Level.OK, f"{shown} answers.")
    return Finding(finding_id, Level.OK, f"{shown} does not run: {without}.")


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
        text = "There is no notify-send: alerts go by the bus alone."
        install = remedies.install("notify-send")
        yield Finding("notify-send", Level.NOTE, text, install)
