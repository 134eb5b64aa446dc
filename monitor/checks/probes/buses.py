"""Who has which name on the message buses: asked, never activated."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import TYPE_CHECKING, Final

from jeepney import message_bus

from monitor.checks.desktop import NOTIFICATIONS, SERVICES, Bus, Desktop
from monitor.dbus import properties
from monitor.errors import NotShownError
from monitor.notifiers.bus import CallError, connected
from monitor.notifiers.desktop import session_bus
from monitor.notifiers.sudo import sudo_user

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.dbus import Bus as Connection

_NO_REPLY: Final = "org.freedesktop.DBus.Error.NoReply"
SYSTEM: Final = "unix:path=/run/dbus/system_bus_socket"


def look(environ: Mapping[str, str]) -> Desktop:
    """Look at the buses of this process.

    Args:
        environ: the environment.
    """
    person = sudo_user(environ) if os.geteuid() == 0 else None
    address = "" if person else session_bus(environ) or ""
    return Desktop(
        system=ask(
            environ.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM,
            (service.bus_name for service in SERVICES.values()),
        ),
        session=ask(address, [NOTIFICATIONS]) if address else Bus(),
        behind_sudo=person.pw_name if person else "",
        has_backend=shutil.which("notify-send") is not None
        or importlib.util.find_spec("dbus") is not None,
    )


def ask(address: str, names: Iterable[str]) -> Bus:
    """Ask a bus who is there.

    Args:
        address: as in DBUS_SESSION_BUS_ADDRESS.
        names: well-known ones.
    """
    wanted = list(names)
    try:
        with connected(address) as bus:
            owned = {
                name for name in wanted if bus.call(message_bus.NameHasOwner(name))[0]
            }
            (listed,) = bus.call(message_bus.ListActivatableNames())
            silent = {name for name in owned if not _answers(bus, name)}
    except (NotShownError, CallError, OSError) as error:
        cause = error.__cause__ or error
        said = cause.strerror if isinstance(cause, OSError) else str(cause)
        return Bus(address, said or "no answer")
    return Bus(
        address,
        owned=frozenset(owned),
        activatable=frozenset(listed) & {*wanted},
        silent=frozenset(silent),
    )


def _answers(bus: Connection, name: str) -> bool:
    """Whether its owner says anything at all, be it that it has no such object."""
    try:
        properties(bus, name, f"/{name.replace('.', '/')}", name)
    except CallError as error:
        return error.name != _NO_REPLY
    except TimeoutError:
        return False
    except ValueError:  # no answer to that question, but one
        return True
    return True
