"""Whose service it is: the system's, or one user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.config.places import SYSTEM_SOCKET, user_units

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT: Final = "esimmon.service"
AGENT: Final = "esimmon-notify.service"
RELAY: Final = "esimmon-relay.service"
SYSUSERS: Final = Path("/etc/sysusers.d/esimmon.conf")
TMPFILES: Final = Path("/etc/tmpfiles.d/esimmon.conf")


class Target(NamedTuple):
    """A file of the service.

    Attributes:
        name: of the file that is shipped.
        path: where it is written to.
    """

    name: str
    path: Path

    @property
    def packaged(self) -> Path:
        """Where a distribution's package has it, weaker than `path`."""
        return Path("/usr/lib", *self.path.parts[2:])


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose service.

    Attributes:
        systemctl: the words that reach its manager.
        targets: its files.
        socket: where its daemon answers.
        is_system: whether it is the system's.
    """

    systemctl: tuple[str, ...]
    targets: tuple[Target, ...]
    socket: Path
    is_system: bool

    @property
    def option(self) -> str:
        """What a person adds to a command for this scope."""
        return "" if self.is_system else " --user"


SYSTEM: Final = Scope(
    ("systemctl",),
    (
        Target("esimmon.sysusers.conf", SYSUSERS),
        Target("esimmon.tmpfiles.conf", TMPFILES),
        Target("esimmon.service", Path("/etc/systemd/system") / UNIT),
        Target("esimmon-relay.service", Path("/etc/systemd/system") / RELAY),
        Target("esimmon-notify.service", Path("/etc/systemd/user") / AGENT),
        Target(
            "esimmon-notify.desktop", Path("/etc/xdg/autostart/esimmon-notify.desktop")
        ),
    ),
    SYSTEM_SOCKET,
    is_system=True,
)


def own_scope(environ: Mapping[str, str], socket: Path) -> Scope:
    """The service of the user who calls.

    Args:
        environ: the environment (`XDG_CONFIG_HOME`, `HOME`).
        socket: where the user's daemon answers.
    """
    unit = Target("esimmon-user.service", user_units(environ) / UNIT)
    return Scope(("systemctl", "--user"), (unit,), socket, is_system=False)
