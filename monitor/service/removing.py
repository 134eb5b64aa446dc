"""What removing the service takes on a machine as it was found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.service.finding import of_user
from monitor.service.marks import State
from monitor.service.scopes import AGENT, RELAY, UNIT
from monitor.service.steps import Remove, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.service.finding import Found, Session
    from monitor.service.scopes import Scope
    from monitor.service.steps import Step

_STOP_S: Final = 60.0  # longer than TimeoutStopSec= of the unit


def steps(scope: Scope, found: Found) -> Iterator[Step]:
    """What there is to do, in order; nothing where nothing is left.

    Args:
        scope: whose service.
        found: what is there.
    """
    unit, systemctl = found.unit, scope.systemctl
    if unit.is_up:
        yield Run((*systemctl, "stop", UNIT), _STOP_S)
    if unit.is_enabled:
        yield Run((*systemctl, "disable", UNIT))
    if unit.active == "failed":
        yield Run((*systemctl, "reset-failed", UNIT))
    yield from _others(scope, found)
    removed = [f.target.path for f in found.files if f.state in _OURS]
    yield from map(Remove, removed)
    if any(path.suffix == ".service" for path in removed):
        yield Run((*systemctl, "daemon-reload"))
    if scope.is_system and found.is_agent_enabled:
        yield from _in_sessions(found.sessions, "daemon-reload")


def _others(scope: Scope, found: Found) -> Iterator[Step]:
    """What tells of its alerts."""
    if found.relay.is_up or found.relay.is_enabled:
        yield Run((*scope.systemctl, "disable", "--now", RELAY), _STOP_S)
    if scope.is_system and found.is_agent_enabled:
        yield Run(("systemctl", "--global", "disable", AGENT))
        yield from _in_sessions(found.sessions, "stop", AGENT)


def _in_sessions(sessions: Iterable[Session], *words: str) -> Iterator[Step]:
    for session in sessions:
        yield Run((*of_user(session.user), *words), is_vital=False)


def left(found: Found) -> tuple[Path, ...]:
    """Files that were changed by hand, and so are left where they are.

    Args:
        found: what is there.
    """
    return tuple(f.target.path for f in found.files if f.state is State.CHANGED)


_OURS: Final = (State.AS_WANTED, State.INTACT)
