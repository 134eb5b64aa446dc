"""Who is told of alerts: agents on desktops, the relay; and what came of it lately."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.checks.findings import Finding, Level
from monitor.checks.history import local
from monitor.notifiers.rules import PUSH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.checks.remedies import Remedies
    from monitor.store.alerts import AlertRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Who is connected to the daemon.

    Attributes:
        agents: how many show alerts on a desktop; the daemon itself may.
        relays: how many send them elsewhere.
    """

    agents: int = 0
    relays: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What there is, and what came of it lately.

    Attributes:
        listening: None where no daemon says so to this user.
        for_desktops: alerts of the last days that were to be shown, oldest first.
        for_phones: the same of those that were to be sent.
        addresses: the file with the addresses; None without one.
        is_systems: whether that is the file of the system's relay.
        flaw: why the file cannot be used; empty when it can, or is not for this user.
        has_apprise: whether what sends is installed here.
        installs_apprise: the command that does.
    """

    listening: Listening | None = None
    for_desktops: Sequence[AlertRow] = ()
    for_phones: Sequence[AlertRow] = ()
    addresses: Path | None = None
    is_systems: bool = False
    flaw: str = ""
    has_apprise: bool = True
    installs_apprise: str = ""


def judge(channels: Channels, zone: ZoneInfo, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        channels: the facts.
        zone: in which times are shown.
        remedies: how commands are spelt.
    """
    yield from _agents(channels, zone, remedies)
    yield from _relay(channels, remedies)
    yield from _sent(channels, zone, remedies)


def _agents(
    channels: Channels, zone: ZoneInfo, remedies: Remedies
) -> Iterator[Finding]:
    listening = channels.listening
    unseen = _unseen(channels.for_desktops)
    why = _why(unseen)
    if listening is not None and listening.agents and why:
        since = local(unseen[0].raised.at_s, zone)
        text = f"An agent is connected, but shows nothing since {since}: {why}."
        yield Finding("agents", Level.WARN, text, remedies.call("alerts test"))
    elif listening is not None and listening.agents:
        count = listening.agents
        desktops = "1 desktop" if count == 1 else f"{count} desktops"
        yield Finding("agents", Level.OK, f"Alerts are shown on {desktops}.")
    elif unseen:
        since = local(unseen[0].raised.at_s, zone)
        alerts = "1 alert is" if len(unseen) == 1 else f"{len(unseen)} alerts are"
        connected = "" if listening is None else "; no agent is connected"
        text = (
            f"Nobody was shown anything since {since}: {alerts} in the log and the "
            f"list alone{connected}."
        )
        yield Finding("agents", Level.WARN, text, remedies.call("notify"))
    elif listening is not None:
        text = "No agent is connected: no desktop shows alerts of this daemon."
        yield Finding("agents", Level.NOTE, text, remedies.call("notify"))


def _unseen(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """The alerts after the last one that somebody was told."""
    found: list[AlertRow] = []
    for row in reversed(rows):
        if row.told_s is not None or PUSH in row.told_at:
            break
        found.insert(0, row)
    return found


def _why(unseen: Sequence[AlertRow]) -> str:
    """Why the newest was shown on no desktop; empty where nobody tried."""
    tried = [row.failures for row in unseen if {*row.failures} - {PUSH}]
    return (
        next((why for way, why in tried[-1].items() if way != PUSH), "")
        if tried
        else ""
    )


def _relay(channels: Channels, remedies: Remedies) -> Iterator[Finding]:
    listening, path = channels.listening, channels.addresses
    if listening is not None and listening.relays:
        yield Finding("relay", Level.OK, "A relay is connected, and sends alerts.")
        return
    if path is None:
        text = "Alerts are sent to no phone: [push] addresses is not set."
        yield Finding("relay", Level.OK, text)
        return
    if channels.flaw:
        mend = f"chmod 600 {shlex.quote(str(path))}"
        may_mend = "others may read" in channels.flaw
        text = f"Alerts cannot be sent: {channels.flaw}"
        yield Finding("relay", Level.WARN, text, mend if may_mend else "")
        return
    if not channels.has_apprise and not channels.is_systems:
        text = "Alerts cannot be sent: Apprise is not installed."
        yield Finding("relay", Level.WARN, text, channels.installs_apprise)
        return
    if listening is not None:
        start = remedies.call("relay")
        if channels.is_systems and remedies.has_systemd:
            start = remedies.as_root("systemctl enable --now esimmon-relay")
        text = f"{path} has addresses, but no relay is connected: nothing is sent."
        yield Finding("relay", Level.WARN, text, start)


def _sent(channels: Channels, zone: ZoneInfo, remedies: Remedies) -> Iterator[Finding]:
    tried = [
        row
        for row in channels.for_phones
        if PUSH in row.told_at or PUSH in row.failures
    ]
    if not tried:
        return
    failed: list[AlertRow] = []
    for row in reversed(tried):
        if PUSH in row.told_at:
            break
        failed.insert(0, row)
    if not failed:
        at = local(tried[-1].told_at[PUSH], zone)
        yield Finding("push", Level.OK, f"The last alert was sent {at}.")
        return
    were = "alert was" if len(failed) == 1 else f"{len(failed)} alerts were"
    since = local(failed[0].failed_at[PUSH], zone)
    text = f"The last {were} not sent, since {since}: {failed[-1].failures[PUSH]}."
    test = remedies.call("relay --test", root=channels.is_systems)
    yield Finding("push", Level.WARN, text, test)
