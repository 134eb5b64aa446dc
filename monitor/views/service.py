"""How the service is, as text and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor import clock
from monitor.escapes import visible
from monitor.moments import Clocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from monitor.service.standing import Standing

_VERSION = 1


def as_json(standing: Standing) -> str:
    """For programs; what is not known is null.

    Args:
        standing: how it is.
    """
    unit, since_s = standing.unit, standing.since_s
    since = None if since_s is None else datetime.fromtimestamp(int(since_s), UTC)
    document = {
        "version": _VERSION,
        "scope": "system" if standing.is_system else "user",
        "counts": standing.counts,
        "installed": standing.file is not None,
        "unit": None if standing.file is None else str(standing.file),
        "enabled": unit.is_enabled,
        "active": unit.active,
        "state": unit.sub or None,
        "since": since and since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "pid": unit.pid or None,
        "program": unit.program or None,
        "tier": standing.tier or None,
        "version_running": standing.running or None,
        "version_on_disk": standing.on_disk or None,
        "restart_needed": standing.is_old,
        "agent": {"enabled": standing.has_agent, "running": standing.agent_runs},
    }
    return json.dumps(document, indent=2)


def as_text(standing: Standing, zone: ZoneInfo) -> str:
    """For people.

    Args:
        standing: how it is.
        zone: in which times are shown.
    """
    option = "" if standing.is_system else " --user"
    sudo = "sudo " if standing.is_system else ""
    rows = (
        ("service", _counting(standing, zone)),
        *_installed(standing, sudo, option),
        *_program(standing, f"{sudo}systemctl{option}"),
    )
    return "\n".join(f"{head:<12}{visible(text)}" for head, text in rows)


def _installed(standing: Standing, sudo: str, option: str) -> Iterator[tuple[str, str]]:
    if not standing.has_manager:
        yield "", "systemd does not run this machine; without it: esimmon run"
        return
    if standing.file is None:
        yield "", f"not installed: {sudo}esimmon service install{option}"
        return
    starts = "starts at each boot" if standing.is_system else "starts when you log in"
    if not standing.unit.is_enabled:
        starts = f"does not start by itself: {sudo}systemctl{option} enable esimmon"
    yield "installed", f"{standing.file}; {starts}"
    if not standing.counts:
        again = f"{sudo}systemctl{option} restart esimmon"
        yield "", f"why: journalctl{option} -u esimmon; try: {again}"
    if standing.is_system:
        yield "agent", _agent(standing)


def _program(standing: Standing, systemctl: str) -> Iterator[tuple[str, str]]:
    if standing.running:
        yield "program", f"{standing.unit.program}, version {standing.running}"
    if standing.is_old:
        what = "newer"
        if standing.on_disk != standing.running:
            what = f"version {standing.on_disk}"
        yield "", f"on disk it is {what}: {systemctl} restart esimmon"
    if standing.tier:
        yield "tier", standing.tier


def _counting(standing: Standing, zone: ZoneInfo) -> str:
    unit = standing.unit
    if not standing.counts:
        is_silent = unit.active == "active"
        silent = " and does not answer" if is_silent else ""
        return f"does not count: {unit.active} ({unit.sub or 'unknown'}){silent}"
    clocks = Clocks(zone, zone, clock.now_s())
    since = clocks.moment(int(standing.since_s or 0))
    return f"counts since {since} (pid {unit.pid})"


def _agent(standing: Standing) -> str:
    shows = "shows your alerts now" if standing.agent_runs else "not running for you"
    starts = "starts with each desktop session"
    if not standing.has_agent:
        starts = "does not start with desktop sessions"
    hint = "" if standing.agent_runs else "; by hand: esimmon notify"
    return f"{shows}; {starts}{hint}"
