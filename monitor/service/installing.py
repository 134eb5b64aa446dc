"""What installing the service takes on a machine as it was found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.daemon.control import GROUP
from monitor.errors import ServiceError
from monitor.service.finding import of_user
from monitor.service.marks import State, marked
from monitor.service.scopes import AGENT, RELAY, SYSUSERS, TMPFILES, UNIT
from monitor.service.steps import Run, Write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.service.finding import Found
    from monitor.service.scopes import Scope
    from monitor.service.steps import Step

START_S: Final = 330.0
"""Longer than TimeoutStartSec= of the unit: a damaged database is restored first."""
_LAST_LINES: Final = "10"
_CONFIG: Final = """\
# The configuration of esimmon. It counts without any setting.
#   a plan of yours:    esimmon setup
#   all settings:       esimmon config show
#   after a change:     esimmon config check
"""


def default_config() -> str:
    """A configuration without a setting; `esimmon setup` replaces it."""
    return marked(_CONFIG)


def check_files(found: Found, *, overwrites: bool) -> None:
    """Insist on files that nobody changed.

    Args:
        found: as it is.
        overwrites: whether the person wants them replaced.

    Raises:
        ServiceError: which ones were changed, and what to do.
    """
    changed = [f.target.path for f in found.files if f.state is State.CHANGED]
    if changed and not overwrites:
        names = ", ".join(map(str, changed))
        raise ServiceError(
            f"changed by hand, and so left alone: {names}. Nothing was done. With "
            "--overwrite they are replaced (what is there is kept beside as .old); "
            f"settings of your own are safe in `systemctl edit {UNIT}`."
        )


def steps(scope: Scope, found: Found, config: Path, joins: str = "") -> Iterator[Step]:
    """What there is to do, in order; nothing where all is as it should be.

    Args:
        scope: whose service.
        found: what is there.
        config: where the configuration is or would be.
        joins: who becomes a member of the service's group; empty for nobody.
    """
    files = [file for file in found.files if file.state is not State.AS_WANTED]
    for file in files:
        yield Write(file.target.path, file.text, file.state is State.CHANGED)
    yield from _surroundings(found, config, joins)
    written = {file.target.path.name for file in files}
    if found.unit.is_stale or any(name.endswith(".service") for name in written):
        yield Run((*scope.systemctl, "daemon-reload"))
    others = {UNIT, AGENT, RELAY} if found.is_old else written
    yield from _start(scope, found, is_other=UNIT in others)
    if scope.is_system:
        yield from _agents(found, is_other=AGENT in others)
    if found.relay.is_up and RELAY in others:
        yield Run((*scope.systemctl, "try-restart", RELAY), is_vital=False)


def _surroundings(found: Found, config: Path, joins: str) -> Iterator[Step]:
    """User, folder, configuration and group."""
    if not found.has_user:
        yield Run(("systemd-sysusers", str(SYSUSERS)))
    if not found.has_folder:
        yield Run(("systemd-tmpfiles", "--create", str(TMPFILES)))
    if not found.has_config:
        yield Write(config, default_config())
    if joins:
        yield Run(("usermod", "--append", "--groups", GROUP, joins))


def _start(scope: Scope, found: Found, *, is_other: bool) -> Iterator[Step]:
    unit = found.unit
    if not unit.is_enabled:
        yield Run((*scope.systemctl, "enable", UNIT))
    if unit.active == "failed":
        yield Run((*scope.systemctl, "reset-failed", UNIT))
    if unit.active != "active" or is_other:
        # The manager waits for READY=1, or says that it did not come.
        verb = "restart" if unit.is_up else "start"
        own = () if scope.is_system else ("--user",)
        journal = ("journalctl", *own, f"--unit={UNIT}", "--no-pager", "--output=cat")
        yield Run(
            (*scope.systemctl, verb, UNIT),
            START_S,
            asks=(*journal, f"--lines={_LAST_LINES}"),
        )


def _agents(found: Found, *, is_other: bool) -> Iterator[Step]:
    """The agent in all sessions to come, and in those that are there."""
    if not found.is_agent_enabled:
        yield Run(("systemctl", "--global", "enable", AGENT))
    if not is_other and found.is_agent_enabled:
        return
    for session in found.sessions:
        manager = of_user(session.user)
        yield Run((*manager, "daemon-reload"), is_vital=False)
        verb = "restart" if session.is_graphical else "try-restart"
        yield Run((*manager, verb, AGENT), is_vital=False)
